"""What a cheap lane may look at for the money there is: all of a change, or the heads of what matters most.

No hunk is cut on the sly: a head says how much is not shown, and a hunk that is trivial by its head alone counts as
not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from suffice.edits.operation import Mark
from suffice.lanes import Lane, Usage, estimate_tokens
from suffice.review.hunks.change import Change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import one_line, shown_hunk
from suffice.review.sorting.floors import floor_of
from suffice.review.sorting.level import rank
from suffice.review.sorting.order import static_score

_ANSWER_TOKENS = 50
"""What is written of one hunk: a number, a label and a sentence."""

_HEAD_LINES = 3
_HEAD_LINE_CHARS = 200


class Affordable(NamedTuple):
    """The hunks that are sorted, what is shown of each by its id, and whether that is all of it."""

    hunks: tuple[Hunk, ...]
    shown: Mapping[str, str]
    in_full: bool


def affordable(hunks: Sequence[Hunk], change: Change, *, lane: Lane | None, most_usd: float) -> Affordable:
    """Return which of *hunks* are sorted for at most *most_usd* by *lane* (None: nobody is, and nothing is paid).

    Where the money is too little for all, those that matter most by structure; nobody could say that the others matter
    more, so these are not read either.
    """
    whole = {hunk.id: bare(hunk, change) for hunk in hunks}
    if _cost_usd(lane, whole.values()) <= most_usd:
        return Affordable(tuple(hunks), whole, in_full=True)
    heads = {hunk.id: head(hunk) for hunk in hunks}
    if _cost_usd(lane, heads.values()) <= most_usd:
        return Affordable(tuple(hunks), heads, in_full=False)
    kept, left_usd = [], most_usd
    for hunk in sorted(hunks, key=lambda hunk: _weight(hunk, change), reverse=True):
        left_usd -= _cost_usd(lane, [heads[hunk.id]])
        if left_usd < 0:
            break
        kept.append(hunk)
    return Affordable(tuple(kept), heads, in_full=False)


def bare(hunk: Hunk, change: Change) -> str:
    """Return *hunk* as it is sorted: without the definition around it."""
    return shown_hunk(hunk, change, "hunk", with_definition=False)


def head(hunk: Hunk) -> str:
    """Return where *hunk* is and its first changed lines, for a change that is too big to be sorted in full."""
    changed = [line for line in hunk.lines if line.mark is not Mark.KEEP]
    more = f"\n({len(changed) - _HEAD_LINES} more changed lines are not shown)" if len(changed) > _HEAD_LINES else ""
    lines = "\n".join(f"{line.mark}{line.text[:_HEAD_LINE_CHARS]}" for line in changed[:_HEAD_LINES])
    return "\n".join([one_line(hunk.path), *hunk.around, lines]) + more


def _weight(hunk: Hunk, change: Change) -> tuple[int, int]:
    floor = floor_of(hunk, change)
    return rank(floor[0]) if floor else 0, static_score(hunk)


def _cost_usd(lane: Lane | None, shown: Iterable[str]) -> float:
    """Return about what it costs to have all that is *shown* sorted."""
    input_tokens = [estimate_tokens(text) for text in shown]
    if lane is None or not input_tokens:
        return 0.0
    output_tokens = int(len(input_tokens) * _ANSWER_TOKENS * lane.output_ratio)
    return lane.cost_usd(Usage(input_tokens=sum(input_tokens), output_tokens=output_tokens))
