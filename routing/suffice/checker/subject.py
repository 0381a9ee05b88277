"""What the checks look at: one patch, what it is for, and what the linter said before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from suffice.checker.trees import Region, regions
from suffice.checker.verdict import Found
from suffice.edits.applied import Step
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind

Look = Callable[["Subject"], Found]


class Linted(NamedTuple):
    """The diagnostics of one file before and after: the project's own rules, and the isolated hard set."""

    before: tuple[Diagnostic, ...]
    after: tuple[Diagnostic, ...]
    hard_before: tuple[Diagnostic, ...]
    hard_after: tuple[Diagnostic, ...]


class Prior(NamedTuple):
    """How often (0..1) a lane's patches for such a task turned out right, from `n` recorded outcomes."""

    rate: float
    n: int


@dataclass(kw_only=True)
class Subject:
    """One patch under check.

    `diagnostics` are what a lint fix is for; empty where nobody said, then `messages` are those of its rule.

    `step` is the farthest that the applier had to go, `retries` how often the same lane was asked before, `prior` how
    often what this lane proposes for such a task turns out right.

    `oldest_python` is the lowest declared version, such as (3, 8); None where the project declares none.
    """

    kind: Kind
    changes: tuple[FileChange, ...]
    snapshot: Snapshot
    diagnostics: tuple[Diagnostic, ...] = ()
    rule: str | None = None
    messages: str = ""
    from_linter: bool = False
    base_shas: Mapping[str, str] = field(default_factory=dict)
    oldest_python: tuple[int, int] | None = None
    step: Step = Step.EXACT
    retries: int = 0
    prior: Prior | None = None
    linted: Mapping[str, Linted] | None = None

    @cached_property
    def regions(self) -> Mapping[str, tuple[Region, ...]]:
        """The touched parts of each Python file, by path."""
        return {change.path: regions(change) for change in self.changes if change.path.endswith((".py", ".pyi"))}

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the patch is for."""
        named = {self.rule} if self.rule else set()
        return frozenset({*named, *(d.rule for d in self.diagnostics)})
