"""How runs of changed lines become hunks: those of one definition together, long ones apart where definitions begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from suffice.edits.line_diff import Run
from suffice.review.hunks.enclosing import Definition, holding

MOST_LINES = 150
"""A run of more lines is shown in several hunks: about 2,000 tokens, half of what a finder is given at once."""

MOST_LINE_CHARS = 2000
"""A longer line is data or minified: no hunk with one is shown. Our own number."""

_LEAST_LINES = 30
"""A long run is cut no shorter than this, unless there is no more of it."""


def pieces(run: Run, new: Sequence[str], defined: Sequence[Definition]) -> Iterator[Run]:
    """Yield *run* in parts of at most MOST_LINES new lines, cut where definitions begin, else at blank lines."""
    if run.b2 - run.b1 <= MOST_LINES and run.a2 - run.a1 <= MOST_LINES:
        yield run
        return
    starts = dict(_starts(defined, run.b1, run.b2, 0))
    a, b = run.a1, run.b1
    while a < run.a2 or b < run.b2:
        next_a = min(a + MOST_LINES, run.a2)
        next_b = run.b2 if run.b2 - b <= MOST_LINES else _cut(b, starts, new)
        yield Run(a, next_a, b, next_b)
        a, b = next_a, next_b


def _starts(defined: Sequence[Definition], first: int, last: int, depth: int) -> Iterator[tuple[int, int]]:
    """Yield the 0-based lines from *first* to *last* where definitions begin, each with how deep it lies."""
    for definition in defined:
        if definition.last > first and definition.first <= last:
            yield from _starts(definition.inner, first, last, depth + 1)
            yield definition.first - 1, depth


def _cut(start: int, starts: dict[int, int], new: Sequence[str]) -> int:
    """Return where a piece that begins at *start* ends best: before the outermost definition, the last of these."""
    candidates = range(start + _LEAST_LINES, start + MOST_LINES + 1)
    defined = [line for line in candidates if line in starts]
    if defined:
        outermost = min(starts[line] for line in defined)
        return max(line for line in defined if starts[line] == outermost)
    blank = [line for line in candidates if not new[line - 1].strip()]
    return blank[-1] if blank else candidates[-1]


def together(
    runs: Sequence[Run], new: Sequence[str], defined: Sequence[Definition], *, most_between: int
) -> tuple[tuple[Run, ...], ...]:
    """Return *runs* in groups: with at most *most_between* lines from one to the next, all in one definition."""
    groups: list[list[Run]] = []
    innermost: Definition | None = None
    for run in runs:
        first, last = max(run.b1, 1) if run.b1 == run.b2 else run.b1 + 1, max(run.b2, 1)
        own = (None, *holding(defined, first, last))[-1]
        if groups and own is innermost and _is_near(groups[-1], run, new, most_between):
            groups[-1].append(run)
        else:
            groups.append([run])
        innermost = own
    return tuple(map(tuple, groups))


def _is_near(group: Sequence[Run], run: Run, new: Sequence[str], most_between: int) -> bool:
    between = new[group[-1].b2 : run.b1]
    is_short = run.b2 - group[0].b1 <= MOST_LINES and run.a2 - group[0].a1 <= MOST_LINES
    return 0 < len(between) <= most_between and is_short and max(map(len, between)) <= MOST_LINE_CHARS
