"""What became of each test of a run, and what that says when it is held against another run."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

from suffice.checker.executed.sandbox import Ran

MAX_REPORT_BYTES = 16 * 1024 * 1024

WHOLE = "the command"
"""Stands for all tests where only an exit code is known."""

_NOTHING_COLLECTED = 5  # pytest's exit code


class Ended(StrEnum):
    """What became of one test."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


class Results(NamedTuple):
    """A run of tests: how it ended, and by test what became of it. `by_test` holds no test that was not reached."""

    ran: Ran
    by_test: Mapping[str, Ended]

    @property
    def passed(self) -> frozenset[str]:
        """The tests that passed."""
        return frozenset(test for test, ended in self.by_test.items() if ended is Ended.PASSED)

    @property
    def failed(self) -> frozenset[str]:
        """The tests that failed, or could not even be collected."""
        return frozenset(test for test, ended in self.by_test.items() if ended is Ended.FAILED)


def results_of(ran: Ran, report: Path | None) -> Results:
    """Return what *ran* says of each test, from pytest's *report* where there is one, else by its exit code."""
    told = _read(report) if report else None
    if told is not None and ran.code is not None:
        return Results(ran, _by_test(told))
    if report and ran.code == _NOTHING_COLLECTED:
        return Results(ran, {})
    return Results(ran, {WHOLE: Ended.PASSED if ran.code == 0 else Ended.FAILED})


class Compared(NamedTuple):
    """Two runs held against each other. A test that failed before, or does not every time, is no evidence."""

    newly_failing: tuple[str, ...]
    vanished: tuple[str, ...]
    now_passing: tuple[str, ...]
    failing_before: tuple[str, ...]
    passed: int

    @property
    def harm(self) -> tuple[str, ...]:
        """What speaks against the patch."""
        return (*self.newly_failing, *self.vanished)


def compare(before: Results, after: Results, *, touched: Iterable[str] = ()) -> Compared:
    """Return what changed from *before* to *after*.

    A test that passed, and is not there or skipped now, vanished, unless the patch *touched* its file.
    """
    gone = {_function(test) for test in before.passed} - {_function(test) for test in after.passed | after.failed}
    own = tuple(f"{path}::" for path in touched)
    return Compared(
        newly_failing=tuple(sorted(after.failed - before.failed)),
        vanished=tuple(sorted(test for test in gone if not test.startswith(own) and test != WHOLE)),
        now_passing=tuple(sorted(after.passed & before.failed)),
        failing_before=tuple(sorted(after.failed & before.failed)),
        passed=len(after.passed),
    )


def _function(test: str) -> str:
    """Return *test* without its parameters, which may hold an address or the time."""
    return test.split("[", 1)[0]


def _read(report: Path) -> bytes | None:
    """Return what tests, hostile ones perhaps, wrote as *report*: None unless it is a plain file of a sane size."""
    try:
        descriptor = os.open(report, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_REPORT_BYTES:
            return None
        content = file.read(MAX_REPORT_BYTES)
    has_declarations = b"\0" in content or b"<!" in content.replace(b"<![CDATA[", b"")
    return None if has_declarations else content


def _by_test(content: bytes) -> dict[str, Ended]:
    """Return what became of each test in a report of pytest's, the worst where it is named twice; {} if it is none."""
    found: dict[str, Ended] = {}
    try:
        cases = list(ET.fromstring(content).iter("testcase"))  # noqa: S314 - without a DTD there is nothing to expand
    except ET.ParseError:
        return {WHOLE: Ended.FAILED}
    for case in cases:
        test, ended = _name(case), _ended(case)
        if found.get(test) is not Ended.FAILED:
            found[test] = ended
    return found


def _name(case: ET.Element) -> str:
    """Return the id of a test as pytest takes it: `tests/test_a.py::TestShop::test_total[2]`."""
    file, class_name, name = case.get("file"), case.get("classname", ""), case.get("name", "")
    if not file:
        return f"{class_name}::{name}".strip(":")
    module = re.sub(r"[\\/]", ".", file.removesuffix(".py"))
    if not class_name and name == module:  # it could not be collected
        return file
    inner = class_name.removeprefix(module).strip(".")
    return "::".join(part for part in (file, inner.replace(".", "::"), name) if part)


def _ended(case: ET.Element) -> Ended:
    found = {child.tag for child in case}
    if found & {"failure", "error"}:
        return Ended.FAILED
    return Ended.SKIPPED if "skipped" in found else Ended.PASSED
