"""Where a finding's quote stands: found in the lines that were shown, never taken from a model's numbers.

On 198 real defects the first quoted line stood once within its hunk 195 times. Where a quote stands several times the
line above it decides, else nobody does.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from suffice.edits.operation import Mark
from suffice.review.claims.finding import Finding
from suffice.review.claims.reason import Reason
from suffice.review.hunks.change import Change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import QuotableLine, quotable

_SIGN = re.compile(r"\s{0,12}\d{0,9} {0,2}[+-]?\||[+-]")
"""What a copy may begin with that is ours: the number, mark and bar of a shown line, or the sign of a diff."""

_LEAST_CAUSE_CHARS = 8
"""A shorter changed line (`else:`) is in every text by chance."""

_MOST_SPOTS = 50
"""So many places of a quote are named; what stands in more tells nothing."""


class Spot(NamedTuple):
    """Lines `first` to `last` (1-based, inclusive) of the new text, or of the old where `in_old`.

    `texts` are the first and the last line as they stand there; `before` is the line just above, by which the spot is
    told from others with the same quote.
    """

    first: int
    last: int
    in_old: bool = False
    before: str = ""
    texts: tuple[str, str] = ("", "")


class Ambiguous(NamedTuple):
    """A finding whose quote stands at several places: its `before_line` would tell which."""

    finding: Finding
    spots: tuple[Spot, ...]


def anchored(finding: Finding, hunk: Hunk, change: Change) -> Finding | Ambiguous | None:
    """Return *finding* with the place of its quote, and the lines as they stand there.

    None where the quote stands nowhere, or nowhere near a changed line.
    """
    found = sought(finding, hunk, change)
    return None if isinstance(found, Reason) else found


def sought(finding: Finding, hunk: Hunk, change: Change) -> Finding | Ambiguous | Reason:
    """Return what `anchored` does, and the reason in the place of None."""
    lines = quotable(hunk, change)
    found = next(filter(None, (_spots(finding, lines, said) for said in _READINGS)), [])
    if not found:
        return Reason.QUOTE_NOT_FOUND
    touched = _touched(hunk)
    touching = [spot for spot in found if touched.meets(spot)]
    if not touching and not _names_a_change(finding, hunk):
        return Reason.UNTOUCHED
    left = touching or found
    left = [spot for spot in left if not spot.in_old] or left
    if len(left) > 1 and finding.before_line.strip():
        left = [spot for spot in left if _is_same_line(spot.before, finding.before_line)] or left
    if len(left) > 1:
        return Ambiguous(finding, tuple(left[:_MOST_SPOTS]))
    return _placed(finding, left[0], hunk)


def _placed(finding: Finding, spot: Spot, hunk: Hunk) -> Finding:
    first_line, last_line = spot.texts
    return finding._replace(
        path=hunk.old_path if spot.in_old else hunk.path,
        start_line=spot.first,
        end_line=spot.last,
        in_old=spot.in_old,
        first_line=first_line,
        last_line=last_line,
        replacement=_as_indented(finding, first_line),
    )


def _as_indented(finding: Finding, first_line: str) -> str | None:
    """Return the replacement with what the quote shows to be other than in the file taken off or set right.

    That is a sign before each line, and an indentation that was lost, or that has blanks for tabs.
    """
    quoted = _quoted(finding)[0]
    if finding.replacement is None or quoted.rstrip() == first_line.rstrip():
        return finding.replacement
    lines = finding.replacement.split("\n")
    if quoted.strip() != first_line.strip():
        quoted, lines = _without_sign(quoted), _without_signs(lines)
    theirs, ours = _indent(quoted), _indent(first_line)
    return "\n".join(
        ours + line.removeprefix(theirs) if line.strip() and line.startswith(theirs) else line for line in lines
    )


def _without_signs(lines: list[str]) -> list[str]:
    """Return *lines* without what stands before each; a minus is the code's own: new text is never taken away."""
    signs = [_SIGN.match(line) for line in lines if line.strip()]
    is_copied = all(sign is not None and sign[0] != "-" for sign in signs)
    return [_without_sign(line) for line in lines] if is_copied else lines


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _as_it_is(line: str) -> str:
    return line.rstrip()


def _without_sign(line: str) -> str:
    return _SIGN.sub("", line, count=1).rstrip() if _SIGN.match(line) else line.rstrip()


def _without_indent(line: str) -> str:
    return line.strip()


def _without_both(line: str) -> str:
    return _without_sign(line).strip()


