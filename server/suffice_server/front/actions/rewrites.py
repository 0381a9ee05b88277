"""What can be done with a selection, a definition, or a comment that asks for something; and what was done, again.

They are listed only where somebody asks for the menu, never where the editor does so by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from lsprotocol import types

from suffice.task import Kind
from suffice_server.capabilities import Command
from suffice_server.front.actions.entries import Entry, Json, priced
from suffice_server.front.actions.kinds import REWRITE
from suffice_server.front.text.documents import Document
from suffice_server.front.text.marks import Mark, definition_end, marks_at, scope_of
from suffice_server.front.text.positions import place_in, units
from suffice_server.values import Offer
from suffice_server.wording import one_line, price

OfferOf = Callable[[str], Offer | None]
"""Says where a task of a kind would go, None while that is not known."""

_DEFINITION = re.compile(
    r"[ \t]*(?:(?:export|default|public|private|protected|internal|static|final|abstract|async|unsafe|pub)\s+)*"
    r"(?:def|class|function|fn|func|interface|struct|enum|trait|impl)\b"
)
_LONGEST_HEAD = 200

_TAKE_AWAY = "Take away what asks for this:"
_WRITE_TESTS = "Write tests for this, in the way in which this project's other tests are written."
_DOCUMENT = "Add {what} to each definition here that has none; change nothing else."

_LONGEST_DONE = 60


class Retry(NamedTuple):
    """An edit of ours that was just applied, known by `id`, now at the lines `first` to `last` (1-based).

    `done` says what it did (`fix B904`); a stronger lane would be asked next, as `offer` says, None if there is none.
    """

    id: str
    done: str
    first: int
    last: int
    offer: Offer | None


def rewrites(
    place: types.Range, *, document: Document, offer_of: OfferOf, retries: Sequence[Retry], encoding: str
) -> Iterator[Entry]:
    """Yield what can be done at *place*."""
    yield from _of_marks(place, document, offer_of, encoding)
    lines = _lines_of(place, document, encoding)
    if lines is not None:
        yield from _of_code(_range(lines, document, encoding), document, offer_of)
    yield from _again(place, retries, document)


def _of_marks(place: types.Range, document: Document, offer_of: OfferOf, encoding: str) -> Iterator[Entry]:
    marks = marks_at(document.lines, place.start.line, place.end.line)
    if not marks:
        return
    first, last = scope_of(document.lines, marks[0])
    if _is_selection(place, document, encoding):
        first, last = place.start.line, _last_line(place)
    first, last = min(first, marks[0].first), max(last, marks[-1].last)
    kind = Kind.CODEGEN if _holds_nothing_else(marks, first, last) else Kind.EDIT
    offer = offer_of(kind)
    if offer is not None:
        what = "Do what this comment asks" if len(marks) == 1 else f"Do what these {len(marks)} comments ask"
        instruction = "\n\n".join((*(m.instruction for m in marks), _TAKE_AWAY, *(m.text for m in marks)))
        where = _range((first, last), document, encoding)
        yield _edit(priced(what, offer), where, instruction, kind, offer, document)


def _holds_nothing_else(marks: Sequence[Mark], first: int, last: int) -> bool:
    own = sum(mark.last - mark.first + 1 for mark in marks if mark.alone)
    return own == last - first + 1


def _of_code(where: Json, document: Document, offer_of: OfferOf) -> Iterator[Entry]:
    tests, edit, explain = offer_of(Kind.TEST_WRITING), offer_of(Kind.EDIT), offer_of(Kind.EXPLAIN_CODE)
    if tests is not None:
        yield _edit(priced("Write tests for this", tests), where, _WRITE_TESTS, Kind.TEST_WRITING, tests, document)
    if edit is not None:
        what = "a docstring" if document.language == "python" else "a documentation comment"
        yield _edit(priced(f"Add {what}", edit), where, _DOCUMENT.format(what=what), Kind.EDIT, edit, document)
    if explain is not None:
        arguments = {"uri": document.uri, "version": document.version, "range": where}
        yield Entry(priced("Explain this", explain), REWRITE, Command.EXPLAIN_CODE, arguments, explain)


def _again(place: types.Range, retries: Sequence[Retry], document: Document) -> Iterator[Entry]:
    for retry in retries:
        is_here = retry.first <= place.end.line + 1 and place.start.line + 1 <= retry.last
        if is_here and retry.offer is not None:
            done = one_line(retry.done, _LONGEST_DONE)
            title = f"Try harder: {done} with {retry.offer.lane}, about {price(retry.offer.estimate_usd)}"
            yield Entry(title, REWRITE, Command.TRY_HARDER, {"uri": document.uri, "id": retry.id}, retry.offer)


def _edit(title: str, where: Json, instruction: str, kind: Kind, offer: Offer, document: Document) -> Entry:
    arguments: dict[str, Any] = {
        "uri": document.uri,
        "version": document.version,
        "range": where,
        "instruction": instruction,
        "kind": str(kind),
    }
    return Entry(title, REWRITE, Command.EDIT, arguments, offer)


def _lines_of(place: types.Range, document: Document, encoding: str) -> tuple[int, int] | None:
    """Return the lines (0-based, inclusive) of the selection, or of the definition that begins there; None: neither."""
    if _is_selection(place, document, encoding):
        return place.start.line, _last_line(place)
    line = place.start.line
    if not _DEFINITION.match(document.content(line)[:_LONGEST_HEAD]):
        return None
    return line, definition_end(document.lines, line)


def _is_selection(place: types.Range, document: Document, encoding: str) -> bool:
    """Whether more than one character is selected: Helix's cursor is a range of one, be that a line's end.

    What has neither a letter nor anything of ASCII in it after its first part is one: an emoji, a letter's accent.
    """
    if place.end.line > place.start.line + 1:
        return True
    first, before = place_in(document.lines, place.start, encoding)
    last, behind = place_in(document.lines, place.end, encoding)
    lines = "".join(document.lines[first : last + 1])
    length = behind if first == last else len(document.lines[first]) + behind
    held = lines[before:length].replace("\r\n", "\n")
    return any(character.isascii() or character.isalnum() for character in held[1:])


def _last_line(place: types.Range) -> int:
    """Return the last line that holds something of *place*: one that ends at the start of a line does not hold it."""
    ends_before = place.end.character == 0 and place.end.line > place.start.line
    return place.end.line - ends_before


def _range(lines: tuple[int, int], document: Document, encoding: str) -> Json:
    first, last = lines
    last = max(first, min(last, len(document.lines) - 1))
    end = units(document.content(last), encoding)
    return {"start": {"line": first, "character": 0}, "end": {"line": last, "character": end}}
