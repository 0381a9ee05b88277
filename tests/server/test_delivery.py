import pytest
from lsprotocol.types import Position

from suffice_server.front.anchors import moved_by
from suffice_server.front.delivery import moved_to, text_edits
from suffice_server.front.documents import Document
from suffice_server.messages import Replacement

BEFORE = "one\ntwo\nthree\nfour\n"


def document(text, version=1):
    return Document.of_text(text, uri="file:///a.py", version=version)


def replacing(text, old, new):
    start = text.index(old)
    return Replacement(start=start, end=start + len(old), new_text=new)


def applied(text, edits):
    for edit in sorted(edits, key=lambda e: e.start)[::-1]:
        text = text[: edit.start] + edit.new_text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(BEFORE, 0, id="nothing typed"),
        pytest.param("zero\n" + BEFORE, 1, id="a line above"),
        pytest.param("one\nthree\nfour\n", -1, id="a line above taken away"),
        pytest.param("ONE\ntwo\nthree\nfour\nfive\n", 0, id="lines above and below changed"),
        pytest.param("one\ntwo\nnew\nthree\nfour\n", 1, id="a line just above"),
        pytest.param("one\ntwo\nthree\nnew\nfour\n", 0, id="a line just below"),
        pytest.param("one\ntwo\nTHREE\nfour\n", None, id="the line itself changed"),
        pytest.param("one\ntwo\nfour\n", None, id="the line itself taken away"),
        pytest.param("", None, id="everything taken away"),
    ],
)
def test_a_line_moves_with_what_is_typed_around_it(now, expected):
    assert moved_by(BEFORE, now, 3, 3) == expected


def test_a_rewrite_too_large_to_compare_has_changed_everything_in_it():
    before = "".join(f"{n}\n" for n in range(5000))
    after = before.replace("10\n", "x\n", 1).replace("4000\n", "y\n")

    assert moved_by(before, after, 2000, 2000) is None
    assert moved_by(before, after, 4900, 4900) == 0


def test_edits_move_all_or_none():
    edits = [replacing(BEFORE, "two", "2"), replacing(BEFORE, "four", "4")]
    now = document("zero\n" + BEFORE, 2)

    moved = moved_to(edits, before=document(BEFORE), now=now)
    touched = moved_to(edits, before=document(BEFORE), now=document(BEFORE.replace("four", "for")))

    assert applied(now.text, moved) == "zero\none\n2\nthree\n4\n"
    assert touched is None


def test_an_insertion_at_the_end_of_the_text_moves_along():
    edit = Replacement(start=len(BEFORE), end=len(BEFORE), new_text="five\n")

    moved = moved_to([edit], before=document(BEFORE), now=document("zero\n" + BEFORE))

    assert applied("zero\n" + BEFORE, moved) == "zero\n" + BEFORE + "five\n"


def test_an_edit_holds_only_what_differs():
    text = 'raise KeyError("🙂", text)\n'
    edit = Replacement(start=0, end=len(text), new_text='raise KeyError("🙂", text) from error\n')

    (made,) = text_edits([edit], document(text), "utf-16")

    assert made.new_text == " from error"
    assert (made.range.start, made.range.end) == (Position(0, 26), Position(0, 26))


@pytest.mark.parametrize(("old", "new"), [("a\r\n", "a\n"), ("a\n", "a\r\n"), ("a\rb", "a\r\nb"), ("a\r\nb", "a\rb")])
def test_a_line_break_is_never_cut_in_two(old, new):
    edit = Replacement(start=0, end=len(old), new_text=new)

    (made,) = text_edits([edit], document(old), "utf-8")

    assert made.range.start == Position(0, 1)
    assert made.new_text.removesuffix("b") == new.removeprefix("a").removesuffix("b")
