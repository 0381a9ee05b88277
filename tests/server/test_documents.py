"""Open texts after many edits, against a reference that keeps one string and counts over its encoded bytes.

FUZZ_EDITS=30000 makes it long, FUZZ_SEED another run.
"""

import os
import random
import re

import pytest
from lsprotocol.types import (
    Position,
    Range,
    TextDocumentContentChangePartial,
    TextDocumentContentChangeWholeDocument,
    TextDocumentItem,
    VersionedTextDocumentIdentifier,
)

from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.positions import offset_of

EDITS = int(os.environ.get("FUZZ_EDITS", "3000"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
PIECES = [
    "a",
    "bc",
    "\n",
    "\r",
    "\r\n",
    "\n\r",
    "é",
    "🙂",
    "漢",
    "\u2028",
    "\x0c",
    "\x85",
    "\x1c",
    "\t",
    "",
    "x\ny",
    "🙂\r",
]
FAR = [0, 1, 2, 3, 5, 9, 40, 2**31 - 1]


def reference(text, position, encoding):
    """Return the offset of *position*, which may be behind the end of its line or inside of a character."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", text)
    if position.line >= len(lines):
        return len(text)
    codec, size = CODECS[encoding]
    before = 0
    content = lines[position.line].rstrip("\r\n")
    while before < len(content) and len(content[: before + 1].encode(codec)) // size <= position.character:
        before += 1
    return sum(map(len, lines[: position.line])) + before


def edited(text, change, encoding):
    if isinstance(change, TextDocumentContentChangeWholeDocument):
        return change.text
    ends = sorted(reference(text, at, encoding) for at in (change.range.start, change.range.end))
    return text[: ends[0]] + change.text + text[ends[1] :]


def some_text(dice, most):
    return "".join(dice.choices(PIECES, k=dice.randint(0, most)))


def some_position(dice, text):
    line = dice.randint(0, len(re.findall(r"\r\n|\n|\r", text)) + 1)
    return Position(line=dice.choice([line, line, line, 2**31 - 1]), character=dice.choice(FAR))


def some_change(dice, text):
    if dice.random() < 0.02:
        return TextDocumentContentChangeWholeDocument(text=some_text(dice, 20))
    place = Range(start=some_position(dice, text), end=some_position(dice, text))
    return TextDocumentContentChangePartial(range=place, text=some_text(dice, 3))


@pytest.mark.parametrize("encoding", CODECS)
def test_many_edits_leave_the_text_that_the_editor_has(encoding):
    dice = random.Random(f"{SEED} {encoding}")
    made = 0

    while made < EDITS:
        text = some_text(dice, 12)
        document = Document.of_text(text, uri="file:///a.py", version=0)
        for version in range(dice.randint(1, 25)):
            changes, first = [], document
            for _ in range(dice.randint(1, 3)):
                changes.append(some_change(dice, text))
                text = edited(text, changes[-1], encoding)

            document = first.changed(version, changes, encoding)

            made += len(changes)
            assert document.text == text, (SEED, first.text, changes)
            assert list(document.lines) == re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", text)
            assert document.starts[-1] == len(text)


def place(start_line, start, end_line, end):
    return Range(start=Position(start_line, start), end=Position(end_line, end))


@pytest.mark.parametrize(
    ("text", "change", "expected"),
    [
        pytest.param("a\r", (place(1, 0, 1, 0), "\nb"), "a\r\nb", id="a line feed joins a carriage return"),
        pytest.param("a\rb\n", (place(1, 0, 1, 1), ""), "a\r\n", id="a deletion joins them"),
        pytest.param("\n", (place(0, 0, 0, 0), "\r"), "\r\n", id="a carriage return joins a line feed"),
        pytest.param("a\r\nb", (place(0, 2, 0, 9), "x"), "ax\r\nb", id="inside of a CRLF: before it"),
        pytest.param("🙂", (place(0, 1, 0, 2), ""), "", id="from the middle of a character: the whole of it"),
        pytest.param("🙂", (place(0, 1, 0, 1), "x"), "x🙂", id="into the middle of a character: before it"),
        pytest.param("ab", (place(0, 2, 0, 1), "x"), "ax", id="a range that ends before it starts is turned round"),
        pytest.param("", (place(9, 9, 99, 99), "x"), "x", id="behind the end of nothing"),
        pytest.param("\r", (place(0, 0, 1, 0), ""), "", id="a carriage return alone"),
        pytest.param("a\ud83d", (place(0, 2, 0, 2), "\ude00"), "a😀", id="the halves of a character, one by one"),
    ],
)
def test_an_edit_at_the_edge_of_a_line(text, change, expected):
    document = Document.of_text(text, uri="file:///a.py", version=1)

    after = document.changed(2, [TextDocumentContentChangePartial(range=change[0], text=change[1])], "utf-16")

    assert (after.text, after.version, document.text) == (expected, 2, text)
    assert list(after.lines) == list(Document.of_text(expected).lines)


@pytest.mark.parametrize("encoding", CODECS)
def test_half_a_character_is_counted_like_any_other(encoding):
    document = Document.of_text("é\ud800x\n")
    size = {"utf-8": 5, "utf-16": 2, "utf-32": 2}[encoding]

    assert offset_of(document, Position(line=0, character=size), encoding) == 2
    assert document.digest == Document.of_text("é\ud800x\n").digest


def test_a_long_line_of_emoji_is_edited_at_its_end():
    document = Document.of_text("🙂" * 100_000, uri="file:///a.py", version=1)
    change = TextDocumentContentChangePartial(range=place(0, 200_000, 0, 200_001), text="!")

    assert document.changed(2, [change], "utf-16").text[-2:] == "🙂!"


def test_a_document_that_is_not_open_changes_quietly_into_nothing():
    documents = Documents()

    named = VersionedTextDocumentIdentifier(uri="file:///a.py", version=2)
    documents.close("file:///a.py")

    assert documents.change(named, [], "utf-8") is None
    assert (documents.get("file:///a.py"), documents.all()) == (None, ())


def test_opening_a_document_again_takes_the_new_text():
    documents = Documents()
    for text in ("one", "two"):
        documents.open(TextDocumentItem(uri="file:///a.py", language_id="python", version=1, text=text), None)

    assert [document.text for document in documents.all()] == ["two"]


def test_a_uri_that_is_escaped_otherwise_names_the_same_document():
    documents = Documents()
    item = TextDocumentItem(uri="file:///c%3A/a%20b.py", language_id="python", version=1, text="one")
    documents.open(item, None)

    named = VersionedTextDocumentIdentifier(uri="file:///c:/a b.py", version=2)
    documents.change(named, [TextDocumentContentChangeWholeDocument(text="two")], "utf-8")

    assert documents.get("file:///c%3a/a%20b.py").text == "two"
    assert documents.get(item.uri).uri == item.uri
