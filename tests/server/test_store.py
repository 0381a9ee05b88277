import pytest

from suffice.task import Span
from suffice_server.front.shown.store import Findings, Store
from suffice_server.front.text.documents import Document
from suffice_server.values import Found, Offer

URI = "file:///a.py"
TEXT = "one\ntwo\nthree\nfour\n"


def document(text, version=1):
    return Document.of_text(text, uri=URI, version=version)


def on_line(line, last=None):
    return Found(rule="F401", message="unused", span=Span(line, 1, last or line, 2))


def held(*found):
    store = Store()
    store.keep(Findings(document(TEXT), found))
    return store


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        pytest.param(TEXT, [1, 3, 4], id="nothing changed"),
        pytest.param("zero\n" + TEXT, [2, 4, 5], id="a line above"),
        pytest.param(TEXT.replace("two", "2"), [1, 3, 4], id="a line between"),
        pytest.param(TEXT.replace("three", "3"), [1, 4], id="its own line"),
        pytest.param("one\nfour\n", [1, 2], id="lines taken away"),
        pytest.param("", [], id="everything taken away"),
    ],
)
def test_a_newer_version_has_what_stands_on_unchanged_lines(after, lines):
    store = held(on_line(1), on_line(3), on_line(4))

    assert [found.span.start_line for found in store.of(document(after, 2))] == lines


def test_the_first_change_of_an_opened_text_keeps_the_diagnostics_of_other_lines():
    opened = document(TEXT)
    store = Store()
    store.keep(Findings(opened, (on_line(1), on_line(4))))

    after = Document(uri=URI, version=2, lines=["one\n", "2\n", "three\n", "four\n"])

    assert [found.span.start_line for found in store.of(after)] == [1, 4]


def test_what_reaches_into_a_changed_line_is_left_out():
    store = held(on_line(1, last=3))

    assert store.of(document(TEXT.replace("two", "2"), 2)) == ()


def test_several_changes_add_up():
    store = held(on_line(1), on_line(4))

    store.of(document("zero\n" + TEXT, 2))

    assert [found.span.start_line for found in store.of(document("zero\nnew\n" + TEXT, 3))] == [3, 6]


def test_what_is_said_late_of_an_older_version_is_not_kept():
    store = held(on_line(1))
    newer = document(TEXT, 3)
    store.keep(Findings(newer, (on_line(2),)))

    store.keep(Findings(document(TEXT, 2), (on_line(3),)))

    assert store.of(newer) == (on_line(2),)


def test_a_closed_document_has_none():
    store = held(on_line(1))

    store.forget(URI)

    assert store.of(document(TEXT)) == ()


def test_a_file_that_is_left_alone_stays_so_while_it_is_typed_in():
    store = Store()
    store.keep(Findings(document(TEXT), (), is_left_out=True))

    assert store.is_left_out(document("one\n", version=2))
    assert not Store().is_left_out(document(TEXT))


def test_a_files_own_offer_is_known_for_each_of_its_versions():
    store, opus = Store(), Offer("opus")
    store.keep(Findings(document(TEXT), (on_line(1),), offers={"edit": opus}))
    store.of(document("zero\n" + TEXT, version=2))

    assert store.offer(document(TEXT, version=2), "edit") == opus
    assert store.offer(document(TEXT, version=2), "debug") is None
