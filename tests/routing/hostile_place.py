"""Patches by lazy and by careful models: files, what is changed in them, and how a wrong change has to be caught."""

import difflib
from typing import NamedTuple

from suffice import Kind

BLOCKED, LOWERED = "blocked", "lowered"


class Place(NamedTuple):
    """Files as they are, what is wrong there, and a right patch: (path, old text, new text) for each change."""

    kind: Kind
    files: dict[str, str]
    right: tuple[tuple[str, str, str], ...]
    rule: str | None = None


class Trick(NamedTuple):
    """A wrong patch at a place, and how it has to be caught."""

    place: Place
    changes: tuple[tuple[str, str, str], ...]
    caught: str = BLOCKED


def diff(files, changes):
    """Return the unified diff that *changes* make of *files*.

    A file that is not there is made; "*" stands for a whole file, and None for its end.
    """
    after = dict(files)
    for path, old, new in changes:
        if path not in after or old == "*":
            after[path] = new
        else:
            assert after[path].count(old) == 1, (path, old)
            after[path] = after[path].replace(old, new)
    return "".join(_file_diff(path, files.get(path), text) for path, text in after.items() if files.get(path) != text)


def _file_diff(path, before, after):
    old = [] if before is None else before.splitlines(keepends=True)
    new = [] if after is None else after.splitlines(keepends=True)
    name_a = "/dev/null" if before is None else f"a/{path}"
    name_b = "/dev/null" if after is None else f"b/{path}"
    return "".join(difflib.unified_diff(old, new, name_a, name_b))
