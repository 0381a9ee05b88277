"""In which order hunks are read, and which together. No hunk is ever cut: a model invents what it does not see.

The order saves nothing by itself: the static score reaches a defect after 35 % of a diff in the median, but only 71 %
of the defects lie in the first half (measured on 92 real ones). Whatever is not read is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from suffice.lanes import estimate_tokens
from suffice.review.hunks.code_lines import is_code, steers
from suffice.review.hunks.hunk import Hunk
from suffice.review.sorting.level import Level, rank

MOST_TOKENS = 4000
"""Code in one request: with more beside it, a defect is found less often. The project's own limit."""

_STEERING = 2
"""A line that steers weighs as much as so many more lines: where control goes is where defects are."""

_HEADER_CHARS = 120
"""What is written above a hunk: its label, path and the definitions around it."""

_NUMBER_CHARS = 8
"""What is written in front of each line."""


class Group(NamedTuple):
    """Related hunks of one level that are shown in one request; `tokens` and `score` are sums."""

    hunks: tuple[Hunk, ...]
    level: Level
    tokens: int
    score: int


def static_score(hunk: Hunk) -> int:
    """Return added lines of code + 2 x those that steer the flow of control; of a deleted file, its old lines."""
    lines = [line.text for line in hunk.added or hunk.removed if is_code(hunk.path, line.text)]
    return len(lines) + _STEERING * sum(map(steers, lines))


def tokens_of(hunk: Hunk) -> int:
    """Return about how many tokens the lines of *hunk* take, without the definition around it."""
    chars = sum(len(line.text) + _NUMBER_CHARS for line in hunk.lines)
    return estimate_tokens("x" * (chars + _HEADER_CHARS))


def groups(
    hunks: Sequence[Hunk],
    levels: Mapping[str, Level],
    *,
    most_tokens: int = MOST_TOKENS,
    tokens: Callable[[Hunk], int] = tokens_of,
) -> tuple[Group, ...]:
    """Return *hunks* in groups of one file, else of one folder, the worst level first and then the highest score.

    *levels* are by id, NORMAL where there is none. A hunk over *most_tokens* (measured by *tokens*) is alone.
    """
    found: list[Group] = []
    for level in Level:
        alike = [hunk for hunk in hunks if levels.get(hunk.id, Level.NORMAL) is level]
        by_folder = sorted(alike, key=lambda hunk: (_folder(hunk), hunk.path))  # stable: a file's hunks stay in order
        for _, related in groupby(by_folder, key=_folder):
            of_files = [_packed(list(same), most_tokens, tokens) for _, same in groupby(related, key=_path)]
            found += _joined((_group(part, level, tokens) for parts in of_files for part in parts), most_tokens)
    return tuple(sorted(found, key=lambda group: (-rank(group.level), -group.score)))


def _path(hunk: Hunk) -> str:
    return hunk.path


def _folder(hunk: Hunk) -> str:
    return hunk.path.rpartition("/")[0]


def _packed(hunks: Sequence[Hunk], most_tokens: int, tokens: Callable[[Hunk], int]) -> Iterator[list[Hunk]]:
    """Yield *hunks* of one file in lists of at most *most_tokens*, as few as their order allows."""
    part: list[Hunk] = []
    used = 0
    for hunk in hunks:
        own = tokens(hunk)
        if part and used + own > most_tokens:
            yield part
            part, used = [], 0
        part.append(hunk)
        used += own
    if part:
        yield part


def _group(hunks: Sequence[Hunk], level: Level, tokens: Callable[[Hunk], int]) -> Group:
    return Group(tuple(hunks), level, sum(map(tokens, hunks)), sum(map(static_score, hunks)))


def _joined(parts: Iterable[Group], most_tokens: int) -> list[Group]:
    """Return *parts* of one folder, neighbours joined as long as they fit."""
    found: list[Group] = []
    for part in parts:
        if found and found[-1].tokens + part.tokens <= most_tokens:
            last = found.pop()
            found.append(
                Group((*last.hunks, *part.hunks), part.level, last.tokens + part.tokens, last.score + part.score)
            )
        else:
            found.append(part)
    return found
