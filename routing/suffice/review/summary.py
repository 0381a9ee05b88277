"""A summary of a change for people: what it does and what could break, by a model; what was not read, by us.

The model sees the hunks that were read and what was found, and quotes them; an invented quote fails its answer. What
was not looked at is never left to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from suffice.lanes import HUMAN, estimate_tokens
from suffice.outcome import Ending, Outcome
from suffice.policy import Policy
from suffice.providers.reply import Provider
from suffice.review.hunks.change import Change
from suffice.review.hunks.hidden import hidden_change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import one_line, shown_hunk
from suffice.review.questions.asker import Asker
from suffice.review.reviewed import Reviewed
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.task import Kind, Mode, Task

BUDGET_TOKENS = 12_000
"""Of hunks that are shown, the riskiest first; what has no room is named as not summarised."""

_MOST_PLACES = 20

_CHANGE, _FOUND = "the-change.diff", "the-findings.md"

_QUESTION = """\
Tell a maintainer about this change, in at most 200 words: first what it does, then what could break and for whom. Where
the findings say that something is wrong, say so; do not add findings of your own. Do not say what was not looked at."""


class Summary(NamedTuple):
    """What the model says (`text`, "" where there is none, and then `note` says why), and what was not read, by us."""

    text: str
    not_looked_at: tuple[str, ...]
    note: str = ""
    outcome: Outcome | None = None


async def summary(
    change: Change,
    reviewed: Reviewed,
    *,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
    mode: Mode = Mode.INTERACTIVE,
) -> Summary:
    """Return what *change* does and what could break, in words; *reviewed* is what its review came to."""
    left = tuple(not_looked_at(reviewed))
    seen = hidden_change(change)
    hunks, no_room = _that_fit((*reviewed.looked_at, *reviewed.sorted_out), seen)
    if no_room:
        left = (*left, f"{_hunks(no_room)} had no room in the summary, though they were looked at")
    if not hunks:
        return Summary("", left, "nothing was looked at that could be summarised")
    asker = Asker(snapshot=change.after, policy=policy, providers=providers, state=state)
    like = Task(kind=Kind.SYNTHESIS, mode=mode)
    rungs = asker.allowed(Kind.SYNTHESIS, like, {path for hunk in hunks for path in (hunk.path, hunk.old_path)})
    task = like._replace(paths=(_CHANGE, _FOUND), instruction=_QUESTION)
    if not rungs or asker.decided(task, rungs).first == HUMAN:
        return Summary("", left, "no summary: no lane may be asked for it")
    outcome = await asker.ask(task, rungs, snapshot=_material(hunks, seen, reviewed, change.after))
    if outcome.ending is not Ending.PROPOSED:
        return Summary("", left, f"no summary: {outcome.detail}", outcome)
    return Summary(str((outcome.attempts[-1].answer or {}).get("answer", "")), left, outcome=outcome)


def _material(hunks: Iterable[Hunk], change: Change, reviewed: Reviewed, after: Snapshot) -> Snapshot:
    """Return what is shown as two texts: the text kinds hold every quote against them."""
    shown = (shown_hunk(hunk, change, f"h{count}", with_definition=False) for count, hunk in enumerate(hunks, 1))
    title = f"{change.title.strip()}\n\n" if change.title.strip() else ""
    found = "\n".join(
        f"- {f.severity} {f.category}, {one_line(f.path)}: {f.title} {f.consequence}" for f in reviewed.findings
    )
    return Snapshot.of_texts({_CHANGE: title + "\n\n".join(shown), _FOUND: found or "none"}, root=after.root)


def _that_fit(hunks: Iterable[Hunk], change: Change) -> tuple[tuple[Hunk, ...], int]:
    """Return those of *hunks* for which there is room, none of them cut, and how many have none."""
    kept: list[Hunk] = []
    left_tokens, no_room = BUDGET_TOKENS, 0
    for hunk in hunks:
        needed = estimate_tokens(shown_hunk(hunk, change, "h1", with_definition=False))
        if needed <= left_tokens:
            left_tokens -= needed
            kept.append(hunk)
        else:
            no_room += 1
    return tuple(kept), no_room


def not_looked_at(reviewed: Reviewed) -> Iterator[str]:
    """Yield by path and reason how many hunks were not read, in words; those beyond twenty are counted."""
    counted = Counter((left.path, left.said, bool(left.hunk)) for left in reviewed.not_looked_at)
    for (path, reason, is_hunk), count in list(counted.items())[:_MOST_PLACES]:
        yield f"{one_line(path)}: {_hunks(count) if is_hunk else 'the file'} ({reason})"
    if len(counted) > _MOST_PLACES:
        yield f"and {len(counted) - _MOST_PLACES} more places"


def _hunks(count: int) -> str:
    return f"{count} hunk{'s' * (count != 1)}"
