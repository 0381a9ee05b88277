"""Fenced SEARCH/REPLACE blocks: what models write when they have no tool, each block under the path of its file.

Blocks can neither delete nor rename a file, so a line of its own says that: `DELETE FILE: path` or
`RENAME FILE: path -> new path`. Blocks of a file that moves stand under either of its paths.
Strict where a guess could swallow text: a block without its end, or with two dividers, is no block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from suffice.edits.applied import Rejected
from suffice.edits.operation import Create, Delete, Operation, Parsed, Update, plain_lines, replacement

START = re.compile(r"(<{5,9}) ?SEARCH>?[ \t]*")
_DIVIDER = re.compile(r"(={5,9})[ \t]*")
FILE_LINE = re.compile(r"(DELETE|RENAME) FILE:(.*)")
END = re.compile(r">{5,9} ?REPLACE[ \t]*")
_FENCE = re.compile(r"[ \t]*(?:`{3,}|~{3,}|<source>)(.*)")

_PATH = re.compile(r"[^\s`'\"<>|?*:]+")
_NEW_NAME = re.compile(r"[^`'\"<>|?*:,\t]*[^`'\"<>|?*:,.!\s]")
_SUFFIX = re.compile(r"[^.]\.\w{1,10}$")
_BEGINS_PROSE = frozenset(
    [
        "a",
        "add",
        "and",
        "change",
        "create",
        "edit",
        "file",
        "for",
        "here",
        "i",
        "in",
        "let",
        "make",
        "new",
        "next",
        "now",
        "open",
        "put",
        "see",
        "the",
        "then",
        "this",
        "to",
        "update",
        "use",
        "we",
        "write",
        "you",
    ]
)
_LINES_ABOVE = 3
"""The path stands at most so many lines with text above a block, its fence among them."""

ADVICE = "send the path, then <<<<<<< SEARCH, the lines to find, =======, the new lines, >>>>>>> REPLACE"


class _Block(NamedTuple):
    start: int
    divider: int
    end: int


def parse_search_replace(text: str, *, known: Callable[[str], bool]) -> Parsed | Rejected:
    """Return what the SEARCH/REPLACE blocks of *text* ask for; *known* says whether a path names a file."""
    lines = plain_lines(text)
    blocks: list[_Block] = []
    for block in _blocks(lines):
        if isinstance(block, Rejected):
            return block
        blocks.append(block)
    outside = _outside(lines, blocks)
    files = _file_lines(line for part in outside for line in part)
    if isinstance(files, Rejected):
        return files
    origins = {file.new_path: file.path for file in files if isinstance(file, Update) and file.new_path}
    edits = _edits(lines, blocks, outside, lambda path: path in origins or known(path))
    if isinstance(edits, Rejected):
        return edits
    moved = [edit._replace(path=origins.get(edit.path, edit.path)) for edit in edits]
    prose = tuple(line for part in outside for line in part if not FILE_LINE.fullmatch(line))
    return Parsed(((*files, *moved),), prose=prose)


def _outside(lines: Sequence[str], blocks: Sequence[_Block]) -> list[Sequence[str]]:
    """Return the lines before each block, and those after the last."""
    starts = [0, *(block.end + 1 for block in blocks)]
    return [
        lines[start:end] for start, end in zip(starts, [*(block.start for block in blocks), len(lines)], strict=True)
    ]


def _file_lines(lines: Iterable[str]) -> list[Operation] | Rejected:
    """Return what lines such as `DELETE FILE: path` ask for."""
    operations: list[Operation] = []
    for line in lines:
        match = FILE_LINE.fullmatch(line)
        if not match:
            continue
        path, *targets = (name.strip().strip("`").strip() for name in match[2].split(" -> "))
        if not path or not all(targets) or len(targets) != (match[1] == "RENAME"):
            return Rejected(f"{line[:100]!r} cannot be read; send DELETE FILE: path, or RENAME FILE: path -> new path")
        operations.append(Update(path, (), new_path=targets[0]) if targets else Delete(path))
    return operations


def _edits(
    lines: Sequence[str], blocks: Sequence[_Block], outside: Sequence[Sequence[str]], known: Callable[[str], bool]
) -> list[Create | Update] | Rejected:
    """Return what *blocks* ask for, each with the lines *outside* above it."""
    edits: list[Create | Update] = []
    path = None
    for number, (block, between) in enumerate(zip(blocks, outside, strict=False), 1):
        creates = not any(line.strip() for line in lines[block.start + 1 : block.divider])
        path = (_new_path_above(between) if creates else None) or _path_above(between, known) or path
        if path is None:
            return Rejected(f"block {number} names no file; write its path on the line above the block")
        edits.append(_edit(f"block {number}", path, lines, block, is_there=known(path)))
    return edits


def _blocks(lines: Sequence[str]) -> Iterator[_Block | Rejected]:
    """Yield the blocks in order; a Rejected ends them."""
    start, number = None, 0
    for index, line in enumerate(lines):
        if START.fullmatch(line):
            number += 1
            if start is not None:
                yield Rejected(f"block {number - 1} has no end before the next begins; end it with >>>>>>> REPLACE")
                return
            start = index
        elif END.fullmatch(line):
            if start is None:
                yield Rejected(f"line {index + 1} ends a block that was never begun; {ADVICE}")
                return
            yield _divided(lines, start, index, number)
            start = None
    if start is not None:
        yield Rejected(f"block {number} has no end; end it with >>>>>>> REPLACE on a line of its own")


def _divided(lines: Sequence[str], start: int, end: int, number: int) -> _Block | Rejected:
    begun = START.fullmatch(lines[start])
    width = len(begun[1]) if begun else 0
    found = [(n, match[1]) for n in range(start + 1, end) if (match := _DIVIDER.fullmatch(lines[n]))]
    fitting = [n for n, mark in found if len(mark) == width] or [n for n, _ in found]
    if len(fitting) == 1:
        return _Block(start, fitting[0], end)
    if not fitting:
        return Rejected(f"block {number} has no ======= between the old and the new lines; {ADVICE}")
    return Rejected(
        f"block {number} has {len(fitting)} lines of {'=' * width}; give its three markers another length, such as nine"
    )


def _edit(name: str, path: str, lines: Sequence[str], block: _Block, *, is_there: bool) -> Create | Update:
    """Return what *block* asks for; a SEARCH of blank lines creates a file only where none is."""
    old, new = lines[block.start + 1 : block.divider], lines[block.divider + 1 : block.end]
    if not old or not (is_there or any(line.strip() for line in old)):
        return Create(path, "".join(f"{line}\n" for line in new))
    return Update(path, (replacement(name, old, new),))


def _path_above(lines: Sequence[str], known: Callable[[str], bool]) -> str | None:
    """Return the path in the lines just above a block, one that names a file before one that only looks like it."""
    near = [line for line in lines[-2 * _LINES_ABOVE :] if line.strip()][-_LINES_ABOVE:]
    found = [path for line in reversed(near) for path in _paths_in(line)]
    first = next((path for path in found if known(path)), None)
    return first or next((path for path in found if _looks_like_path(path)), None)


def _new_path_above(lines: Sequence[str]) -> str | None:
    """Return the name of a file to create in the line just above its block or fence, which need not look like one."""
    near = [line for line in lines[-2 * _LINES_ABOVE :] if line.strip()][-2:]
    if near and _FENCE.fullmatch(near[-1]) and any(map(_looks_like_path, _paths_in(near.pop()))):
        return None
    if not near or len(near[-1]) > _MOST_CHARACTERS or _FENCE.fullmatch(near[-1]):
        return None
    bare = near[-1].strip().lstrip("#").strip().strip("*").rstrip(":").strip("* ").removeprefix("File: ")
    if len(bare) > len("``") and bare[0] == bare[-1] == "`" and _NEW_NAME.fullmatch(bare[1:-1]):
        return bare[1:-1]
    is_lone = _PATH.fullmatch(bare) and not near[-1].rstrip().endswith((":", ".", "!", ","))
    return bare if is_lone or _is_spaced_path(bare) else None


def _is_spaced_path(bare: str) -> bool:
    """Whether *bare* is a path with spaces in it, and no sentence that ends with one."""
    words = bare.split()
    return (
        len(words) > 1
        and bool(_NEW_NAME.fullmatch(bare))
        and words[0].lower() not in _BEGINS_PROSE
        and ("/" in words[-1] or bool(_SUFFIX.search(words[-1])))
    )


def _paths_in(line: str) -> Iterator[str]:
    """Yield what could be the path in *line*: the whole of it, what follows a fence, or what stands in backticks."""
    fence = _FENCE.fullmatch(line)
    if fence:
        for word in reversed(fence[1][:_MOST_CHARACTERS].split()):
            yield word.split("=", 1)[-1].split(":", 1)[-1].strip("\"'{}")
        return
    bare = line[:_MOST_CHARACTERS].strip().lstrip("#").strip().strip("*`").rstrip(":").strip("*` ")
    yield bare.removeprefix("File: ").removeprefix("file: ").strip("`")
    quoted = line[:_MOST_CHARACTERS].split("`")[1::2]
    if len(quoted) == 1:
        yield quoted[0]


_MOST_CHARACTERS = 1000


def _looks_like_path(word: str) -> bool:
    return bool(_PATH.fullmatch(word)) and ("/" in word or "." in word[:-1]) and not word.endswith(".")
