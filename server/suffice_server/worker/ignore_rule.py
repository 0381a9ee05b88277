"""Which edit of the project's settings leaves a rule alone: said as an edit of their text, never written here.

The text is found by its look and the result parsed again: an edit that would say anything else is not made.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from suffice.config import REPOSITORY_FILE
from suffice.errors import ConfigError, InputError
from suffice.outcome import Ending
from suffice.snapshot import Snapshot
from suffice.toml_source import read_toml
from suffice_server.messages import Finished, FromWorker, IgnoreRule
from suffice_server.values import Changed, Op, Replacement
from suffice_server.worker.editor_text import shift_of, without_marks
from suffice_server.worker.session import Send, Session
from suffice_server.worker.workspace import folder_at

_KEY = "disabled_rules"
_PYPROJECT = "pyproject.toml"
_RULE = re.compile(r"[@\w][\w./@:-]{0,199}")
_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)
_ARRAY = re.compile(rf"""^[ \t]*["']?{_KEY}["']?[ \t]*=[ \t]*\[""", re.MULTILINE)
_PART = re.compile(r"""#[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[\],]""")


class _Place(NamedTuple):
    """A settings file, its text ("" for one to be made), and the table that holds our settings."""

    path: str
    text: str
    table: tuple[str, ...] = ()


async def ignore_rule(request: IgnoreRule, session: Session, _send: Send) -> FromWorker:
    """Return the edit. Raises InputError with the line to add by hand where the file cannot be edited surely."""
    del session
    return await asyncio.to_thread(_finished, request)


def _finished(request: IgnoreRule) -> Finished:
    if not _RULE.fullmatch(request.rule):
        raise InputError("This is no name of a rule; choose the action on a diagnostic.")
    own = {path: text for path, text in request.buffers.items() if path in {REPOSITORY_FILE, _PYPROJECT}}
    disk, buffers = Snapshot.of_folder(folder_at(request.root)), without_marks(own)
    place = _place(disk.with_texts(buffers) if buffers else disk)
    if request.rule in _listed(_parsed(place), place):
        detail = f"{place.path} leaves {request.rule} alone already"
        return Finished(request.id, Ending.UNCHANGED, "already-gone", detail, mended=0)
    at, new_text = _insertion(place, request.rule)
    shift = shift_of(request.buffers.get(place.path, ""))
    edits = (Replacement(at + shift, at + shift, new_text),)
    if not place.text and place.path not in request.buffers and not disk.exists(place.path):
        made = Changed(place.path, Op.CREATE, edits)
    else:
        made = Changed(place.path, Op.REPLACE, edits, None if place.path in request.buffers else place.text)
    detail = f"{place.path} leaves {request.rule} alone from now on; save it"
    return Finished(request.id, Ending.PROPOSED, "sufficed", detail, changes=(made,))


def _place(files: Snapshot) -> _Place:
    """Return where the settings of the project are: its own file, `[tool.suffice]`, or a file to be made."""
    if files.exists(REPOSITORY_FILE):
        return _Place(REPOSITORY_FILE, files.text(REPOSITORY_FILE))
    if files.has(_PYPROJECT):
        place = _Place(_PYPROJECT, files.text(_PYPROJECT), ("tool", "suffice"))
        if "suffice" in place.text and _table(_parsed(place), place) is not None:
            return place
    return _Place(REPOSITORY_FILE, "")


def _parsed(place: _Place) -> Mapping[str, Any]:
    try:
        return read_toml(place.text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{place.path} is no valid TOML; mend it, and choose the action again.") from error


def _table(data: Any, place: _Place) -> Any:
    for part in place.table:
        data = data.get(part) if isinstance(data, dict) else None
    return data


def _listed(data: Any, place: _Place) -> list[Any]:
    table = _table(data, place)
    known = table.get(_KEY, []) if isinstance(table, dict) else []
    return known if isinstance(known, list) else []


def _insertion(place: _Place, rule: str) -> tuple[int, str]:
    """Return where to put which text so that nothing but *rule* is added. Raises InputError if that cannot be said."""
    before = _parsed(place)
    for at, new_text in _candidates(place, rule):
        try:
            after = read_toml(place.text[:at] + new_text + place.text[at:])
        except (ValueError, RecursionError):
            continue
        if _is_meant(before, after, place, rule):
            return at, new_text
    raise InputError(f"{place.path} is written in a way that cannot be edited surely; add {rule} to {_KEY} by hand.")


def _is_meant(before: Any, after: Any, place: _Place, rule: str) -> bool:
    """Whether *after* is *before* with *rule* as the last of its list, and nothing else is different."""
    table = _table(after, place)
    if not isinstance(table, dict) or _listed(after, place) != [*_listed(before, place), rule]:
        return False
    if _listed(before, place):
        table[_KEY].pop()
    elif _KEY in (_table(before, place) or {}):
        table[_KEY].clear()
    else:
        del table[_KEY]
    return bool(after == before)


def _candidates(place: _Place, rule: str) -> Iterator[tuple[int, str]]:
    """Yield insertions, the likeliest first; some of them may say something else in a file of an odd form."""
    text, eol, name = place.text, "\r\n" if "\r\n" in place.text else "\n", json.dumps(rule)
    for array in _ARRAY.finditer(text):
        yield from _into_array(text, array.end(), name)
    line = f"{_KEY} = [{name}]{eol}"
    if place.table:
        header = re.compile(r"^[ \t]*\[[ \t]*tool[ \t]*\.[ \t]*[\"']?suffice[\"']?[ \t]*\][^\n]*\n?", re.MULTILINE)
        for found in header.finditer(text):
            yield found.end(), line if found[0].endswith("\n") else f"{eol}{line}"
        return
    first = _HEADER.search(text)
    if first is None:
        yield len(text), line if not text or text.endswith("\n") else f"{eol}{line}"
    else:
        yield first.start(), f"{line}{eol}"


def _into_array(text: str, start: int, name: str) -> Iterator[tuple[int, str]]:
    """Yield where *name* goes behind the last string of the array whose content begins at *start*."""
    last = None
    for part in _PART.finditer(text, start):
        if part[0] == "]":
            break
        if not part[0].startswith("#"):
            last = part
    if last is None:
        yield start, name
    elif last[0] == ",":
        yield last.end(), f" {name},"
    else:
        yield last.end(), f", {name}"
