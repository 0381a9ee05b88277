"""Which form a reply is written in, by the first line that only that form has."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any

from suffice.edits.forms import search_replace, tagged
from suffice.edits.forms.calls import is_call
from suffice.edits.forms.v4a import MARKER


class Form(StrEnum):
    """How a reply says its edits."""

    SEARCH_REPLACE = "search-replace"
    TAGGED = "tagged"
    V4A = "v4a"
    UNIFIED = "unified"
    CALLS = "calls"


def form_of_lines(lines: Iterable[str]) -> Form | None:
    """Return the form of the first line that begins an edit, None if none does."""
    previous = ""
    for line in lines:
        form = _form_of_line(line, previous)
        if form is not None:
            return form
        previous = line
    return None


def _form_of_line(line: str, previous: str) -> Form | None:
    if search_replace.START.fullmatch(line) or search_replace.FILE_LINE.fullmatch(line):
        return Form.SEARCH_REPLACE
    if tagged.START in line:
        return Form.TAGGED
    marker = MARKER.fullmatch(line)
    if marker and (marker["verb"] or marker["envelope"] == "Begin"):
        return Form.V4A
    if line.startswith(("diff --git ", "@@ ")) or (line.startswith("+++ ") and previous.startswith("--- ")):
        return Form.UNIFIED
    return None


def calls_in(text: str) -> list[Any] | None:
    """Return the tool calls that *text* is as JSON, perhaps in a fence; None if it is none."""
    bare = text.strip()
    if bare.startswith("```"):
        bare = bare.removesuffix("```").partition("\n")[2].strip()
    if not bare.startswith(("{", "[")):
        return None
    try:
        values = list(_json_values(bare))
    except (ValueError, RecursionError):
        return None
    return values if any(map(is_call, values)) else None


def _json_values(text: str) -> Iterator[Any]:
    """Yield the JSON values of *text*, one after the other; ValueError for anything else."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        value, place = decoder.raw_decode(text, place)
        yield value
        while place < len(text) and text[place].isspace():
            place += 1
