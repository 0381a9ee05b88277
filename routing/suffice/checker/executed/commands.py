"""A command that runs tests: what its words are, and how pytest is asked for a part, and for a word on each test.

A command is never given to a shell. Who needs one writes it: `sh -c "make lint && make test"`.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from suffice.errors import InputError

_TAKES_A_VALUE = frozenset(
    set("ckmnoprW")
    | {"config-file", "rootdir", "confcutdir", "ignore", "ignore-glob", "deselect", "basetemp", "cov", "cov-config"}
    | {"durations", "maxfail", "junitxml", "junit-xml", "log-file", "tb", "import-mode"}
)
"""Options of pytest, without dashes, after which a word may look like a path and is none to find tests in."""


_OF_A_SHELL = frozenset({"|", "||", "&", "&&", ";", "<", ">", ">>", "2>", "2>&1", "&>"})


class Command(NamedTuple):
    """The words of a command; `own` is how many there are before those that pytest reads, None if it is not pytest."""

    words: tuple[str, ...]
    own: int | None

    @property
    def name(self) -> str:
        """What runs the tests, for a sentence."""
        return PurePosixPath(self.words[0]).name if self.own is None else "pytest"

    @property
    def for_no_shell(self) -> str:
        """What is to be said, after a semicolon, of a command that was meant for a shell; else nothing."""
        meant = sorted(_OF_A_SHELL.intersection(self.words))
        return f"; no shell is used, so {meant[0]} is handed on as a word: write sh -c '...' for one" if meant else ""

    def reporting(self, report: Path) -> tuple[str, ...]:
        """Return the words that also have pytest write what became of each test to *report*."""
        each = (f"--junitxml={report}", "-o", "junit_family=xunit1", "-o", "junit_logging=no")
        others_too = "--continue-on-collection-errors"
        return self.words if self.own is None else (*self.words, *each, others_too)

    def only(self, targets: Sequence[str], *, folder: Path) -> Command | None:
        """Return the command for those of *targets* (paths or ids, seen from *folder*) that it would have run anyway.

        None if there are none, or if nobody can tell: it is not pytest, or names single tests already.
        """
        if self.own is None or any("::" in word for word in self.words[self.own :]):
            return None
        paths = self._paths(self.own, folder)
        named = [PurePosixPath(self.words[place]) for place in paths]
        kept = [t for t in targets if not named or any(_file_of(t).is_relative_to(name) for name in named)]
        words = tuple(word for place, word in enumerate(self.words) if place not in paths)
        return self._replace(words=(*words, *kept)) if kept else None

    def _paths(self, own: int, folder: Path) -> list[int]:
        """Return which words name files or folders to look for tests in."""
        return [
            place
            for place in range(own, len(self.words))
            if not self.words[place].startswith("-")
            and self.words[place - 1].lstrip("-") not in _TAKES_A_VALUE
            and (folder / self.words[place]).exists()
        ]


def parse_command(text: str) -> Command:
    """Return the words of *text*, split as a shell would. Raises InputError if they cannot be told."""
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise InputError(f"The command {text!r} cannot be split into words ({error}); mend its quotes.") from error
    if not words or "\0" in text:
        raise InputError(f"{text!r} is no command; name a program, such as pytest -q.")
    return Command(words, _own_words(words))


def _file_of(target: str) -> PurePosixPath:
    return PurePosixPath(target.split("::", 1)[0])


def _own_words(words: Sequence[str]) -> int | None:
    for place, word in enumerate(words):
        if PurePosixPath(word).name in {"pytest", "py.test"}:
            return place + 1
    return None
