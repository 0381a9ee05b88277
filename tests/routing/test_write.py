"""Writing to the disk: everything or nothing, never through a link, never over what somebody else wrote."""

import os
import stat

import pytest

from suffice.edits.edit import FileChange
from suffice.edits.folders import Folders
from suffice.edits.write import write_changes
from suffice.errors import StorageError
from suffice.snapshot import Snapshot


def tree(root):
    """Return all that is under *root*: the bytes of files, where links lead, None for folders."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        found[name] = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
    return found


def written(project, *changes, snapshot=None):
    return write_changes(changes, snapshot=snapshot or Snapshot.of_folder(project.root), root=project.root)


def refused(project, match, *changes, snapshot=None):
    """Write *changes*, which must fail, and return whether the disk is as it was."""
    before = tree(project.root)
    with pytest.raises(StorageError, match=match):
        written(project, *changes, snapshot=snapshot)
    return tree(project.root) == before


def test_files_are_replaced_created_deleted_and_moved(project):
    project.write({"a.py": "a\n", "old.py": "o\n", "here.py": "h\n", "crlf.py": b"\xef\xbb\xbfx\r\n"})

    paths = written(
        project,
        FileChange(path="a.py", before="a\n", after="b\n"),
        FileChange(path="new/er/é.py", before=None, after="n\r\n", bom=True),
        FileChange(path="empty.py", before=None, after=""),
        FileChange(path="old.py", before="o\n", after=None),
        FileChange(path="here.py", before="h\n", after="there\n", new_path="to/there.py"),
        FileChange(path="crlf.py", before="x\r\n", after="y\r\n", bom=True),
    )

    assert tree(project.root) == {
        "a.py": b"b\n",
        "new": None,
        "new/er": None,
        "new/er/é.py": b"\xef\xbb\xbfn\r\n",
        "empty.py": b"",
        "to": None,
        "to/there.py": b"there\n",
        "crlf.py": b"\xef\xbb\xbfy\r\n",
    }
    assert paths == ["a.py", "new/er/é.py", "empty.py", "old.py", "to/there.py", "here.py", "crlf.py"]


def test_permissions_are_kept_where_a_file_is_replaced_or_moved(project):
    project.write({"run": "a\n", "go": "a\n", "plain": "a\n"})
    for name, mode in {"run": 0o755, "go": 0o700, "plain": 0o640}.items():
        (project.root / name).chmod(mode)

    written(
        project,
        FileChange(path="run", before="a\n", after="b\n"),
        FileChange(path="go", before="a\n", after="a\n", new_path="gone"),
        FileChange(path="plain", before="a\n", after="b\n"),
    )

    modes = {name: stat.S_IMODE((project.root / name).stat().st_mode) for name in ("run", "gone", "plain")}
    assert modes == {"run": 0o755, "gone": 0o700, "plain": 0o640}


def test_a_created_file_has_the_permissions_that_are_usual_here(project):
    written(project, FileChange(path="a.py", before=None, after="a\n"))

    (project.root / "usual").touch()
    assert (project.root / "a.py").stat().st_mode == (project.root / "usual").stat().st_mode


def test_nothing_is_written_if_any_file_changed_meanwhile(project):
    project.write({"a.py": "a\n", "b.py": "b\n"})
    snapshot = Snapshot.of_folder(project.root)
    changes = [FileChange(path=name, before=snapshot.text(name), after="new\n") for name in ("a.py", "b.py")]
    project.write({"b.py": "by hand\n"})

    assert refused(
        project, r"^b\.py changed since it was read; nothing was written, run again\.$", *changes, snapshot=snapshot
    )


TAKEN = {
    "created": FileChange(path="there.py", before=None, after="new\n"),
    "moved onto": FileChange(path="a.py", before="a\n", after="a\n", new_path="there.py"),
    "created where a link leads nowhere": FileChange(path="nowhere", before=None, after="new\n"),
    "created where a folder is": FileChange(path="folder", before=None, after="new\n"),
}


@pytest.mark.parametrize("change", TAKEN.values(), ids=TAKEN)
def test_nothing_that_is_there_is_overwritten_by_a_new_file(project, change):
    project.write({"a.py": "a\n", "there.py": "t\n", "folder/x": "x\n"})
    (project.root / "nowhere").symlink_to("no/where")

    assert refused(project, "is to be created but is there already; nothing was written", change)


def links(project):
    """Lay out links that lead outside and inside."""
    outside = project.root.parent / "outside"
    outside.mkdir()
    (outside / "x.py").write_text("x\n")
    project.write({"real/x.py": "x\n"})
    (project.root / "out").symlink_to(outside)
    (project.root / "in").symlink_to("real")
    (project.root / "x.py").symlink_to(outside / "x.py")
    return outside


LINKED = {
    "a parent that leads outside": ("out/x.py", None),
    "a parent that leads inside": ("in/x.py", None),
    "the file itself": ("x.py", None),
    "created behind a link": (None, "out/new.py"),
    "created far behind a link": (None, "in/a/b/new.py"),
    "moved behind a link": ("real/x.py", "out/new.py"),
}


@pytest.mark.parametrize(("path", "new_path"), LINKED.values(), ids=LINKED)
def test_no_link_is_followed(project, path, new_path):
    outside = links(project)
    snapshot = Snapshot.of_texts({path: "x\n"} if path else {})
    change = FileChange(
        path=path or new_path, before="x\n" if path else None, after="y\n", new_path=new_path if path else None
    )

    assert refused(project, "link.*nothing was written", change, snapshot=snapshot)
    assert tree(outside) == {"x.py": b"x\n"}


@pytest.mark.parametrize("path", ["out/x.py", "in/x.py", "x.py"])
def test_no_link_is_followed_where_folders_cannot_be_held_open(project, path):
    links(project)

    with pytest.raises(OSError, match="Not a directory"):
        Folders(project.root, can_stay=False).read(path)


def test_files_are_written_where_folders_cannot_be_held_open(project):
    folders = Folders(project.root, can_stay=False)

    assert folders.is_free("new/er/a.py")
    made = folders.make_parents("new/er/a.py")
    folders.move(folders.stage("new/er/a.py", b"a\n", None), "new/er/a.py")

    assert (made, tree(project.root)) == (["new", "new/er"], {"new": None, "new/er": None, "new/er/a.py": b"a\n"})


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "a/../../b.py", "a\\b.py", ".", "x//y.py"])
def test_nothing_is_written_outside(project, path):
    assert refused(
        project, "is no path inside the root; nothing was written", FileChange(path=path, before=None, after="a\n")
    )
    assert tree(project.root.parent) == {"project": None}


def test_a_failure_in_the_middle_takes_back_what_was_written(project):
    """The last file has the name of a folder that another one needs, which shows only when it is put there."""
    project.write({"a.py": "a\n", "gone.py": "g\n", "here.py": "h\n"})
    (project.root / "a.py").chmod(0o755)

    as_it_was = refused(
        project,
        r"^x cannot be written .*; nothing was written\.$",
        FileChange(path="a.py", before="a\n", after="b\n"),
        FileChange(path="gone.py", before="g\n", after=None),
        FileChange(path="here.py", before="h\n", after="h\n", new_path="far/away/there.py"),
        FileChange(path="new.py", before=None, after="n\n"),
        FileChange(path="x/y.py", before=None, after="y\n"),
        FileChange(path="x", before=None, after="x\n"),
    )

    assert as_it_was
    assert (project.root / "a.py").stat().st_mode & 0o777 == 0o755


def test_a_file_where_a_folder_is_needed_is_said(project):
    project.write({"a": "a\n", "b.py": "b\n"})
    changes = [FileChange(path="b.py", before="b\n", after="c\n"), FileChange(path="a/b.py", before=None, after="b\n")]

    assert refused(project, r"^a/b\.py cannot be created \(a symbolic link or a file is on the way\)", *changes)


def test_a_pipe_is_no_file(project):
    os.mkfifo(project.root / "pipe")
    change = FileChange(path="pipe", before="", after="a\n")

    with pytest.raises(StorageError, match=r"pipe cannot be read any more \(not a regular file\)"):
        written(project, change, snapshot=Snapshot.of_texts({"pipe": ""}))


def test_a_name_of_the_greatest_length_is_replaced(project):
    name = "m" * 255
    project.write({name: "a\n"})

    written(project, FileChange(path=name, before="a\n", after="b\n"))

    assert tree(project.root) == {name: b"b\n"}
