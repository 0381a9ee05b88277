"""What the ledger's outcomes would make of the confidence, as a file for the user. A tool: it writes nothing.

An outcome is the developer's last word on a result that the checker let pass without a proof: kept is right, undone
and rejected are wrong, a dismissal says nothing of the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from suffice.checker.confidence import PROOF
from suffice.checker.weights import Weights, shipped_weights
from suffice.refit import FOLDS, Outcome, cross_validated, judged_by, refitted
from suffice.reliability import Band, Judged, bands, brier, calibration_error
from suffice.state.ledger import SILENT_WORDS, AttemptRow, Feedback, FeedbackRow, Ledger
from suffice.task import Kind

ENOUGH_OUTCOMES = 200
"""Below, the own numbers would be no better than the shipped ones (facts on checkers, 2026-11)."""

LOOK_BACK_S = 365 * 86_400.0
"""What a signal is worth outlives the models; of how good a lane is, the ledger's memory says what is new."""

_MOST_OUTCOMES = 5000


class TooFew(NamedTuple):
    """How many outcomes are `known`, and `usable`, being of a kind of which there are enough; 200 have to be."""

    known: int
    usable: int


class Scores(NamedTuple):
    """How far confidences could be believed; see `suffice.reliability`."""

    brier: float
    calibration_error: float
    bands: tuple[Band, ...]


class Refit(NamedTuple):
    """A fit to `n` outcomes: how good the confidences were `before`, how good they are `after` on unseen ones."""

    n: int
    before: Scores
    after: Scores
    weights: Weights

    @property
    def is_better(self) -> bool:
        """Whether the fit is worth installing."""
        return self.after.brier < self.before.brier


def tune_confidence(outcomes: Sequence[Outcome], *, now: Weights | None) -> Refit | TooFew:
    """Return what *outcomes* make of the numbers; *now* are those in use, None: as shipped."""
    present = now or shipped_weights()
    counts = Counter(outcome.kind for outcome in outcomes)
    used = [outcome for outcome in outcomes if counts[outcome.kind] >= present.calibrated_from][-_MOST_OUTCOMES:]
    if len(used) < ENOUGH_OUTCOMES:
        return TooFew(len(outcomes), len(used))
    before, after = judged_by(present, used), cross_validated(used)
    return Refit(len(used), _scores(before), _scores(after), refitted(used))


def _scores(judged: Sequence[Judged]) -> Scores:
    return Scores(brier(judged), calibration_error(judged), tuple(bands(judged)))


def known_outcomes(ledger: Ledger, *, now: float) -> list[Outcome]:
    """Return the outcomes of the last year, the oldest first."""
    words = {_place(word): word for word in ledger.feedback_since(now - LOOK_BACK_S)}
    results = dict[_Place, AttemptRow]()
    for row in ledger.attempts_since(now - LOOK_BACK_S):
        word = words.get(_place(row))
        if word and row.at <= word.at and row.failure is None and row.signals and (row.confidence or 0.0) < PROOF:
            results[_place(row)] = row
    return list(_outcomes(results.values(), words))


_Place = tuple[str, str | None, str, str]


def _place(row: AttemptRow | FeedbackRow) -> _Place:
    return row.kind, row.repository, row.fingerprint, row.lane


def _outcomes(results: Iterable[AttemptRow], words: dict[_Place, FeedbackRow]) -> Iterable[Outcome]:
    for row in results:
        word = words[_place(row)].word
        if word not in SILENT_WORDS and row.signals and row.kind in set(Kind):
            group = f"{row.repository} {row.fingerprint}"
            yield Outcome(Kind(row.kind), row.signals, word is Feedback.KEPT, group)


def file_text(refit: Refit, *, path: Path, today: date) -> str:
    """Return the file that the user may put at *path*, with what speaks for it as comments."""
    shipped, own = shipped_weights(), refit.weights
    kinds = [f"{kind} = {{ n = {fitted.n}, shift = {fitted.shift:.3f} }}" for kind, fitted in own.fitted.items()]
    changed = [f"{name} = {w:.3f}" for name, w in own.weights.items() if f"{w:.3f}" != f"{shipped.weights[name]:.3f}"]
    return "\n".join(
        [
            f"# Made by `suffice tune --confidence` from {refit.n} outcomes. Save it as {path}; without that file the",
            "# shipped numbers hold again.",
            *(f"# {line}".rstrip() for line in figures(refit)),
            f"fitted_on = {today.isoformat()}",
            f"slope = {own.slope:.3f}",
            "\n[kinds]",
            *kinds,
            "\n[weights]",
            *changed,
            "",
        ]
    )


def figures(refit: Refit) -> list[str]:
    """Return, as lines, how good the confidences were and would be, and the table of the latter."""
    before, after = refit.before, refit.after
    return [
        "",
        f"{refit.n} outcomes     now    refitted, on outcomes that the fit had not seen ({FOLDS} folds by task)",
        f"Brier score     {before.brier:.3f}  {after.brier:.3f}",
        f"calibration     {before.calibration_error:.3f}  {after.calibration_error:.3f}  mean miss of the bands",
        "",
        "refitted        n  promised  right",
        *(f"{b.low:.2f} to {b.high:.2f}  {b.n:4}  {b.promised:7.0%}  {b.right:5.0%}" for b in after.bands),
        "",
    ]
