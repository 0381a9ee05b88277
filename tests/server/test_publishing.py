import asyncio
from functools import partial
from pathlib import Path

import pytest
from front_doubles import Screen, ScriptedWorker, quiet
from lsprotocol import types

from suffice.task import Span
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.diagnostics import to_lsp
from suffice_server.front.shown.linter import LONGEST_CHARACTERS, Linter, why_left_alone
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.shown.store import Store
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.places import Place
from suffice_server.messages import Failed, Linted
from suffice_server.values import Claim, Found, Work

ROOT = Path("/project")
URI = "file:///project/a.py"
PUSHED = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
PULLED = {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": True}}}
CLAIM = Claim(
    path="a.py",
    start_line=1,
    end_line=1,
    first_line="one",
    last_line="one",
    title="a claim",
    body="",
    category="correctness",
    severity="high",
    lanes=("reader",),
    why=(),
    work=Work("review", None, "sample", "f"),
)


def linted(request):
    """Find something in each line with a word in it that begins with x."""
    lines = request.text.splitlines()
    spans = [Span(number, 1, number, 2) for number, line in enumerate(lines, 1) if line.startswith("x")]
    return Linted(request.id, tuple(Found(rule="X1", message=lines[s.start_line - 1], span=s) for s in spans))


class Front:
    """The part of the front that lints and shows."""

    def __init__(self, client=PUSHED, answer=linted):
        self.screen, self.worker = Screen(), ScriptedWorker(answer)
        self.documents, self.store, self.claims = Documents(), Store(), Claims()
        self.wants_lint = True
        self.publishing = Publishing(
            documents=self.documents,
            store=self.store,
            claims=self.claims,
            editor=self.screen,
            shows_lint=lambda _document: self.wants_lint,
        )
        self.publishing.meet(client)
        self.linter = Linter(
            documents=self.documents,
            store=self.store,
            link=self.worker,
            editor=self.screen,
            publishing=self.publishing,
        )

    def open(self, text, uri=URI, path="a.py"):
        item = types.TextDocumentItem(uri=uri, language_id="python", version=1, text=text)
        document = self.documents.open(item, Place(root=ROOT, path=path) if path else None)
        self.publishing.opened(document)
        self.linter.lint(document)
        return document

    def type(self, text, *, after_s=0.0):
        now = self.documents.get(URI)
        named = types.VersionedTextDocumentIdentifier(uri=URI, version=now.version + 1)
        whole = types.TextDocumentContentChangeWholeDocument(text=text)
        self.linter.lint(self.documents.change(named, [whole], "utf-16"), after_s=after_s)

    def close(self):
        document = self.documents.get(URI)
        self.documents.close(URI)
        self.linter.forget(URI)
        self.publishing.closed(document)

    async def rested(self, uri=URI):
        async with asyncio.timeout(20):
            await self.linter.rested(uri)

    async def pull(self, previous=None, **patience):
        params = types.DocumentDiagnosticParams(
            text_document=types.TextDocumentIdentifier(uri=URI), previous_result_id=previous
        )
        async with asyncio.timeout(20):
            return await self.publishing.report(params, rested=partial(self.linter.rested, **patience))

    def review(self, *claims):
        self.claims.keep(claims, root=ROOT, sent={})
        self.publishing.show_all()


async def test_diagnostics_are_pushed_with_the_version_they_are_of():
    front = Front()
    front.open("one\nx two\n")
    await front.rested()

    front.type("x one\n")
    await front.rested()

    assert front.screen.published == [(URI, 1, ["x two"]), (URI, 2, ["x one"])]


async def test_the_same_diagnostics_of_a_version_are_pushed_once():
    front = Front()
    document = front.open("x one\n")
    await front.rested()

    front.linter.lint(document)
    await front.rested()

    assert len(front.worker.asked) == 2
    assert front.screen.published == [(URI, 1, ["x one"])]


async def test_one_lint_is_in_flight_and_the_newest_text_wins():
    front = Front()
    front.worker.open.clear()
    front.open("x one\n")
    await quiet()
    front.type("x two\n")
    front.type("x three\n")
    await quiet()
    assert [request.text for request in front.worker.asked] == ["x one\n"]

    front.worker.open.set()
    await front.rested()

    assert [request.text for request in front.worker.asked] == ["x one\n", "x three\n"]
    assert front.screen.published == [(URI, 3, ["x three"])]


async def test_a_text_that_does_not_rest_is_not_linted():
    front = Front()
    front.open("x one\n")
    await front.rested()

    front.type("x two\n", after_s=3600)
    front.type("x three\n", after_s=3600)
    await quiet()

    assert len(front.worker.asked) == 1
    front.linter.stop()


async def test_a_saved_text_is_linted_at_once():
    front = Front()
    front.open("x one\n")
    front.type("x two\n", after_s=3600)

    front.linter.lint(front.documents.get(URI))
    await front.rested()

    assert front.screen.published == [(URI, 2, ["x two"])]


async def test_nobody_is_asked_while_the_worker_keeps_dying():
    front = Front()
    front.worker.keeps_dying = True

    front.open("x one\n")
    await front.rested()

    assert front.worker.asked == []


@pytest.mark.parametrize(
    ("uri", "path", "text"),
    [
        pytest.param("vscode-notebook-cell:/project/a.ipynb#X1", None, "x = 1", id="a cell"),
        pytest.param("file:///project/a.ipynb", "a.ipynb", "x = 1", id="a notebook"),
        pytest.param("file:///project/a%2EIPYNB#1", "a.IPYNB", "x = 1", id="a notebook written otherwise"),
        pytest.param("untitled:Untitled-1", None, "x = 1", id="no file"),
        pytest.param(URI, "a.py", "x" * (LONGEST_CHARACTERS + 1), id="a huge text"),
    ],
)
async def test_some_texts_are_left_alone_and_who_asks_is_told_why(uri, path, text):
    front = Front()

    document = front.open(text, uri=uri, path=path)
    await front.rested(uri)

    front.linter.lint(document)
    await front.rested(uri)
    assert front.worker.asked == []
    assert front.screen.logged == [why_left_alone(document)]
    assert front.screen.messages == []


async def test_what_keeps_the_linter_from_working_is_said_once():
    front = Front(answer=lambda request: Failed(request.id, "pyproject.toml has an error in line 3."))
    front.open("x one\n")
    await front.rested()

    front.type("x two\n")
    await front.rested()

    assert front.screen.messages == ["pyproject.toml has an error in line 3."]


async def test_nothing_is_shown_of_an_ignored_file():
    front = Front(answer=lambda request: Linted(request.id, (), left_out="ignored"))

    front.open("x one\n")
    await front.rested()

    assert front.screen.published == [(URI, 1, [])]
    assert front.screen.messages == []


async def test_a_worker_that_dies_leaves_what_was_known_of_unchanged_lines():
    front = Front()
    front.open("x one\ntwo\n")
    await front.rested()
    front.worker.answer = None

    front.type("x one\nTWO\n")
    await front.rested()

    assert front.screen.published[-1] == (URI, 2, ["x one"])


async def test_closing_clears_the_screen():
    front = Front()
    front.open("x one\n")
    await front.rested()

    front.close()

    assert front.screen.published[-1] == (URI, None, [])
    assert front.worker.cancelled == []


async def test_closing_stops_a_lint_under_way():
    front = Front()
    front.worker.open.clear()
    front.open("x one\n")
    await quiet()

    front.close()
    await quiet()

    assert len(front.worker.cancelled) == 1


async def test_claims_are_shown_beside_the_linters_diagnostics():
    front = Front()
    front.open("one\nx two\n")
    await front.rested()

    front.review(CLAIM)

    assert front.screen.published[-1] == (URI, 1, ["x two", "a claim"])


async def test_who_wants_no_lint_still_sees_claims():
    front = Front()
    front.wants_lint = False
    front.open("one\nx two\n")
    await front.rested()

    front.review(CLAIM)

    assert front.screen.published[-1] == (URI, 1, ["a claim"])


async def test_claims_about_a_file_that_is_not_open_are_pushed_and_are_there_when_it_is_opened():
    front = Front()

    front.review(CLAIM)
    assert front.screen.published == [(URI, None, ["a claim"])]

    front.open("# moved\none\n")
    await front.rested()
    assert front.screen.published[-1] == (URI, 1, ["a claim"])

    front.close()
    assert front.screen.published[-1] == (URI, None, ["a claim"])


async def test_claims_about_closed_files_are_pushed_when_they_change_and_only_then():
    front = Front()
    front.review(CLAIM, CLAIM._replace(path="b.py"))
    pushed = len(front.screen.published)

    front.open("clean\n", uri="file:///project/c.py", path="c.py")
    await front.rested("file:///project/c.py")

    assert front.screen.published[pushed:] == [("file:///project/c.py", 1, [])]


async def test_an_editor_that_pulls_is_pushed_nothing():
    front = Front(PULLED)
    front.open("one\nx two\n")
    front.review(CLAIM)
    await front.pull()
    front.review(CLAIM._replace(title="another"))
    front.close()

    assert front.screen.published == []


@pytest.mark.parametrize(
    "client",
    [
        {"textDocument": {"diagnostic": {}}},
        {"workspace": {"diagnostics": {"refreshSupport": True}}},
        {"textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": False}}},
        {},
        None,
    ],
)
async def test_an_editor_that_cannot_be_told_to_pull_again_is_pushed(client):
    front = Front(client)

    front.open("x one\n")
    await front.rested()

    assert front.screen.published == [(URI, 1, ["x one"])]


