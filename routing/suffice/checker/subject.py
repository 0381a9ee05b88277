"""What the checks look at: one patch, what it is for, and what the linter said before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from suffice.checker.file_roles import is_python
from suffice.checker.trees import Region, regions
from suffice.checker.verdict import Found
from suffice.checker.weights import Weights
from suffice.checker.written import Written, written
from suffice.edits.applied import Step
from suffice.edits.edit import FileChange
from suffice.lane_record import Prior
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind, Place

Look = Callable[["Subject"], Found]


class Linted(NamedTuple):
    """The diagnostics of one file before and after: the project's own rules, and the isolated hard set."""

    before: tuple[Diagnostic, ...]
    after: tuple[Diagnostic, ...]
    hard_before: tuple[Diagnostic, ...]
    hard_after: tuple[Diagnostic, ...]


class Maker(NamedTuple):
    """What is known of who made a patch: how often the lane was asked before, how it did so far, and its provider."""

    retries: int = 0
    prior: Prior | None = None
    provider: str = ""


UNKNOWN = Maker()
"""Anybody."""


@dataclass(kw_only=True)
class Subject:
    """One patch under check.

    `diagnostics` are what a lint fix is for; where only its `rule` is known they are found out (`wants_aim`).
    `places` are what an edit was told that it may touch; where there are none, nobody told it.

    `step` is the farthest that the applier had to go, `retries` how often the same lane was asked before, `prior` how
    often what this lane proposes for such a task turns out right, `provider` whose lane it is (empty: anybody's),
    `weights` what evidence weighs (None: as shipped).

    `oldest_python` is the lowest declared version, such as (3, 8); None where the project declares none.
    """

    kind: Kind
    changes: tuple[FileChange, ...]
    snapshot: Snapshot
    diagnostics: tuple[Diagnostic, ...] = ()
    rule: str | None = None
    places: tuple[Place, ...] = ()
    from_linter: bool = False
    base_shas: Mapping[str, str] = field(default_factory=dict)
    oldest_python: tuple[int, int] | None = None
    step: Step = Step.EXACT
    retries: int = 0
    prior: Prior | None = None
    provider: str = ""
    weights: Weights | None = None
    linted: Mapping[str, Linted] | None = None

    @cached_property
    def regions(self) -> Mapping[str, tuple[Region, ...]]:
        """The touched parts of each Python file, by path."""
        return {change.path: regions(change) for change in self.changes if is_python(change.path)}

    @cached_property
    def written(self) -> tuple[Written, ...]:
        """The lines that each file gains and loses."""
        return tuple(map(written, self.changes))

    @property
    def wants_aim(self) -> bool:
        """Whether it is for a rule, and nobody said for which of its diagnostics."""
        return self.rule is not None and not self.diagnostics

    @property
    def rules(self) -> frozenset[str]:
        """The rules that the patch is for."""
        named = {self.rule} if self.rule else set()
        return frozenset({*named, *(d.rule for d in self.diagnostics)})
