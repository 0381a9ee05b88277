"""The command line as a whole: what every command promises, also where it is given nonsense."""

import json
import os
import subprocess
from pathlib import Path

import click
import pytest

from suffice.errors import StorageError
from suffice_ci.failures import failed, interrupted
from suffice_ci.main import cli

F541 = 'x = f"one"\n'

WITHOUT_JSON = {"lsp", "worker", "ci publish"}
"""They speak to an editor, to that editor's server, and to the runner of a workflow."""


def commands(group=cli, above=()):
    for name, command in group.commands.items():
        path = (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, path)
        else:
            yield " ".join(path), command


NAMED = dict(commands())


@pytest.mark.parametrize("name", sorted(NAMED.keys() - WITHOUT_JSON))
def test_every_command_prints_one_json_document_also_when_it_cannot_start(suffice, name):
    ran = suffice(*name.split(), "--json", "--no-such-option")

    assert ran.code == 2
    document = json.loads(ran.stdout)
    assert (document["status"], document["reason"]) == ("failed", "usage")
    assert document["command"] == name.split()[0]


@pytest.mark.parametrize("arguments", [("explain", "nope"), ("check", "lost.diff"), ("apply", "lost.txt")])
def test_an_error_is_a_sentence_and_with_json_a_document_that_holds_it(suffice, arguments):
    ran = suffice(*arguments, "--json")

    assert ran.code == 2
    (sentence,) = ran.sentences
    assert sentence == f"suffice: {json.loads(ran.stdout)['detail']}"


@pytest.mark.parametrize("name", sorted(NAMED))
def test_every_command_and_option_says_what_it_is_for(name):
    options = [each for each in NAMED[name].params if isinstance(each, click.Option)]

    assert NAMED[name].help
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("option", ["--lane", "--max-lane", "--allow"])
@pytest.mark.parametrize("given", ["", "human", "linter", "gpt-9"])
def test_what_is_no_lane_is_refused(suffice, project, option, given):
    project.write({"a.py": F541})

    ran = suffice("fix", option, given)

    assert ran.code == 2
    assert ran.sentences[0].startswith(f"suffice: There is no lane {given or repr('')}; lanes are: local, haiku,")


def loop(path):
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (loop, "There is no odd.py; name a file or a folder."),
        (os.mkfifo, "odd.py is neither a file nor a folder; name one of these."),
    ],
    ids=["a link to itself", "a pipe"],
)
@pytest.mark.parametrize("arguments", [("fix", "odd.py"), ("explain", "odd.py:1")], ids=["fix", "explain"])
def test_a_place_that_is_no_file_is_refused_at_once(suffice, project, make, sentence, arguments):
    make(project.root / "odd.py")

    ran = suffice(*arguments)

    assert (ran.code, ran.sentences) == (2, [f"suffice: {sentence}"])


def test_a_name_too_long_for_any_disk_is_no_file(suffice):
    ran = suffice("fix", "x" * 300)

    assert ran.code == 2
    assert ran.sentences[0].endswith("name a file or a folder.")


def test_further_back_than_there_are_years_is_refused(suffice):
    assert suffice("stats", "--since", "99999999999").code == 2


@pytest.mark.parametrize("name", ["a.py:ten", "a.py:99999999999"])
def test_what_names_no_lines_of_a_file_makes_no_new_one(suffice, project, name):
    project.write({"a.py": F541})

    ran = suffice("edit", name, "-m", "Say two.", "--dry-run")

    assert ran.code == 2
    assert "write them as in " in ran.sentences[0]


def ended(command, redirected, project, tmp_path):
    """Return how the console script ended, with one of its streams *redirected* by a shell."""
    environment = {"PATH": os.environ["PATH"], "SUFFICE_STATE_DIR": str(tmp_path / "s"), "HOME": str(tmp_path)}
    script = f'"{command}" fix --json {redirected}'
    return subprocess.run(
        ["/bin/sh", "-c", script], cwd=project.root, env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("redirected", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_a_stream_that_is_closed_takes_nothing_and_harms_nothing(project, command, tmp_path, redirected):
    project.write({"a.py": F541})

    done = ended(command, redirected, project, tmp_path)

    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_behind_the_output_is_a_sentence(project, command, tmp_path):
    project.write({"a.py": F541})

    done = ended(command, "> /dev/full", project, tmp_path)

    assert done.returncode == 1
    assert "suffice: The result cannot be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ZeroDivisionError("division by zero"), 3, "suffice met a bug of its own."),
        (StorageError("There is no room; make some."), 1, "suffice: There is no room; make some."),
    ],
    ids=["a bug", "a broken world"],
)
def test_what_befell_many_tasks_at_once_is_told_once(capsys, error, code, said):
    many = ExceptionGroup("of a task group", [ExceptionGroup("of another", [error]), error, error])

    assert failed(["fix", "--json"], many) == code

    stdout, stderr = capsys.readouterr()
    assert stderr.startswith(said)
    assert stderr.count(str(error)) == 1
    assert json.loads(stdout)["status"] == "failed"


@pytest.mark.parametrize("name", ["fix", "ask", "stats"])
def test_what_is_interrupted_before_it_did_anything_says_so(capsys, valid, name):
    assert interrupted([name, "--json"]) == 130

    stdout, stderr = capsys.readouterr()
    assert stderr == "suffice: interrupted; nothing was changed.\n"
    document = valid(json.loads(stdout)) if name == "fix" else json.loads(stdout)
    assert document["reason"] == "interrupted"