class _Reading(NamedTuple):
    """What is taken off a quote, and off a line, before they are compared."""

    quote: Callable[[str], str]
    line: Callable[[str], str]


_READINGS = (
    _Reading(_as_it_is, _as_it_is),
    _Reading(_without_sign, _as_it_is),
    _Reading(_without_indent, _without_indent),
    _Reading(_without_both, _without_indent),
)
"""The strictest first; the next one counts where a quote stands nowhere by those before it."""


def _spots(finding: Finding, lines: Sequence[QuotableLine], reading: _Reading) -> list[Spot]:
    """Return the places of the quote by *reading*, each as short as can be."""
    first, last = _quoted(finding)
    first, last = reading.quote(first), reading.quote(last)
    if not first or not last:
        return []
    spots = []
    open_at: int | None = None
    for place, line in enumerate(lines):
        text = reading.line(line.text)
        if text == first:
            open_at = place
        if text == last and open_at is not None and lines[open_at].in_old is line.in_old:
            spots.append(_spot(lines, open_at, place))
            open_at = None
    return spots


def _quoted(finding: Finding) -> tuple[str, str]:
    """Return the first and the last line that *finding* quotes, of whatever was put into its two fields."""
    first = [line for line in finding.first_line.splitlines() if line.strip()]
    last = [line for line in finding.last_line.splitlines() if line.strip()] or first
    return (first[0], last[-1]) if first else ("", "")


def _spot(lines: Sequence[QuotableLine], first: int, last: int) -> Spot:
    is_inner = first > 0 and lines[first - 1].in_old is lines[first].in_old
    before = lines[first - 1].text if is_inner and lines[first - 1].number == lines[first].number - 1 else ""
    texts = lines[first].text, lines[last].text
    return Spot(lines[first].number, lines[last].number, lines[first].in_old, before, texts)


def _is_same_line(line: str, quote: str) -> bool:
    last = [part for part in quote.splitlines() if part.strip()][-1]
    return line.strip() in {last.strip(), _without_both(last)}


class _Touched(NamedTuple):
    """Where a hunk changes its file, in order: new lines, old lines, and gaps (see `gaps`)."""

    new: tuple[int, ...]
    old: tuple[int, ...]
    gaps: tuple[int, ...]

    def meets(self, spot: Spot) -> bool:
        """Whether a changed line lies within *spot*, or lines were taken away within it or right beside it."""
        if spot.in_old:
            return _is_within(self.old, spot.first, spot.last)
        return _is_within(self.new, spot.first, spot.last) or _is_within(self.gaps, spot.first - 1, spot.last)


def _touched(hunk: Hunk) -> _Touched:
    new = tuple(line.new for line in hunk.added if line.new is not None)
    old = tuple(line.old for line in hunk.removed if line.old is not None)
    return _Touched(new, old, _with_blanks(gaps(hunk), hunk))


def _with_blanks(found: Sequence[int], hunk: Hunk) -> tuple[int, ...]:
    """Return the gaps *found*, moved over blank lines beside them too: what stands behind those is next to the gap."""
    blank = {line.new for line in hunk.lines if line.new is not None and not line.text.strip()}
    beside = set(found)
    for gap in found:
        above, below = gap, gap + 1
        while above in blank:
            above -= 1
            beside.add(above)
        while below in blank:
            beside.add(below)
            below += 1
    return tuple(sorted(beside))


def _is_within(numbers: Sequence[int], first: int, last: int) -> bool:
    """Whether one of *numbers*, which rise, is one of *first* to *last*."""
    return bisect_left(numbers, first) < bisect_right(numbers, last)


def gaps(hunk: Hunk) -> tuple[int, ...]:
    """Return the new lines (1-based; 0: the top) after which lines were taken away and none put in their place."""
    found = []
    above = next((line.new - 1 for line in hunk.lines if line.new), 0)
    for line, following in zip(hunk.lines, (*hunk.lines[1:], None), strict=True):
        if line.mark is Mark.DROP and (following is None or following.mark is Mark.KEEP):
            found.append(above)
        above = line.new or above
    return tuple(found)


def _names_a_change(finding: Finding, hunk: Hunk) -> bool:
    """Whether the claim quotes a changed line as the cause of what goes wrong at its place."""
    claim = f"{finding.title}\n{finding.trigger}\n{finding.consequence}"
    return any(text in claim for text in _causes(line.text for line in (*hunk.added, *hunk.removed)))


def _causes(lines: Iterable[str]) -> list[str]:
    return [text for line in lines if len(text := line.strip()) >= _LEAST_CAUSE_CHARS]
