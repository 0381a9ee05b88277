"""Any linter that writes SARIF: a command from the user's settings, on copies, for trusted projects only."""

import json
import sys
import textwrap

import pytest

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.config import Config, load_config
from suffice.edits.edit import FileChange
from suffice.errors import ConfigError, InputError
from suffice.linters.chosen import linters_for
from suffice.linters.formats import read_diagnostics, read_sarif
from suffice.linters.linter import NotLooked
from suffice.linters.sarif_command import SarifCommand
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Kind, Span

LINTER = textwrap.dedent(
    """
    import json, os, pathlib, sys
    *options, _ = [word for word in sys.argv[1:] if word.startswith("--")] + [""]
    results = []
    for name in (word for word in sys.argv[1:] if not word.startswith("--")):
        for number, line in enumerate(pathlib.Path(name).read_text().splitlines(), 1):
            if "bad" in line:
                uri = os.path.relpath(name) if "--relative" in options else pathlib.Path(name).as_uri()
                results.append({
                    "ruleId": "BAD", "message": {"text": "holds bad"},
                    "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri},
                                                        "region": {"startLine": number, "startColumn": 3}}}],
                    "suppressions": [{"kind": "inSource"}] if "silent" in line else [],
                })
    if "--settings" in options:
        results[0]["message"]["text"] = pathlib.Path("settings.ini").read_text()
    text = json.dumps({"runs": [{"tool": {"driver": {"name": "the tool"}}, "results": results}]})
    out = [word.removeprefix("--out=") for word in options if word.startswith("--out=")]
    (pathlib.Path(out[0]).write_text if out else print)(text)
    sys.exit(1 if results else 0)
    """
)


@pytest.fixture
def program(tmp_path):
    """The linter, as the first words of a command."""
    (tmp_path / "linter.py").write_text(LINTER)
    return (sys.executable, "-I", str(tmp_path / "linter.py"))


@pytest.fixture
def root(project):
    return project.write({"src/a.go": "on disk, bad\n", "settings.ini": "strict"}).root


def words(root, command, *texts):
    """Return what a linter with *command* says of each (path, text)."""
    linter = SarifCommand("own", (*command,), ("*.go",), ("settings.ini",), root)
    return linter.start([(SourceFile.of_bytes(path, b""), text) for path, text in texts]).finish()


TEXTS = (("src/a.go", "a\n  bad\n"), ("src/a.go", "fine\n"), ("src/b.go", "bad, silent\n"))
COMMANDS = {
    "each text": ["{file}"],
    "all texts": ["{files}"],
    "relative names": ["--relative", "{files}"],
    "written to a file": ["--out={output}", "{files}"],
}


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_each_text_gets_what_was_said_of_its_copy(root, program, arguments):
    first, second, third = words(root, (*program, *arguments), *TEXTS)

    assert [(d.rule, d.message, d.path, d.source, d.span) for d in first.said] == [
        ("BAD", "holds bad", "src/a.go", "own", Span(2, 3, 2, 4))
    ]
    assert (second.said, second.silenced) == ((), ())
    assert third.said == ()
    assert [d.path for d in third.silenced] == ["src/b.go"]
    assert (root / "src" / "a.go").read_text() == "on disk, bad\n"


def test_the_settings_that_it_reads_are_beside_the_copy(root, program):
    (word,) = words(root, (*program, "--settings", "{file}"), ("src/a.go", "bad\n"))

    assert word.said[0].message == "strict"


def test_what_was_written_of_one_text_is_no_word_on_the_next(root, program):
    dies_on_good = "import sys, runpy; 'good' in open(sys.argv[-1]).read() and sys.exit(2); runpy.run_path(sys.argv[1])"
    command = (sys.executable, "-I", "-c", dies_on_good, program[-1], "--out={output}", "{file}")

    first, second = words(root, command, ("src/a.go", "bad\n"), ("src/a.go", "good\n"))

    assert len(first.said) == 1
    assert isinstance(second, NotLooked)


NO_SARIF = {
    "prints something else": (("-c", "print('hello')", "{file}"), "own wrote no SARIF"),
    "prints other JSON": (("-c", "print('[]')", "{file}"), "own wrote no SARIF"),
    "writes no file": (("-c", "", "{file}", "{output}"), "own wrote no SARIF"),
}


@pytest.mark.parametrize(("arguments", "why"), NO_SARIF.values(), ids=NO_SARIF)
def test_what_is_no_sarif_is_said_in_a_sentence(root, arguments, why):
    (word,) = words(root, (sys.executable, "-I", *arguments), TEXTS[0])

    assert isinstance(word, NotLooked)
    assert word.why.startswith(why)


def test_a_program_that_is_not_there_is_said_in_a_sentence(root):
    assert words(root, ("no-such-program", "{file}"), TEXTS[0]) == [
        NotLooked("no-such-program cannot be started (No such file or directory); reinstall it, or run suffice doctor.")
    ]


