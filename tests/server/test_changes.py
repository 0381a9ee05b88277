"""What the commands that change texts do, with fake editors, a real worker and the provider double."""

import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from fake_editors.broken import Broken

from suffice.lanes import catalogue
from suffice.state.store import FILE_NAME
from suffice.testing import ScriptedCalls

pytestmark = pytest.mark.asyncio(loop_scope="package")

in_each = pytest.mark.parametrize("fake", ["vscode", "neovim", "eglot"], indirect=True)
in_one = pytest.mark.parametrize("fake", ["neovim"], indirect=True)


@pytest.fixture
def sonnet():
    return catalogue().lanes["sonnet"].model


def path_of(uri):
    return Path(unquote(urlsplit(uri).path))


def words(editor):
    """Return what the ledger knows of what became of results."""
    with sqlite3.connect(f"file:{state_of(editor)}?mode=ro", uri=True) as store:
        return [word for (word,) in store.execute("SELECT word FROM feedback ORDER BY rowid")]


def state_of(editor):
    return editor.folder.parent / "state" / FILE_NAME


async def command(editor, name, **given):
    return await editor.request("workspace/executeCommand", {"command": f"suffice.{name}", "arguments": [given]})


async def ended(fake, count=1):
    """Return what the newest progress said last, once *count* have ended; None where none is shown."""
    if not fake.shows_progress:
        return None
    await fake.until(lambda: len(fake.journal.ends) >= count)
    return fake.journal.ends[-1]


def replacing(path, old, new):
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


async def fixed(fake, double, haiku, name):
    """Return the uri of a document in which haiku's fix of B904 has landed, and the texts before and after."""
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open(name, broken.text)
    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    await fake.until(lambda: fake.text(uri) == broken.mended)
    await ended(fake)
    return uri, broken


@in_each
async def test_a_saved_fix_was_kept_and_an_undone_one_was_not(fake, double, haiku):
    before = len(words(fake))
    uri, broken = await fixed(fake, double, haiku, "kept.py")

    fake.save(uri)
    await fake.until(lambda: words(fake)[before:] == ["kept"])
    fake.undo(uri)
    await fake.until(lambda: words(fake)[before:] == ["kept", "undone"])

    assert fake.text(uri) == broken.text


@in_each
async def test_trying_harder_puts_a_stronger_lanes_edit_in_the_place_of_the_weaker(fake, double, haiku, sonnet):
    uri, broken = await fixed(fake, double, haiku, "harder.py")
    fake.type_at(uri, 0, "# mine\n")
    stronger = broken.mended.replace("from error", "from None")
    double.script(sonnet, [{**broken.answer, "replacement": stronger.partition("\n\n\n")[0]}], repeat_last=True)

    harder = await fake.action(uri, "raise", "harder")
    assert harder["command"]["command"] == "suffice.tryHarder"
    await fake.choose(harder)
    await fake.until(lambda: "from None" in fake.text(uri))

    assert fake.text(uri) == "# mine\n" + stronger
    assert len(fake.edits) == 2
    assert (await ended(fake, 2) or "sonnet sufficed, $0.00").startswith("sonnet sufficed, $0.00")
    fake.undo(uri)
    assert fake.text(uri) == "# mine\n" + broken.mended
    await fake.until(lambda: "rejected" in words(fake))


@in_one
async def test_where_nothing_was_applied_nothing_is_tried_harder(fake):
    uri = fake.open("nothing.py", "x = 1\n")

    await command(fake, "tryHarder", uri=uri)

    await fake.message("suffice has applied nothing here")


@in_each
async def test_an_instruction_is_carried_out_as_one_edit(fake, double, sonnet, haiku):
    text = '"""🙂"""\n\n\ndef double(number):\n    return number + number\n'
    uri = fake.open("asked.py", text)
    (fake.folder / "asked.py").write_text(text, "utf-8")
    double.script(
        sonnet, [ScriptedCalls(calls=(replacing("asked.py", "number + number", "2 * number"),))], repeat_last=True
    )
    double.script(haiku, [{"verdict": "right", "why": ""}], repeat_last=True)
    place = {"start": {"line": 3, "character": 0}, "end": {"line": 5, "character": 0}}

    assert await command(fake, "edit", uri=uri, range=place, instruction="Multiply instead.") is None
    await fake.until(lambda: fake.text(uri) != text)

    assert fake.text(uri) == text.replace("number + number", "2 * number")
    assert [edit["label"] for edit in fake.edits] == ["suffice: edit"]
    await ended(fake)
    expected = [m for m in fake.journal.messages if "not surely" in m]
    for message in expected:
        fake.journal.messages.remove(message)


@in_one
async def test_an_instruction_for_a_text_that_has_changed_is_refused(fake):
    uri = fake.open("older.py", "x = 1\n")
    fake.type_at(uri, 0, "# mine\n")
    place = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}}

    await command(fake, "edit", uri=uri, range=place, instruction="Do it.", version=0)

    await fake.message("the text changed meanwhile")


@in_one
async def test_notebooks_are_neither_edited_nor_explained(fake, double):
    asked = len(double.requests)
    cell = fake.open(f"vscode-notebook-cell:{fake.folder}/book.ipynb#one", "x\n")

    await command(fake, "edit", uri=cell, instruction="Do it.")
    await fake.message("nothing was changed: notebooks are left alone")
    await command(fake, "explainCode", uri=cell)
    await fake.message("nothing was explained: notebooks are left alone")
    assert len(double.requests) == asked


