"""What every linter besides ruff is to the checker: it looks at texts, never at the user's files.

ruff stands apart: it looks twice (the project's rules and our own), and its fixes are rung zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from suffice.snapshot import SourceFile
from suffice.task import Diagnostic

Text = tuple[SourceFile, str]
"""A file, and the text that would stand in it."""


class Report(NamedTuple):
    """What a linter says of one text by the project's own rules.

    `silenced` is what a comment in the text silences; `hard` what is wrong in any project, silenced or not.
    """

    said: tuple[Diagnostic, ...]
    silenced: tuple[Diagnostic, ...] = ()
    hard: tuple[Diagnostic, ...] = ()


class NotLooked(NamedTuple):
    """The linter has no word on a text; `why` is a sentence for the user, empty where there is nothing to mend."""

    why: str = ""


class Look(Protocol):
    """A look at several texts that goes on while we do something else."""

    def is_done(self) -> bool:
        """Whether `finish` would not have to wait."""
        ...

    def finish(self) -> list[Report | NotLooked]:
        """Return the word on each text, in their order."""
        ...


class Linter(Protocol):
    """A linter of the project or of the user. `name` is what its diagnostics are called by."""

    @property
    def name(self) -> str:
        """What the user calls it."""
        ...

    def takes(self, path: str) -> bool:
        """Whether it is for files such as *path*."""
        ...

    def start(self, texts: Sequence[Text]) -> Look:
        """Begin to look at *texts*."""
        ...
