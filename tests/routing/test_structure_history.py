import os
import subprocess

import pytest

from suffice.errors import ToolError
from suffice.review.structure.git_text import git_bytes
from suffice.review.structure.growth import Sizes, by_folder, growth, parse_tree
from suffice.review.structure.history import Commit, Together, Unavailable, commits_in, counted, history

DAY_S = 86_400


def changed_together(repository, *groups):
    """Commit a change of each group of files."""
    for number, group in enumerate(groups):
        repository.write(dict.fromkeys(group, f"x = {number}\n")).commit()


def test_files_that_change_often_and_together_are_counted(repository):
    changed_together(repository, *[("a.py", "b.py")] * 5, ("a.py",), ("c.py",))

    found = history(repository.root, paths={"a.py", "b.py", "c.py"})

    assert found.commits == 7
    assert dict(found.churn) == {"a.py": 6, "b.py": 5, "c.py": 1}
    assert found.together == (Together("a.py", "b.py", common=5, confidence=1.0),)
    assert (found.first_day, found.last_day) == ("2026-01-01", "2026-01-01")


def test_four_times_together_is_not_often():
    commits = [Commit(0, ("a.py", "b.py"))] * 4

    assert counted(commits, paths={"a.py", "b.py"}).together == ()


def test_five_times_of_twenty_is_not_together():
    commits = [Commit(0, ("a.py", "b.py"))] * 5 + [Commit(0, ("a.py",))] * 15 + [Commit(0, ("b.py",))] * 15

    assert counted(commits, paths={"a.py", "b.py"}).together == ()


def test_a_commit_of_many_files_says_nothing_of_any():
    many = Commit(0, tuple(f"{number}.py" for number in range(31)))

    found = counted([many, Commit(0, ("0.py",))], paths=set(many.paths))

    assert (found.commits, dict(found.churn)) == (1, {"0.py": 1})


def test_files_that_are_gone_do_not_count(repository):
    changed_together(repository, ("a.py", "gone.py"))

    assert dict(history(repository.root, paths={"a.py"}).churn) == {"a.py": 1}


HOSTILE = [
    'we"ird.py',
    "new\nline.py",
    "-n.py",
    "--output=x.py",
    "tab\there.py",
    f"{'ab' * 20} 1767225600",
    "\x1b]0;title.py",
    " lead.py",
]


def test_no_file_name_is_taken_for_anything_else(repository):
    changed_together(repository, *[HOSTILE] * 5)
    repository.commit("nothing")
    changed_together(repository, ["-n.py"])

    found = history(repository.root, paths=set(HOSTILE))

    assert found.commits == 6
    assert dict(found.churn) == dict.fromkeys(HOSTILE, 5) | {"-n.py": 6}


def test_a_name_that_is_not_utf_8_is_read_and_belongs_to_nobody(repository):
    (repository.root / os.fsdecode(b"\xff\xfe.py")).write_bytes(b"x\n")
    changed_together(repository, ["a.py"])

    assert dict(history(repository.root, paths={"a.py"}).churn) == {"a.py": 1}


def test_settings_of_the_repository_run_nothing(repository):
    changed_together(repository, ["a.py"])
    mark = repository.root / "ran"
    for key in ("gpg.program", "core.fsmonitor", "core.pager", "diff.external", "core.sshCommand"):
        repository.git("config", key, f"touch {mark}; cat")
    repository.git("config", "log.showSignature", "true")
    repository.write({".gitattributes": "* diff=own\n"})
    repository.git("config", "diff.own.textconv", f"touch {mark}; cat")

    found = history(repository.root, paths={"a.py"})

    assert found.commits == 1
    assert not mark.exists()