@in_one
async def test_commands_about_documents_that_are_not_open_say_so(fake):
    span = {"start_line": 1, "start_column": 1, "end_line": 1, "end_column": 2}

    await command(fake, "fix", uri="file:///nowhere.py", version=1, rule="F401", message="m", span=span)
    await fake.message("F401 was not fixed: the file is not open")
    await command(fake, "edit", uri="file:///nowhere.py", instruction="Do it.")
    await fake.message("edit: nothing was changed: the file is not open")
    await command(fake, "explainCode", uri="file:///nowhere.py")
    await fake.message("nothing was explained")


@in_each
async def test_all_of_a_file_is_fixed_in_one_edit_and_each_fix_is_followed(fake):
    known = len(words(fake))
    before = 'A = str("🙂")\nB = str("b")\n'
    uri = fake.open("all.py", before)
    await fake.sees(uri, "UP018")

    await command(fake, "fixFile", uri=uri, version=1)
    await fake.until(lambda: fake.text(uri) != before)

    assert fake.text(uri) == 'A = "🙂"\nB = "b"\n'
    assert len(fake.edits) == 1
    await ended(fake)
    fake.undo(uri)
    fake.save(uri)
    await fake.until(lambda: words(fake)[known:] == ["undone", "undone"])


@pytest.mark.parametrize("fake", ["vscode", "neovim", "ale"], indirect=True)
async def test_a_free_fix_is_followed_whoever_makes_its_edit(fake):
    known = len(words(fake))
    uri = fake.open("free.py", 'A = str("🙂")\n')
    await fake.choose(await fake.action(uri, "A", "free"))
    await fake.until(lambda: fake.text(uri) == 'A = "🙂"\n')
    await fake.connection_idle()

    fake.save(uri)
    await fake.until(lambda: words(fake)[known:] == ["kept"])


@in_one
async def test_an_explanation_is_shown_as_a_document(fake, double, haiku):
    text = "def add(a, b):\n    return a + b\n"
    (fake.folder / "plain.py").write_text(text, "utf-8")
    uri = fake.open("plain.py", text)
    double.script(haiku, [{"answer": "It adds **two** numbers.", "quotes": ["return a + b"]}], repeat_last=True)

    await command(fake, "explainCode", uri=uri)
    await fake.until(lambda: fake.documents)

    (shown,) = fake.documents
    assert "It adds **two** numbers." in path_of(shown).read_text("utf-8")
    fake.documents.clear()
    assert (await ended(fake)).startswith("haiku explained it")


@in_one
async def test_cancel_all_ends_what_is_under_way(hung, fake):
    editor, _provider = await hung("neovim")
    uri = editor.open("all.py", Broken().text)
    await editor.choose(await editor.action(uri, "raise", "Fix B904"))
    await editor.began()

    await command(editor, "cancelAll")

    assert await ended(editor) == "cancelled"
    assert editor.edits == []


@pytest.mark.parametrize("fake", ["neovim", "eglot-1.9"], indirect=True)
async def test_a_rule_is_ignored_by_an_edit_of_the_projects_settings(fake):
    settings = fake.folder / "suffice.toml"
    uri = fake.open("ignored.py", "import os\n")
    await fake.sees(uri, "F401")

    await command(fake, "ignoreRule", uri=uri, rule="F401")

    if "create" in fake.capabilities["workspace"]["workspaceEdit"].get("resourceOperations", []):
        await fake.until(lambda: settings.exists() and settings.read_text("utf-8"))
        assert settings.read_text("utf-8") == 'disabled_rules = ["F401"]\n'
        assert await ended(fake) == "done"
        await fake.message("suffice.toml leaves F401 alone from now on; save it")
        settings.unlink()
    else:
        await fake.message("this editor cannot create files; make the change yourself")
        await fake.message("suffice: ignore F401: ")
        assert any('+disabled_rules = ["F401"]' in said["message"] for said in fake.journal.of("window/logMessage"))
        assert fake.edits == []
        assert not settings.exists()


@in_one
async def test_an_edit_may_make_a_new_file(fake, double, sonnet, haiku):
    text = "RATE = 0.19\n"
    (fake.folder / "tax.py").write_text(text, "utf-8")
    (fake.folder / "tests").mkdir()
    uri = fake.open("tax.py", text)
    made = {"command": "create", "path": "tests/test_tax.py", "file_text": '"""Taxes."""\n'}
    double.script(sonnet, [ScriptedCalls(calls=(made,))], repeat_last=True)
    double.script(haiku, [{"verdict": "right", "why": ""}], repeat_last=True)

    await command(fake, "edit", uri=uri, instruction="Put the taxes into a file of their own.")
    said = await ended(fake)

    assert said.startswith("sonnet sufficed, $0.")
    assert (fake.folder / "tests" / "test_tax.py").read_text("utf-8") == '"""Taxes."""\n'
    assert fake.text(uri) == text
    assert len(fake.edits) == 1
    for message in [m for m in fake.journal.messages if "not surely" in m]:
        fake.journal.messages.remove(message)
