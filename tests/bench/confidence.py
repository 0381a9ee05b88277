"""How much the confidence tells: on patches by models with known outcome, and on right and wrong lint fixes.

    python tests/bench/confidence.py DATA_FOLDER [--toml]

The folder holds patches/{model_patches,base_files,edits}.jsonl.gz and
lint/{ruff_fixes,ruff_nofix,wrong_fixes}.jsonl.gz. With --toml it prints tools/confidence.toml, which
docs/confidence.md is made of.

AUC is how often a right patch gets more than a wrong one. Fits are told on tasks that they have not seen (five folds
by instance); the range is that of 95 % of 1,000 resamples of the instances.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import NamedTuple

from lint_reliability import DESTRUCTIVE, RIGHT_BEFORE, Checked, checked, mixed, read_cases
from patches_and_bases import Labelled
from seen_patches import Seen, by_models, seen_by_text, seen_with_base, with_agreement

from suffice.checker.confidence import PROOF, probability, total
from suffice.checker.weights import Weights, shipped_weights
from suffice.refit import Outcome, held_out
from suffice.reliability import bands, brier, calibration_error

RESAMPLES = 1000
LOOK_AT_LOSS = ("loss", "definitions", "public-surface", "layout")


class Scored(NamedTuple):
    """How sure one is of a patch, for a task, and whether it was right."""

    instance: str
    confidence: float
    right: bool


class Estimate(NamedTuple):
    """A measure and the range of 95 % of its resamples."""

    value: float
    low: float
    high: float


class Ranking(NamedTuple):
    """How well something tells right patches from wrong ones."""

    patches: str
    by: str
    n: int
    right: int
    auc: Estimate


def main(folder: Path, *, as_toml: bool) -> None:
    """Print the tables, or the file for the documentation."""
    rankings = list(rank(by_models(folder)))
    fixes = checked(list(read_cases(folder / "lint")))
    for line in (toml(rankings, fixes)) if as_toml else tables(rankings, fixes):
        print(line)


def rank(labelled: Sequence[Labelled]) -> Iterator[Ranking]:
    """Yield how well the checker tells right patches by models from wrong ones, by what it is shown."""
    based = seen_with_base(labelled)
    agreeing = with_agreement(based, labelled)
    yield from _ranked("their own lines alone", seen_by_text(labelled))
    gates = [Scored(s.labelled.instance, float(s.outcome is not None), s.right) for s in based]
    yield _ranking("with base files", "blocking checks alone", gates)
    yield from _ranked("with base files", based)
    yield from _ranked("with base files and agreement", agreeing)
    yield from _ranked("with base files, of what passes", [each for each in based if each.outcome])


def _ranked(patches: str, seen: Sequence[Seen]) -> Iterator[Ranking]:
    passed = [each.outcome for each in seen if each.outcome]
    for by, fits in (
        ("shipped weights", [shipped_weights()] * len(passed)),
        ("refitted weights", held_out(passed)),
    ):
        yield _ranking(patches, by, _scored(seen, fits))


def _scored(seen: Sequence[Seen], fits: Sequence[Weights]) -> list[Scored]:
    """Return what each patch got: nothing where a check blocks it.

    What a fit adds to all patches alike is left out: it is less where more of those held out are right, which would
    rank one fold below another for no reason of the patches.
    """
    left = iter(fits)
    return [
        Scored(each.labelled.instance, _told_apart(next(left), each.outcome) if each.outcome else 0.0, each.right)
        for each in seen
    ]


def _told_apart(weights: Weights, outcome: Outcome) -> float:
    return probability(total(weights._replace(slope=1.0, fitted={}), outcome.kind, outcome.signals))


def _ranking(patches: str, by: str, scored: Sequence[Scored]) -> Ranking:
    return Ranking(patches, by, len(scored), sum(each.right for each in scored), _with_range(scored))


def _with_range(scored: Sequence[Scored]) -> Estimate:
    by_instance: dict[str, list[Scored]] = defaultdict(list)
    for each in scored:
        by_instance[each.instance].append(each)
    groups, chance = list(by_instance.values()), random.Random(1)
    found = []
    for _ in range(RESAMPLES):
        drawn = [each for group in chance.choices(groups, k=len(groups)) for each in group]
        if len({each.right for each in drawn}) > 1:
            found.append(auc(drawn))
    found.sort()
    return Estimate(auc(scored), found[int(0.025 * len(found))], found[int(0.975 * len(found))])


def auc(scored: Sequence[Scored]) -> float:
    """Return how often a right patch is above a wrong one; a tie counts half."""
    wrong = sorted(each.confidence for each in scored if not each.right)
    right = [each.confidence for each in scored if each.right]
    above = sum(bisect_left(wrong, own) + bisect_right(wrong, own) for own in right) / 2
    return above / (len(wrong) * len(right))


def tables(rankings: Sequence[Ranking], fixes: Sequence[Checked]) -> Iterator[str]:
    """Yield all that was measured, for reading."""
    yield "## Patches by models: AUC"
    for each in rankings:
        found, share = each.auc, each.right / each.n
        yield (
            f"{each.patches:32} {each.by:22} n {each.n:5} ({share:5.1%} right)  "
            f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"
        )
    yield "\n## Lint fixes: what passes every blocking check, and what of all is proven"
    for made, n, passed, proven in gates(fixes):
        yield f"{made:22} n {n:5}  passes {passed / n:6.1%}  proven {proven / n:6.1%}"
    yield "\n## What passing is worth, as the log of the ratio: right against destructive"
    for name, without in (("all checks", ()), (f"without {', '.join(LOOK_AT_LOSS)}", LOOK_AT_LOSS)):
        right, wrong = passing(fixes, without)
        yield f"{name:55} right {right:6.1%}  destructive {wrong:6.1%}  {log(right / wrong):+.2f}"
    judged = mixed(fixes)
    yield f"\n## Reliability: n {len(judged)}, Brier {brier(judged):.3f}, calibration {calibration_error(judged):.3f}"
    for band in bands(judged):
        shares = f"promised {band.promised:6.1%}  right {band.right:6.1%}"
        yield f"{band.low:4.2f} to {band.high:4.2f}  n {band.n:5}  {shares}"


def gates(fixes: Sequence[Checked]) -> list[tuple[str, int, int, int]]:
    """Return of each kind of fix how many there are, pass and are proven."""
    counts = Counter(each.case.made for each in fixes)
    passed = Counter(each.case.made for each in fixes if each.passes())
    proven = Counter(each.case.made for each in fixes if each.passes() and each.verdict.confidence >= PROOF)
    return [(made, n, passed[made], proven[made]) for made, n in counts.items()]


def passing(fixes: Sequence[Checked], without: Sequence[str]) -> tuple[float, float]:
    """Return the shares of right and of destructive fixes that pass, without some checks."""
    right = [each.passes(without) for each in fixes if each.is_right]
    wrong = [each.passes(without) for each in fixes if each.case.made in DESTRUCTIVE]
    return sum(right) / len(right), sum(wrong) / len(wrong)


def toml(rankings: Sequence[Ranking], fixes: Sequence[Checked]) -> Iterator[str]:
    """Yield the file that the documentation is made of."""
    judged = mixed(fixes)
    yield "# Made by `python tests/bench/confidence.py DATA_FOLDER --toml`; docs/confidence.md is made of it.\n"
    yield f"measured_on = {datetime.now(UTC).date().isoformat()}"
    yield f"right_before = {RIGHT_BEFORE}"
    yield f"brier = {brier(judged):.3f}"
    yield f"calibration_error = {calibration_error(judged):.3f}"
    for band in bands(judged):
        yield f"\n[[bands]]\nlow = {band.low}\nhigh = {band.high}\nn = {band.n}"
        yield f"promised = {band.promised:.3f}\nright = {band.right:.3f}"
    for made, n, passed, proven in gates(fixes):
        yield f'\n[[fixes]]\nmade = "{made}"\nn = {n}\npassed = {passed}\nproven = {proven}'
    for each in rankings:
        yield f'\n[[rankings]]\npatches = "{each.patches}"\nby = "{each.by}"\nn = {each.n}\nright = {each.right}'
        yield f"auc = {each.auc.value:.3f}\nlow = {each.auc.low:.3f}\nhigh = {each.auc.high:.3f}"


if __name__ == "__main__":
    main(Path(sys.argv[1]), as_toml="--toml" in sys.argv[2:])