async def test_a_pull_waits_for_the_lint_of_the_newest_version():
    front = Front(PULLED)
    front.worker.open.clear()
    front.open("x one\n")
    pulling = asyncio.create_task(front.pull())
    await quiet()
    front.type("x two\n")
    await quiet()
    assert not pulling.done()

    front.worker.open.set()
    report = await pulling

    assert [item.message for item in report.items] == ["x two"]


async def test_a_pull_may_write_the_uri_otherwise():
    front = Front(PULLED)
    document = front.open("one\nx two\n", uri="file:///project/a%2Epy")

    waited = await front.pull()
    front.wants_lint = False
    front.linter.lint(document)
    await front.rested(document.uri)
    front.publishing.show(document.uri)
    await asyncio.sleep(0.1)

    assert [item.message for item in waited.items] == ["x two"]
    assert front.screen.refreshed == 1


def test_what_a_linter_says_is_shown_without_what_steers_or_floods_a_screen():
    hostile = Found("R\n1" + "r" * 10_000, "a\u202eb\x1b[31m\nc\u2066" + "d" * 10_000, Span(1, 1, 1, 2), "t\x00ool")

    shown = to_lsp(hostile, Document.of_text("x\n"), "utf-16")

    assert shown.message.startswith("ab[31m\ncdd")
    assert (len(shown.message) < 5000, len(shown.code) < 200, shown.source) == (True, True, "tool")
    assert shown.code.isprintable()


