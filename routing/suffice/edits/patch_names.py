"""Which file a part of a patch means, and what becomes of it: changed, created, deleted, renamed or copied.

The names stand in up to five places (`diff --git`, `---`, `+++`, `rename from`, `rename to`), with prefixes or without.
They have to agree; what would be a guess is refused, and so is what a text patch cannot say: modes, links, submodules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from suffice.edits.git_names import git_line_names, header_name
from suffice.edits.hunk_text import Refused
from suffice.edits.patch_text import FileText
from suffice.snapshot import Snapshot, is_too_long, safe_path


class Names(NamedTuple):
    """Where the old text stands (None for a created file) and where the new one goes (None for a deleted one)."""

    old: str | None
    new: str | None
    is_copy: bool = False


_NOWHERE = "/dev/null"
_BEFORE_ALL_TIME = re.compile(r".*\t(?:1970-01-01|1969-12-31) ")
_OF_GIT = frozenset("abciow")
_LINK = "is a symbolic link, which is never patched; take it out of the patch"
_SUBMODULE = "is a submodule, which is never patched; take it out of the patch"


def names_of(file: FileText, snapshot: Snapshot) -> Names:
    """Return the names that *file* means, each a plain path inside the root. Raises Refused."""
    names = _moved(file) or _named(file, snapshot)
    for name in (names.old, names.new):
        if name is not None and safe_path(name) != name:
            raise Refused(_why_no_place(name))
    _refuse_modes(file.headers, names)
    _refuse_disagreement(file, names)
    return names


def _why_no_place(name: str) -> str:
    if name.isprintable() and is_too_long(name):
        return f"the path {name[:100]!a} is too long; name a file of this project"
    return f"the path {name!r} is none inside the root; name files relative to it, without . and .."


def _read(text: str, file: FileText) -> str:
    name = header_name(text)
    if not name:
        raise Refused(f"the name {text!r} (line {file.line} of the patch) cannot be read; write it as git does")
    return name


def _moved(file: FileText) -> Names | None:
    """Return the names that git's headers for a rename or a copy give."""
    for what in ("rename", "copy"):
        if f"{what} from" in file.headers or f"{what} to" in file.headers:
            old, new = (_read(file.headers.get(f"{what} {end}", ""), file) for end in ("from", "to"))
            if old == new:
                raise Refused(f"{old} is to become itself; take the {what} out of the patch")
            return Names(old, new, is_copy=what == "copy")
    return None


def _named(file: FileText, snapshot: Snapshot) -> Names:
    """Return the names in the `---` and `+++` lines or, where an empty file comes or goes, in git's own line."""
    pair = git_line_names(file.git_line or "")
    if file.old is not None and file.new is not None:
        pair = _read(file.old, file), _read(file.new, file)
    if pair is None or pair == (_NOWHERE, _NOWHERE):
        raise Refused(f"line {file.line} of the patch names no file that can be told; write the names as git does")
    if _NOWHERE in pair:
        only = _without_prefix(max(pair, key=_NOWHERE.__ne__), file)
        return Names(None if pair[0] == _NOWHERE else only, None if pair[1] == _NOWHERE else only)
    both = _same_file(*pair, snapshot)
    creates = "new file mode" in file.headers or (_was_nothing(file.old) and all(not h.old_start for h in file.hunks))
    deletes = "deleted file mode" in file.headers or (
        _was_nothing(file.new) and all(not h.new_start for h in file.hunks)
    )
    return Names(None if creates else both, None if deletes else both)


def _was_nothing(header: str | None) -> bool:
    """Whether *header* has the time that `diff -N` gives to a file that is not there."""
    return header is not None and bool(_BEFORE_ALL_TIME.match(header))


def _without_prefix(name: str, file: FileText) -> str:
    """Return *name*, of a created or deleted file, without the prefix that git puts before it."""
    if git_line_names(file.git_line or "") == (name, name):
        return name
    prefix, slash, rest = name.partition("/")
    return rest if slash and prefix in _OF_GIT else name


def _same_file(old: str, new: str, snapshot: Snapshot) -> str:
    """Return the one file that both names mean: equal, equal but for the first folder, or only one is there."""
    if old == new:
        return old
    if old.partition("/")[2] == new.partition("/")[2] != "":
        return new.partition("/")[2]
    there = [name for name in (old, new) if safe_path(name) == name and snapshot.has(name)]
    if len(there) != 1:
        raise Refused(f"the patch names {old} and {new} for one file; write a/PATH and b/PATH, or rename with git")
    return there[0]


def _refuse_modes(headers: Mapping[str, str], names: Names) -> None:
    name = names.new or names.old
    if "old mode" in headers or "new mode" in headers:
        raise Refused(f"{name} would get another mode, and modes are never patched; take the mode lines out")
    created = headers.get("new file mode", "100644")
    modes = {created, headers.get("deleted file mode", ""), headers.get("index", "").rpartition(" ")[2]}
    for mode, what in (("120000", _LINK), ("160000", _SUBMODULE)):
        if mode in modes:
            raise Refused(f"{name} {what}")
    if created not in {"100644", "100664"}:
        raise Refused(
            f"{name} would be created with mode {created}, and modes are never patched; create it with 100644"
        )


def _refuse_disagreement(file: FileText, names: Names) -> None:
    """Refuse a part whose lines name different files, as git does: it would be another patch to another reader."""
    if file.git_line is None:
        return
    if ("new file mode" in file.headers and names.old) or ("deleted file mode" in file.headers and names.new):
        raise Refused(
            f"line {file.line} of the patch creates or deletes {names.new or names.old} and does not; make it again"
        )
    written = [(file.old and _read(file.old, file), names.old), (file.new and _read(file.new, file), names.new)]
    if "rename from" not in file.headers and "copy from" not in file.headers:
        pair = git_line_names(file.git_line)
        written += [(name, names.new or names.old) for name in pair or ()]
    for name, meant in written:
        if name and name != _NOWHERE and meant not in {name, name.partition("/")[2]}:
            raise Refused(
                f"line {file.line} of the patch names {name} where it means {meant or _NOWHERE}; make it again"
            )
