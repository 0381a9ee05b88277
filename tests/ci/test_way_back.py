"""How a written change is taken back: told so that nobody loses what git does not hold."""

from suffice.edits.edit import FileChange
from suffice_ci.way_back import way_back


def test_names_are_told_as_a_shell_takes_them_in_the_folder_we_are_in(repository, monkeypatch):
    repository.write({"sub/a b.py": "x\n", "old.py": "o\n"}).commit()
    monkeypatch.chdir(repository.root / "sub")
    changes = (
        FileChange(path="sub/a b.py", before="x\n", after="y\n"),
        FileChange(path="old.py", before="o\n", after="o\n", new_path="$(new).py"),
    )

    told = way_back(changes, root=repository.root)

    assert told == "take it back with git checkout -- 'a b.py' ../old.py && rm -- '../$(new).py'"


def test_of_many_files_only_the_number_is_told(repository):
    names = [f"f{number}.py" for number in range(20)]
    repository.write(dict.fromkeys(names, "x\n")).commit()
    changes = [FileChange(path=name, before="x\n", after="y\n") for name in names]

    told = way_back((*changes, FileChange(path="new.py", before=None, after="n\n")), root=repository.root)

    assert told == "take it back with git checkout of the files that were there, 20 (and rm of the new ones, 1)"


def test_what_was_never_added_is_not_in_git(repository, monkeypatch):
    monkeypatch.chdir(repository.root)
    repository.write({"a.py": "x\n"}).commit()
    repository.write({"b.py": "x\n"})
    changes = [FileChange(path=name, before="x\n", after=None) for name in ("a.py", "b.py")]

    assert way_back(changes, root=repository.root).startswith("git does not hold what b.py was,")


def test_outside_of_git_a_new_file_is_to_be_removed_and_no_other_comes_back(project, monkeypatch):
    monkeypatch.chdir(project.root)
    new = FileChange(path="-new.py", before=None, after="x\n")
    changed = FileChange(path="a.py", before="x\n", after="y\n", bom=True)

    assert way_back((new,), root=project.root) == "take it back with rm -- -new.py"
    assert way_back((new, changed), root=project.root).startswith("git does not hold what a.py was,")
