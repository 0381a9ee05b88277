"""What the ledger has seen of a kind, as far as it speaks for another setting of the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from suffice import families
from suffice.constraints import Failure
from suffice.errors import InputError
from suffice.lane_record import LaneRecord
from suffice.lanes import Lane
from suffice.policy import Policy
from suffice.providers.reply import Ended
from suffice.state.climbs import climbs, is_counted
from suffice.state.ledger import SILENT_WORDS, AttemptRow, Feedback, Ledger
from suffice.state.past_tasks import Counts, Group, Past, load_past
from suffice.task import Kind

LOOK_BACK_S = 90 * 86_400.0
"""Tokens and feedback of older tasks say little: prompts and models have changed since."""


class Judged(NamedTuple):
    """A proposed result on which the developer's last word is known."""

    confidence: float
    kept: bool


class Evidence(NamedTuple):
    """What was seen of one kind in all repositories. `records` are as memory has them: older tasks count less.

    `tasks` were asked of models within 90 days; the tokens are those of the first reply to each, the output as the
    model's low effort would have written it. `low` are the confidences of results that were too unsure to be shown.
    """

    tasks: int = 0
    records: Mapping[str, LaneRecord] = {}
    input_tokens: tuple[int, ...] = ()
    output_tokens: tuple[float, ...] = ()
    judged: tuple[Judged, ...] = ()
    low: tuple[float, ...] = ()


def evidence(ledger: Ledger, policy: Policy, *, now: float) -> dict[Kind, Evidence]:
    """Return what was seen of each kind of *policy*, for the present models and prompts."""
    rows = [row for row in ledger.attempts_since(now - LOOK_BACK_S) if row.settled]
    words = ledger.feedback_since(now - LOOK_BACK_S)
    last = {(word.kind, word.repository, word.fingerprint, word.lane): word for word in words}
    found = {}
    for kind in policy.kinds:
        version = _prompt_version(kind)
        present = [row for row in rows if row.kind == kind and _is_present(row, policy.lanes, version)]
        tasks = [tries for tries in climbs(present) if is_counted(tries)]
        replies = [row for tries in tasks for row in [r for r in tries if r.ended == Ended.ANSWERED][:1]]
        said = {key[1:]: (word.at, word.word) for key, word in last.items() if key[0] == kind}
        found[kind] = Evidence(
            tasks=len(tasks),
            records=_records(load_past(ledger.store, kind, now), policy.lanes, version),
            input_tokens=tuple(row.input_tokens for row in replies),
            output_tokens=tuple(row.output_tokens / policy.lanes[row.lane].output_ratio for row in replies),
            judged=tuple(_judged(present, said)),
            low=tuple(
                r.confidence for r in present if r.failure == Failure.LOW_CONFIDENCE and r.confidence is not None
            ),
        )
    return found


def _prompt_version(kind: Kind) -> str | None:
    try:
        return families.of(kind).prompt_version(kind)
    except InputError:  # nobody can be asked about this kind yet
        return None


def _is_present(row: AttemptRow, lanes: Mapping[str, Lane], version: str | None) -> bool:
    return row.lane in lanes and lanes[row.lane].model == row.model and version in {None, row.prompt_version}


def _records(past: Past, lanes: Mapping[str, Lane], version: str | None) -> dict[str, LaneRecord]:
    """Return how each lane did in all repositories; without anything seen a lane is left out."""
    made = {name: _record(past, lane, version) for name, lane in lanes.items()}
    return {name: record for name, record in made.items() if record.n or record.n_after}


def _record(past: Past, lane: Lane, version: str | None) -> LaneRecord:
    group = Group(lane.name, lane.model, version, is_after=False, place=())
    first = past.counts.get(group, Counts())
    after = past.counts.get(group._replace(is_after=True), Counts())
    return LaneRecord.of(first, after)


_Said = Mapping[tuple[str | None, str, str], tuple[float, Feedback]]


def _judged(rows: Iterable[AttemptRow], said: _Said) -> Iterable[Judged]:
    """Yield the last result before each word; some words say nothing of whether it was right."""
    results: dict[tuple[str | None, str, str], float] = {}
    for row in rows:
        key = (row.repository, row.fingerprint, row.lane)
        if row.failure is None and row.confidence is not None and key in said and row.at <= said[key][0]:
            results[key] = row.confidence
    for key, confidence in results.items():
        word = said[key][1]
        if word not in SILENT_WORDS:
            yield Judged(confidence, kept=word is Feedback.KEPT)
