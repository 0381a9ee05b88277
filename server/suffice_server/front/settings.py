"""The editor's settings: from `initializationOptions`, what the client pushes, and `workspace/configuration`.

All three are read alike: an object, flat or nested, its keys dotted or not, perhaps inside `settings` or `suffice`.
The names are those of suffice.toml (`max_cost_usd`); `maxCostUsd` is taken for the same, as in VS Code's settings.
Settings may come from the workspace, so of several each only tightens what the others say.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lsprotocol import types

from suffice_server.front.text.places import folder_of
from suffice_server.messages import Configure
from suffice_server.values import Settings
from suffice_server.wording import one_line

SECTION = "suffice"


class View(NamedTuple):
    """What the server itself shows. `untrusted`: no linter is run, and nothing is sent anywhere."""

    lint: bool = True
    hover: bool = True
    quick_fixes: bool = True
    rewrites: bool = True
    sources: bool = True
    status: bool = False
    untrusted: bool = False


class Read(NamedTuple):
    """What settings say, for the worker and for the server; `problems` are sentences for the user."""

    settings: Settings = Settings()
    view: View = View()
    problems: tuple[str, ...] = ()


_LISTS = ("exclude", "deny_lanes", "disabled_rules")
_CAPS = ("max_cost_usd", "max_task_usd", "max_day_usd", "max_repository_month_usd", "time_budget_s")
_NUMBERS = ("min_confidence", *_CAPS)
_SWITCHES = {
    "lint": "lint",
    "hover": "hover",
    "actions.quickfix": "quick_fixes",
    "actions.rewrite": "rewrites",
    "actions.source": "sources",
    "status_notifications": "status",
    "untrusted": "untrusted",
}
_UNTRUSTED = "untrusted"
"""Whatever is said of it but `false` is taken for true: who says it means it."""

_USERS_OWN = frozenset({"policy", "jobs", "trusted", "lanes", "linters", "repositories"})
_PASSED_OVER = frozenset({"trace"})
"""What every client of VS Code's library has in its section, and reads itself."""

_KNOWN = (*_LISTS, *_NUMBERS, *_SWITCHES)
_AROUND = ("settings", SECTION)
_FIRST = frozenset({*(name.partition(".")[0] for name in _KNOWN), *_USERS_OWN, *_AROUND})
_DEEPEST = 4
_MOST_KEYS = 200
_MOST_PROBLEMS = 8
_MOST_ITEMS = 1000
_MOST_USD = 1e12
_CAMEL = re.compile(r"(?<=[a-z0-9])([A-Z])")


def read_settings(value: Any) -> Read:
    """Return what *value* says, which may be anything (None: no settings); what cannot be read is named."""
    if value is None:
        return Read()
    if not isinstance(value, Mapping):
        return Read(problems=("suffice: the settings are no object; write them as names with values.",))
    worker: dict[str, Any] = {}
    view: dict[str, bool] = {}
    problems = []
    for name, given in _flat(value):
        problem = _problem(name, given)
        if problem is not None:
            problems.append(problem)
        elif given is None or name.partition(".")[0] in _PASSED_OVER:
            continue
        elif name in _SWITCHES:
            view[_SWITCHES[name]] = given is not False
        else:
            worker[name] = tuple(given) if name in _LISTS else float(given)
    return Read(Settings(**worker), View(**view), tuple(dict.fromkeys(problems))[:_MOST_PROBLEMS])


def own_section(pushed: Any) -> Any:
    """Return what is ours of *pushed*: some clients, such as Eglot, push the settings of all servers to each."""
    if not isinstance(pushed, Mapping):
        return pushed
    if set(pushed) == {"settings"}:
        return own_section(pushed["settings"])
    named = {key: given for key, given in pushed.items() if str(key).partition(".")[0] == SECTION}
    ours = {key: given for key, given in pushed.items() if not isinstance(given, Mapping) or _first(key) in _FIRST}
    return named or ours


def _first(key: object) -> str:
    return _CAMEL.sub(r"_\1", str(key).partition(".")[0]).lower()


def tightened(one: Read, other: Read) -> Read:
    """Return what *one* and *other* say together: what either leaves out is left out, the lower cap holds."""
    mine, yours = one.settings, other.settings
    lists: dict[str, Any] = {name: _joined(getattr(mine, name), getattr(yours, name)) for name in _LISTS}
    caps: dict[str, Any] = {name: _least(getattr(mine, name), getattr(yours, name)) for name in _CAPS}
    surest = max((p for p in (mine.min_confidence, yours.min_confidence) if p is not None), default=None)
    shows = {name: getattr(one.view, name) and getattr(other.view, name) for name in View._fields}
    shows |= {name: getattr(one.view, name) or getattr(other.view, name) for name in ("status", "untrusted")}
    problems = tuple(dict.fromkeys((*one.problems, *other.problems)))
    return Read(Settings(**lists, **caps, min_confidence=surest), View(**shows), problems)


