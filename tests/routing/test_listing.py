"""Which files of a repository may be read: what git counts, nothing ignored, no link, nothing large."""

import os

import pytest

from suffice.listing import left_out, listing
from suffice.privacy import ignored
from suffice.snapshot import Snapshot


@pytest.fixture
def files(project):
    """The paths that may be read below the project's folder."""

    def listed(*, exclude=(), named=(), root=None):
        snapshot = Snapshot.of_folder(root or project.root)
        return listing(snapshot, patterns=ignored(snapshot, exclude), named=named).paths

    return listed


def test_tracked_and_new_files_are_listed_but_none_that_git_ignores(repository, files):
    repository.write({"a.py": "", "b/c.go": "", ".gitignore": "out/\n*.log\n"})
    repository.commit()
    repository.write({"new.ts": "", "out/made.js": "", "x.log": ""})

    assert files() == (".gitignore", "a.py", "b/c.go", "new.ts")


def test_secrets_and_what_the_user_ignores_are_never_listed_though_git_tracks_them(repository, files):
    repository.write(
        {
            ".env": "KEY=1",
            "deploy/id_rsa": "x",
            "cert.pem": "x",
            "inner/private.py": "",
            "lib/old.py": "",
            ".sufficeignore": "inner/\n",
            "a.py": "",
        }
    )
    repository.commit()

    assert files(exclude=["lib/"]) == (".sufficeignore", "a.py")


def test_a_file_that_the_user_names_counts_though_git_ignores_it_unless_it_is_a_secret(repository, files):
    repository.write(
        {".gitignore": "*\n", "local.py": "", ".env": "KEY=1", "private.py": "", ".sufficeignore": "private.py"}
    )

    assert files(named=["local.py", ".env", "private.py", "gone.py", "../outside.py"]) == ("local.py",)


def test_links_and_what_lies_behind_them_are_left_out(repository, files, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("x = 1")
    repository.write({"a.py": "", "real/b.py": ""})
    (repository.root / "link.py").symlink_to(outside / "secret.py")
    (repository.root / "folder").symlink_to(outside)
    repository.commit()

    assert files(named=["folder/secret.py", "link.py"]) == ("a.py", "real/b.py")


def test_a_folder_that_became_a_link_after_it_was_committed_is_left_out(repository, files, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.py").write_text("secret = 1")
    repository.write({"a.py": "", "sub/b.py": ""})
    repository.commit()
    (repository.root / "sub" / "b.py").unlink()
    (repository.root / "sub").rmdir()
    (repository.root / "sub").symlink_to(tmp_path / "outside")

    assert files() == ("a.py",)


def test_large_deleted_and_special_files_are_left_out(repository, files):
    repository.write({"big.py": b"#" * (1024 * 1024 + 1), "full.py": b"#" * 1024 * 1024, "gone.py": ""})
    repository.commit()
    (repository.root / "gone.py").unlink()
    os.mkfifo(repository.root / "pipe.py")

    assert files() == ("full.py",)


def test_hostile_names_break_nothing(repository, files):
    names = [
        b"-rf.py",
        b"new\nline.py",
        b"caf\xe9.py",
        b"back\\slash.py",
        "ünï.py".encode(),
        b"a b.py",
        b"tab\t.py",
        b"\x1b[31m.py",
        "\u202e.py".encode(),
    ]
    for name in names:
        (repository.root / os.fsdecode(name)).write_text("")
    repository.commit()

    assert files() == ("-rf.py", "a b.py", "ünï.py")


def test_below_a_folder_of_the_repository_paths_are_relative_to_it(repository, files):
    repository.write({"a.py": "", "sub/b.py": "", "sub/in/c.py": ""})

    assert files(root=repository.root / "sub") == ("b.py", "in/c.py")


def test_without_git_folders_are_walked_but_not_those_that_tools_fill(project, files):
    project.write({"a.py": "", "src/b.py": "", "node_modules/x/index.js": "", ".venv/c.py": "", "__pycache__/d.py": ""})

    assert files() == ("a.py", "src/b.py")


def test_a_repository_that_git_refuses_is_walked(project, files):
    project.write({".git": "gitdir: /nowhere/at/all\n", "a.py": ""})

    assert files() == ("a.py",)


def test_a_snapshot_that_lists_its_files_is_believed():
    snapshot = Snapshot.of_texts({"b.py": "", "a.py": "", ".env": "", "../c.py": ""})

    assert listing(snapshot, patterns=ignored(None)).paths == ("a.py", "b.py")


def test_a_hostile_setting_of_the_repository_runs_nothing(repository, files):
    repository.write({"a.py": "", "evil.sh": "#!/bin/sh\ntouch owned\n"})
    (repository.root / "evil.sh").chmod(0o755)
    repository.git("config", "core.fsmonitor", "./evil.sh")

    assert files() == ("a.py", "evil.sh")
    assert not (repository.root / "owned").exists()


@pytest.mark.parametrize(
    ("path", "is_left_out"),
    [
        ("new.py", False),
        ("out/new.py", True),
        ("x.log", True),
        ("mine/new.py", True),
        (".env", True),
        ('-é "x.log', True),
        (":(glob)x.log", True),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_a_file_to_be_made_is_left_out_where_it_would_be_ignored_and_nobody_named_it(
    path, is_left_out, named, repository
):
    repository.write({".gitignore": "out/\n*.log\n", ".sufficeignore": "mine/\n"}).commit()
    snapshot = Snapshot.of_folder(repository.root)

    found = left_out([path], snapshot=snapshot, patterns=ignored(snapshot), named=[path] if named else [])

    assert found == ([path] if is_left_out and not named else [])


def test_a_folder_that_was_named_may_be_filled_though_it_is_ignored(repository):
    repository.write({".gitignore": "out/\n"}).commit()
    snapshot = Snapshot.of_folder(repository.root)

    assert left_out(["out/new.py"], snapshot=snapshot, patterns=ignored(snapshot), named=["out"]) == []
    assert left_out(["out/new.py"], snapshot=snapshot, patterns=ignored(snapshot), named=["ou"]) == ["out/new.py"]
