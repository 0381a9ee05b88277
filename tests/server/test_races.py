"""The user types, closes, hurries and despairs while a fix is on its way: what the user typed is never lost."""

import asyncio
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from fake_editors.broken import CANNOT, Broken
from fake_editors.clients import CLIENTS, Versions
from fake_editors.scripts import scripted_edit
from fake_editors.session import RefusedError
from fake_editors.workers import MARK

from suffice.lanes import catalogue
from suffice.state.store import FILE_NAME
from suffice.testing import ScriptedAnswer, ScriptedHang, ScriptedWhen
from suffice_server.messages import Finished
from suffice_server.values import Op

pytestmark = pytest.mark.asyncio(loop_scope="package")

EDITORS = ["vscode", "neovim", "helix", "eglot", "eglot-1.9"]
in_each_editor = pytest.mark.parametrize("fake", EDITORS, indirect=True)
CAREFUL = [name for name in EDITORS if CLIENTS[name].versions is not Versions.NONE]
in_careful_editors = pytest.mark.parametrize("fake", CAREFUL, indirect=True)

CONTENT_MODIFIED = -32801
LATER = "# mine 🙂\n"


async def result_held(fake, uri, at="raise", title="Fix B904", count=1):
    """Choose the fix there, and wait until its result is on its way to the front."""
    fake.worker.hold(Finished)
    await fake.choose(await fake.action(uri, at, title))
    await fake.until(lambda: len(fake.worker.held) == count)


