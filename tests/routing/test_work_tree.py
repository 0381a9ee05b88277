"""What a review of a work tree looks at: git's word on the files, and texts over them that are not saved."""

import os

import pytest

from suffice.errors import InputError
from suffice.repository import open_repository
from suffice.review.hunks.change import ChangedFile
from suffice.review.work_tree import work_tree


@pytest.fixture
def shop(repository):
    repository.write({"a.py": "A = 1\n", "deep/b.py": "B = 1\n"}).commit()
    return repository


def seen(repository, **more):
    tree = work_tree(open_repository(repository.root), environment=os.environ, **more)
    return tree, sorted(tree.change.files)


FILES = {
    "nothing": ({}, {}, []),
    "saved": ({"a.py": "A = 2\n"}, {}, ["a.py"]),
    "not saved": ({}, {"a.py": "A = 2\n"}, ["a.py"]),
    "new and not saved": ({}, {"c.py": "C = 1\n"}, ["c.py"]),
    "both": ({"a.py": "A = 2\n"}, {"a.py": "A = 3\n", "deep/b.py": "B = 2\n"}, ["a.py", "deep/b.py"]),
    "undone and not saved": ({"a.py": "A = 2\n"}, {"a.py": "A = 1\n"}, []),
    "open as it is": ({}, {"a.py": "A = 1\n"}, []),
}


@pytest.mark.parametrize(("saved", "unsaved", "expected"), FILES.values(), ids=FILES)
def test_a_file_is_looked_at_if_it_differs_from_the_commit_once_all_is_saved(shop, saved, unsaved, expected):
    shop.write(saved)

    tree, files = seen(shop, unsaved=unsaved)

    assert [file.path for file in files] == expected
    assert all(tree.change.after.text(path) == text for path, text in {**saved, **unsaved}.items())


def test_a_deleted_file_that_is_still_open_is_there_again(shop):
    (shop.root / "a.py").unlink()

    assert seen(shop)[1] == [ChangedFile("a.py")]
    assert seen(shop, unsaved={"a.py": "A = 1\n"})[1] == []


def test_a_moved_file_is_held_against_what_it_was(shop):
    shop.git("mv", "a.py", "moved.py")

    tree, files = seen(shop, unsaved={"moved.py": "A = 2\n"})

    assert files == [ChangedFile("moved.py", "a.py")]
    assert tree.change.after.text("moved.py") == "A = 2\n"


def test_only_what_lies_below_a_folder_is_looked_at_where_one_is_named(shop):
    shop.write({"a.py": "A = 2\n", "deep/b.py": "B = 2\n", "deeper.py": "D = 1\n"})

    assert seen(shop, within="deep/")[1] == [ChangedFile("deep/b.py")]


def test_before_the_first_commit_there_is_nothing_to_compare_with(repository):
    with pytest.raises(InputError, match="There is no commit yet"):
        seen(repository)
