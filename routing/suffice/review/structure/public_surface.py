"""What a change breaks for those who use the public names of a Python file, by griffe from the texts alone.

Nothing is imported and no other file is loaded: what a name stands for that comes from elsewhere is unknown, and
said to be.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from suffice.checker.file_roles import Role, role
from suffice.errors import InputError
from suffice.outline import parse
from suffice.snapshot import Snapshot

if TYPE_CHECKING:
    from griffe import Breakage, Module

HOW = "griffe find_breaking_changes on the file's two texts"

MOST_FILES = 200
"""Of a change's files so many are compared, at up to 10 ms each; the others are unknown."""

_SCRIPTS = frozenset({"setup.py", "noxfile.py", "conf.py", "fabfile.py", "tasks.py", "manage.py"})

_WEIGHTS = {
    "OBJECT_REMOVED": 4.0,
    "PARAMETER_ADDED_REQUIRED": 3.0,
    "PARAMETER_REMOVED": 3.0,
    "PARAMETER_CHANGED_REQUIRED": 3.0,
    "OBJECT_CHANGED_KIND": 2.0,
    "PARAMETER_MOVED": 2.0,
    "PARAMETER_CHANGED_KIND": 2.0,
    "CLASS_REMOVED_BASE": 1.5,
    "RETURN_CHANGED_TYPE": 1.0,
    "PARAMETER_CHANGED_DEFAULT": 1.0,
    "ATTRIBUTE_CHANGED_TYPE": 1.0,
}
"""How surely a caller fails. What is not here says nothing of callers: another value of a constant."""


class ChangedFile(Protocol):
    """A file of a change: where it is after it, and where it was before."""

    @property
    def path(self) -> str: ...

    @property
    def old_path(self) -> str | None: ...


class Change(Protocol):
    """Two states of a repository and the files that differ."""

    @property
    def before(self) -> Snapshot: ...

    @property
    def after(self) -> Snapshot: ...

    @property
    def files(self) -> Iterable[ChangedFile]: ...


class Break(NamedTuple):
    """One thing that callers relied on: `what` happened to `name` (`Cart.add`, "" for the module) in file `path`."""

    path: str
    name: str
    what: str
    weight: float


class Breaks(NamedTuple):
    """What breaks, the surest first, and per file what could not be compared, and why."""

    found: tuple[Break, ...]
    unknown: tuple[str, ...]


def breaks_of(change: Change) -> Breaks:
    """Return what *change* breaks in the public Python files that it touches."""
    found, unknown = list[Break](), list[str]()
    public = [file for file in change.files if _old(file) and is_public_module(_old(file))]
    for file in public[:MOST_FILES]:
        try:
            old = change.before.text(_old(file))
        except InputError:
            continue  # it is new, or was no text
        if not change.after.exists(file.path) or file.path != _old(file):
            moved = change.after.exists(file.path) and old.strip() != ""  # git pairs empty files at will
            found.append(_gone(file, moved=moved))
            continue
        try:
            new = change.after.text(file.path)
        except InputError:
            unknown.append(f"{file.path}: no text that can be read after the change")
            continue
        breaks = compare(old, new, path=file.path)
        found += breaks.found
        unknown += breaks.unknown
    unknown += [f"{file.path}: over the limit of {MOST_FILES} files" for file in public[MOST_FILES:]]
    return Breaks(tuple(sorted(found, key=lambda it: (-it.weight, it))), tuple(unknown))


def compare(old: str, new: str, *, path: str) -> Breaks:
    """Return what of the public names in the text *old* of the file *path* is not kept by *new*."""
    from griffe import GriffeError, find_breaking_changes

    if parse(old) is None or parse(new) is None:
        return Breaks((), (f"{path}: does not parse",))
    found, unknown = list[Break](), list[str]()
    try:
        before, after = _visited(old, path), _visited(new, path)
        unknown += [f"{path}: {name}" for name in _from_elsewhere(before, after)]
        for breakage in find_breaking_changes(before, after):
            found += _break(breakage, path)
    except (GriffeError, RecursionError, KeyError, ValueError, AttributeError, TypeError):
        unknown.append(f"{path}: names from other files")  # alias errors: found so far is right, the rest not known
    return Breaks(tuple(dict.fromkeys(found)), tuple(unknown))


def is_public_module(path: str) -> bool:
    """Whether others may import the file *path*: Python source, no test, no script, no underscore on the way."""
    *folders, name = path.split("/")
    if role(path) is not Role.SOURCE or not name.endswith(".py") or name in _SCRIPTS or folders[:1] == ["docs"]:
        return False
    return (
        path.isprintable()
        and not any(part.startswith("_") for part in folders)
        and (not name.startswith("_") or name == "__init__.py")
    )


def _old(file: ChangedFile) -> str:
    return file.old_path or file.path


def _gone(file: ChangedFile, *, moved: bool) -> Break:
    what = f"the module moved to {file.path}" if moved else "the module was removed"
    return Break(path=_old(file), name="", what=what, weight=_WEIGHTS["OBJECT_REMOVED"])


def _visited(text: str, path: str) -> Module:
    from griffe import visit

    logging.getLogger("griffe").addHandler(logging.NullHandler())  # else it writes to our stderr
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return visit(path.rpartition("/")[2].removesuffix(".py"), filepath=Path(path), code=text)


def _from_elsewhere(before: Module, after: Module) -> Iterator[str]:
    """Yield the public names that were defined here and are imported now, and that an import of `*` is gone."""
    for name, member in before.members.items():
        if name.endswith("/*"):  # griffe's name for it
            if name not in after.members:
                yield "what an import of * brought"
        elif not member.is_alias and member.is_public and name in after.members and after.members[name].is_alias:
            yield f"{name}, which comes from elsewhere now"


def _break(breakage: Breakage, path: str) -> Iterator[Break]:
    weight = _WEIGHTS.get(breakage.kind.name)
    name = breakage.obj.path.partition(".")[2]
    if weight is None or "*" in name:
        return
    changed = breakage.new_value if breakage.kind.name == "PARAMETER_ADDED_REQUIRED" else breakage.old_value
    parameter = getattr(changed, "name", "") if breakage.kind.name.startswith("PARAMETER") else ""
    what = breakage.kind.value[0].lower() + breakage.kind.value[1:]
    yield Break(path=path, name=name, what=f"{what}: {parameter}" if parameter else what, weight=weight)
