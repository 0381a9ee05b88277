import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from suffice.lanes import catalogue
from suffice.state.ledger import Ledger
from suffice.state.store import FILE_NAME, Store
from suffice.testing import ScriptedHang

pytestmark = pytest.mark.asyncio(loop_scope="package")

KEY = {"ANTHROPIC_API_KEY": "sk-ant-test-4711"}

LOAD = """\
def load(text):
    try:
        return int(text)
    except ValueError as error:
        raise KeyError("🙂", text)


def save(text):
    return text
"""
MENDED = LOAD.replace('"🙂", text)', '"🙂", text) from error')
ANSWER = {"replacement": MENDED.partition("\n\n\n")[0], "extra_import": None, "cannot_fix": None}
CANNOT = {"replacement": None, "extra_import": None, "cannot_fix": "the cause is not at hand"}
LITERAL = 'PAIR = ("🙂\u2028", str("a"))\n\x0c\nLAST = 1\n'


async def test_diagnostics_are_of_the_buffer_and_not_of_the_file(editor):
    (editor.folder / "buffer.py").write_text("clean = 1\n", "utf-8")

    uri = editor.open("buffer.py", "import os\n")

    (diagnostic,) = await editor.diagnostics(uri)
    assert (diagnostic.code, diagnostic.source) == ("F401", "ruff")
    assert diagnostic.range == types.Range(start=types.Position(0, 7), end=types.Position(0, 9))
    editor.type(uri, "import os\n", "mended = 1\n")
    assert await editor.diagnostics(uri) == []


async def test_a_free_fix_lands_behind_an_emoji(editor, double):
    before = len(double.requests)
    uri = editor.open("literal.py", LITERAL)

    ended = await editor.fix(uri, "str(")

    assert editor.text(uri) == 'PAIR = ("🙂\u2028", "a")\n\x0c\nLAST = 1\n'
    assert ended == "ruff sufficed, free"
    assert len(double.requests) == before


async def test_a_models_fix_lands_behind_an_emoji_as_one_versioned_edit(editor, double, haiku):
    double.script(haiku, [ANSWER])
    uri = editor.open("load.py", LOAD)

    ended = await editor.fix(uri, "raise")

    assert editor.text(uri) == MENDED
    assert ended.startswith("haiku sufficed, $0.000")
    (change,) = editor.versioned
    assert change.text_document.version == 1
    assert [edit.new_text for edit in change.edits] == [" from error"]
    assert editor.edits[0].label == "suffice: fix B904"
    assert editor.client.messages == []


async def test_a_fix_after_a_form_feed_lands_in_its_line(editor, double, haiku):
    uri = editor.open("feed.py", '"""a\x0cb\u2028c\x85d"""\n')
    await editor.diagnostics(uri)
    editor.type(uri, 'd"""\n', 'd"""\nimport os\n')

    await editor.fix(uri, "import")

    assert editor.text(uri) == '"""a\x0cb\u2028c\x85d"""\n'


async def test_a_title_says_lane_and_price_and_the_action_is_only_a_command(editor):
    uri = editor.open("title.py", LOAD + 'PAIR = str("a")\n')

    action = await editor.listed(uri, "raise")
    free = (await editor.actions(uri, "str("))[0]

    assert action.title == "Fix B904 with haiku, about $0.0003"
    assert free.title == "Fix UP018 with ruff, free"
    assert (action.kind, action.edit, action.is_preferred) == ("quickfix.suffice", None, None)
    assert action.command.command == "suffice.fix"
    assert action.command.arguments[0]["version"] == 1
    assert [d.code for d in action.diagnostics] == ["B904"]


async def test_listing_asks_nobody(editor, double):
    before = len(double.requests)
    uri = editor.open("listing.py", LOAD)
    await editor.diagnostics(uri)

    for _ in range(20):
        assert len(await editor.actions(uri, "raise")) == 2

    assert len(double.requests) == before


async def test_only_our_kind_and_those_above_it_are_listed(editor):
    uri = editor.open("kinds.py", LOAD)
    await editor.diagnostics(uri)

    kinds = ["quickfix", "quickfix.suffice", "quickfix.other", "refactor", "source.fixAll", "quick"]
    listed = {kind: len(await editor.actions(uri, "raise", only=[kind])) for kind in kinds}

    assert listed == {**dict.fromkeys(kinds, 0), "quickfix": 2, "quickfix.suffice": 2}


