"""Which file of which folder a uri names, and that no uri names one outside of its folder."""

import pytest

from suffice_server.front.text.places import Place, place_of


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "app" / "inner").mkdir(parents=True)
    (tmp_path / "app" / "pyproject.toml").write_text("[project]\n", "utf-8")
    return tmp_path / "app"


def test_a_file_lies_in_the_innermost_of_its_folders(folder):
    folders = [folder.as_uri(), (folder / "inner").as_uri(), "untitled:x", folder.with_name("application").as_uri()]

    assert place_of((folder / "inner" / "ä b.py").as_uri(), folders) == Place(root=folder / "inner", path="ä b.py")


def test_a_file_outside_of_all_folders_lies_in_its_own_project(folder):
    assert place_of((folder / "inner" / "a.py").as_uri(), []) == Place(root=folder, path="inner/a.py")


@pytest.mark.parametrize("way", ["inner/../../other/a.py", "inner/%2e%2e/..%2f../other/a.py", "../other/a.py"])
def test_a_way_out_of_a_folder_is_not_taken_for_inside(folder, way):
    place = place_of(f"{folder.as_uri()}/{way}", [folder.as_uri()])

    assert place.root != folder
    assert ".." not in place.path


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "untitled:a.py",
        "vscode-notebook-cell:/a.ipynb#c",
        "file:",
        "file:a.py",
        "file:///\0",
        "file:///%00a.py",
        "file://[",
    ],
)
def test_what_names_no_file_has_no_place(uri):
    assert place_of(uri, ["file:///"]) is None


@pytest.mark.parametrize("name", ["a" * 5000 + "/b.py", "a" * 5000, "\ud800.py"])
def test_a_name_that_no_file_can_have_has_no_place(name):
    assert place_of(f"file:///{name}", ["file:///" + "a" * 5000]) is None


def test_a_folder_is_no_file_of_itself(folder):
    assert place_of((folder / "inner").as_uri(), [(folder / "inner").as_uri()]) == Place(root=folder, path="inner")
