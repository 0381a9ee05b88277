"""Programs that we start see no key, neither in their own environment nor in ours."""

import os
import subprocess
import sys

import pytest

from suffice.errors import ToolError
from suffice.processes import child_environment, run


def test_a_program_that_prints_its_environment_shows_no_key(monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("GITHUB_TOKEN", "ghs-secret")

    done = run([sys.executable, "-I", "-c", "import os; print(dict(os.environ))"])

    assert "secret" not in done.stdout
    assert "PATH" in done.stdout


def test_only_named_variables_are_passed_on():
    assert child_environment({"PATH": "/bin", "OPENAI_API_KEY": "sk", "LD_PRELOAD": "x"}) == {"PATH": "/bin"}


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="takes root to become another user, on Linux")
def test_our_environment_cannot_be_read_by_a_program_of_the_same_user():
    code = (
        "import os, sys; os.setgid(65534); os.setuid(65534)\n"
        "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n"  # as a program that was started by that user
        "def readable():\n"
        "    if os.fork() == 0:\n"
        "        try: open(f'/proc/{os.getppid()}/environ').read(); os._exit(0)\n"
        "        except OSError: os._exit(1)\n"
        "    return os.wait()[1] == 0\n"
        "before = readable()\n"
        "from suffice.processes import hide_environment; hide_environment()\n"
        "print(before, readable())\n"
    )
    source = "import ctypes, suffice.processes, suffice.errors\n"

    done = subprocess.run([sys.executable, "-c", source + code], capture_output=True, text=True, check=False)

    assert done.stdout == "True False\n", done.stderr


def test_a_program_that_is_not_there_is_said_in_one_sentence():
    with pytest.raises(ToolError, match=r"^no-such-program cannot be started"):
        run(["no-such-program"])


def test_a_program_that_does_not_end_is_stopped():
    with pytest.raises(ToolError, match="did not end"):
        run([sys.executable, "-I", "-c", "import time; time.sleep(60)"], timeout_s=0.2)
