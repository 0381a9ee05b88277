"""Writes one setting of a kind into the text of a policy file and leaves every other character as it is.

The text is found by its look, so whoever asks parses the result and compares it with what was meant.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence

from suffice.task import Kind

Setting = int | float | Sequence[str]
"""A number, or the rungs of a ladder as they are written."""

_HEADER = re.compile(r"[ \t]*(\[[^\[\]\n]+\])[ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_ANY_HEADER = re.compile(r"^[ \t]*\[[^\n]*\][ \t]*(?:#[^\n]*)?\r?$", re.MULTILINE)
_NUMBER = re.compile(r"[^\s#]+")
_PART = re.compile(r"""#[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\]""")
_CONTENT = re.compile(r"^[ \t]*[^#\s][^\n]*\n?", re.MULTILINE)


def with_setting(text: str, kind: Kind, key: str, setting: Setting) -> str | None:
    """Return *text* with *key* of *kind* set, None if it cannot be said by changing or adding one line."""
    eol = "\r\n" if "\r\n" in text else "\n"
    table = _table(text, kind)
    if table is None:
        end = "" if not text or text.endswith("\n") else eol
        return f"{text}{end}{eol}[kinds.{kind}]{eol}{key} = {written(setting)}{eol}"
    start, stop = table
    found = re.compile(rf"""^[ \t]*["']?{re.escape(key)}["']?[ \t]*=[ \t]*""", re.MULTILINE).search(text, start, stop)
    if found is None:
        place = max((line.end() for line in _CONTENT.finditer(text, start, stop)), default=start)
        end = "" if text[:place].endswith("\n") else eol
        return f"{text[:place]}{end}{key} = {written(setting)}{eol}{text[place:]}"
    if isinstance(setting, int | float):
        return text[: found.end()] + _NUMBER.sub(written(setting), text[found.end() :], count=1)
    return _with_rungs(text, found.end(), setting)


def written(setting: Setting) -> str:
    """Return *setting* as TOML."""
    if isinstance(setting, int | float):
        return f"{setting:g}" if isinstance(setting, float) else str(setting)
    return json.dumps(list(setting), ensure_ascii=False)


def _table(text: str, kind: Kind) -> tuple[int, int] | None:
    """Return where the lines under [kinds.KIND] begin and end."""
    for header in _HEADER.finditer(text):
        if _is_of(header[1], kind):
            start = min(header.end() + 1, len(text))
            following = _ANY_HEADER.search(text, start)
            return start, following.start() if following else len(text)
    return None


def _is_of(header: str, kind: Kind) -> bool:
    try:
        return tomllib.loads(header) == {"kinds": {str(kind): {}}}
    except tomllib.TOMLDecodeError:
        return False


def _with_rungs(text: str, start: int, rungs: Sequence[str]) -> str | None:
    """Return *text* with the strings of the array at *start* replaced in turn; comments between them stay."""
    done, last, left = [text[:start]], start, list(rungs)
    for part in _PART.finditer(text, start):
        if part[0] == "]":
            return "".join((*done, text[last:])) if not left else None
        if part[0].startswith("#"):
            continue
        if not left:
            return None
        done += [text[last : part.start()], json.dumps(left.pop(0), ensure_ascii=False)]
        last = part.end()
    return None
