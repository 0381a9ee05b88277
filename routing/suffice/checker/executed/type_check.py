"""No new error of the project's own type checker: mypy, pyright, or another that writes `file:line: error: message`.

Example: an argument that the patch makes optional is still passed on as a `str`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from suffice.checker.executed.commands import parse_command
from suffice.checker.executed.sandbox import Ran
from suffice.checker.executed.sides import Side, Sides
from suffice.checker.executed.told import Told, ending, named
from suffice.checker.verdict import ALWAYS, failed, passed, skipped

NAME = "types"
COST = "two runs of the type checker, up to the time limit each"
BLOCKS = ALWAYS

_KEPT_BYTES = 4 * 1024 * 1024
_ERROR = re.compile(
    r"^[ ]{0,8}(?P<path>[^\s:][^:\n]{0,500}):(?P<line>\d{1,9})(?::\d{1,9})?"
    r"(?:: error: | - error: )(?P<message>[^\n]{1,2000})$",
    re.MULTILINE,
)
_CODE = re.compile(r"[ ]{1,4}(?:\[([\w-]+)\]|\((\w+)\))$")
_DIGITS = re.compile(r"\d+")
_FOUND_ERRORS = (0, 1)


class _Kind(NamedTuple):
    """What makes two errors the same: not the line, nor a number in the message, which move with any edit."""

    path: str
    code: str
    message: str


def look(sides: Sides, command: str) -> Told:
    """Run the type checker without and with the patch and hold what it says against each other."""
    name, words = parse_command(command).name, parse_command(command).words
    before = sides.typed_before(lambda side: _ran(side, words))
    errors_before = _errors(before, sides.renamed)
    if errors_before is None:
        return Told(skipped(f"{name} says nothing without the patch{_why(before, sides)}"), settled=False)
    after = _ran(sides.after, words)
    errors_after = _errors(after, {})
    if errors_after is None:
        return Told(failed(f"{name} says nothing with the patch{_why(after, sides)}"))
    new = Counter({kind: len(places) for kind, places in errors_after.items()})
    new.subtract({kind: len(places) for kind, places in errors_before.items()})
    added = [errors_after[kind][-1] for kind, count in new.items() if count > 0]
    if added:
        return Told(failed(f"new type errors: {named(added)}", amount=sum(n for n in new.values() if n > 0)))
    total = sum(map(len, errors_after.values()))
    return Told(passed(f"no new type error ({total} in all, {name}); {after.confinement}"))


def _ran(side: Side, words: tuple[str, ...]) -> Ran:
    return side.run(words, own_first=True, kept_bytes=_KEPT_BYTES)


def _errors(ran: Ran, renamed: Mapping[str, str]) -> dict[_Kind, list[str]] | None:
    """Return the lines of each kind of error, None if the type checker could not do its work."""
    if ran.code not in _FOUND_ERRORS or ran.is_cut:
        return None
    found: dict[_Kind, list[str]] = {}
    for match in _ERROR.finditer(ran.tail):
        code = _CODE.search(match["message"])
        message = match["message"][: code.start()] if code else match["message"]
        path = match["path"].replace("\\", "/")
        kind = _Kind(renamed.get(path, path), (code[1] or code[2]) if code else "", _DIGITS.sub("0", message))
        found.setdefault(kind, []).append(f"{path}:{match['line']}: {match['message']}")
    return found if found or ran.code == 0 else None


def _why(ran: Ran, sides: Sides) -> str:
    if ran.code is None:
        return f": it did not end within {sides.executed.timeout_s:.0f} s"
    return ending(ran)
