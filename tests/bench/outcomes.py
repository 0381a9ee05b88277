"""`suffice replay` on public outcomes of coding agents: what the default policy solves and spends.

    python tests/bench/outcomes.py DATA_FOLDER

The folder holds swebench_verified.csv.gz (set A: mini-SWE-agent), openhands_index.csv.gz (set B: OpenHands) and
haiku45.csv.gz. Their licences let us measure, not ship them: they are never part of this project. Ends with 1 where a
bound that it prints is not kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from suffice.policy import Policy
from suffice.replay.cases import Costs, with_costs
from suffice.replay.intervals import Estimate
from suffice.replay.records import Record, read_records, summaries
from suffice.replay.replay import POLICY, TRAINED, Replay, replay

HAIKU = "claude-haiku-4-5-20251001"
HAIKU_COSTS = Costs(0.2757, 0.4410)
"""Means of a public run of the same model (mini-SWE-agent 2, high), since its own rows have no cost."""

HAIKU_IN_B = 1.75
"""By how much tasks cost more in set B than in set A, for the models that are in both."""

PUBLISHED_A = {
    HAIKU: (0.646, 0.334),
    "sonnet-4.5": (0.706, 0.558),
    "opus-4.5": (0.744, 0.721),
    "sonnet-4": (0.648, 0.371),
    "opus-4": (0.676, 1.131),
    "gpt-5-nano": (0.348, 0.038),
    "gpt-5-mini": (0.598, 0.035),
    "gpt-5": (0.650, 0.280),
    "gpt-5.1": (0.660, 0.306),
    "gpt-5.1-codex": (0.660, 0.589),
    "gemini-3-pro": (0.742, 0.460),
    "deepseek-v3.2-r": (0.600, 0.028),
}
PUBLISHED_B = {
    HAIKU: (0.646, 0.585),
    "claude-sonnet-4-5": (0.742, 1.151),
    "claude-sonnet-4-6": (0.744, 1.027),
    "claude-opus-4-5": (0.766, 1.795),
    "claude-opus-4-6": (0.768, 0.772),
    "claude-opus-4-7": (0.816, 1.274),
    "claude-opus-4-8": (0.838, 0.742),
    "GPT-5.2": (0.746, 0.833),
    "GPT-5.2-Codex": (0.738, 0.929),
    "GPT-5.4": (0.756, 0.632),
    "GPT-5.5": (0.782, 1.508),
    "MiniMax-M3": (0.764, 0.154),
    "DeepSeek-V4-Pro": (0.732, 0.040),
}
"""Share solved and dollars a task of all 500 tasks, as we measured them on the whole files (2026-11)."""

MINI, MID, TOP_A, TOP_B = "gpt-5-mini", "sonnet-4.5", "opus-4.5", "claude-opus-4-8"

PAYS: Sequence[Mapping[str, str]] = (
    {"haiku": MINI, "opus": TOP_A},
    {"sonnet": MINI, "opus": TOP_A},
    {"haiku": MINI, "sonnet": MID, "opus": TOP_A},
    {"haiku": MINI, "sonnet": "gpt-5.1", "opus": TOP_A},
    {"haiku": MINI, "sonnet": HAIKU, "opus": TOP_A},
)
"""Set A: a cheap lane first has to halve the bill."""

PAYS_NOT: Sequence[Mapping[str, str]] = (
    {"sonnet": "claude-sonnet-4-6", "opus": TOP_B},
    {"haiku": HAIKU, "opus": TOP_B},
    {"haiku": HAIKU, "sonnet": "claude-sonnet-4-6", "opus": TOP_B},
    {"gpt-5.4:medium": "GPT-5.4", "opus": TOP_B},
    {"sonnet": "claude-sonnet-4-6", "codex": "GPT-5.2-Codex", "gpt-5.4:high": "GPT-5.4", "opus": TOP_B},
    {
        "haiku": HAIKU,
        "sonnet": "claude-sonnet-4-6",
        "codex": "GPT-5.2-Codex",
        "gpt-5.4:high": "GPT-5.4",
        "opus": TOP_B,
    },
)
"""Set B: Opus 4.8 is the better and the cheaper, so memory has to learn to start with it."""

CHECKERS = ((0.0, 0.0), (0.0, 0.05), (0.05, 0.05), (0.1, 0.05), (0.2, 0.05), (0.3, 0.05), (0.83, 0.05))
"""Wrong accepted, right rejected; 0.83 is what "the agent says it is done" comes to."""

MOST_OF_TOP = 0.6

MOST_ERRORS = 2.0
"""Standard errors by which a single model may differ from the published share."""


class Sets(NamedTuple):
    """The records of both sets."""

    a: Sequence[Record]
    b: Sequence[Record]


def main(folder: Path) -> bool:
    """Print all tables, and tell whether every bound is kept."""
    sets = read_sets(folder)
    kept = [*_print_singles("set A", sets.a, PUBLISHED_A), *_print_singles("set B", sets.b, PUBLISHED_B)]
    print(f"\n## A cheap lane first: at most {MOST_OF_TOP:.0%} of the top lane's cost, and solves no less")
    for mapping in PAYS:
        result = _replayed(sets.a, mapping)
        kept.append(_pays(result))
        _print_against_top(result, reached=kept[-1])
    print("\n## No cheap lane pays: not dearer than the top lane, and solves no less")
    for mapping in PAYS_NOT:
        result = _replayed(sets.b, mapping)
        kept.append(_learns(result))
        _print_against_top(result, reached=kept[-1])
    for records, mapping in ((sets.a, PAYS[0]), (sets.a, PAYS[2]), (sets.b, PAYS_NOT[2]), (sets.b, PAYS_NOT[5])):
        _print_checkers(records, mapping)
    return all(kept)


def read_sets(folder: Path) -> Sets:
    """Return the records of both sets, the small model's rows with costs in each."""
    a = read_records([folder / "swebench_verified.csv.gz"])
    b = read_records([folder / "openhands_index.csv.gz"], where=[("benchmark", "swe-bench"), ("agent", "openhands")])
    small = read_records([folder / "haiku45.csv.gz"], where=[("variant", "baseline")])
    in_b = Costs(*(cost * HAIKU_IN_B for cost in HAIKU_COSTS))
    return Sets((*a, *with_costs(small, {HAIKU: HAIKU_COSTS})), (*b, *with_costs(small, {HAIKU: in_b})))


