"""Texts that are not saved over the files of a folder: which of them count, and what is listed then."""

import pytest

from suffice.listing import listing
from suffice.privacy import ignored
from suffice.snapshot import Snapshot
from suffice.unsaved import unsaved_texts, with_unsaved


@pytest.fixture
def folder(repository, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (repository.root / "linked").symlink_to(tmp_path / "elsewhere")
    repository.write({"a.py": "A = 1\n", "b.py": "B = 1\n", ".gitignore": "out/\n"}).commit()
    return Snapshot.of_folder(repository.root)


COUNTS = {
    "changed": ({"a.py": "A = 2\n"}, {"a.py": "A = 2\n"}),
    "new": ({"c/d.py": "D = 1\n"}, {"c/d.py": "D = 1\n"}),
    "with a mark": ({"a.py": "\ufeffA = 2\n"}, {"a.py": "A = 2\n"}),
    "as saved": ({"a.py": "A = 1\n"}, {}),
    "as saved with a mark": ({"a.py": "\ufeffA = 1\n"}, {}),
    "ignored by git": ({"out/a.py": "A = 2\n"}, {}),
    "ignored by the user": ({"own/a.py": "A = 2\n"}, {}),
    "a secret": ({".env": "A=2\n"}, {}),
    "git's own": ({".git/COMMIT_EDITMSG": "A\n", "vendor/.GIT/config": "A\n"}, {}),
    "longer than any name": ({f"{'a' * 256}.py": "A = 2\n"}, {}),
    "outside": ({"../a.py": "A = 2\n", "/a.py": "A = 2\n", "": "A = 2\n", "c/../a.py": "A = 2\n"}, {}),
    "behind a link": ({"linked/a.py": "A = 2\n", "linked": "A = 2\n"}, {}),
    "no text": ({"a.py": "A = '\ud800'\n"}, {}),
    "no name": ({"a\nb.py": "A = 2\n", "\ud800.py": "A = 2\n"}, {}),
}


@pytest.mark.parametrize(("texts", "expected"), COUNTS.values(), ids=COUNTS)
def test_only_a_text_of_the_folder_that_is_not_saved_counts(folder, texts, expected):
    assert unsaved_texts(texts, folder=folder, patterns=ignored(folder, ["own/"])) == expected


def test_a_folder_with_texts_lists_what_it_would_if_they_were_saved(folder):
    nothing = ignored(None)

    seen = with_unsaved(folder, {"c.py": "C = 1\n", "a.py": "A = 2\n"}, patterns=nothing)

    assert set(listing(seen, patterns=nothing).paths) == {".gitignore", "a.py", "b.py", "c.py"}
    assert [seen.text(path) for path in ("a.py", "b.py", "c.py")] == ["A = 2\n", "B = 1\n", "C = 1\n"]


def test_without_texts_a_folder_stays_as_it_is(folder):
    assert with_unsaved(folder, {}, patterns=ignored(None)) is folder


def test_what_a_folder_ignores_is_ignored_below_it_alone():
    patterns = ignored(None, ["own.py"]).below("shop/")

    assert patterns.match_file("shop/own.py")
    assert patterns.match_file("shop/deep/own.py")
    assert not patterns.match_file("own.py")
    assert not patterns.match_file("other/own.py")
