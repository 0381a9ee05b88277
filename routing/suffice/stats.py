"""What sufficed and what it cost: the ledger, counted by lane, kind and rule. A tool: nothing imports it.

A task is what a model was asked about, from the first call until something sufficed or nothing was tried for ten
minutes, or what the linter has a fix of its own for, counted once however often it was looked at. What came from the
cache cost nothing and is no task of its own; what met only an outage is none either, but all that was paid is in the
sums.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from itertools import chain
from statistics import median
from typing import Any, NamedTuple

from suffice.counterfactual import Counterfactual, counterfactuals
from suffice.judges import NAME as JUDGE
from suffice.lanes import LINTER, OLD_PRICES_DAYS
from suffice.policy import Policy
from suffice.providers.reply import Ended
from suffice.review.claims.memory import category_in
from suffice.state.climbs import Tries, climbs, is_counted, sufficed, visits
from suffice.state.ledger import LEFT_OUT, AttemptRow, Feedback, FeedbackRow, Ledger, OutcomeRow
from suffice.task import Kind

_DAY_S = 86_400.0

_DECIMALS = 8


class LaneStats(NamedTuple):
    """How one lane did on tasks of one kind (and rule, unless None: all). Failed calls are in all sums.

    `tasks` came to the lane, None for the linter, of which only what it settled is recorded; of `sufficed`, nothing
    could be checked of `unchecked`. The latencies are of
    answered calls, in milliseconds, None without any. The last four count the developer's latest words.
    """

    kind: str
    rule: str | None
    lane: str
    tasks: int | None
    sufficed: int
    unchecked: int
    calls: int
    cost_usd: float
    cost_per_sufficing_usd: float | None
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    latency_median_ms: float | None
    latency_p90_ms: float | None
    kept: int
    undone: int
    dismissed: int
    rejected: int
    rewritten: int


class Totals(NamedTuple):
    """The sums over all lanes. `saved_usd` None: there is nothing to compare with.

    Of what models made for `by_models` tasks nothing could be checked for `unchecked`. `left` tasks were not settled:
    for `linter_left_out` of them the linter has a fix that was checked and not taken, an unsafe one for example.

    `unanswered` calls are in no other figure: they are in flight, or their process died, and may cost `unanswered_usd`.
    """

    tasks: int
    by_linter: int
    by_models: int
    unchecked: int
    left: int
    linter_left_out: int
    calls: int
    cost_usd: float
    cost_per_sufficing_usd: float | None
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    words: Mapping[str, int]
    counterfactual_usd: float | None
    saved_usd: float | None
    unanswered: int
    unanswered_usd: float


class Stats(NamedTuple):
    """What the ledger says of a period; `lanes` are over all rules of a kind, `rules` lane by lane for each rule."""

    since: datetime
    until: datetime
    days: int
    kind: str | None
    policy: str
    prices_read_on: date
    prices_age_days: int
    prices_are_old: bool
    totals: Totals
    lanes: tuple[LaneStats, ...]
    rules: tuple[LaneStats, ...]
    counterfactuals: tuple[Counterfactual, ...]


class _Seen(NamedTuple):
    """What was recorded in the period, of the wanted kind; of the climbs, those in which a model was judged."""

    calls: Sequence[AttemptRow]
    unanswered: Sequence[AttemptRow]
    climbs: Sequence[Tries]
    visits: Sequence[Tries]
    by_linter: Sequence[OutcomeRow]
    linter_left_out: int
    words: Sequence[FeedbackRow]


def stats(
    ledger: Ledger, *, policy: Policy, prices_read_on: date, now: datetime, days: int = 30, kind: str | None = None
) -> Stats:
    """Return what the last *days* say of *kind* (None: all), beside always asking the top lanes of *policy*."""
    seen = _seen(ledger, now.timestamp() - days * _DAY_S, kind)
    age_days = (now.date() - prices_read_on).days
    others = tuple(counterfactuals(seen.climbs, seen.by_linter, policy=policy))
    return Stats(
        since=datetime.fromtimestamp(now.timestamp() - days * _DAY_S, UTC),
        until=now,
        days=days,
        kind=kind,
        policy=policy.name,
        prices_read_on=prices_read_on,
        prices_age_days=age_days,
        prices_are_old=age_days > OLD_PRICES_DAYS,
        totals=_totals(seen, others),
        lanes=_by_lane(seen._replace(**_without_rules(seen))),
        rules=tuple(row for row in _by_lane(seen) if row.rule is not None),
        counterfactuals=others,
    )


def _seen(ledger: Ledger, since: float, kind: str | None) -> _Seen:
    recorded = ledger.attempts_since(since)
    sent = recorded if kind is None else _of_kinds({kind}, recorded)
    attempts = [row for row in sent if row.at_most_usd is None]
    unanswered = [row for row in sent if row.at_most_usd is not None]
    of_linter = {
        (row.kind, row.repository, row.fingerprint): row
        for row in ledger.outcomes_since(since)
        if row.lane == LINTER and row.outcome == "proposed" and kind in {None, row.kind}
    }
    words = {
        (row.kind, row.repository, row.fingerprint, row.lane): _by_category(row)
        for row in ledger.feedback_since(since)
        if kind in {None, row.kind}
    }
    of_tasks = [row for row in attempts if row.kind != JUDGE]
    judged = [tries for tries in climbs(of_tasks) if is_counted(tries)]
    by_linter = tuple(row for row in of_linter.values() if row.reason != LEFT_OUT)
    left_out = len(of_linter) - len(by_linter)
    return _Seen(attempts, unanswered, judged, visits(attempts), by_linter, left_out, tuple(words.values()))


def _by_category(row: FeedbackRow) -> FeedbackRow:
    """Return what was said of a finding as said of its category: what it is called in the ledger is its own."""
    return row._replace(rule=category_in(row.rule)) if row.kind == Kind.REVIEW and row.rule else row


def _of_kinds(kinds: AbstractSet[str], calls: Sequence[AttemptRow]) -> list[AttemptRow]:
    """Return those of *calls* that were made for tasks of *kinds*, with those of their judges."""
    of_tasks = {(row.repository, row.fingerprint) for row in calls if row.kind in kinds}
    return [
        row
        for row in calls
        if row.kind in kinds or (row.kind == JUDGE and (row.repository, row.fingerprint) in of_tasks)
    ]


def _without_rules(seen: _Seen) -> dict[str, Any]:
    return {
        "visits": [[row._replace(rule=None) for row in tries] for tries in seen.visits],
        "by_linter": [row._replace(rule=None) for row in seen.by_linter],
        "words": [row._replace(rule=None) for row in seen.words],
    }


_Group = tuple[str, str | None, str]
"""Kind, rule and lane."""


def _by_lane(seen: _Seen) -> tuple[LaneStats, ...]:
    visited: dict[_Group, list[Tries]] = defaultdict(list)
    for tries in seen.visits:
        visited[tries[0].kind, tries[0].rule, tries[0].lane].append(tries)
    settled = Counter((row.kind, row.rule, LINTER) for row in seen.by_linter)
    said: dict[_Group, Counter[Feedback]] = defaultdict(Counter)
    for row in seen.words:
        said[row.kind, row.rule, row.lane][row.word] += 1
    groups = {*visited, *settled, *said}
    found = [_lane(group, visited[group], settled[group], said[group]) for group in groups]
    return tuple(sorted(found, key=lambda s: (s.kind, s.rule or "", s.lane != LINTER, -(s.tasks or 0), s.lane)))


def _lane(group: _Group, visited: Sequence[Tries], settled: int, said: Counter[Feedback]) -> LaneStats:
    kind, rule, lane = group
    calls = list(chain.from_iterable(visited))
    times = sorted(row.latency_ms for row in calls if row.ended == Ended.ANSWERED)
    good = settled + sum(sufficed(tries) for tries in visited)
    cost_usd = sum(row.cost_usd for row in calls)
    return LaneStats(
        kind=kind,
        rule=rule,
        lane=lane,
        tasks=None if lane == LINTER else sum(is_counted(tries) for tries in visited),
        sufficed=good,
        unchecked=sum(map(_is_unchecked, visited)),
        calls=len(calls),
        cost_usd=round(cost_usd, _DECIMALS),
        cost_per_sufficing_usd=round(cost_usd / good, _DECIMALS) if good else None,
        input_tokens=sum(row.input_tokens for row in calls),
        cached_tokens=sum(row.cached_tokens for row in calls),
        output_tokens=sum(row.output_tokens for row in calls),
        latency_median_ms=round(median(times), 1) if times else None,
        latency_p90_ms=round(times[math.ceil(0.9 * len(times)) - 1], 1) if times else None,
        **{str(word): said[word] for word in Feedback},
    )


def _is_unchecked(tries: Tries) -> bool:
    """Tell whether *tries* gave a result of which nothing could be checked."""
    return sufficed(tries) and tries[-1].unchecked


def _totals(seen: _Seen, others: Sequence[Counterfactual]) -> Totals:
    by_models, by_linter = sum(map(sufficed, seen.climbs)), len(seen.by_linter)
    cost_usd = sum(row.cost_usd for row in seen.calls)
    compared = {other.kind for other in others}
    other_usd = sum(other.cost_usd for other in others)
    paid_usd = sum(row.cost_usd for row in _of_kinds(compared, seen.calls))
    settled, said = by_models + by_linter, Counter(row.word for row in seen.words)
    return Totals(
        tasks=len(seen.climbs) + by_linter + seen.linter_left_out,
        by_linter=by_linter,
        by_models=by_models,
        unchecked=sum(map(_is_unchecked, seen.climbs)),
        left=len(seen.climbs) - by_models + seen.linter_left_out,
        linter_left_out=seen.linter_left_out,
        calls=len(seen.calls),
        cost_usd=round(cost_usd, _DECIMALS),
        cost_per_sufficing_usd=round(cost_usd / settled, _DECIMALS) if settled else None,
        input_tokens=sum(row.input_tokens for row in seen.calls),
        cached_tokens=sum(row.cached_tokens for row in seen.calls),
        output_tokens=sum(row.output_tokens for row in seen.calls),
        words={str(word): said[word] for word in Feedback},
        counterfactual_usd=round(other_usd, _DECIMALS) if others else None,
        saved_usd=round(other_usd - paid_usd, _DECIMALS) if others else None,
        unanswered=len(seen.unanswered),
        unanswered_usd=round(sum(row.at_most_usd or 0.0 for row in seen.unanswered), _DECIMALS),
    )
