"""The forms of answers, and the plain values in them: whatever a reply holds, a text is a text and a number one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT: Mapping[str, Any] = {"type": "string"}
NULL_OR_TEXT: Mapping[str, Any] = {"type": ["string", "null"]}

_MOST_LINE_CHARS = 600
"""Of a sentence that a reply writes: three of the length that prompts ask for."""

_MOST_BLOCK_CHARS = 8000
"""Of quoted or new code: a line that a tool wrote may be long, and it is compared, not shown."""


def object_form(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the strict schema of an object with all of *properties*, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def line(value: Any) -> str:
    """Return *value* as one line without control characters, "" if it is no text."""
    if not isinstance(value, str):
        return ""
    return "".join(char for char in " ".join(value.split()) if char.isprintable())[:_MOST_LINE_CHARS]


def block(value: Any) -> str:
    """Return *value* as lines of code without the last line end, "" if it is no text."""
    if not isinstance(value, str):
        return ""
    return value[:_MOST_BLOCK_CHARS].replace("\r\n", "\n").rstrip("\r\n")


def number(value: Any) -> int:
    """Return *value* as a whole number, 0 if it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def share(value: Any) -> float | None:
    """Return *value* if it is a number from 0 to 1, else None."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None
