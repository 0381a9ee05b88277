"""Syntax trees of the parts of a Python file that a patch touches.

Around each changed run of lines the innermost whole function, or else the whole statements, are parsed before and
after; the rest of the file is equal. Where they stand is first guessed from the indentation, which is cheap; where
the guess cannot be parsed alone, the outline of the whole file says it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from suffice.checker import profile
from suffice.checker.profile import Profile
from suffice.edits.edit import LineEdit, line_edits
from suffice.outline import around, outline, parse
from suffice.positions import split_lines

_DEFINITION = re.compile(r"\s*(?:async\s+)?(?:def|(class))\s+(\w+)")
_CONTINUES = re.compile(r"\s*(?:[)\]}#]|(?:else|elif|except|finally|case)\b|$)")
_IMPORTS = re.compile(r"^(?:from[ \t][^\n(]*\([^)]*\)|from[ \t][^\n]*|import[ \t][^\n]*)", re.MULTILINE)


@dataclass(frozen=True)
class Region:
    """One touched part of a file before and after: its text, and trees where both can be parsed.

    `scope` is the path of classes and functions around it (`Console.print.`), `in_function` whether one of them
    is a function.
    """

    before: str
    after: str
    before_tree: ast.Module | None
    after_tree: ast.Module | None
    scope: str = ""
    in_function: bool = False

    @cached_property
    def profiles(self) -> tuple[Profile, Profile]:
        """What the part holds before and after."""
        if self.before_tree is None or self.after_tree is None:
            return profile.of_text(self.before), profile.of_text(self.after)
        return (
            profile.of_tree(self.before_tree, in_function=self.in_function),
            profile.of_tree(self.after_tree, in_function=self.in_function),
        )

    @property
    def has_trees(self) -> bool:
        """Whether tree-based checks can look at all."""
        return self.before_tree is not None and self.after_tree is not None


class _Place(NamedTuple):
    """0-based lines `start` to `end` (exclusive) of the old text, and the definitions around them."""

    start: int
    end: int
    scope: str = ""
    in_function: bool = False


def regions(before: str, after: str) -> tuple[Region, ...]:
    """Return the parts of a Python file that differ between *before* and *after*, in order."""
    edits = line_edits(before, after)
    old = split_lines(before)
    for placed in (_by_indentation, _by_outline):
        places = [placed(before, old, edit) for edit in edits]
        if None in places:
            continue
        found = tuple(_cut([place for place in places if place], edits, old, split_lines(after)))
        if all(region.has_trees for region in found):
            return found
    return (Region(before, after, parse(before), parse(after)),)


def imports(text: str) -> str:
    """Return the top-level import statements of *text*."""
    return "\n".join(match[0] for match in _IMPORTS.finditer(text))


def _cut(
    places: Sequence[_Place], edits: Sequence[LineEdit], old: Sequence[str], new: Sequence[str]
) -> Iterator[Region]:
    """Yield a region for each run of overlapping *places* (one for each of *edits*)."""
    runs: list[tuple[_Place, int]] = []
    for place, edit in zip(places, edits, strict=True):
        grown = len(split_lines(edit.new_text)) - (edit.end_line - edit.start_line + 1)
        if runs and place.start < runs[-1][0].end:
            earlier, so_far = runs.pop()
            wider = place if place.start < earlier.start or place.end - place.start > earlier.end - earlier.start else earlier
            place = wider._replace(start=min(place.start, earlier.start), end=max(place.end, earlier.end))
            grown += so_far
        runs.append((place, grown))
    shift = 0
    for place, grown in runs:
        start, end = place.start, place.end
        before = "".join(old[start:end])
        after = "".join(new[start + shift : end + shift + grown])
        shift += grown
        yield Region(before, after, _parse_part(before), _parse_part(after), place.scope, place.in_function)


def _parse_part(text: str) -> ast.Module | None:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return parse(f"if 1:\n{text}" if first[:1] in {" ", "\t"} else text)


def _by_indentation(_: str, lines: Sequence[str], edit: LineEdit) -> _Place | None:
    """Guess the innermost function, or the statements, around *edit* from the indentation."""
    first, last = edit.start_line - 1, edit.end_line
    touched = [line for line in lines[first:last] or lines[first : first + 1] if not _CONTINUES.match(line)]
    indent = min(map(_indent, touched), default=0)
    headers = _headers(lines, first, indent)
    if headers and not headers[0][2]:  # the innermost definition is a function: take all of it
        start, indent, *_ = headers.pop(0)
    else:
        start = next((n for n in range(min(first, len(lines) - 1), -1, -1) if _starts(lines[n], indent)), 0)
    while start > 0 and lines[start - 1].startswith("@", indent) and not lines[start - 1][:indent].strip():
        start -= 1
    after = max(last, start + 1)
    end = next((n for n in range(after, len(lines)) if _ends(lines[n], indent)), len(lines))
    scope = "".join(f"{name}." for _, _, _, name in reversed(headers))
    return _Place(start, end, scope, any(not is_class for _, _, is_class, _ in headers))


def _headers(lines: Sequence[str], first: int, indent: int) -> list[tuple[int, int, bool, str]]:
    """Return the definitions above line *first*, innermost first: line, indent, whether a class, name."""
    found = []
    for number in range(min(first, len(lines) - 1), -1, -1):
        line = lines[number]
        own = _indent(line)
        header = _DEFINITION.match(line)
        if header and (own < indent or number == first):
            found.append((number, own, bool(header[1]), header[2]))
        if own < indent and not _CONTINUES.match(line):
            indent = own
        if indent == 0 and number < first:
            break
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _starts(line: str, indent: int) -> bool:
    return _indent(line) == indent and not _CONTINUES.match(line)


def _ends(line: str, indent: int) -> bool:
    return _indent(line) <= indent and not _CONTINUES.match(line)


def _by_outline(before: str, lines: Sequence[str], edit: LineEdit) -> _Place | None:
    """Return the innermost function, or the statements, around *edit* by the outline of the whole file."""
    outlined = outline(before)
    if outlined is None:
        return None
    first, last = edit.start_line, max(edit.start_line, edit.end_line)
    enclosing = [block for block in around(outlined.blocks, first, last) if block.name]
    scope = [block for block in enclosing if block.children[0].first <= first]
    if scope and not scope[-1].is_class:
        own = scope.pop()
        path = "".join(f"{block.name}." for block in scope)
        return _Place(own.first - 1, own.last, path, any(not block.is_class for block in scope))
    blocks = scope[-1].children if scope else outlined.blocks
    limits = (blocks[0].first - 1, scope[-1].last) if scope else (0, len(lines))
    cuts = [*limits, *(cut for a, b in zip(blocks, blocks[1:], strict=False) if a.last < b.first for cut in (a.last, b.first - 1))]
    start = max(cut for cut in cuts if cut <= edit.start_line - 1)
    end = min(cut for cut in cuts if cut >= edit.end_line)
    path = "".join(f"{block.name}." for block in scope)
    return _Place(start, end, path, any(not block.is_class for block in scope))
