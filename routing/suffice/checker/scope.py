"""A patch stays where it was sent: a lint fix near the diagnosed place, an edit in what it may touch; imports aside.

Example: the fix of an unused import that also rewrites a function 200 lines below.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from suffice.checker.file_roles import is_python
from suffice.checker.reach import outside
from suffice.checker.subject import Subject
from suffice.checker.trees import function_lines
from suffice.checker.verdict import ALWAYS, Found, failed, passed, skipped
from suffice.edits.edit import LineEdit
from suffice.positions import split_lines
from suffice.task import Diagnostic, Kind

NAME = "scope"
COST = "under 1 ms"
BLOCKS = ALWAYS

_FunctionAround = Callable[[int], tuple[int, int] | None]

NEAR_LINES = 10
"""How far from the diagnosed lines a lint fix may reach. Of wrong fixes with an unrelated edit 60 % reach
farther, of right ones 0.1 % (1,032 ruff cases, 2026-11)."""

_IMPORT = re.compile(
    r"\s*(?:if\s+(?:typing\.)?TYPE_CHECKING\s*:"
    r"|(?:from\s+\S+\s+)?import\s[^;=]*|\s+[\w.]+(?:\s+as\s+\w+)?,|\))?\s*(?:#.*)?"
)
"""An import statement, its condition, a name within one that has several lines, its closing bracket, or nothing."""


def look(subject: Subject) -> Found:
    """Fail a lint fix far from its diagnostics, and an edit of what it was not told to touch."""
    if subject.kind is Kind.LINT_FIX and subject.diagnostics:
        return _of_lint_fix(subject)
    if not subject.places:
        return skipped("nobody said what may be touched")
    flaw = next(filter(None, (outside(change, subject) for change in subject.changes)), None)
    return failed(flaw) if flaw else passed("touches nothing but what it was told to")


def _of_lint_fix(subject: Subject) -> Found:
    diagnosed = {d.path for d in subject.diagnostics}
    other = [change.path for change in subject.changes if change.path not in diagnosed]
    if other:
        return failed(f"{other[0]} is not the diagnosed file")
    for change in subject.changes:
        if change.before is None or change.after is None:
            return failed(f"a lint fix does not create or delete {change.path}")
        diagnostics = [d for d in subject.diagnostics if d.path == change.path]
        for flaw in _flaws(change.line_edits, change.before, diagnostics):
            return failed(f"{flaw} of {change.path}")
    return passed(f"all edits are within {NEAR_LINES} lines or the same function, or are imports")


def _flaws(edits: Sequence[LineEdit], text: str, diagnostics: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield which *edits* have nothing to do with *diagnostics*."""
    function_around = cache(partial(function_lines, text))
    lines = split_lines(text)
    indented_from = None
    for edit in edits:
        old = lines[edit.start_line - 1 : edit.end_line]
        if _only_comments(edit, old) and not any(_is_at(edit, d) for d in diagnostics):
            yield f"what is diagnosed is not the comment in line {edit.start_line}"
        near = any(_is_near(edit, d) or _is_in_function(edit, d, function_around) for d in diagnostics)
        goes_on = indented_from is not None and edit.start_line - indented_from <= NEAR_LINES
        if near or (goes_on and _only_indents(edit, old)):
            indented_from = edit.end_line
        elif not _only_imports(edit, old):
            yield f"the diagnosed place is far from line {edit.start_line}"


def _is_at(edit: LineEdit, diagnostic: Diagnostic) -> bool:
    """Whether *edit* touches the diagnosed lines or what stands beside them."""
    return edit.start_line - 1 <= diagnostic.span.end_line and edit.end_line + 1 >= diagnostic.span.start_line


def _only_comments(edit: LineEdit, lines: Sequence[str]) -> bool:
    """Whether *edit* rewords or takes away comments, and nothing else."""
    old = [line.strip() for line in lines]
    new = [line.strip() for line in split_lines(edit.new_text)]
    reworded = [line for line in old if line] != [line for line in new if line]
    return any(old) and reworded and all(line[:1] in {"", "#"} for line in (*old, *new))


def _is_near(edit: LineEdit, diagnostic: Diagnostic) -> bool:
    first, last = diagnostic.span.start_line - NEAR_LINES, diagnostic.span.end_line + NEAR_LINES
    return edit.start_line <= last and edit.end_line >= first


def _is_in_function(edit: LineEdit, diagnostic: Diagnostic, function_around: _FunctionAround) -> bool:
    if not is_python(diagnostic.path):
        return False
    function = function_around(diagnostic.span.start_line)
    return function is not None and function[0] <= edit.start_line and edit.end_line <= function[1]


def _only_indents(edit: LineEdit, lines: Sequence[str]) -> bool:
    """Whether *edit* only moves lines to the right or left, or drops some: what follows a new `with` goes into it."""
    old = iter([line.strip() for line in lines])
    return all(line.strip() in old for line in split_lines(edit.new_text))


def _only_imports(edit: LineEdit, lines: Sequence[str]) -> bool:
    return all(_IMPORT.fullmatch(line.rstrip("\r\n")) for line in [*lines, *split_lines(edit.new_text)])