async def test_a_diagnostic_of_another_ruff_server_is_not_listed_twice(editor):
    uri = editor.open("twice.py", LOAD)
    own = next(d for d in await editor.diagnostics(uri) if d.code == "B904")
    other = types.Diagnostic(range=own.range, message="said in other words", source="Ruff", code="B904")
    unknown = types.Diagnostic(range=own.range, message="no from", source="Ruff", code="TRY003")
    foreign = types.Diagnostic(range=own.range, message="no", source="Pylint", code="W0707")

    actions = await editor.actions(uri, "raise", named=[other, unknown, foreign])

    assert [action.title.split()[1] for action in actions] == ["B904", "TRY003", "everything"]


async def test_a_stale_edit_is_refused_and_the_users_text_is_kept(editor, double, haiku):
    double.script(haiku, [lambda _body: editor.type(uri, '"🙂", text', '"🙂 mine", text') or ANSWER])
    uri = editor.open("stale.py", LOAD)

    ended = await editor.fix(uri, "raise")

    assert editor.text(uri) == LOAD.replace("🙂", "🙂 mine")
    assert editor.edits == []
    assert ended.startswith("changed meanwhile, $")
    (message,) = editor.client.messages
    assert message.message.startswith("suffice: B904 was not fixed: the lines changed meanwhile; run it again")


async def test_a_fix_moves_along_with_an_edit_elsewhere(editor, double, haiku):
    def answer(_body):
        editor.type(uri, "def load", '"""🙂"""\n\n\ndef load')
        editor.type(uri, "return text", "return text.strip()")
        return ANSWER

    double.script(haiku, [answer])
    uri = editor.open("moving.py", LOAD)

    await editor.fix(uri, "raise")

    expected = '"""🙂"""\n\n\n' + MENDED.replace("return text", "return text.strip()")
    assert editor.text(uri) == expected
    assert editor.versioned[0].text_document.version == 3


async def test_an_edit_that_the_editor_rejects_is_told(editor):
    uri = editor.open("rejected.py", 'PAIR = str("a")\n')
    editor.rejects = True

    ended = await editor.fix(uri, "str(")

    assert ended == "not applied"
    assert len(editor.edits) == 1
    assert "the editor did not apply the edit; run it again" in editor.client.messages[0].message


async def test_cancelling_the_progress_stops_the_call_and_applies_nothing(editor, double, haiku):
    double.script(haiku, [ScriptedHang(hang_s=3)])
    uri = editor.open("cancelled.py", LOAD)
    action = await editor.listed(uri, "raise")
    asked = len(double.requests)

    assert await editor.choose(action) is None
    token, values = await editor.progress()
    await editor.until(lambda: len(double.requests) > asked)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token=token))
    await editor.until(editor.finished)

    assert (values[0].title, values[0].cancellable) == ("suffice: B904", True)
    assert editor.finished() == ["cancelled"]
    assert (editor.edits, editor.text(uri), editor.client.messages) == ([], LOAD, [])


async def test_what_cannot_be_fixed_ends_in_one_sentence(editor, double, haiku):
    double.script(haiku, [CANNOT])
    double.script(catalogue().lanes["sonnet"].model, [CANNOT])
    uri = editor.open("cannot.py", LOAD)

    ended = await editor.fix(uri, "raise")

    assert ended.startswith("nothing changed, $")
    (message,) = editor.client.messages
    assert message.message.startswith("suffice: B904 was not fixed: sonnet: the cause is not at hand")
    (values,) = editor.client.progress_reports.values()
    assert values[1].message.startswith("haiku failed cannot-fix")


async def test_invalid_params_get_an_error_reply(editor):
    request = {"id": "1", "method": "textDocument/codeAction", "params": {"textDocument": 3}}

    with pytest.raises(JsonRpcInvalidParams, match="params are not as the protocol says") as caught:
        await editor.raw(request)

    assert caught.value.data is None


async def test_wrong_arguments_of_the_command_get_an_error_reply(editor):
    for number, arguments in enumerate(([], [{}], ["x"], [{"uri": 1}], [1, 2])):
        params = {"command": "suffice.fix", "arguments": arguments}

        with pytest.raises(JsonRpcInvalidParams):
            await editor.raw({"id": f"c{number}", "method": "workspace/executeCommand", "params": params})


async def test_a_nested_jsonrpc_key_is_only_data(editor):
    arguments = [{"jsonrpc": "2.0", "id": 3}]
    params = {"command": "suffice.fix", "arguments": arguments}

    with pytest.raises(JsonRpcInvalidParams):
        await editor.raw({"id": "n", "method": "workspace/executeCommand", "params": params})


async def test_unknown_uris_are_quiet(editor):
    named = types.VersionedTextDocumentIdentifier(uri="file:///nowhere.py", version=3)
    change = types.TextDocumentContentChangeWholeDocument(text="x = 1\n")
    editor.client.text_document_did_change(types.DidChangeTextDocumentParams(named, [change]))
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(named))
    params = types.CodeActionParams(
        text_document=types.TextDocumentIdentifier(uri="untitled:Untitled-1"),
        range=types.Range(types.Position(0, 0), types.Position(0, 0)),
        context=types.CodeActionContext(diagnostics=[]),
    )

    assert not await editor.client.text_document_code_action_async(params)

    assert editor.client.messages == []