def _replayed(records: Sequence[Record], mapping: Mapping[str, str], *, far: float = 0.0, frr: float = 0.0) -> Replay:
    return replay(records, mapping=mapping, policy=Policy.load("guide"), far=far, frr=frr)


def _print_singles(
    name: str, records: Sequence[Record], published: Mapping[str, tuple[float, float]]
) -> Iterator[bool]:
    """Print each single model, and yield whether it is within sampling error."""
    print(f"\n## {name}, single models: here, and in the published 500 tasks")
    for model in summaries(records):
        if model.model in published and model.cost_usd is not None:
            solved, cost_usd = published[model.model]
            errors = (model.solved - solved) / sqrt(solved * (1 - solved) / model.n)
            yield abs(errors) <= MOST_ERRORS
            print(
                f"{model.model:26} n {model.n}  solved {model.solved:6.1%} (published {solved:.1%}, "
                f"{errors:+.1f} standard errors)  ${model.cost_usd:.3f} (${cost_usd:.3f})"
            )


def _pays(result: Replay) -> bool:
    own = result.of(TRAINED)
    return _value(own.cost_vs_top) <= MOST_OF_TOP - 1 and _value(own.solved_vs_top) >= 0


def _learns(result: Replay) -> bool:
    own = result.of(TRAINED)
    return _value(own.cost_vs_top) <= 0 and _value(own.solved_vs_top) >= 0


def _value(estimate: Estimate) -> float:
    return 0.0 if estimate.value is None else estimate.value


def _print_against_top(result: Replay, *, reached: bool) -> None:
    print(f"\n{', '.join(f'{lane}={model}' for lane, model in result.mapping.items())}: {'yes' if reached else 'NO'}")
    for name in (f"only {result.top}", "random mix", "ladder", POLICY, TRAINED, "oracle router"):
        own = result.of(name)
        print(
            f"  {name:20} solved {_value(own.solved):6.1%}  ${_value(own.cost_usd):.3f}  against the top lane "
            f"{_ranged(own.solved_vs_top, '+.1f')} points, cost {_ranged(own.cost_vs_top, '+.1f')} %"
        )
    print(f"  {'starts at':20} {', '.join(f'{lane} {share:.1%}' for lane, share in result.of(TRAINED).starts.items())}")


def _ranged(estimate: Estimate, form: str) -> str:
    low, high = (format((end or 0.0) * 100, form) for end in (estimate.low, estimate.high))
    return f"{_value(estimate) * 100:{form}} [{low}, {high}]"


def _print_checkers(records: Sequence[Record], mapping: Mapping[str, str]) -> None:
    print(f"\n## Solved / wrong / to human of 100 tasks, $ a task: {', '.join(mapping.values())}")
    print(f"{'FAR':>4} {'FRR':>4}  {'top lane':28} {'ladder':28} {'policy with memory':28}")
    for far, frr in CHECKERS:
        result = _replayed(records, mapping, far=far, frr=frr)
        cells = (_of_hundred(result, name) for name in (f"only {result.top}", "ladder", TRAINED))
        print(f"{far:4.0%} {frr:4.0%}  " + " ".join(f"{cell:28}" for cell in cells))


def _of_hundred(result: Replay, name: str) -> str:
    own = result.of(name)
    shares = (f"{100 * _value(share):.1f}" for share in (own.solved, own.wrong, own.human))
    return f"{' / '.join(shares)}  {_value(own.cost_usd):.3f}"


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1])) else 1)
