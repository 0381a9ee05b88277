"""What a command of a hostile repository cannot do while it runs, and that nothing of it is left."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from suffice.checker.executed import confine
from suffice.checker.executed.sandbox import run_confined
from suffice.checker.executed.surroundings import surroundings
from suffice.errors import ToolError

KEYS = {
    "ANTHROPIC_API_KEY": "sk-ant-0123456789abcdef0123",
    "OPENAI_API_KEY": "sk-0123456789abcdef0123",
    "GITHUB_TOKEN": "ghs_0123456789abcdef01234",
    "AWS_SECRET_ACCESS_KEY": "x",
    "SSH_AUTH_SOCK": "/run/agent",
    "PYTHONPATH": "/somewhere",
    "LD_PRELOAD": "/evil.so",
}


@pytest.fixture
def ran(tmp_path):
    """Run a Python program in a folder of its own."""
    folder, home = tmp_path / "copy", tmp_path / "home"
    folder.mkdir()
    home.mkdir()

    def run(program, *, timeout_s=20.0):
        return run_confined(
            [sys.executable, "-S", "-c", program],
            folder=folder,
            writable=[home],
            environment=surroundings({**os.environ, **KEYS}, home=home, sources=(folder,)),
            timeout_s=timeout_s,
        )

    return run


@pytest.fixture
def confined(ran):
    """The same, where the system can take away all that we ask it to."""
    if not all(ran("").confinement):
        pytest.skip("takes Linux with user namespaces and Landlock")
    return ran


def processes_with(word):
    """Return the processes of this machine whose command ends in *word*."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes().endswith(f"\0{word}\0".encode()):
                found.append(process.name)
        except OSError:
            continue
    return found


def test_a_command_tells_how_it_ended_and_what_it_printed_last(ran):
    done = ran("import sys; print('a' * 30000); print('the end \\x1b[31mred\\x07'); sys.exit(3)")

    assert done.code == 3
    assert done.tail.endswith("the end red\n")
    assert (len(done.tail) <= 20_000, done.is_cut) == (True, True)


def test_a_command_sees_no_key_and_nothing_of_our_paths(ran):
    done = ran("import os; print(dict(os.environ), os.path.expanduser('~'))")

    assert not [name for name in KEYS.keys() - {"PYTHONPATH"} if name in done.tail]
    assert not [value for value in KEYS.values() if f"'{value}'" in done.tail]
    assert str(Path.home()) not in done.tail.split("}")[1]


def test_what_looks_like_a_secret_in_its_output_is_not_passed_on(ran):
    done = ran("print('key: ' + 'sk-ant-' + '0123456789abcdef0123')")

    assert "SUFFICE_REDACTED" in done.tail


def test_a_command_has_no_input_and_no_terminal(ran):
    done = ran("import sys; print(repr(sys.stdin.read()))")

    assert (done.tail, done.is_cut) == ("''\n", False)


def test_a_command_that_does_not_end_is_stopped(ran):
    done = ran("import time; print('started', flush=True); time.sleep(60)", timeout_s=0.5)

    assert (done.code, done.tail) == (None, "started\n")
    assert done.took_s < 5


def test_a_command_that_prints_without_end_is_stopped_and_costs_no_memory(ran):
    done = ran("while True: print('x' * 1000)", timeout_s=0.3)

    assert done.code is None
    assert len(done.tail) <= 20_000


def test_a_program_that_cannot_be_started_ends_as_in_a_shell(tmp_path):
    done = run_confined(
        [str(tmp_path / "none")], folder=tmp_path, writable=[], environment={"PATH": "/bin"}, timeout_s=5
    )

    assert (done.code, done.tail) == (127, "none cannot be started (No such file or directory)\n")


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path):
    with pytest.raises(ToolError, match="cannot be started"):
        run_confined(["true"], folder=tmp_path / "none", writable=[], environment={}, timeout_s=5)


DAEMON = (
    "import os, sys, time\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0:\n"
    "        os.execv(sys.executable, [sys.executable, '-S', '-c', 'import time; time.sleep(60)', '{word}'])\n"
    "    os._exit(0)\n"
    "time.sleep({sleep})\n"
)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the process group is killed")
@pytest.mark.parametrize("sleep", [0.2, 60], ids=["when it ends", "at the time limit"])
def test_a_daemon_that_a_command_leaves_behind_is_killed(ran, sleep, tmp_path):
    word = f"daemon-of-{tmp_path.name}"

    ran(DAEMON.format(word=word, sleep=sleep), timeout_s=1)

    assert processes_with(word) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere only the process group is killed")
