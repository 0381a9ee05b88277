"""The parts of a diff that a review speaks of, with stable ids and the definitions around them."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from suffice.edits.operation import Mark


class Fate(StrEnum):
    """What becomes of a hunk's file."""

    CHANGED = "changed"
    CREATED = "created"
    DELETED = "deleted"


class DiffLine(NamedTuple):
    """One line of a hunk without its line end; `old` and `new` are its 1-based numbers, None on the side without it."""

    mark: Mark
    text: str
    old: int | None
    new: int | None


class Hunk(NamedTuple):
    """Neighbouring changed lines of a file, with the lines around them.

    `id` stays the same while the changed lines do, whatever moves above them. `path` is that after the change,
    `old_path` before it (the same unless renamed). `around` are the headers of the definitions that hold it in the
    new text, outermost first; `definition` are the lines (1-based, inclusive, new text) of the innermost, None at the
    top of a module or where the language is not known. `fate` is that of the file: of a deleted one
    all lines are old, and no definition is named.
    """

    id: str
    path: str
    old_path: str
    lines: tuple[DiffLine, ...]
    around: tuple[str, ...] = ()
    definition: tuple[int, int] | None = None
    fate: Fate = Fate.CHANGED

    @property
    def added(self) -> tuple[DiffLine, ...]:
        """The lines that the change adds."""
        return tuple(line for line in self.lines if line.mark is Mark.ADD)

    @property
    def removed(self) -> tuple[DiffLine, ...]:
        """The lines that the change takes away."""
        return tuple(line for line in self.lines if line.mark is Mark.DROP)
