"""What a folder gives to read: files inside it, and nothing that keeps one waiting."""

import os

import pytest

from suffice.errors import InputError
from suffice.snapshot import MAX_FILE_BYTES, Snapshot, safe_path


def test_a_pipe_is_refused_instead_of_waited_for(project):
    os.mkfifo(project.root / "pipe.py")
    snapshot = Snapshot.of_folder(project.root)

    with pytest.raises(InputError, match="pipe or a device"):
        snapshot.text("pipe.py")
    assert snapshot.exists("pipe.py")


def test_a_device_is_refused():
    with pytest.raises(InputError, match="pipe or a device"):
        Snapshot.of_folder("/dev").text("zero")


def test_a_folder_and_a_large_file_are_refused(project):
    project.write({"a/b.py": "x\n", "big.py": b"x" * (MAX_FILE_BYTES + 1)})
    snapshot = Snapshot.of_folder(project.root)

    for name in ("a", "big.py"):
        with pytest.raises(InputError):
            snapshot.text(name)


@pytest.mark.parametrize("path", ["ab:3.py", "dir with: colon/m.py", ":(top)magic.py", "a/c:x.py", "é:x.py"])
def test_a_colon_in_a_name_leads_nowhere_else(path):
    assert safe_path(path) == path


@pytest.mark.parametrize("path", ["a:3.py", "C:/x.py", "c:\\x.py", "c:", "./c:x.py"])
def test_what_windows_takes_for_a_drive_is_no_path(path):
    assert safe_path(path) is None


def test_a_folder_that_is_a_link_to_itself_holds_no_file(project):
    (project.root / "loop").symlink_to("loop")

    assert not Snapshot.of_folder(project.root / "loop").has("a.py")
