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
def project(tmp_path):
    folder = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", folder)
    before = (folder / "inventory.py").read_text("utf-8")
    after = before.replace('inventory")', 'inventory")  # noqa: B904')
    (folder / "inventory.py").write_text(after, "utf-8")
    diff = subprocess.run(
        ["git", "diff", "--no-index", "--no-color", ROOT / "examples" / "inventory.py", "inventory.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    hunks = diff[diff.index("@@") :]
    (folder / "silenced.patch").write_text(f"--- a/inventory.py\n+++ b/inventory.py\n{hunks}", "utf-8")
    (folder / "inventory.py").write_text(before, "utf-8")
    return folder


@pytest.mark.parametrize(("command", "output"), blocks(), ids=lambda value: value.split("\n")[0][:40])
def test_a_command_of_the_readme_prints_what_it_says(command, output, project, tmp_path):
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment |= {"SUFFICE_STATE_DIR": str(tmp_path / "state")}

    done = subprocess.run(
        [SUFFICE, *command.split()], cwd=project, env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout == output


def test_the_readme_shows_four_commands():
    assert len(blocks()) == 4
