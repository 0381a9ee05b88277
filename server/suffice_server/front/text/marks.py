"""Comments that ask for something: `# suffice: …`, also `// …`, `-- …`, `/* … */`, `<!-- … -->`, `; …` and `% …`.

Only the lines that are asked about and the few around them are looked at. Lines are counted from 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_WORD = "suffice:"
_OPENER = re.compile(r"(?:/\*+|<!--|//+|--+|#+|;+|%+)\Z")
_ALONE = ";%"
_QUOTES = "\"'`"
_LONGEST_OPENER = 8
_CLOSERS = {"/*": "*/", "<!--": "-->"}
_STAR = re.compile(r"[ \t]*\*+(?!/)[ \t]?")

_LONGEST = 20
"""A comment of more lines is not read on."""

_LONGEST_INSTRUCTION = 4000

_MOST_LINES = 400
"""Of a larger selection only the first lines are searched, and no block is taken for larger."""

_GOES_ON = re.compile(r"[ \t]*(?:[)\]}]|(?:else|elif|except|finally|catch|end|fi|done|esac)\b)")


class Mark(NamedTuple):
    """A comment that asks for `instruction`, at the lines `first` to `last`; its whole `text` stands there.

    `alone`: nothing else stands on these lines.
    """

    first: int
    last: int
    instruction: str
    text: str
    alone: bool


def marks_at(lines: Sequence[str], first: int, last: int) -> tuple[Mark, ...]:
    """Return the marks that hold one of the lines *first* to *last*, with whichever of their lines."""
    earliest, latest = max(0, first - _LONGEST), min(last, first + _MOST_LINES, len(lines) - 1)
    found = (_mark(lines, line) for line in range(earliest, latest + 1) if _WORD in lines[line])
    return tuple(mark for mark in found if mark is not None and mark.last >= first)


def scope_of(lines: Sequence[str], mark: Mark) -> tuple[int, int]:
    """Return the first and last line that *mark* is about: itself, and the block or paragraph right below it.

    One behind code is about that code, and the block that it opens. One with an empty line below is about nothing yet.
    """
    if not mark.alone:
        return mark.first, definition_end(lines, mark.first)
    below = mark.last + 1
    if below >= len(lines) or not lines[below].strip() or _indent(lines[below]) < _indent(lines[mark.first]):
        return mark.first, mark.last
    return mark.first, block_end(lines, below)


def block_end(lines: Sequence[str], first: int) -> int:
    """Return the last line of what begins at the line *first*: a block with its decorators, or a paragraph."""
    last = definition_end(lines, first)
    while lines[first].lstrip().startswith("@") and last + 1 < len(lines) and lines[last + 1].strip():
        first = last + 1
        last = definition_end(lines, first)
    return last if last > first else _paragraph_end(lines, first)


def definition_end(lines: Sequence[str], first: int) -> int:
    """Return the last line of what begins at the line *first*: those that are deeper, or close what it opened."""
    indent, last = _indent(lines[first]), first
    for line in range(first + 1, min(len(lines), first + _MOST_LINES)):
        if not lines[line].strip():
            continue
        deeper = _indent(lines[line]) > indent
        if not deeper and not (_indent(lines[line]) == indent and _GOES_ON.match(lines[line])):
            break
        last = line
    return last


def _paragraph_end(lines: Sequence[str], first: int) -> int:
    indent, last = _indent(lines[first]), first
    while last + 1 < min(len(lines), first + _MOST_LINES):
        below = lines[last + 1]
        if not below.strip() or _indent(below) < indent:
            break
        last += 1
    return last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _mark(lines: Sequence[str], line: int) -> Mark | None:
    ahead, _, behind = lines[line].rstrip("\r\n").partition(_WORD)
    ahead = ahead.rstrip(" \t")
    opener = _OPENER.search(ahead, max(0, len(ahead) - _LONGEST_OPENER))
    if opener is None:
        return None
    before, sign = ahead[: opener.start()], opener[0]
    if sign[0] in _ALONE and before.strip():
        return None  # behind code it is a part of that
    if any(before.count(quote) % 2 and quote in behind for quote in _QUOTES):
        return None  # it stands in a text, not in a comment
    closer = next((end for start, end in _CLOSERS.items() if sign.startswith(start)), None)
    after = ""
    if closer is not None:
        words, after = _until(lines, line, behind, closer)
    else:
        words = [behind] if before.strip() else [behind, *_more(lines, line, before, sign)]
    instruction = "\n".join(_visible(word).strip() for word in words).strip()[:_LONGEST_INSTRUCTION]
    if not instruction:
        return None
    last = line + len(words) - 1
    text = "".join(lines[line : last + 1])[len(before) :].strip()[:_LONGEST_INSTRUCTION]
    return Mark(line, last, instruction, text, alone=not before.strip() and not after.strip())


def _visible(words: str) -> str:
    """Return *words* as who chooses to have them done sees them: nothing is asked for unseen."""
    return words if words.isprintable() else "".join(filter(str.isprintable, words.replace("\t", " ")))


def _more(lines: Sequence[str], line: int, before: str, sign: str) -> Iterator[str]:
    """Yield the words of the comment lines right below that go on with it."""
    for below in lines[line + 1 : line + _LONGEST]:
        content = below.rstrip("\r\n")
        if not content.startswith(f"{before}{sign}") or _WORD in content:
            return
        yield content[len(before) + len(sign) :]


def _until(lines: Sequence[str], line: int, rest: str, closer: str) -> tuple[list[str], str]:
    """Return the words of each line up to *closer*, and what stands behind that; no words if it is not closed."""
    words: list[str] = []
    for below in (rest, *lines[line + 1 : line + _LONGEST]):
        content = below.rstrip("\r\n") if not words else _STAR.sub("", below.rstrip("\r\n"), count=1)
        inside, closed, behind = content.partition(closer)
        words.append(inside)
        if closed:
            return words, behind
    return [], ""
