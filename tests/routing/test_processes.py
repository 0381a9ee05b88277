"""Programs that we start see no key, neither in their own environment nor in ours."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suffice.errors import ToolError
from suffice.processes import Started, child_environment, run


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


STARTS_ANOTHER = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-I", "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(float(sys.argv[2]))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("seconds", ["0", "60"], ids=["ends in time", "is ended"])
def test_with_a_group_of_its_own_what_a_program_started_ends_with_it(tmp_path, seconds):
    command = [sys.executable, "-I", "-c", STARTS_ANOTHER, str(tmp_path / "child"), seconds]
    started = Started(command, own_group=True)
    wait_until(lambda: (tmp_path / "child").is_file() and (tmp_path / "child").read_text())

    with contextlib.suppress(ToolError):
        started.finish(timeout_s=1)

    state = Path("/proc", (tmp_path / "child").read_text(), "stat")
    wait_until(lambda: not state.is_file() or state.read_text().split()[2] == "Z")


def wait_until(holds):
    """Wait for what takes a moment; fail after ten seconds."""
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
