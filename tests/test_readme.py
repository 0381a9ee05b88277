"""The README's commands print what it says they print."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
SUFFICE = Path(sys.executable).with_name("suffice")

pytestmark = pytest.mark.skipif(not README.is_file(), reason="the README is not beside an installed wheel")


def blocks():
    text = README.read_text("utf-8") if README.is_file() else ""
    return re.findall(r"```console\n\$ suffice ([^\n]*)\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def examples(tmp_path):
    """The folder `examples` of a clone."""
    subprocess.run(["git", "init", "--quiet", tmp_path / "clone"], check=True)
    return shutil.copytree(ROOT / "examples", tmp_path / "clone" / "examples")


@pytest.mark.parametrize(("command", "output"), blocks(), ids=lambda value: value.split("\n")[0][:40])
def test_a_command_of_the_readme_prints_what_it_says(command, output, examples, tmp_path):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"SUFFICE_STATE_DIR": str(tmp_path / "state")}

    done = subprocess.run(
        [SUFFICE, *command.split()],
        cwd=examples, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip

    assert done.stdout == output


def test_the_readme_shows_four_commands():
    assert len(blocks()) == 4


def test_every_page_and_file_that_the_readme_names_is_there():
    places = re.findall(r"\]\(([^)#:]+)\)|`((?:docs|tests|github-action|examples)/[^`\s]+)`", README.read_text("utf-8"))

    assert [place for pair in places for place in pair if place and not (ROOT / place).exists()] == []
