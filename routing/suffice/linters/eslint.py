"""eslint: what the project's own says of JavaScript and TypeScript texts.

It is repository code, and so are its settings and plug-ins: only `linters.chosen` makes one, and only for a workspace
that `suffice.trust` lets run. It gets texts and no file; it is kept running, since loading it takes ten times longer
than linting a file.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from suffice.conversation import Conversation, Ended
from suffice.errors import ToolError
from suffice.linters.eslint_message import diagnostic_of, places_of
from suffice.linters.linter import Look, NotLooked, Report, Text
from suffice.linters.ruff import SYNTAX_ERROR
from suffice.processes import hide_environment
from suffice.task import Diagnostic

NAME = "eslint"

HARD_RULES = frozenset(
    {SYNTAX_ERROR, "no-undef", "no-const-assign", "no-import-assign", "no-dupe-args", "no-this-before-super"}
)
"""What is wrong in any project, as far as the project's settings let eslint look for it."""

TIMEOUT_S = 20.0
"""Seconds for the answer on one text; the first one is given while eslint and its plug-ins are loaded."""

MOST_RUNNING = 4
"""Projects whose eslint is kept running by one process of ours, some 80 MB each."""

_SUFFIXES = frozenset((".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".vue", ".svelte", ".astro"))
_SETTINGS = (
    *(f"eslint.config.{suffix}" for suffix in ("js", "mjs", "cjs", "ts", "mts", "cts")),
    *(f".eslintrc{suffix}" for suffix in (".js", ".cjs", ".yaml", ".yml", ".json", "")),
)
_OPTIONS = ("--max-semi-space-size=32",)
"""MiB: trees of large files die young; with Node's own 16 a look at 1,000 lines takes 10 to 20 % more."""

_DAEMON = Path(__file__).with_name("eslint_daemon.mjs")


class Eslint(NamedTuple):
    """The eslint of the project at *root*, run by the program *node*; each text may take *timeout_s*."""

    root: Path
    node: str
    timeout_s: float = TIMEOUT_S

    @property
    def name(self) -> str:
        """What its diagnostics are called by."""
        return NAME

    def takes(self, path: str) -> bool:
        """Whether eslint may have a word on *path*; its settings decide."""
        return PurePosixPath(path).suffix.lower() in _SUFFIXES

    def start(self, texts: Sequence[Text]) -> Look:
        """Begin to look at *texts*, the one after the other."""
        return _Look(self, texts)


class _Look:
    """A look by a thread that waits for the daemon."""

    def __init__(self, eslint: Eslint, texts: Sequence[Text]) -> None:
        self._found: list[Report | NotLooked] = []
        self._thread = threading.Thread(target=self._look, args=(eslint, texts), daemon=True)
        self._thread.start()

    def _look(self, eslint: Eslint, texts: Sequence[Text]) -> None:
        self._found = _daemon(eslint).ask(texts)

    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def finish(self) -> list[Report | NotLooked]:
        self._thread.join()
        return self._found


def package_of(folder: Path) -> Path | None:
    """Return where Node finds the package `eslint` for settings in *folder*, None if nowhere."""
    places = (above / "node_modules" / NAME / "package.json" for above in (folder, *folder.parents))
    return next((place for place in places if place.is_file()), None)


def settings_folder(root: Path, path: str) -> Path:
    """Return the folder whose eslint settings are those of *path*: the nearest above it that has any, else *root*."""
    folders = (root / above for above in PurePosixPath(path).parents)
    return next((folder for folder in folders if any((folder / name).is_file() for name in _SETTINGS)), root)


_running: dict[Eslint, _Daemon] = {}
_running_lock = threading.Lock()


def _daemon(eslint: Eslint) -> _Daemon:
    """Return the daemon of *eslint*; of those that were not asked for longest, one is ended when there are too many."""
    with _running_lock:
        daemon = _running.pop(eslint, None) or _Daemon(eslint)
        _running[eslint] = daemon
        while len(_running) > MOST_RUNNING:
            _running.pop(next(iter(_running))).end()
    return daemon


class _Daemon:
    """The running eslint of one project. It is begun when it is first asked, and anew when its settings change."""

    def __init__(self, eslint: Eslint) -> None:
        self._eslint = eslint
        self._lock = threading.Lock()
        self._conversation: Conversation | None = None
        self._stamp: object = None

    def ask(self, texts: Sequence[Text]) -> list[Report | NotLooked]:
        """Return the word on each of *texts*. If the program ends, it is begun once more."""
        root, answers = self._eslint.root, list[Report | NotLooked]()
        folders = [settings_folder(root, file.path) for file, _ in texts]
        missing = [folder for folder in folders if package_of(folder) is None]
        if missing:
            return [NotLooked(f"eslint is not installed for {missing[0]}; install it with npm") for _ in texts]
        lines = [_request(root, folder, text) for folder, text in zip(folders, texts, strict=True)]
        with self._lock:
            for _ in range(2):
                try:
                    self._ask(lines[len(answers) :], texts[len(answers) :], _stamp(root, folders), answers)
                except Ended as ended:
                    why = NotLooked(f"eslint: {ended}; run it by hand to see more")
                except ToolError as error:
                    why = NotLooked(str(error))
                else:
                    return answers
        return [*answers, *(why for _ in texts[len(answers) :])]

    def end(self) -> None:
        """End the program once it has answered."""
        with self._lock:
            if self._conversation:
                self._conversation.end()

    def _ask(
        self, lines: Sequence[bytes], texts: Sequence[Text], stamp: object, answers: list[Report | NotLooked]
    ) -> None:
        """Add the word on each of *texts* to *answers*. Raises Ended, ToolError."""
        conversation = self._running(stamp)
        for line in lines:
            conversation.say(line)
        answers.extend(_word(conversation.hear(timeout_s=self._eslint.timeout_s), text) for text in texts)

    def _running(self, stamp: object) -> Conversation:
        """Return the program, begun anew if the settings that *stamp* stands for are not those it has loaded."""
        if self._conversation and (stamp != self._stamp or not self._conversation.is_running):
            self._conversation.end()
            self._conversation = None
        if self._conversation is None:
            hide_environment()
            command = [self._eslint.node, *_OPTIONS, str(_DAEMON), str(os.getpid())]
            self._conversation = Conversation(command, cwd=self._eslint.root)
            self._stamp = stamp
        return self._conversation


def _request(root: Path, folder: Path, text: Text) -> bytes:
    file, content = text
    document = {
        "folder": str(folder),
        "path": str(root / PurePosixPath(file.path)),
        "text": file.to_bytes(content).decode("utf-8"),
    }
    return json.dumps(document).encode("ascii")


def _stamp(root: Path, folders: Iterable[Path]) -> object:
    """Return what is different once the settings for *folders*, or the packages beside them, have changed."""
    watched = {
        above / name
        for folder in set(folders)
        for above in (folder, *folder.parents)
        if above.is_relative_to(root)
        for name in (*_SETTINGS, "package.json", ".eslintignore", "node_modules/.package-lock.json")
    }
    return tuple((place, _modified_ns(place)) for place in sorted(watched))


def _modified_ns(place: Path) -> int:
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return 0


def _word(line: bytes, text: Text) -> Report | NotLooked:
    """Return what *line*, an answer of the daemon, says of *text*."""
    try:
        answer = json.loads(line)
        if "error" in answer:
            return NotLooked(f"eslint failed ({_one_line(answer['error'])}); run it by hand to see more")
        if answer.get("ignored"):
            return NotLooked()
        said, silenced = (_diagnostics(answer[what], text) for what in ("messages", "silenced"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        return NotLooked(f"eslint's answer cannot be read ({type(error).__name__}); run it by hand to see more")
    return Report(said, silenced, tuple(d for d in (*said, *silenced) if d.rule in HARD_RULES))


def _diagnostics(messages: Sequence[Mapping[str, Any]], text: Text) -> tuple[Diagnostic, ...]:
    file, content = text
    places = places_of(content)
    return tuple(diagnostic_of(message, file.path, places) for message in messages)


def _one_line(message: object) -> str:
    return " ".join(str(message)[:300].split())
