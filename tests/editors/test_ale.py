"""Vim with ALE, set up as docs/editors.md says: Debian's 9.0 with ALE 3.3, the poorest client of all.

It shows neither progress nor documents, resolves nothing, and says that it takes no edits, although it does; what it
counts as characters are bytes.
"""

import pytest
from staging import HERE, LOAD, MENDED, READ, READ_MENDED, SHOP, TAXED, fixed, missing, required, snippets

pytestmark = pytest.mark.editors


def plain(text):
    """Return *text* in ASCII: ALE takes the server's UTF-16 columns for bytes."""
    return text.replace("🙂", "text")


@pytest.fixture
def vim(stage):
    """Play a scene in Vim and return what was seen."""
    program = required("vim", "apt-get install vim-nox vim-ale")

    def play(scene, text):
        stage.file.write_text(plain(text), "utf-8")
        settings = stage.base / "init.vim"
        settings.write_text("\n".join(snippets("vim")), "utf-8")
        arguments = ["-N", "-T", "dumb", "--not-a-term", "-u", str(settings), "-i", "NONE", "-S", str(HERE / "ale.vim")]
        seen = stage.saw([program, *arguments], SCENE=scene, FILE=str(stage.file))
        if "missing" in seen:
            missing("ALE is not installed here: apt-get install vim-ale")
        assert "error" not in seen, seen
        return seen

    return play


def test_ruffs_own_fix_lands_and_one_undo_brings_the_text_back(stage, vim):
    seen = vim("Fix", 'PAIR = ("a", str("a"))\n')

    assert seen["menu"][0] == "Fix UP018 with ruff, free"
    assert seen["fixed"] == 'PAIR = ("a", "a")\n'
    assert seen["undone"]
    assert stage.double.requests == ()


def test_a_models_fix_lands_and_one_undo_brings_the_text_back(stage, vim):
    stage.says(fixed(plain(MENDED)))

    seen = vim("Fix", LOAD)

    assert seen["menu"][0] == "Fix B904 with haiku, about $0.0003"
    assert seen["fixed"] == plain(MENDED)
    assert seen["undone"]


def test_a_cancelled_fix_leaves_the_text(stage, vim):
    stage.says_when_told(fixed(plain(MENDED)), fixed(plain(READ_MENDED)))

    seen = vim("Cancel", f"{LOAD}\n\n{READ}")

    assert seen["after"] == plain(f"{LOAD}\n\n{READ_MENDED}")


def test_what_a_comment_asks_for_is_done(stage, vim):
    stage.edits_the_shop()

    seen = vim("Comment", SHOP)

    assert seen["edited"] == TAXED
    assert seen["undone"]


def test_a_review_shows_its_findings(stage, vim):
    stage.finds_the_lost_page()
    stage.commit(SHOP)

    seen = vim("Review", SHOP)

    ((line, text),) = seen["found"]
    assert line == 2
    assert "The last page is never counted." in text
    assert "1 finding" in seen["messages"][-1]


def test_what_is_typed_on_the_line_under_work_is_kept(stage, vim):
    stage.says_when_told(fixed(plain(MENDED)))

    seen = vim("TypeThere", LOAD)

    assert seen["typed"].endswith("# mine\n")
    assert seen["after"] == seen["typed"]
    assert len(seen["messages"]) == 1
