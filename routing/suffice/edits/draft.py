"""One file on its way to its new text: lines with their ends, changed whole lines at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from suffice.edits.operation import plain_lines
from suffice.edits.rebase import Splice
from suffice.positions import split_lines
from suffice.snapshot import SourceFile


class Draft(NamedTuple):
    """The text of the file at `path` so far. New lines end with `eol`; `is_ended`: so does the last of the file.

    The text is without byte order mark; `bom` says that the file has one.
    """

    path: str
    text: str
    eol: str
    is_ended: bool
    bom: bool = False

    @classmethod
    def of(cls, file: SourceFile) -> Draft:
        """Return the file as it is."""
        return cls(file.path, file.text, file.eol, file.final_newline or not file.text, file.bom)

    @classmethod
    def new(cls, path: str, text: str) -> Draft:
        """Return a file that is being created."""
        bare = text.removeprefix("\ufeff")
        return cls(path, bare, "\n", is_ended=True, bom=bare != text)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines without their ends."""
        return plain_lines(self.text)

    def spliced(self, splices: Sequence[Splice], *, final_newline: bool | None = None) -> Draft:
        """Return the file with *splices* made, which must not collide; *final_newline* is what the reply says of it."""
        old = split_lines(self.text)
        parts: list[str] = []
        done = 0
        for splice in sorted(splices):
            parts += old[done : splice.start]
            parts += [f"{line}{self.eol}" for line in splice.new]
            done = splice.end
        own_last = done < len(old) or not splices or not max(splices).new
        parts += old[done:]
        return self._replace(text="".join(self._ended(parts, own_last=own_last, final_newline=final_newline)))

    def _ended(self, parts: list[str], *, own_last: bool, final_newline: bool | None) -> list[str]:
        """Return *parts* with a line end after all but the last, and after that one as the file or the reply has it."""
        unended = [n for n, part in enumerate(parts[:-1]) if not part.endswith(("\n", "\r"))]
        for n in unended:
            parts[n] += self.eol
        ended = final_newline if final_newline is not None else None if own_last else self.is_ended
        if parts and ended is not None:
            parts[-1] = parts[-1].rstrip("\r\n") + (self.eol if ended else "")
        return parts
