"""A policy: which ladder each kind climbs, what is never used for it, and when it stops.

A policy can only choose among the catalogue's lanes; the constraints that no policy lifts are in constraints.py.
Policies are TOML files, which policy_file.py reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from suffice.errors import ConfigError
from suffice.globs import matches
from suffice.lanes import LINTER, Lane, catalogue
from suffice.shipped import shipped_text
from suffice.task import Kind, Mode, Stakes

Rung = tuple[str, ...]

SHIPPED = ("guide", "opus-first", "anthropic", "openai", "coding")
"""The policies that come with the program."""


class KindPolicy(NamedTuple):
    """What a policy says of one kind.

    `rungs` end with `human`; `optional` lanes are used where they are set up, `explicit_only` ones where the user
    allows them. A task of high stakes starts at the rung of `high_stakes_from`.
    `propose` and `apply` are confidences 0..1, and `rise_per_rung` is what each rung climbed adds to them.
    `value_usd` is what a fix is worth, `human_usd` what handing over costs, `wrong_usd` what a wrong fix costs that
    passed the checker, and `wrong_accepted` (0..1) the share of wrong ones that pass.
    `prefilter`: a cheap lane looks through many tasks before a dear one sees any. `judge`: cheap lanes, of which one
    judges what a dear lane made.
    Of reviews alone: `second` lanes, of which the first of another provider reads what is risky once more; `refute`
    rungs, the first for a claim that two providers made, the second for one that a single lane made; `settle` rungs
    for what is of architecture, or severe and undecided.
    """

    rungs: tuple[Rung, ...]
    optional: frozenset[str] = frozenset()
    explicit_only: frozenset[str] = frozenset()
    high_stakes_from: str | None = None
    prefilter: bool = False
    judge: tuple[str, ...] = ()
    second: tuple[str, ...] = ()
    refute: tuple[Rung, ...] = ()
    settle: tuple[Rung, ...] = ()
    propose: float = 0.8
    apply: float = 0.95
    rise_per_rung: float = 0.02
    max_output_tokens: int = 4096
    timeout_s: float = 60.0
    context_budget_tokens: int = 6000
    typical_input_tokens: int = 1500
    typical_output_tokens: int = 300
    value_usd: float = 1.0
    wrong_usd: float = 1.0
    human_usd: float = 1.0
    wrong_accepted: float = 0.1

    def ladder(self) -> tuple[str, ...]:
        """Return the rungs as a file has them: "a | b", "c?", "human"."""
        return tuple(" | ".join(f"{lane}{'?' * (lane in self.optional)}" for lane in rung) for rung in self.rungs)

    def stages(self) -> Mapping[str, tuple[str, ...]]:
        """Return the lanes of a review's stages as a file has them."""
        refute, settle = (tuple(" | ".join(rung) for rung in rungs) for rungs in (self.refute, self.settle))
        return {"second": self.second, "refute": refute, "settle": settle}


class Deny(NamedTuple):
    """Lanes, or all lanes of providers, that are not used where all the rest applies; what is empty applies always."""

    because: str
    lanes: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    kinds: frozenset[Kind] = frozenset()
    modes: frozenset[Mode] = frozenset()
    stakes: frozenset[Stakes] = frozenset()
    paths: tuple[str, ...] = ()

    def concerns(self, lane: Lane) -> bool:
        """Tell whether this is about *lane* at all."""
        return lane.name in self.lanes or lane.provider in self.providers

    def applies(self, kind: Kind, mode: Mode, stakes: Stakes) -> bool:
        """Tell whether it applies to such a task, its paths aside."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.modes or mode in self.modes)
            and (not self.stakes or stakes in self.stakes)
        )


class PathStakes(NamedTuple):
    """Files that raise, or lower, the stakes of a task that touches one."""

    paths: tuple[str, ...]
    stakes: Stakes


class Policy(NamedTuple):
    """Ladders, constraints and thresholds. `sha256` is of the file and those it extends, so that a report says which.

    `lanes` are those it may choose among: the catalogue's, with the user's own.
    """

    name: str
    sha256: str
    kinds: Mapping[Kind, KindPolicy]
    lanes: Mapping[str, Lane]
    denies: tuple[Deny, ...] = ()
    path_stakes: tuple[PathStakes, ...] = ()

    def __hash__(self) -> int:
        return hash(self.sha256)

    @classmethod
    def load(cls, name: str | Path, *, lanes: Mapping[str, Lane] | None = None) -> Policy:
        """Return the shipped policy *name*, or the one in the file at that path. Raises ConfigError."""
        known = catalogue().lanes if lanes is None else lanes
        if name in SHIPPED:
            return _shipped(str(name)) if lanes is None else shipped_policy(str(name), known)
        path = Path(name)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"There is no policy {name}; shipped are: {', '.join(SHIPPED)}. Name one or the path of a policy file."
            ) from error
        from suffice.policy_file import parse_policy

        return parse_policy(content, name=path.stem, file=str(name), lanes=known)

    def of(self, kind: Kind) -> KindPolicy:
        """Return what this policy says of *kind*. Raises ConfigError if it says nothing."""
        if kind not in self.kinds:
            known = ", ".join(sorted(self.kinds))
            raise ConfigError(f"Policy {self.name} has no ladder for {kind}; it has: {known}.")
        return self.kinds[kind]

    @property
    def depends_on_paths(self) -> bool:
        """Whether some rule is about certain files."""
        return bool(self.path_stakes) or any(deny.paths for deny in self.denies)

    def models(self) -> Mapping[str, str]:
        """Return the model behind each lane, as memory tells results apart; the linter's own fixes have none."""
        return _models(self)

    def stakes_of(self, stakes: Stakes, paths: tuple[str, ...]) -> Stakes:
        """Return the stakes of a task on *paths* that was given *stakes*: the first rule that matches a path counts.

        A rule lifts what the user said, and lowers it only from normal.
        """
        found = [rule.stakes for path in paths for rule in self.path_stakes if matches(path, rule.paths)][:1]
        if not found or (found[0] is Stakes.LOW and stakes is Stakes.HIGH):
            return stakes
        return found[0]


@lru_cache(maxsize=64)
def _models(policy: Policy) -> Mapping[str, str]:
    return {LINTER: LINTER, **{name: lane.model for name, lane in policy.lanes.items()}}


@cache
def _shipped(name: str) -> Policy:
    return shipped_policy(name, catalogue().lanes)


def shipped_policy(name: str, lanes: Mapping[str, Lane]) -> Policy:
    """Return the shipped policy *name* over *lanes*."""
    from suffice.policy_file import parse_policy

    return parse_policy(policy_text(name).encode(), name=name, lanes=lanes)


def policy_text(name: str) -> str:
    """Return the file of the shipped policy *name*."""
    return shipped_text(f"policies/{name}.toml")