def _joined(one: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def _least(one: float | None, other: float | None) -> float | None:
    return min((cap for cap in (one, other) if cap is not None), default=None)


def _flat(value: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the settings by their dotted names."""
    for _, (path, given) in zip(range(_MOST_KEYS), _leaves(value, ()), strict=False):
        parts = [_CAMEL.sub(r"_\1", part).lower() for part in path]
        while len(parts) > 1 and parts[0] in _AROUND:
            parts.pop(0)
        yield ".".join(parts), given


def _leaves(value: Mapping[Any, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, given in value.items():
        here = (*path, *str(key).split("."))
        if isinstance(given, Mapping) and len(here) < _DEEPEST:
            yield from _leaves(given, here)
        elif not (given is None and here[-1] in _AROUND):
            yield here, given


def _problem(name: str, given: Any) -> str | None:
    """Return what is wrong with *given* as the setting *name*; never what it is: it may be a secret."""
    first, shown = name.partition(".")[0], one_line(name, 60)
    if first in _PASSED_OVER:
        return None
    if first in _USERS_OWN:
        return f"suffice: the setting {shown} may only stand in your own settings file; take it out of the editor's."
    if name not in _KNOWN:
        return f"suffice: the setting {shown} does not exist; known here: {', '.join(_KNOWN)}."
    expected = None if given is None else _expected(name, given)
    return f"suffice: the setting {shown} has to be {expected}; it is passed over." if expected else None


def _expected(name: str, given: Any) -> str | None:
    if name in _SWITCHES:
        return None if isinstance(given, bool) or name == _UNTRUSTED else "true or false"
    if name in _NUMBERS:
        is_share = name == "min_confidence"
        top, wanted = (1.0, "a number from 0 to 1") if is_share else (_MOST_USD, "a number from 0 on")
        is_good = isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= top
        return None if is_good else wanted
    if not isinstance(given, list | tuple) or not all(isinstance(item, str) for item in given[:_MOST_ITEMS]):
        return "a list of strings"
    if len(given) > _MOST_ITEMS:
        return f"a list of at most {_MOST_ITEMS} strings"
    if name == "exclude" and any(pattern.startswith("!") for pattern in given):
        return "a list of patterns without `!`, for the editor can only leave out more"
    return None


Ask = Callable[[str, Sequence[str | None]], Awaitable[Sequence[Any] | None]]
"""Asks the editor for a section of its settings, for each scope: a folder's uri, or None for what lies in no folder.

None if it does not say.
"""


class SettingsPull:
    """Keeps the worker and the views up to date with what the editor says of each folder; "" is what lies in none.

    *show* shows a sentence; *on_change* is called whenever settings are known anew.
    """

    def __init__(
        self,
        *,
        ask: Ask,
        configure: Callable[[Configure], None],
        show: Callable[[str], None],
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._ask = ask
        self._configure = configure
        self._show = show
        self._on_change = on_change
        self._first = Read()
        self._pushed = Read()
        self._pulled: dict[str, Read] = {}
        self._of: dict[str, Read] = {}
        self._told: set[str] = set()
        self._can_ask = False

    def begin(self, params: types.InitializeParams) -> None:
        """Take `initializationOptions`; they hold as long as the server runs. Learn whether the editor can be asked."""
        workspace = params.capabilities.workspace
        self._can_ask = bool(workspace and workspace.configuration)
        self._first = read_settings(params.initialization_options)
        self._settle()

    def push(self, value: Any) -> None:
        """Take what a client pushes with `workspace/didChangeConfiguration`, in the place of what it pushed before."""
        self._pushed = read_settings(own_section(value))
        self._settle()

    async def pull(self, folders: Sequence[str]) -> None:
        """Ask the editor for the settings of *folders* (uris), and of what lies in none; others are forgotten."""
        if not self._can_ask:
            return
        roots = {"": None, **{str(root): uri for uri in folders if (root := folder_of(uri)) is not None}}
        answers = await self._ask(SECTION, list(roots.values()))
        said = {root: read_settings(value) for root, value in zip(roots, answers or (), strict=False)}
        self._pulled = {**{root: read for root, read in self._pulled.items() if root in roots}, **said}
        self._settle()

    @property
    def untrusted(self) -> bool:
        """Whether anything that the editor said is that a folder is not trusted: one process works for all."""
        return any(read.view.untrusted for read in self._of.values())

    def view(self, root: str = "") -> View:
        """Return what is shown of the folder *root*."""
        return self._of.get(root, self._of.get("", self._first)).view

    def _settle(self) -> None:
        """Hold for each folder what all have said that say something of it."""
        for_all = tightened(self._first, self._pushed)
        in_none = self._pulled.get("", Read())
        roots = {"": None, **self._pulled, **self._of}
        now = {root: tightened(for_all, self._pulled.get(root, in_none)) for root in roots}
        changed = {root: read for root, read in now.items() if self._of.get(root) != read}
        for root, read in changed.items():
            self._tell_problems(read)
            self._of[root] = read
            self._configure(Configure(root, read.settings))
        if changed:
            self._on_change()

    def _tell_problems(self, read: Read) -> None:
        for problem in read.problems:
            if problem not in self._told:
                self._told.add(problem)
                self._show(problem)