@pytest.mark.slow
async def test_a_worker_that_is_killed_is_reported_once_and_started_again(start):
    editor = await start(**KEY)
    uri = editor.open("killed.py", 'PAIR = str("a")\n')
    action = await editor.listed(uri, "str(")

    os.kill(_worker_of(editor), signal.SIGKILL)
    await editor.until(lambda: editor.client.messages)
    await editor.choose(action)
    await editor.until(editor.finished)

    assert editor.text(uri) == 'PAIR = "a"\n'
    assert [m.message for m in editor.client.messages] == [
        "suffice's worker ended unexpectedly and starts again when needed; choose again what was under way."
    ]


def _worker_of(editor):
    parent = editor.client._server.pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


@pytest.mark.slow
async def test_nothing_is_left_when_the_editor_goes_away_during_a_call(start, double, haiku):
    double.script(haiku, [ScriptedHang(hang_s=3)])
    editor = await start(**KEY)
    asked = len(double.requests)
    await editor.choose(await editor.listed(editor.open("gone.py", LOAD), "raise"))
    await editor.until(lambda: len(double.requests) > asked)
    front, worker = editor.client._server, _worker_of(editor)

    front.stdin.close()
    code = await asyncio.wait_for(front.wait(), 20)

    assert code == 1
    await editor.until(lambda: not Path(f"/proc/{worker}").exists())


@pytest.mark.slow
async def test_consent_is_asked_once_and_then_remembered(start, double, haiku):
    double.script(haiku, [ANSWER])
    editor = await start("neovim", consent=False, **KEY)
    asked = len(double.requests)
    uri = editor.open("consent.py", LOAD)

    assert await editor.fix(uri, "raise") == "nothing changed"
    assert (len(double.requests), editor.text(uri)) == (asked, LOAD)

    editor.answer = "Allow"
    await editor.fix(uri, "raise")

    assert editor.text(uri) == MENDED
    assert len(editor.questions) == 2
    assert editor.questions[0].startswith("Send code to anthropic? ")
    assert "about $0.0003 this time" in editor.questions[0]
    ledger = Ledger(Store(editor.folder.parent / "state" / FILE_NAME))
    assert ledger.consented() == {"anthropic"}
    ledger.store.close()


async def test_without_a_key_a_models_fix_is_listed_disabled_with_the_reason(start):
    editor = await start()
    uri = editor.open("no_key.py", LOAD + 'PAIR = str("a")\n')

    action = await editor.listed(uri, "raise")
    free = await editor.actions(uri, "str(")

    assert action.command is None
    assert action.disabled.reason == "no key is set; set ANTHROPIC_API_KEY or OPENAI_API_KEY"
    assert free[0].disabled is None


async def test_without_a_key_an_editor_that_shows_no_reasons_is_offered_nothing(start):
    editor = await start("neovim")
    uri = editor.open("no_key.py", LOAD)
    await editor.diagnostics(uri)

    assert await editor.actions(uri, "raise") == []


async def test_the_front_never_imports_an_sdk_git_the_checker_or_a_linter():
    program = "import json, sys, suffice_server.front.server; print(json.dumps(sorted(sys.modules)))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-P", "-c", program, stdout=PIPE)

    printed, _ = await process.communicate()

    loaded = set(json.loads(printed))
    heavy = (
        "anthropic",
        "openai",
        "git",
        "pydantic",
        "httpx2",
        "sqlite3",
        "suffice.checker",
        "suffice.linters",
    )
    assert [name for name in heavy if name in loaded] == []
    ours = {name for name in loaded if name.startswith("suffice.")}
    assert ours == {
        "suffice.edits",
        "suffice.edits.edit",
        "suffice.edits.line_diff",
        "suffice.errors",
        "suffice.positions",
        "suffice.project",
        "suffice.snapshot",
        "suffice.task",
        "suffice.toml_source",
    }


async def test_a_command_is_answered_even_with_the_same_again(start):
    editor = await start()
    uri = editor.open("again.py", "x = 1\n")
    order = types.ExecuteCommandParams("suffice.edit", [{"uri": uri, "instruction": "Do it."}])

    await editor.client.workspace_execute_command_async(order)
    await editor.until(lambda: len(editor.finished()) == 1)
    await editor.client.workspace_execute_command_async(order)
    await editor.until(lambda: len(editor.finished()) == 2)

    told = [message.message for message in editor.client.messages]
    assert len(told) == 2
    assert told[0] == told[1]
    assert "no key is set for a model" in told[0]
