"""What the ledger would change in a policy, as an edit of its file. A tool: nothing imports it, and it writes nothing.

Each suggestion rests on at least 30 tasks, or 30 words of the developer, and is made only if the file, with one line
changed, parses to the policy that was meant.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from math import floor, log10
from statistics import median
from typing import Any, NamedTuple

from suffice.errors import ConfigError
from suffice.evidence import Evidence, Judged
from suffice.ladder_advice import ladder_advice, start_of
from suffice.lane_record import LaneRecord
from suffice.policy import KindPolicy, Policy, Rung
from suffice.policy_edit import Setting, with_setting, written
from suffice.policy_file import parse_policy
from suffice.task import Kind
from suffice.worth import ENOUGH_TASKS

MOST_OFF = 0.25
"""A typical number of tokens is left alone while the median is within this share of it: estimates need no more."""

_STEP = 0.05
"""By so much `propose` is lowered at once."""


class Suggestion(NamedTuple):
    """One setting to change, `before` and `after` as the file has them, resting on at least `n` tasks or words."""

    kind: Kind
    key: str
    before: str
    after: str
    n: int
    why: str


class Tuning(NamedTuple):
    """What to change, why there is not more, and the text of the file with all of it."""

    suggestions: tuple[Suggestion, ...]
    notes: tuple[str, ...]
    text: str


class _File(NamedTuple):
    """A policy file: its name, its text, and the policy that it says."""

    name: str
    text: str
    policy: Policy


class _Idea(NamedTuple):
    """A setting, and the rules of the kind as they are to be with it."""

    kind: Kind
    key: str
    before: Setting
    after: Setting
    rules: KindPolicy
    n: int
    why: str


def tune(policy: Policy, text: str, *, file: str, seen: Mapping[Kind, Evidence], kind: Kind | None = None) -> Tuning:
    """Return what *seen* would change in *policy*, that *file* says with *text*. ConfigError: it has no such kind."""
    if kind is not None:
        policy.of(kind)
    now, made, notes = _File(file, text, policy), list[Suggestion](), list[str]()
    for each in policy.kinds if kind is None else (kind,):
        known = seen.get(each, Evidence())
        if not known.tasks:
            continue
        before = len(made) + len(notes)
        now = _with_ladder(now, each, known.records, made, notes)
        for idea in _numbers(now.policy.of(each), each, known):
            now = _with(now, idea, made, notes)
        if len(made) + len(notes) == before:
            notes.append(_why_nothing(each, known))
    if not made and not notes:
        of = f" of {kind}" if kind else ""
        notes.append(f"no task{of} was recorded in 90 days; a suggestion needs {ENOUGH_TASKS} of a kind")
    return Tuning(tuple(made), tuple(notes), now.text)


def _why_nothing(kind: Kind, known: Evidence) -> str:
    seen = f"{kind}: {known.tasks} task{'s' * (known.tasks != 1)} seen in 90 days"
    if known.tasks < ENOUGH_TASKS:
        return f"{seen}, a suggestion needs {ENOUGH_TASKS}"
    return f"{seen}, {len(known.judged)} of the results kept, undone or rejected: they speak for the policy as it is"


def _with_ladder(
    now: _File, kind: Kind, records: Mapping[str, LaneRecord], made: list[Suggestion], notes: list[str]
) -> _File:
    """Return *now* with the first advised ladder that memory bears out."""
    rules, before = now.policy.of(kind), _ladder_in(now, kind)
    for advice in ladder_advice(now.policy, kind, records) if records else ():
        after = _as_in_file(advice.rungs, rules, before)
        idea = _Idea(kind, "ladder", before, after, rules._replace(rungs=advice.rungs), advice.n, advice.why)
        tried = list[Suggestion]()
        changed = _with(now, idea, tried, notes)
        start = start_of(advice, changed.policy, kind, records) if tried else None
        if start == advice.start:
            made += tried
            return changed
        if start:
            notes.append(
                f"{kind}: {advice.why}, as memory has it; no ladder says so: with this one it starts at {start}"
            )
    return now


def _ladder_in(now: _File, kind: Kind) -> tuple[str, ...]:
    """Return the ladder as the file writes it, or as it would if it did."""
    entry = tomllib.loads(now.text).get("kinds", {}).get(kind, {})
    return tuple(entry["ladder"]) if "ladder" in entry else now.policy.of(kind).ladder()


def _as_in_file(rungs: Sequence[Rung], rules: KindPolicy, before: Sequence[str]) -> tuple[str, ...]:
    """Return *rungs* as the file writes them: an unchanged rung letter by letter, human only where it stood."""
    known = dict(zip(rules.rungs, before, strict=False))
    fresh = rules._replace(rungs=tuple(rungs)).ladder()
    return tuple(known.get(rung, new) for rung, new in zip(rungs, fresh, strict=True))[: len(before)]


def _with(now: _File, idea: _Idea, made: list[Suggestion], notes: list[str]) -> _File:
    """Return *now* with *idea*, or as it was, with a note, if the file cannot say just that."""
    text = with_setting(now.text, idea.kind, idea.key, idea.after)
    meant = now.policy._replace(kinds={**now.policy.kinds, idea.kind: idea.rules})
    try:
        said = parse_policy((text or "").encode(), name=now.policy.name, file=now.name, lanes=now.policy.lanes)
    except ConfigError:
        text = None
    if text is None or said != meant._replace(sha256=said.sha256):
        notes.append(f"{idea.kind}: {idea.why}; set {idea.key} = {written(idea.after)} by hand, one line cannot say it")
        return now
    made.append(Suggestion(idea.kind, idea.key, written(idea.before), written(idea.after), idea.n, idea.why))
    return _File(now.name, text, said)


def _numbers(rules: KindPolicy, kind: Kind, known: Evidence) -> Iterator[_Idea]:
    """Yield the numbers of *rules* that were measured otherwise, each over those before it."""
    for key, measured in (("typical_input_tokens", known.input_tokens), ("typical_output_tokens", known.output_tokens)):
        usual, typical = getattr(rules, key), median(measured) if measured else 0.0
        if len(measured) >= ENOUGH_TASKS and abs(typical - usual) > MOST_OFF * usual:
            tokens: dict[str, Any] = {key: _rounded(typical)}
            why = f"the median of {len(measured)} first replies is {typical:.0f}"
            rules = rules._replace(**tokens)
            yield _Idea(kind, key, usual, tokens[key], rules, len(measured), why)
    found = _threshold(rules, known)
    if found:
        least, n, why = found
        yield _Idea(kind, "propose", rules.propose, least, rules._replace(propose=least), n, why)


def _rounded(tokens: float) -> int:
    """Return *tokens* with two figures: more would say more than a median knows."""
    return int(round(tokens, 1 - floor(log10(tokens)))) if tokens >= 1 else 0


def _threshold(rules: KindPolicy, known: Evidence) -> tuple[float, int, str] | None:
    """Return the confidence to propose from, how many words speak for it, and why."""
    shown = sorted(judged for judged in known.judged if judged.confidence >= rules.propose)
    if len(shown) < ENOUGH_TASKS:
        return None
    kept = f"{_kept(shown):.0%} of {len(shown)} proposed results were kept"
    if _kept(shown) < rules.propose:
        steps = (round(rules.propose + 0.01 * step, 2) for step in range(1, 100))
        for least in (step for step in steps if step <= rules.apply):
            above = [judged for judged in shown if judged.confidence >= least]
            if len(above) >= ENOUGH_TASKS and _kept(above) >= rules.propose:
                return least, len(above), f"{kept}, of the {len(above)} from {least:g} on {_kept(above):.0%}"
        return None
    nearest, lost = shown[:ENOUGH_TASKS], sum(low < rules.propose for low in known.low)
    if lost and _kept(nearest) >= (1 + rules.propose) / 2:
        why = (
            f"{_kept(nearest):.0%} of the {len(nearest)} least sure results were kept, {lost} less sure were not shown"
        )
        return round(rules.propose - _STEP, 2), len(nearest), why
    return None


def _kept(judged: Sequence[Judged]) -> float:
    return sum(each.kept for each in judged) / len(judged)
