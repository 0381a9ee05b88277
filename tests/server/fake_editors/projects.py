"""What a server in a test finds: a project with settings of its own, a state folder, no way to the outside."""

import os
import sysconfig
from pathlib import Path

from suffice.state.ledger import Ledger
from suffice.state.store import FILE_NAME, Store

KEY = {"ANTHROPIC_API_KEY": "sk-ant-test-4711"}

SERVER = [str(Path(sysconfig.get_path("scripts"), "suffice")), "lsp"]

SETTINGS = """\
[project]
name = "sample"
version = "0"
requires-python = ">=3.11"

[tool.ruff.lint]
select = ["B904", "F", "UP018"]
"""


def environment(double, state, **more):
    """Return the variables of a server that can reach nothing but *double*."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(state),
        "SUFFICE_STATE_DIR": str(state),
        "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
        "SUFFICE_OPENAI_BASE_URL": double.openai_base_url,
        **more,
    }


def project(folder):
    folder.mkdir()
    (folder / "pyproject.toml").write_text(SETTINGS, "utf-8")
    return folder


def with_consent(state):
    state.mkdir()
    ledger = Ledger(Store(state / FILE_NAME))
    ledger.record_consent("anthropic")
    ledger.store.close()
    return state


def forget_feedback(state):
    """Take back what earlier tests have kept and undone: it would say which lane comes first, and how sure it is."""
    store = Store(state / FILE_NAME)
    store.execute("DELETE FROM feedback")
    store.close()