def verdict_of(root, after, linters):
    before = "package a // bad\n"
    snapshot = Snapshot.of_texts({"a.go": before}, root=root)
    linting = Linting(root=root, linters=linters)
    change = FileChange(path="a.go", before=before, after=after)
    subject = Subject(
        kind=Kind.LINT_FIX,
        changes=(change,),
        snapshot=snapshot,
        diagnostics=tuple(linting.diagnostics_of([snapshot.file("a.go")])[0]),
        rule="BAD",
    )
    return check_wave([subject], linting=linting)[0], linting


@pytest.fixture
def config(tmp_path, program, root):
    """The user's settings with the linter in them, and the project trusted."""
    command = json.dumps([*program, "{files}"])
    text = f'trusted = ["{root}"]\n[[linters]]\nname = "own"\ncommand = {command}\nfiles = ["*.go"]\n'
    (tmp_path / "config.toml").write_text(text)
    return load_config(None, {"SUFFICE_CONFIG": str(tmp_path / "config.toml")})


def test_a_fix_passes_once_the_users_linter_finds_nothing(root, config):
    linters = linters_for(root, config, {})

    assert verdict_of(root, "package a // good\n", linters)[0].state is State.PASSED
    assert [c.name for c in verdict_of(root, "package a // bad!\n", linters)[0].failed] == ["target-gone"]
    assert [c.name for c in verdict_of(root, "package a // bad, silent\n", linters)[0].failed] == ["target-gone"]


def test_in_a_project_that_nobody_trusts_the_command_is_not_run(root, config):
    verdict, linting = verdict_of(root, "package a // good\n", linters_for(root, config._replace(trusted=()), {}))

    assert verdict.state is State.UNCHECKED
    assert linting.notes[0].startswith(f"own: {root} is not trusted")


BAD_TABLES = {
    "no place for the path": ('command = ["x"]\nfiles = ["*"]\nname = "x"', "say once where the paths go"),
    "two places": ('command = ["x", "{file}", "{files}"]\nfiles = ["*"]\nname = "x"', "say once where the paths go"),
    "no list": ('command = "x {file}"\nfiles = ["*"]\nname = "x"', "expected a list of strings"),
    "no name": ('command = ["x", "{file}"]\nfiles = ["*"]', "expected a name"),
    "an unknown key": ('command = ["x", "{file}"]\nfiles = ["*"]\nname = "x"\nshell = true', "is to hold name"),
    "settings elsewhere": (
        'command = ["x", "{file}"]\nfiles = ["*"]\nname = "x"\nsettings = ["../x"]',
        "names of files",
    ),
}


@pytest.mark.parametrize(("table", "sentence"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_a_table_that_cannot_be_used_is_said_with_its_line(tmp_path, table, sentence):
    (tmp_path / "config.toml").write_text(f"[[linters]]\n{table}\n")

    with pytest.raises(ConfigError, match=sentence) as raised:
        load_config(None, {"SUFFICE_CONFIG": str(tmp_path / "config.toml")})

    assert "line 1" in str(raised.value)


@pytest.mark.parametrize("trusted", ['["projects"]', '"/"', "[1]", '["./x"]'])
def test_trusted_folders_are_absolute(tmp_path, trusted):
    (tmp_path / "config.toml").write_text(f"trusted = {trusted}\n")

    with pytest.raises(ConfigError, match="expected"):
        load_config(None, {"SUFFICE_CONFIG": str(tmp_path / "config.toml")})


def test_without_tables_there_are_no_own_linters(root):
    assert Config().own_linters(root) == ()


PLACE = {"artifactLocation": {"uri": "a.go"}}
LINE = {**PLACE, "region": {"startLine": 2}}


def sarif(**result):
    run = {"tool": {"driver": {"name": "t"}}, "results": [{"message": {"text": "m"}, **result}]}
    return json.dumps({"runs": [run]})


def given(tmp_path, **result):
    return read_diagnostics(sarif(**result), name="r.sarif", root=tmp_path)


def test_of_given_sarif_what_has_no_place_or_is_silenced_is_passed_over(tmp_path):
    assert given(tmp_path, ruleId="R") == []
    assert given(tmp_path, ruleId="R", locations=[{"physicalLocation": LINE}], suppressions=[{"kind": "x"}]) == []


def test_a_rule_may_be_named_in_either_way_that_sarif_has(tmp_path):
    (found,) = given(tmp_path, rule={"id": "R"}, locations=[{"physicalLocation": LINE}])

    assert (found.rule, found.path, found.span) == ("R", "a.go", Span(2, 1, 2, 2))
    with pytest.raises(InputError):
        given(tmp_path, locations=[{"physicalLocation": LINE}])


def test_what_is_said_of_a_whole_file_counts_but_cannot_be_given_to_mend(tmp_path):
    whole = {"ruleId": "R", "locations": [{"physicalLocation": PLACE}]}

    assert [d.span for d in read_sarif(sarif(**whole), root=tmp_path).said] == [Span(1, 1, 1, 2)]
    with pytest.raises(InputError):
        given(tmp_path, **whole)