def test_settings_that_change_what_git_prints_do_not_count(repository):
    changed_together(repository, *[("shop/a.py", "shop/b.py")] * 2)
    for key, value in (("diff.relative", "true"), ("log.decorate", "full"), ("color.ui", "always")):
        repository.git("config", key, value)
    repository.git("config", "format.pretty", "fuller")

    found = history(repository.root, paths={"shop/a.py", "shop/b.py"})

    assert dict(found.churn) == {"shop/a.py": 2, "shop/b.py": 2}


def test_a_folder_inside_the_repository_has_its_own_paths(repository):
    changed_together(repository, ("shop/a.py", "other/b.py"), ("other/b.py",), ("shop/a.py",))

    found = history(repository.root / "shop", paths={"a.py"})

    assert (found.commits, dict(found.churn)) == (2, {"a.py": 2})


def test_the_history_of_a_shallow_clone_is_unavailable(repository, tmp_path):
    changed_together(repository, *[("a.py", "b.py")] * 6)
    clone = tmp_path / "clone"
    command = ["git", "clone", "--quiet", "--depth", "2", repository.root.as_uri(), str(clone)]
    subprocess.run(command, check=True)

    assert history(clone, paths={"a.py", "b.py"}) == Unavailable("shallow clone of depth 2")
    assert growth(clone) == Unavailable("shallow clone of depth 2")


def test_without_a_repository_history_is_unavailable(project):
    assert history(project.root, paths={"a.py"}) == Unavailable("no git repository")
    assert history(None, paths={"a.py"}) == Unavailable("no folder")


def test_without_git_history_is_unavailable(repository, monkeypatch):
    changed_together(repository, ["a.py"])
    monkeypatch.setenv("PATH", "/nowhere")

    assert history(repository.root, paths={"a.py"}) == Unavailable("git cannot be started")


def test_without_a_commit_history_is_unavailable(repository):
    assert history(repository.root, paths={"a.py"}) == Unavailable("no commit yet")


def test_what_was_cut_off_is_left_out():
    whole = b"aaa 10\na.py\0b.py\0\0bbb 20\0ccc 30\nc.py\0d.p"

    assert list(commits_in(whole)) == [Commit(10, ("a.py", "b.py"))]


@pytest.mark.parametrize("printed", [b"", b"\0", b"\0\0\0", b"x\0", b"x\ny\0", b"x 99999999999999999999\ny\0\0"])
def test_output_of_any_form_is_read_without_an_error(printed):
    counted(list(commits_in(printed)), paths={"y"})


def test_no_more_is_read_than_asked_for(repository):
    changed_together(repository, *[("a.py",)] * 3)

    assert len(git_bytes(repository.root, ["log"], most=10)) == 10


def test_a_failure_of_git_says_which_command(project):
    with pytest.raises(ToolError, match="git log failed; run it by hand"):
        git_bytes(project.root, ["log"])


def test_growth_is_measured_at_four_dates(repository, monkeypatch):
    for years, size in ((3, 10), (1, 20), (0, 50)):
        date = f"{1_767_225_600 - years * 365 * DAY_S} +0000"
        monkeypatch.setenv("GIT_COMMITTER_DATE", date)
        repository.write({"shop/ui/a.py": "x" * size, "shop/b.py": "y", "README.md": "z" * size}).commit()

    assert growth(repository.root) == (
        Sizes("2024-01-02", {"shop": 11, "shop/ui": 10}),
        Sizes("2025-01-01", {"shop": 21, "shop/ui": 20}),
        Sizes("2026-01-01", {"shop": 51, "shop/ui": 50}),
    )


def test_a_tree_is_read_whatever_its_files_are_called():
    printed = b"100644 blob abc      12\tshop/new\nline.py\x00160000 commit abc       -\tsub\x00junk\x00"

    assert parse_tree(printed, below="shop/") == [("new\nline.py", 12)]


def test_every_folder_has_the_sizes_of_all_below_it():
    assert by_folder([("a/b/c.py", 3), ("a/d.py", 4), ("a/data.bin", 9), ("e.py", 1)]) == {"a": 7, "a/b": 3}
