"""What a project's tests say as they fail, before anybody mends it: the evidence that a debugging task starts from."""

from __future__ import annotations

import re

from suffice.checker.executed.commands import parse_command
from suffice.checker.executed.results import Results
from suffice.checker.executed.sides import Executed, both_sides
from suffice.checker.subject import Subject
from suffice.processes import hide_environment
from suffice.snapshot import Snapshot
from suffice.task import Kind

_TIMES = re.compile(r"\b\d{1,6}\.\d{1,6} ?s\b")


def failing_output(executed: Executed, *, snapshot: Snapshot) -> str:
    """Return the end of what the tests of *executed* print in a copy of *snapshot*, below the command; "" if they pass.

    Times are left out, so that a second run of the same is known. Raises ConfigError or ToolError if they cannot run.
    """
    ran = _tested(executed, snapshot).ran
    if ran.code == 0:
        return ""
    ended = "was stopped at its time limit" if ran.code is None else f"ended with {ran.code}"
    return f"$ {executed.tests}\n{_TIMES.sub('...s', ran.tail)}\n({ended})"


def silence(executed: Executed, *, snapshot: Snapshot) -> str:
    """Return why the tests of *executed* say nothing of a patch unless it changes that; "" if they do.

    They run once for all patches. Raises ConfigError, InputError or ToolError if they cannot be run.
    """
    results, name = _tested(executed, snapshot), parse_command(executed.tests or "").name
    if results.ran.code is None:
        return f"{name} does not end within {executed.timeout_s:.0f} s, before anything is changed"
    if not results.passed:
        return f"{name} {'fails' if results.failed else 'runs no test'} before anything is changed"
    return ""


def _tested(executed: Executed, snapshot: Snapshot) -> Results:
    """Return what became of the tests in a copy of *snapshot*; the checks of patches find it again."""
    command = parse_command(executed.tests or "")
    hide_environment()
    with both_sides(Subject(kind=Kind.DEBUG, changes=(), snapshot=snapshot), executed) as sides:
        return sides.tested_before(command)
