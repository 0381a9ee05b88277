"""Which linters speak for a project: ruff always, and what the workspace brings along where it is trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from suffice.linters.linter import Linter, Look, NotLooked, Report, Text
from suffice.linters.own_ruff import Ruff, ours, program_on_path, ruff_for
from suffice.trust import why_untrusted

if TYPE_CHECKING:
    from suffice.config import Config


class Linters(NamedTuple):
    """The linters of one project; of `others` some may be `LeftOut`."""

    ruff: Ruff
    others: tuple[Linter, ...] = ()

    @classmethod
    def only_ours(cls) -> Linters:
        """Return what runs no program but those that are installed with suffice."""
        return cls(ours())


class LeftOut(NamedTuple):
    """A linter that may not run, or cannot: it has no word on a text, and says why."""

    linter: Linter
    why: str

    @property
    def name(self) -> str:
        """What the user calls it."""
        return self.linter.name

    def takes(self, path: str) -> bool:
        """Whether it would be for files such as *path*."""
        return self.linter.takes(path)

    def start(self, texts: Sequence[Text]) -> Look:
        """Look at nothing."""
        return _NoLook(NotLooked(f"{self.name}: {self.why}"), len(texts))


class _NoLook(NamedTuple):
    word: NotLooked
    number: int

    def is_done(self) -> bool:
        return True

    def finish(self) -> list[Report | NotLooked]:
        return [self.word] * self.number


def linters_for(
    root: Path | None, config: Config, environment: Mapping[str, str], *, for_this_run: bool = False
) -> Linters:
    """Return the linters for the project at *root*; *for_this_run* is `--trust`. Raises ConfigError."""
    untrusted = why_untrusted(root, config.trusted, environment, for_this_run=for_this_run)
    own: list[Linter] = [*_eslint(root, environment), *config.own_linters(root)]
    others = tuple(own if untrusted is None else (LeftOut(linter, untrusted) for linter in own))
    return Linters(ruff_for(root, environment, trusted=untrusted is None), others)


def _eslint(root: Path | None, environment: Mapping[str, str]) -> list[Linter]:
    if root is None or not (root / "package.json").is_file():
        return []
    from suffice.linters.eslint import Eslint

    node = program_on_path("node", environment, outside=root)
    return [Eslint(root, node) if node else LeftOut(Eslint(root, "node"), "Node.js is not on PATH; install it")]
