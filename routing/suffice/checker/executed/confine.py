"""Runs one command of a hostile repository with as little as the system lets us take away, and leaves nothing behind.

A program of its own, started by `sandbox.py` with `python -I`: it imports nothing of ours and nothing of the project.
On Linux the command gets no network but its own loopback, sees no process but its own (user, network and process
namespaces), and writes only into the folders it is given (Landlock). What the system refuses is not an error: what
was achieved is written, word by word, to the descriptor that is named first. Whatever the command started is killed
when it ends, and when this program is told to.

confine.py DESCRIPTOR FOLDERS COMMAND...     FOLDERS, joined by the path separator, may be written to
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
import sys
from pathlib import Path

_LOWER_PRIORITY = 10
_LARGEST_FILE = 1 << 30

# linux/sched.h, linux/mount.h, linux/prctl.h, linux/sockios.h
_NEW_NAMESPACES = 0x10000000 | 0x40000000 | 0x20000000  # user, network, processes
_NEW_MOUNTS = 0x00020000
_PRIVATE_AND_BELOW = 0x4000 | 0x40000
_DIE_WITH_PARENT, _ADOPT_ORPHANS, _NO_NEW_PRIVILEGES = 1, 36, 38
_SET_INTERFACE_FLAGS, _UP_AND_RUNNING = 0x8914, 0x1 | 0x40

# linux/landlock.h: the numbers of its calls are the same on every machine; a bit for each way to change a file
_CREATE_RULES, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_WRITES = {1: 0b1_1111_1111_0010, 2: 1 << 13, 3: 1 << 14}
_WRITES_TO_A_FILE = 1 << 1 | 1 << 14
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "pts", "shm")


def main() -> int:
    """Run the command and return its exit code, as a shell would."""
    status, folders, command = int(sys.argv[1]), sys.argv[2].split(os.pathsep), sys.argv[3:]
    os.set_inheritable(status, False)
    signal.signal(signal.SIGTERM, _told_to_stop)
    os.nice(_LOWER_PRIORITY)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return _run(command)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    cut_off = _may_leave(libc) and _leave_namespaces(libc)
    first = os.fork() if cut_off else 0
    if first:
        return _wait_for(first)
    alone = False
    if cut_off:
        libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        alone = _show_own_processes(libc)
    kept = _keep_writes_to(libc, folders)
    os.write(status, " ".join(["network"] * cut_off + ["processes"] * alone + ["writes"] * kept).encode())
    return _run(command)


def _may_leave(libc: ctypes.CDLL) -> bool:
    """Tell whether a child of ours can do it: who fails half-way cannot go back."""
    child = os.fork()
    if child == 0:
        with contextlib.suppress(OSError):
            os._exit(0 if _leave_namespaces(libc) else 1)
        os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _leave_namespaces(libc: ctypes.CDLL) -> bool:
    """Tell whether we are in namespaces of our own now, with the same user and group, and a loopback that works."""
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_NEW_NAMESPACES) != 0:
        return False
    Path("/proc/self/setgroups").write_text("deny", "ascii")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
    with contextlib.suppress(OSError), socket.socket() as any_socket:
        flags = struct.pack("16sh14x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SET_INTERFACE_FLAGS, flags)
    return True


def _show_own_processes(libc: ctypes.CDLL) -> bool:
    """Tell whether /proc is our own now: in the machine's, the variables of whoever started us can be read."""
    is_private = libc.unshare(_NEW_MOUNTS) == 0 and libc.mount(None, b"/", None, _PRIVATE_AND_BELOW, None) == 0
    return is_private and bool(libc.mount(b"proc", b"/proc", b"proc", 0, None) == 0)


def _keep_writes_to(libc: ctypes.CDLL, folders: list[str]) -> bool:
    """Tell whether this process, and what it starts, can change nothing but *folders* from now on."""
    version = libc.syscall(_CREATE_RULES, None, 0, 1)
    writes = sum(bits for since, bits in _WRITES.items() if since <= version)
    if version < 1 or libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    attributes = ctypes.c_uint64(writes)
    rules = libc.syscall(_CREATE_RULES, ctypes.byref(attributes), ctypes.sizeof(attributes), 0)
    if rules < 0:
        return False
    for place in (*folders, *(f"/dev/{name}" for name in _DEVICES)):
        with contextlib.suppress(OSError):
            _allow(libc, rules, place, writes if Path(place).is_dir() else writes & _WRITES_TO_A_FILE)
    restricted: bool = libc.syscall(_RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return restricted


def _allow(libc: ctypes.CDLL, rules: int, place: str, writes: int) -> None:
    descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    rule = struct.pack("=Qi", writes, descriptor)
    libc.syscall(_ADD_RULE, rules, 1, rule, 0)
    os.close(descriptor)


def _run(command: list[str]) -> int:
    process = os.fork()
    if process == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
        try:
            os.execvp(command[0], command)  # noqa: S606 - the point of this program; there is no shell
        except OSError as error:
            print(f"{command[0]} cannot be started ({error.strerror})", file=sys.stderr, flush=True)  # noqa: T201 - the output that is read
            os._exit(127)
    return _wait_for(process)


def _wait_for(process: int) -> int:
    """Return how *process* ended, once all that it left behind is dead too."""
    while True:
        ended, status = os.wait()
        if ended == process:
            break
    _kill_the_rest()
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _told_to_stop(*_: object) -> None:
    _kill_the_rest()
    os._exit(137)


def _kill_the_rest() -> None:
    """Kill our children until there is none: an orphan of one that died is ours by then (Linux)."""
    children = Path("/proc/thread-self/children")
    while True:
        try:
            own = children.read_text("ascii").split()
        except OSError:
            return  # no Linux: `sandbox.py` kills the process group
        for child in map(int, own):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        try:
            os.wait()
        except ChildProcessError:
            return


if __name__ == "__main__":
    sys.exit(main())
