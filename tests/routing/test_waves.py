"""What runs the project's own commands ends with whoever waits for it."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from suffice.checker.executed.sides import Executed
from suffice.checker.linting import Linting
from suffice.checker.subject import Subject
from suffice.checker.waves import Waves
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot
from suffice.task import Kind


def is_running(word):
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cmdline").read_bytes().endswith(f"\0{word}\0".encode()):
                return True
        except OSError:
            continue
    return False


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks for the process under /proc")
async def test_who_is_interrupted_does_not_wait_for_the_tests(repository):
    repository.write({"a.py": "X = 1\n"}).commit()
    word = f"sleeper-{os.getpid()}"
    command = f"{sys.executable} -I -S -c 'import time; time.sleep(600)' {word}"
    executed = Executed(folder=repository.root, environment=os.environ, tests=command)
    waves = Waves(Linting(root=repository.root), executed=executed)
    change = FileChange(path="a.py", before="X = 1\n", after="X = 2\n")
    subject = Subject(kind=Kind.EDIT, changes=(change,), snapshot=Snapshot.of_folder(repository.root))

    checking = asyncio.create_task(waves.check(subject))
    while not is_running(word):
        assert not checking.done()
        await asyncio.sleep(0.05)
    checking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await checking

    assert not is_running(word)
