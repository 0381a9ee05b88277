"""A lint reply: the rewrite of a window that we chose, perhaps one more import, or the word that it cannot be done.

Location cannot fail, since the window is ours; `cannot_fix` is the honest way out instead of a suppression.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from suffice.checker.trees import IMPORTS
from suffice.edits.edit import Edit, apply_edits, edits_between
from suffice.edits.operation import plain_lines
from suffice.edits.placing.shift import indent_of
from suffice.outline import Outline, outline, parse
from suffice.positions import split_lines
from suffice.proposal import CannotFix, Unusable
from suffice.snapshot import SourceFile
from suffice.windows import Window

SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "replacement": {
            "type": ["string", "null"],
            "description": "The whole new text of the window, with its indentation; null if cannot_fix is set.",
        },
        "extra_import": {
            "type": ["string", "null"],
            "description": "One import statement that the replacement needs and the file lacks, else null.",
        },
        "cannot_fix": {
            "type": ["string", "null"],
            "description": "Why no edit of the window is a right fix, in one sentence; else null.",
        },
    },
    "required": ["replacement", "extra_import", "cannot_fix"],
    "additionalProperties": False,
}

SCHEMA_NAME = "lint_fix"


def edits_of_reply(
    answer: Mapping[str, Any], *, window: Window, file: SourceFile
) -> tuple[Edit, ...] | CannotFix | Unusable:
    """Return the edits of *file* that *answer* asks for."""
    if answer.get("cannot_fix"):
        return CannotFix(why=" ".join(str(answer["cannot_fix"]).split())[:300])
    replacement = answer.get("replacement")
    if not isinstance(replacement, str) or not replacement.strip():
        return Unusable(why="the replacement is empty; send the whole new text of the window, or cannot_fix")
    text = _window_edit(replacement, window, file)
    extra = answer.get("extra_import")
    if isinstance(extra, str) and extra.strip():
        imported = _with_import(text, extra.strip(), file.eol)
        if imported is None:
            return Unusable(why="extra_import is not one import statement; send one, or null")
        text = imported
    return edits_between(file, text)


def _window_edit(replacement: str, window: Window, file: SourceFile) -> str:
    old = file.index.text(window.first, window.last)
    lines = _reindented(plain_lines(_unfenced(replacement)), old)
    ended = old.endswith(("\n", "\r"))
    text = file.eol.join(lines) + (file.eol if ended else "")
    start, end = file.index.starts[window.first - 1], file.index.starts[window.last]
    edit = Edit(path=file.path, base_sha=file.blob_sha, start=start, end=end, new_text=text)
    return apply_edits(file.text, [edit])


def _unfenced(text: str) -> str:
    """Return *text* without a Markdown fence around it, which some models cannot leave out."""
    fenced = re.fullmatch(r"\s*```\w*\n(.*?)\n?```\s*", text, re.DOTALL)
    return (fenced[1] if fenced else text).strip("\n").rstrip()


def _reindented(lines: Sequence[str], old: str) -> Sequence[str]:
    """Return *lines* shifted as a whole to the window's own indentation, if they were sent with less."""
    want, have = _first_indent(plain_lines(old)), _first_indent(lines)
    if want == have or not want.startswith(have):
        return lines
    missing = want[len(have) :]
    return [f"{missing}{line}" if line.strip() else line for line in lines]


def _first_indent(lines: Sequence[str]) -> str:
    return indent_of(next((line for line in lines if line.strip()), ""))


def _with_import(text: str, statement: str, eol: str) -> str | None:
    """Return *text* with *statement* after its last leading import; None if it is not one import."""
    tree = parse(statement)
    names = [type(node).__name__ for node in tree.body] if tree else []
    if names not in (["Import"], ["ImportFrom"]) or "\n" in statement:
        return None
    lines = list(split_lines(text))
    if any(line.strip() == statement for line in lines):
        return text
    place = _after_imports(text)
    return "".join([*lines[:place], f"{statement}{eol}", *lines[place:]])


def _after_imports(text: str) -> int:
    """Return how many lines stand before the place for one more import."""
    lines = split_lines(text)
    outlined = outline(text)
    ends = _leading_ends(outlined, lines) if outlined else _import_ends(text)
    comments = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return max([comments, *ends])


def _leading_ends(outlined: Outline, lines: tuple[str, ...]) -> list[int]:
    """Return the last lines of the docstring and the imports that the file starts with."""
    ends = []
    for position, block in enumerate(outlined.blocks):
        first = lines[block.first - 1].lstrip()
        if not (_IMPORT.match(first) or (position == 0 and _STRING.match(first))):
            break
        ends.append(block.last)
    return ends


def _import_ends(text: str) -> list[int]:
    """Return the last line of the first run of imports, without a tree."""
    end = 0
    for match in IMPORTS.finditer(text):
        between = text[end : match.start()]
        if end and any(line.strip() and not line.startswith("#") for line in split_lines(between)):
            break
        end = match.end()
    return [text.count("\n", 0, end) + 1] if end else []


_IMPORT = re.compile(r"(?:import|from)\s")
_STRING = re.compile(r"[A-Za-z]{0,2}[\"']")