async def test_a_cancelled_pull_leaves_the_lint_to_the_others():
    front = Front(PULLED)
    front.worker.open.clear()
    front.open("x one\n")
    given_up, waiting = asyncio.create_task(front.pull()), asyncio.create_task(front.pull())
    await quiet()

    given_up.cancel()
    await quiet()
    front.worker.open.set()
    report = await waiting

    assert given_up.cancelled()
    assert [item.message for item in report.items] == ["x one"]


async def test_a_pull_does_not_wait_for_a_linter_that_hangs_and_is_made_again_when_that_has_come_to_an_end():
    front = Front(PULLED)
    front.worker.open.clear()
    front.open("x one\n")

    report = await front.pull(within_s=0.0)
    assert report.items == []
    front.worker.open.set()
    await front.rested()
    await asyncio.sleep(0.1)

    assert front.screen.refreshed == 1
    assert [item.message for item in (await front.pull()).items] == ["x one"]


async def test_a_pull_is_answered_when_its_document_is_closed():
    front = Front(PULLED)
    front.worker.open.clear()
    front.open("x one\n")
    pulling = asyncio.create_task(front.pull())
    await quiet()

    front.close()
    report = await pulling

    assert report.items == []


async def test_what_the_editor_has_already_is_not_sent_again():
    front = Front(PULLED)
    front.open("x one\n")
    first = await front.pull()
    front.type("x one\n\n")

    again = await front.pull(previous=first.result_id)
    front.type("x two\n")
    other = await front.pull(previous=first.result_id)

    assert again == types.RelatedUnchangedDocumentDiagnosticReport(result_id=first.result_id)
    assert [item.message for item in other.items] == ["x two"]


async def test_the_editor_is_told_to_pull_again_when_a_review_has_ended():
    front = Front(PULLED)
    front.open("one\nx two\n")
    await front.pull()

    front.review(CLAIM)
    front.review(CLAIM._replace(title="another"))
    await asyncio.sleep(0.1)

    assert front.screen.refreshed == 1
    assert [item.message for item in (await front.pull()).items] == ["x two", "a claim", "another"]


async def test_many_changes_one_after_the_other_ask_for_few_pulls():
    front = Front(PULLED)
    front.open("one\n")
    await front.pull()

    for number in range(8):
        front.review(CLAIM._replace(title=f"claim {number}"))
        await asyncio.sleep(0.06)

    assert front.screen.refreshed == 1


async def test_a_lint_that_changes_nothing_asks_for_no_pull():
    front = Front(PULLED)
    document = front.open("x one\n")
    await front.pull()

    front.linter.lint(document)
    await front.rested()
    await asyncio.sleep(0.1)

    assert front.screen.refreshed == 0
