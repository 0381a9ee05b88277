"""Emacs with Eglot, set up as docs/editors.md says: Debian's 28.2 with Eglot 1.9, an old and poor client.

It shows no progress, so it cannot cancel one, and resolves no code action.
"""

import pytest
from staging import HERE, LOAD, MENDED, READ, READ_MENDED, SHOP, TAXED, fixed, missing, required, snippets

pytestmark = pytest.mark.editors


@pytest.fixture
def emacs(stage):
    """Play a scene in Emacs and return what was seen."""
    program = required("emacs", "apt-get install emacs-nox elpa-eglot")

    def play(scene, text):
        stage.file.write_text(text, "utf-8")
        settings = stage.base / "init.el"
        settings.write_text("\n".join(snippets("elisp")), "utf-8")
        variables = {"SCENE": scene, "FILE": str(stage.file), "SETTINGS": str(settings)}
        seen = stage.saw([program, "--batch", "-Q", "-l", str(HERE / "eglot.el")], **variables)
        if "missing" in seen:
            missing("Eglot is not installed here: apt-get install elpa-eglot")
        assert "error" not in seen, seen
        return seen

    return play


def test_a_models_fix_lands_and_one_undo_brings_the_text_back(stage, emacs):
    stage.says(fixed(MENDED))

    seen = emacs("fix", LOAD)

    assert seen["menu"][0] == "Fix B904 with haiku, about $0.0003"
    assert seen["fixed"] == MENDED
    assert seen["undone"] is True
    assert seen["messages"] == []


def test_a_cancelled_fix_leaves_the_text(stage, emacs):
    stage.says_when_told(fixed(MENDED), fixed(READ_MENDED))

    seen = emacs("cancel", f"{LOAD}\n\n{READ}")

    assert seen["after"] == f"{LOAD}\n\n{READ_MENDED}"


def test_what_a_comment_asks_for_is_done(stage, emacs):
    stage.edits_the_shop()

    seen = emacs("comment", SHOP)

    assert seen["edited"] == TAXED
    assert seen["undone"] is True
    assert seen["messages"] == []


def test_a_review_shows_its_findings(stage, emacs):
    stage.finds_the_lost_page()
    stage.commit(SHOP)

    seen = emacs("review", SHOP)

    (found,) = seen["found"]
    assert found["line"] == 2
    assert "The last page is never counted." in found["text"]
    assert "1 finding" in seen["messages"][-1]


def test_what_is_typed_on_the_line_under_work_is_kept(stage, emacs):
    stage.says_when_told(fixed(MENDED))

    seen = emacs("type-there", LOAD)

    assert seen["typed"].endswith("# mine\n")
    assert seen["after"] == seen["typed"]
    assert len(seen["messages"]) == 1