@in_each_editor
async def test_typing_on_the_line_keeps_the_users_text_and_the_result(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("line.py", broken.text)
    await result_held(fake, uri)

    fake.type(uri, '"🙂", text', '"🙂 mine", text')
    fake.worker.release()
    await fake.message("B904")

    assert fake.text(uri) == broken.text.replace("🙂", "🙂 mine")
    assert fake.edits == []
    await fake.finished()
    asked = len(double.requests)
    fake.undo(uri)
    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    await fake.until(lambda: fake.text(uri) == broken.mended)
    assert len(double.requests) == asked
    await fake.finished()


@in_each_editor
async def test_typing_elsewhere_moves_the_fix_along(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("elsewhere.py", broken.text)
    await result_held(fake, uri)

    fake.type_at(uri, 0, f"{LATER}{LATER}")
    fake.type(uri, "return text", "return text.strip()")
    fake.worker.release()
    await fake.until(lambda: " from error" in fake.text(uri))

    assert fake.text(uri) == LATER * 2 + broken.mended.replace("return text", "return text.strip()")
    await fake.finished()


@in_careful_editors
@pytest.mark.parametrize("tells", ["at once", "late"])
@pytest.mark.parametrize("place", ["on the line", "above", "below"])
async def test_typing_before_the_edit_is_applied_loses_nothing(fake, double, haiku, place, tells):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("between.py", broken.text)
    old, new = {
        "on the line": ('"🙂", text', '"🙂 mine", text'),
        "above": ("def load", f"{LATER}def load"),
        "below": ("return text", "return text.strip()"),
    }[place]
    typed = broken.text.replace(old, new)

    def type_once():
        fake.before_edit = lambda: None
        if tells == "late":
            fake.keep_to_itself()
            asyncio.get_running_loop().call_later(0.1, fake.tell)
        fake.type(uri, old, new)

    fake.before_edit = type_once
    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    await fake.until(lambda: fake.edits)
    await fake.finished()

    landed = broken.mended.replace(old, new)
    assert fake.text(uri) in {typed, landed}
    if fake.text(uri) == typed:
        await fake.message("B904")


@in_each_editor
async def test_a_document_that_is_closed_meanwhile_gets_no_edit(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("closed.py", broken.text)
    await result_held(fake, uri)

    fake.close(uri)
    fake.worker.release()
    await fake.finished()
    again = fake.open("closed.py", broken.text)
    await fake.sees(again, "B904")

    assert fake.edits == []


@in_each_editor
async def test_a_frozen_editor_gets_its_edit_when_it_wakes(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("frozen.py", broken.text)
    await result_held(fake, uri)

    fake.freeze()
    fake.worker.release()
    await fake.until(lambda: fake.has_held("workspace/applyEdit"))
    fake.thaw()
    await fake.until(lambda: fake.text(uri) != broken.text)

    assert fake.text(uri) == broken.mended
    await fake.finished()


@in_each_editor
async def test_the_newest_of_two_same_commands_wins(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer], repeat_last=True)
    uri = fake.open("newest.py", broken.text)
    action = await fake.action(uri, "raise", "Fix B904")
    fake.worker.hold(Finished)

    await fake.choose(action)
    if fake.shows_progress:
        await fake.began()
    await fake.choose(action)
    await fake.until(lambda: fake.worker.held)
    fake.worker.release()
    await fake.until(lambda: fake.text(uri) != broken.text)
    await fake.finished()

    assert fake.text(uri) == broken.mended
    assert len(fake.edits) == 1


@in_each_editor
async def test_two_fixes_of_one_document_are_applied_one_after_the_other(fake, double, haiku):
    one, two = Broken(), Broken()
    answers = {broken.name: ScriptedAnswer(answer=broken.answer) for broken in (one, two)}
    double.script(haiku, [ScriptedWhen(substring=name, reply=reply) for name, reply in answers.items()])
    uri = fake.open("two.py", f"{one.text}\n\n{two.text}")
    actions = [await fake.action(uri, at, "Fix B904", to="text)\n\n\ndef save") for at in (one.name, two.name)]
    fake.worker.hold(Finished)
    for action in actions:
        await fake.choose(action)
    await fake.until(lambda: len(fake.worker.held) == 2)

    fake.freeze()
    fake.worker.release()
    await fake.until(lambda: fake.has_held("workspace/applyEdit"))
    await fake.connection_idle()
    in_flight = fake.has_held("workspace/applyEdit")
    fake.thaw()
    await fake.finished()
    await fake.until(lambda: fake.text(uri).count(" from error") == 2)

    assert in_flight == 1
    assert fake.text(uri) == f"{one.mended}\n\n{two.mended}"


@in_each_editor
async def test_a_worker_that_is_killed_in_flight_costs_one_message(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer], repeat_last=True)
    uri = fake.open("killed.py", broken.text)
    await result_held(fake, uri)

    fake.worker.held.clear()
    os.kill(fake.connection.server.link._process.pid, signal.SIGKILL)
    await fake.message("worker ended unexpectedly")
    await fake.finished()
    fake.worker.release()
    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    await fake.until(lambda: fake.text(uri) != broken.text)

    assert fake.text(uri) == broken.mended
    await fake.finished()


@pytest.mark.slow
async def test_what_was_paid_before_the_worker_was_killed_is_in_the_ledger(spawned, double, haiku):
    sonnet = catalogue().lanes["sonnet"].model
    asked = len(double.requests)
    editor = await spawned("vscode")
    broken = Broken()
    double.script(haiku, [CANNOT])
    double.script(sonnet, [ScriptedHang(hang_s=5)])
    uri = editor.open("paid.py", broken.text)
    await editor.choose(await editor.action(uri, "raise", "Fix B904"))
    await editor.until(lambda: any(request.model == sonnet for request in double.requests[asked:]))

    (worker,) = [child for child in editor.connection.children if is_worker(child)]
    os.kill(worker, signal.SIGKILL)
    await editor.message("worker ended unexpectedly")
    await editor.finished()

    assert calls_in(editor.state)[0] == haiku


def is_worker(number):
    return b"worker" in Path(f"/proc/{number}/cmdline").read_bytes()


def calls_in(state):
    """Return the models of the calls that the ledger has."""
    with closing(sqlite3.connect(state / FILE_NAME)) as store:
        return [model for (model,) in store.execute("SELECT model FROM attempts ORDER BY rowid")]


@pytest.mark.parametrize("fake", ["vscode", "neovim", "eglot"], indirect=True)
async def test_a_resolved_fix_of_a_text_that_moved_on_is_no_edit(fake):
    uri = fake.open("resolved.py", 'ONE = str("🙂")\n')
    action = await fake.action(uri, "ONE", "free")
    fake.worker.hold(Finished)
    choosing = asyncio.ensure_future(fake.choose(action))
    await fake.until(lambda: fake.worker.held)

    fake.type(uri, "ONE", "MINE")
    fake.worker.release()
    with pytest.raises(RefusedError) as refused:
        await choosing

    assert refused.value.code == CONTENT_MODIFIED
    assert fake.text(uri) == 'MINE = str("🙂")\n'


@in_careful_editors
@pytest.mark.parametrize("tells", ["at once", "late"])
async def test_typing_where_an_instruction_is_followed_loses_nothing(fake, double, tells):
    before = '"""Sums."""\n\n\ndef total(prices):\n    # suffice: use fsum\n    return sum(prices)\n'
    scripted_edit(double, "instructed.py", "    return sum(prices)", "    return float(sum(prices))")
    uri = fake.open("instructed.py", before)

    def type_once():
        fake.before_edit = lambda: None
        if tells == "late":
            fake.keep_to_itself()
            asyncio.get_running_loop().call_later(0.05, fake.tell)
        fake.type(uri, "sum(prices)", "sum(mine)")

    fake.before_edit = type_once
    await fake.choose(await fake.action(uri, "# suffice", "Do what this comment asks"))
    await fake.finished()

    assert fake.text(uri) == before.replace("sum(prices)", "sum(mine)")
    await fake.message("nothing was changed")


@pytest.mark.parametrize("fake", ["vscode", "neovim", "eglot-1.9"], indirect=True)
async def test_a_fix_chosen_from_an_older_list_is_never_that_of_another_place(fake, double, haiku):
    one, two = Broken(), Broken()
    answers = {broken.name: ScriptedAnswer(answer=broken.answer) for broken in (one, two)}
    double.script(haiku, [ScriptedWhen(substring=name, reply=reply) for name, reply in answers.items()])
    before = f"{one.text}\n\n{two.text}"
    uri = fake.open("older.py", before)
    action = await fake.action(uri, f"def {two.name}", "Fix B904", to="raise")

    lines = "# mine\n" * before[: before.index(two.name)].count("\n")
    fake.type_at(uri, 0, lines)
    await fake.choose(action)
    await fake.finished()
    await fake.until(lambda: fake.journal.messages or "from error" in fake.text(uri))

    fake.journal.messages.clear()
    assert fake.text(uri) in {lines + before, f"{lines}{one.text}\n\n{two.mended}"}


@pytest.mark.parametrize("fake", ["eglot-1.9", "kate", "ale"], indirect=True)
async def test_an_edit_that_a_careless_editor_puts_elsewhere_is_told(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("careless.py", broken.text)

    def type_once():
        fake.before_edit = lambda: None
        fake.type(uri, '"🙂", text', '"🙂 mine", text')

    fake.before_edit = type_once
    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    said = await fake.message("B904")

    assert "undo" in said
    assert '"🙂 mine"' in fake.text(uri)
    await fake.finished()
    fake.undo(uri)
    assert fake.text(uri) == broken.text.replace("🙂", "🙂 mine")


@in_each_editor
async def test_a_document_that_is_closed_while_the_editor_is_frozen_is_no_trouble(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("thawed.py", broken.text)
    await result_held(fake, uri)
    fake.freeze()
    fake.worker.release()
    await fake.until(lambda: fake.has_held("workspace/applyEdit"))

    fake.close(uri)
    (fake.folder / "thawed.py").write_text(broken.text, "utf-8")
    fake.thaw()
    await fake.finished()
    again = fake.open("thawed.py", broken.text)

    await fake.choose(await fake.action(again, "raise", "Fix B904"))
    await fake.until(lambda: fake.text(again) == broken.mended)
    await fake.finished()


@pytest.mark.parametrize("op", [Op.RENAME, Op.DELETE])
async def test_a_document_that_the_edit_itself_takes_away_does_not_cancel_it(scripted, op):
    editor, worker = await scripted("neovim")
    editor.folder.mkdir()
    (editor.folder / "old.py").write_text(f"# {MARK} line 1\n", "utf-8")
    uri = editor.open("old.py", f"# {MARK} line 1\n")
    await editor.choose(await editor.action(uri, MARK, f"Fix {MARK}"))
    await editor.until(lambda: worker.waiting)

    worker.answer(worker.waiting[0], op=op, new_path="new.py" if op is Op.RENAME else None)

    assert await editor.finished() == "haiku sufficed, $0.0003"
    assert [editor.text(left) for left in editor.buffers] == (["# done line 1\n"] if op is Op.RENAME else [])
