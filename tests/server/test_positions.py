import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol.types import Position, Range, TextDocumentContentChangePartial

from suffice.positions import LineIndex
from suffice.task import Span
from suffice_server.front.text.documents import Document
from suffice_server.front.text.positions import offset_of, position_of, range_of, span_of

CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
TEXTS = st.text(alphabet="ab🙂é\n\r\x0c\u2028\x85\x1c\t", max_size=30)
ENCODINGS = st.sampled_from(list(CODECS))


def oracle(text, at, encoding):
    """Return the position of offset *at*, counted over the encoded bytes; LF, CRLF and CR end a line."""
    codec, size = CODECS[encoding]
    lines = re.split(r"\r\n|\n|\r", text[:at])
    return Position(line=len(lines) - 1, character=len(lines[-1].encode(codec)) // size)


def inside_crlf(text, at):
    return text[at - 1 : at + 1] == "\r\n" and at > 0


@given(text=TEXTS, encoding=ENCODINGS, data=st.data())
def test_positions_and_offsets_are_each_others_inverse(text, encoding, data):
    offsets = [at for at in range(len(text) + 1) if not inside_crlf(text, at)]
    at = data.draw(st.sampled_from(offsets))

    position = position_of(Document.of_text(text), at, encoding)

    assert position == oracle(text, at, encoding)
    assert offset_of(Document.of_text(text), position, encoding) == at


@given(text=TEXTS, new=TEXTS, encoding=ENCODINGS, data=st.data())
def test_an_incremental_change_edits_what_the_editor_meant(text, new, encoding, data):
    offsets = [at for at in range(len(text) + 1) if not inside_crlf(text, at)]
    start, end = sorted((data.draw(st.sampled_from(offsets)), data.draw(st.sampled_from(offsets))))
    place = Range(start=oracle(text, start, encoding), end=oracle(text, end, encoding))
    document = Document.of_text(text, uri="file:///a.py", version=1)

    changed = document.changed(2, [TextDocumentContentChangePartial(range=place, text=new)], encoding)

    assert (changed.text, changed.version) == (text[:start] + new + text[end:], 2)


@pytest.mark.parametrize(
    ("position", "expected"),
    [
        pytest.param(Position(0, 99), 3, id="behind a line's end: before its break"),
        pytest.param(Position(1, 99), 8, id="behind the last line's end"),
        pytest.param(Position(9, 0), 8, id="behind the last line"),
        pytest.param(Position(0, 2), 1, id="inside of a surrogate pair: at its start"),
    ],
)
def test_a_position_outside_of_the_text_is_the_nearest_one_inside(position, expected):
    assert offset_of(Document.of_text("a🙂b\r\nxyz"), position, "utf-16") == expected


def test_a_span_of_a_linter_and_a_range_of_an_editor_name_the_same_place():
    index = LineIndex('x = ("🙂\u2028", str("a"))\n')
    span = Span(start_line=1, start_column=12, end_line=1, end_column=20)

    ranges = {encoding: range_of(index, *index.offsets(span), encoding) for encoding in CODECS}

    assert {name: (r.start.character, r.end.character) for name, r in ranges.items()} == {
        "utf-8": (16, 24),
        "utf-16": (12, 20),
        "utf-32": (11, 19),
    }
    assert {span_of(index, place, name) for name, place in ranges.items()} == {span}
