"""Whatever way a user stops a fix, the provider's connection is closed, the progress ends, and nothing is applied."""

from contextlib import suppress

import pytest
from fake_editors.broken import Broken
from fake_editors.session import NOWHERE, RefusedError

from suffice_server.messages import Finished

CANCELLED = -32800

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def by_progress(editor, uri, number):
    editor.notify("window/workDoneProgress/cancel", {"token": editor.token})


async def by_request(editor, uri, number):
    editor.cancel(number)


async def by_closing(editor, uri, number):
    editor.close(uri)


async def by_cancel_all(editor, uri, number):
    await editor.request("workspace/executeCommand", {"command": "suffice.cancelAll"})


WAYS = [by_progress, by_request, by_closing, by_cancel_all]


async def asked(editor, provider, uri):
    """Choose the fix whose provider hangs, and return the number of the command's request."""
    action = await editor.resolved(await editor.action(uri, "raise", "Fix B904"))
    before = provider.asked
    editor.begun += 1
    number = editor.ask(*editor.order(action["command"]))
    await editor.reply(number)
    if editor.shows_progress:
        await editor.began()
    await editor.until(lambda: provider.asked > before)
    return number


@pytest.mark.parametrize("name", ["vscode", "neovim"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_running_fix_is_stopped_down_to_the_providers_connection(hung, name, way):
    editor, provider = await hung(name)
    text = Broken().text
    uri = editor.open(f"{way.__name__}.py", text)
    number = await asked(editor, provider, uri)

    await way(editor, uri, number)
    ended = await editor.finished()
    await editor.until(lambda: provider.gone == provider.asked)

    assert ended == "cancelled"
    assert editor.edits == []
    assert way is by_closing or editor.text(uri) == text


@pytest.mark.parametrize("way", [by_request, by_closing, by_cancel_all])
async def test_an_editor_without_progress_can_stop_a_fix_too(hung, way):
    editor, provider = await hung("eglot-1.9")
    uri = editor.open(f"{way.__name__}.py", Broken().text)
    number = await asked(editor, provider, uri)

    await way(editor, uri, number)
    await editor.until(lambda: provider.gone == provider.asked)

    assert editor.edits == []
    if way is by_cancel_all:
        await editor.message("suffice: 1 task was cancelled.")


async def test_a_newer_same_fix_closes_the_connection_of_the_older(hung):
    editor, provider = await hung("vscode")
    uri = editor.open("newer.py", Broken().text)
    await asked(editor, provider, uri)
    before = provider.gone

    await asked(editor, provider, uri)
    await editor.until(lambda: provider.gone > before)

    await editor.until(lambda: editor.journal.ends == ["cancelled"])
    editor.close(uri)
    await editor.finished()


async def test_a_request_that_is_taken_back_gets_exactly_one_reply(hung):
    editor, _ = await hung("vscode")
    uri = editor.open("reply.py", Broken().text)
    place = {"position": NOWHERE["start"], "range": NOWHERE}
    named = {"textDocument": {"uri": uri}, "context": {"diagnostics": []}, **place}

    for method in ("textDocument/codeAction", "textDocument/hover", "textDocument/diagnostic"):
        number = editor.ask(method, named)
        editor.cancel(number)
        with suppress(RefusedError):
            await editor.reply(number)
    editor.cancel(4711)
    editor.notify("window/workDoneProgress/cancel", {"token": "nobody's"})
    await editor.connection_idle()


async def test_a_resolve_that_is_taken_back_while_it_waits_gets_one_reply_that_says_so(hung):
    editor, _ = await hung("vscode")
    uri = editor.open("resolve.py", 'ONE = str("a")\n')
    action = await editor.action(uri, "ONE", "free")
    editor.worker.hold(Finished)
    number = editor.ask("codeAction/resolve", action)
    await editor.until(lambda: editor.worker.held)

    editor.cancel(number)
    with pytest.raises(RefusedError) as refused:
        await editor.reply(number)
    editor.worker.release()
    await editor.connection_idle()

    assert refused.value.code == CANCELLED


async def test_the_end_of_the_session_closes_all_connections(hung):
    editor, provider = await hung("vscode")
    uri = editor.open("end.py", Broken().text)
    await asked(editor, provider, uri)

    await editor.shut_down()
    await editor.until(lambda: provider.gone == provider.asked)

    assert await editor.finished() == "cancelled"