@pytest.mark.parametrize("told_to", [False, True], ids=["when it ends", "when we are told to"])
def test_a_daemon_is_killed_without_namespaces_too(tmp_path, told_to):
    word = f"daemon-of-{tmp_path.name}"
    without = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('confine', {confine.__file__!r})\n"
        "confine = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(confine)\n"
        "confine._may_leave = lambda libc: False\n"
        "sys.exit(confine.main())\n"
    )
    reads, writes = os.pipe()
    daemon = DAEMON.format(word=word, sleep=60 if told_to else 0.2)
    command = [sys.executable, "-I", "-c", without, str(writes), str(tmp_path), sys.executable, "-S", "-c", daemon]

    with subprocess.Popen(command, pass_fds=[writes], start_new_session=True) as process:
        if told_to:
            wait_until(lambda: processes_with(word))
            process.terminate()
        code = process.wait(20)
    os.close(writes)

    assert code == (137 if told_to else 0)
    assert "network" not in os.read(reads, 100).decode()
    os.close(reads)
    assert processes_with(word) == []


def wait_until(holds, *, timeout_s=10):
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_command_reaches_no_network_but_its_own_loopback(confined):
    with socket.create_server(("127.0.0.1", 0)) as server:
        outside = server.getsockname()[1]

        done = confined(
            "import socket\n"
            "own = socket.create_server(('127.0.0.1', 0))\n"
            "socket.create_connection(own.getsockname(), 2)\n"
            "print('own', flush=True)\n"
            f"socket.create_connection(('127.0.0.1', {outside}), 2)\n"
        )

    assert done.code == 1
    assert done.tail.startswith("own\n")
    assert "ConnectionRefusedError" in done.tail
    assert str(done.confinement) == "network off"


def test_a_command_sees_no_process_but_its_own_and_cannot_kill_who_started_it(confined):
    done = confined(
        "import os, signal\n"
        "print(sorted(name for name in os.listdir('/proc') if name.isdigit()))\n"
        "os.kill(os.getppid(), signal.SIGKILL)\n"
        "print('alive')\n"
    )

    assert (done.code, done.tail) == (0, "['1', '2']\nalive\n")


def test_a_command_writes_only_into_its_copy_and_its_home(confined, tmp_path):
    (tmp_path / "mine").write_text("mine")

    done = confined(
        "import os\n"
        "open('in_the_copy', 'w'); open(os.path.expanduser('~/at_home'), 'w'); open('/dev/null', 'w').write('x')\n"
        "for change in (lambda: open('../mine', 'w'), lambda: os.remove('../mine'), lambda: os.mkdir('../other'),\n"
        "               lambda: os.rename('in_the_copy', '../moved'), lambda: os.truncate('../mine', 0),\n"
        f"              lambda: open('/tmp/{tmp_path.name}', 'w')):\n"
        "    try: change()\n"
        "    except OSError as error: print(type(error).__name__)\n"
    )

    assert done.tail == "PermissionError\n" * 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "home", "mine"]
    assert (tmp_path / "mine").read_text() == "mine"


def test_what_could_not_be_taken_away_is_said(ran):
    nothing = type(ran("").confinement)()

    assert str(nothing) == "the network was not cut off; writes outside of the copy were not prevented"


def test_an_interrupt_leaves_neither_a_process_nor_a_copy(repository, command, tmp_path):
    repository.write({"a.py": "x = 1\n", "wait.py": "import time\ntime.sleep(60)\n"}).commit()
    patch = tmp_path / "a.diff"
    patch.write_text("--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n")
    places = tmp_path / "places"
    places.mkdir()
    word = f"wait-of-{tmp_path.name}"
    tests = f"{sys.executable} wait.py {word}"

    with subprocess.Popen(
        [command, "check", patch, "--root", repository.root, "--tests", tests],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(places)},
        text=True,
    ) as process:
        wait_until(lambda: process.poll() is not None or len(processes_with(word)) > 1, timeout_s=30)
        process.send_signal(2)
        _, stderr = process.communicate(timeout=20)

    assert (process.returncode, stderr.strip()) == (130, "suffice: interrupted; nothing was changed.")
    assert list(places.iterdir()) == []
    assert processes_with(word) == []
    assert repository.git("worktree", "list").count("\n") == 1


def test_a_command_ends_with_the_run_that_wanted_it(tmp_path):
    mark = tmp_path / "mark"

    with pytest.raises(ToolError, match="stopped with the run"):
        run_confined(
            [sys.executable, "-c", f"import time; time.sleep(600); open({str(mark)!r}, 'w')"],
            folder=tmp_path,
            writable=[],
            environment=os.environ,
            timeout_s=600,
            is_stopped=lambda: True,
        )

    assert not mark.exists()
