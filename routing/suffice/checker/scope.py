"""A lint fix stays in the diagnosed file, near the diagnosed place; imports may change at the top."""

from __future__ import annotations

import re

from suffice.checker.subject import Subject
from suffice.checker.trees import function_lines
from suffice.checker.verdict import LINT_FIXES, Found, failed, passed, skipped
from suffice.edits.edit import LineEdit
from suffice.positions import split_lines
from suffice.task import Diagnostic, Kind

NAME = "scope"
COST = "under 1 ms"
BLOCKS = LINT_FIXES

NEAR_LINES = 10
"""How far from the diagnosed lines a lint fix may reach. Of wrong fixes with an unrelated edit 60 % reach
farther, of right ones 0.1 % (1,032 ruff cases, 2026-11)."""

_IMPORT = re.compile(r"\s*(?:(?:from\s+\S+\s+)?import\s[^;=]*|\s+[\w.]+(?:\s+as\s+\w+)?,|\))?\s*(?:#.*)?")
"""An import statement, a name within one that has several lines, its closing bracket, or nothing."""


def look(subject: Subject) -> Found:
    """Fail a lint fix that edits another file, or lines far from its diagnostics."""
    if subject.kind is not Kind.LINT_FIX or not subject.diagnostics:
        return skipped("only a lint fix with a known diagnostic has a scope")
    diagnosed = {d.path for d in subject.diagnostics}
    other = [change.path for change in subject.changes if change.path not in diagnosed]
    if other:
        return failed(f"{other[0]} is not the diagnosed file")
    for change in subject.changes:
        if change.before is None or change.after is None:
            return failed(f"a lint fix does not create or delete {change.path}")
        diagnostics = [d for d in subject.diagnostics if d.path == change.path]
        for edit in change.line_edits:
            near = any(_is_near(edit, d) or _is_in_function(edit, d, change.before) for d in diagnostics)
            if not near and not _only_imports(edit, change.before):
                return failed(f"line {edit.start_line} of {change.path} is far from the diagnosed place")
    return passed(f"all edits are within {NEAR_LINES} lines or the same function, or are imports")


def _is_near(edit: LineEdit, diagnostic: Diagnostic) -> bool:
    first, last = diagnostic.span.start_line - NEAR_LINES, diagnostic.span.end_line + NEAR_LINES
    return edit.start_line <= last and edit.end_line >= first


def _is_in_function(edit: LineEdit, diagnostic: Diagnostic, text: str) -> bool:
    function = function_lines(text, diagnostic.span.start_line)
    return function is not None and function[0] <= edit.start_line and edit.end_line <= function[1]


def _only_imports(edit: LineEdit, text: str) -> bool:
    old = split_lines(text)[edit.start_line - 1 : edit.end_line]
    return all(_IMPORT.fullmatch(line.rstrip("\r\n")) for line in [*old, *split_lines(edit.new_text)])
