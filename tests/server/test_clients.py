"""The first minute with each fake editor: open, see a diagnostic, choose its fix, see it land, take it back."""

import pytest
from fake_editors.broken import Broken
from fake_editors.clients import CLIENTS

pytestmark = pytest.mark.asyncio(loop_scope="package")


editing = pytest.mark.parametrize("fake", [name for name in CLIENTS if CLIENTS[name].applies], indirect=True)


@editing
async def test_a_models_fix_lands_and_one_undo_takes_it_back(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("first.py", broken.text)
    await fake.sees(uri, "B904")

    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    await fake.until(lambda: fake.text(uri) != broken.text)

    assert fake.text(uri) == broken.mended
    (edit,) = fake.edits
    assert [one["newText"] for one in text_edits(edit)] == [" from error"]
    fake.undo(uri)
    assert fake.text(uri) == broken.text
    ended = await fake.finished()
    assert ended is None or ended.startswith("haiku sufficed")


def text_edits(params):
    """Return the edits of the only document that *params* of an applyEdit request are about."""
    edit = params["edit"]
    (edits,) = [one["edits"] for one in edit.get("documentChanges", [])] or edit["changes"].values()
    return edits


FREE = {
    "behind an emoji": ('PAIR = ("🙂\u2028é", str("a"))\n', 'PAIR = ("🙂\u2028é", "a")\n', "str("),
    "CRLF": ('A = "🙂"\r\nPAIR = (\r\n    str("a"),\r\n)\r\n', 'A = "🙂"\r\nPAIR = (\r\n    "a",\r\n)\r\n', "str("),
    "no final newline": ('A = "🙂"\nPAIR = str("a")', 'A = "🙂"\nPAIR = "a"', "str("),
    "last line goes": ('"""🙂"""\nimport os', '"""🙂"""\n', "import"),
    "BOM": ('\ufeffPAIR = ("🙂", str("a"))\n', '\ufeffPAIR = ("🙂", "a")\n', "str("),
}


@editing
@pytest.mark.parametrize(("before", "after", "at"), FREE.values(), ids=FREE)
async def test_a_free_fix_lands_in_every_encoding(fake, double, before, after, at):
    asked = len(double.requests)
    uri = fake.open("free.py", before)

    await fake.choose(await fake.action(uri, at, "free"))
    await fake.until(lambda: fake.text(uri) != before)

    assert fake.text(uri) == after
    fake.undo(uri)
    assert fake.text(uri) == before
    assert len(double.requests) == asked
    await fake.finished()


async def test_the_fix_is_listed_though_the_editor_names_no_diagnostic(fake):
    uri = fake.open("empty.py", 'PAIR = str("a")\n')

    action = await fake.action(uri, "str(", "Fix UP018", named=())

    assert action["title"] == "Fix UP018 with ruff, free"


async def test_diagnostics_of_others_are_neither_mended_nor_listed_twice(fake):
    uri = fake.open("others.py", 'PAIR = str("a")\n')
    await fake.sees(uri, "UP018")
    place = fake.place(uri, "str(", '"a")')
    ruff = {"range": place, "message": "said in other words", "source": "Ruff", "code": "UP018", "data": {"own": 1}}
    pylint = {"range": place, "message": "no", "source": "Pylint", "code": "W0707"}
    odd = {"range": place, "message": "no source, no code"}

    listed = await fake.actions(uri, "str(", foreign=[ruff, pylint, odd])

    titles = [action["title"] for action in listed]
    assert [title for title in titles if title.startswith("Fix UP018")] == ["Fix UP018 with ruff, free"]
    assert not any("W0707" in title for title in titles)


@pytest.mark.parametrize("fake", [name for name in CLIENTS if name != "bare"], indirect=True)
async def test_what_is_listed_is_what_every_editor_can_show(fake):
    broken = Broken()
    uri = fake.open("listed.py", broken.text + 'PAIR = str("a")\n')
    await fake.sees(uri, "B904")

    listed = await fake.actions(uri, "def load", to="str(")

    assert listed
    for action in listed:
        assert "\n" not in action["title"]
        assert action["kind"].endswith(".suffice") or ".suffice." in action["kind"]
        assert "isPreferred" not in action or "free" in action["title"]
        assert {"command", "edit", "disabled", "data"} & action.keys()
    kinds = [action["kind"].partition(".")[0] for action in listed]
    assert kinds == sorted(kinds)


async def test_a_document_that_no_editor_opened_is_quietly_nothing(fake):
    nowhere = (fake.folder / "nowhere.py").as_uri()
    change = {"textDocument": {"uri": nowhere, "version": 2}, "contentChanges": [{"text": "x"}]}

    fake.notify("textDocument/didChange", change)
    fake.notify("textDocument/didSave", {"textDocument": {"uri": nowhere}})
    fake.notify("textDocument/didClose", {"textDocument": {"uri": nowhere}})

    assert await fake.request("textDocument/codeAction", fake._asking(nowhere, fake_nowhere(), [])) in (None, [])


def fake_nowhere():
    return {"start": {"line": 9, "character": 9}, "end": {"line": 9, "character": 9}}


@pytest.mark.parametrize("fake", ["vscode"], indirect=True)
async def test_an_untitled_text_and_a_notebook_cell_are_quietly_left_alone(fake):
    for uri in ("untitled:Untitled-1", "vscode-notebook-cell:/a/b.ipynb#W0"):
        fake.open(uri, 'PAIR = str("a")\n')

        assert await fake.actions(uri, "str(") == []


@pytest.mark.parametrize("fake", ["bare"], indirect=True)
async def test_an_editor_that_makes_no_edits_is_told_what_to_do(fake, double, haiku):
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = fake.open("bare.py", broken.text)
    await fake.sees(uri, "B904")

    await fake.choose(await fake.action(uri, "raise", "Fix B904"))
    said = await fake.message("B904 was not fixed")

    assert "makes no edits for a command" in said
    assert fake.text(uri) == broken.text
    await fake.message("suffice")


@pytest.mark.slow
async def test_the_same_holds_for_a_server_of_its_own_which_leaves_nothing_behind(spawned, double, haiku):
    editor = await spawned("neovim")
    broken = Broken()
    double.script(haiku, [broken.answer])
    uri = editor.open("own.py", broken.text)
    await editor.sees(uri, "B904")

    await editor.choose(await editor.action(uri, "raise", "Fix B904"))
    await editor.finished()

    assert editor.text(uri) == broken.mended
    assert len(editor.connection.children) == 1


@pytest.mark.parametrize("fake", ["vscode"], indirect=True)
async def test_what_is_never_sent_has_no_menu(fake):
    uri = fake.open(".env", "# suffice: mend this\nKEY = 1\n")
    front = fake.connection.server
    await fake.until(lambda: (opened := front.documents.get(uri)) and front.store.is_left_out(opened))

    assert await fake.actions(uri, "# suffice") == []


@pytest.mark.parametrize("fake", ["vscode"], indirect=True)
async def test_saved_settings_count_at_once_for_what_is_open(fake):
    uri = fake.open("ruled.py", "import os\n")
    await fake.sees(uri, "F401")
    settings = fake.folder / "pyproject.toml"
    before = settings.read_text("utf-8")
    other = fake.open("pyproject.toml", before)
    try:
        settings.write_text(before.replace('"F"', '"E711"'), "utf-8")
        fake.save(other)
        await fake.until(lambda: not fake.diagnostics(uri))
    finally:
        settings.write_text(before, "utf-8")
        fake.save(other)
    await fake.sees(uri, "F401")
