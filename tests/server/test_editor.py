import asyncio
import stat
from concurrent.futures import Future
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from front_doubles import quiet
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from suffice_server.front.abilities import abilities_of
from suffice_server.front.editor import Editor


class Wire:
    """What an editor sends through, as pygls does it."""

    def __init__(self):
        self.protocol = self
        self.shown = []
        self.logged = []
        self.notified = []
        self.asked = []
        self._request_futures = {}
        self._result_types = {}

    def window_show_message(self, params):
        self.shown.append(params.message)

    def window_log_message(self, params):
        self.logged.append(params.message)

    def notify(self, method, params):
        self.notified.append((method, params.value))

    def send_request(self, method, params, *, msg_id):
        self.asked.append((method, params))
        self._request_futures[msg_id] = self._result_types[msg_id] = Future()
        return self._request_futures[msg_id]

    def answer(self, value):
        (future,) = self._request_futures.values()
        (future.set_exception if isinstance(value, Exception) else future.set_result)(value)


@pytest.fixture
def wire():
    return Wire()


def editor_of(wire, clock=lambda: 0.0, **window):
    editor = Editor(wire, clock=clock)
    capabilities = types.ClientCapabilities(window=types.WindowClientCapabilities(**window))
    editor.meet(types.InitializeParams(capabilities=capabilities))
    return editor


def test_of_one_cause_one_message_is_shown_a_minute(wire):
    now = [0.0]
    editor = editor_of(wire, lambda: now[0])

    for at in (0.0, 30.0, 59.0, 61.0):
        now[0] = at
        editor.show(f"no key, at {at}", cause="no-key")
    editor.show("another")

    assert wire.shown == ["no key, at 0.0", "no key, at 61.0", "another"]
    assert len(wire.logged) == 5


def test_each_command_gets_its_answer_even_the_same_again(wire):
    editor = editor_of(wire)

    editor.reply("B904 was not fixed.")
    editor.reply("B904 was not fixed.")

    assert wire.shown == ["B904 was not fixed."] * 2


async def test_nothing_is_left_of_a_question_that_nobody_waits_for_any_more(wire):
    editor = editor_of(wire)
    waiting = asyncio.create_task(editor.ask("Send code?", ["Allow", "Not now"]))
    await quiet()

    waiting.cancel()
    await quiet()

    assert (wire._request_futures, wire._result_types) == ({}, {})


@pytest.mark.parametrize(
    ("answer", "chosen"),
    [
        (types.MessageActionItem("Allow"), "Allow"),
        (types.MessageActionItem("Something else"), None),
        (None, None),
        (JsonRpcException("no"), None),
    ],
)
async def test_only_an_offered_answer_counts(wire, answer, chosen):
    editor = editor_of(wire)
    waiting = asyncio.create_task(editor.ask("Send code?", ["Allow", "Not now"]))
    await quiet()

    wire.answer(answer)

    assert await waiting == chosen


def page_at(uri):
    """Return the name, the text and the modes of the page at *uri* and of its folder, None if it is gone."""
    page = Path(unquote(urlsplit(uri).path))
    if not page.parent.exists():
        return None
    return (
        page.name,
        page.read_text("utf-8"),
        stat.S_IMODE(page.stat().st_mode),
        stat.S_IMODE(page.parent.stat().st_mode),
    )


async def test_a_report_is_shown_as_a_document_that_only_its_user_can_read(wire):
    editor = editor_of(wire, show_document=types.ShowDocumentClientCapabilities(support=True))
    showing = asyncio.create_task(editor.show_markdown("Review of ../../etc", "# Findings\n"))
    await quiet()
    wire.answer(types.ShowDocumentResult(success=True))
    await showing

    ((method, params),) = wire.asked
    assert (method, wire.shown) == ("window/showDocument", [])
    assert page_at(params.uri) == ("review-of-etc.md", "# Findings\n", 0o600, 0o700)
    editor.close()
    assert page_at(params.uri) is None


async def test_an_editor_that_shows_no_documents_gets_the_first_lines_and_all_in_its_log(wire):
    editor = editor_of(wire)
    page = "# Usage\n\n## Spent\n\n**One** \\[1\\].\n\n`Two.`\nThree.\n"

    await editor.show_markdown("Usage", page)

    assert wire.shown == ["suffice: Usage: Spent One [1]. Two. (all of it is in the log)"]
    assert wire.logged == [f"Usage\n\n{page}"]


async def test_an_editor_without_progress_is_asked_for_none(wire):
    editor = editor_of(wire)

    progress = editor.progress("suffice: B904")
    progress.report("haiku failed")
    progress.end("done")
    await quiet()

    assert (progress.token, wire.asked, wire.notified) == (None, [], [])


def test_neovim_is_known_by_its_name():
    params = types.InitializeParams(
        capabilities=types.ClientCapabilities(), client_info=types.ClientInfo(name="Neovim")
    )

    assert abilities_of(params).takes_versions
    assert abilities_of(params).least_version == 1
