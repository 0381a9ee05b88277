"""No test that passed without the patch fails with it: the project's own tests run on both, in throw-away copies.

Example: `test_total` passes without the patch and fails with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from suffice.checker.executed.affected import affected_tests, imports, is_test_file
from suffice.checker.executed.commands import Command
from suffice.checker.executed.results import WHOLE, Compared, Results, compare
from suffice.checker.executed.sandbox import Ran
from suffice.checker.executed.sides import Sides
from suffice.checker.executed.told import Told, ending, named, tests_that
from suffice.checker.file_roles import Role, role
from suffice.checker.verdict import ALWAYS, failed, passed, skipped
from suffice.task import Kind

NAME = "tests"
COST = "two runs of the tests, up to the time limit each; four where one fails"
BLOCKS = ALWAYS


class _Silent(NamedTuple):
    """Why a run of tests says nothing of the patch; `stuck` are tests that failed on both sides where none passed."""

    why: str
    stuck: tuple[str, ...] = ()


class _Against(NamedTuple):
    """What speaks against the patch."""

    evidence: str


class _Both(NamedTuple):
    """The runs without and with the patch held against each other, and how the latter ended: nothing got worse."""

    compared: Compared
    after: Ran


def look(sides: Sides, command: Command) -> Told:
    """Run *command* without and with the patch; where all takes long, the tests that the patch reaches come first."""
    before = sides.tested_before(command).ran
    part = _part(sides, command) if before.code is None or before.took_s > sides.executed.quick_s else None
    first = _both(sides, part) if part else None
    seen = first if isinstance(first, _Against) else _both(sides, command)
    if unmended := _unmended(sides, seen) or (isinstance(seen, _Silent) and _unmended(sides, first)):
        fail = tests_that(len(unmended), "fails", "fail")
        said = f"{fail} with the patch as without it; it mends none of them: {named(unmended)}"
        are_others = isinstance(seen, _Both) and seen.compared.passed  # then the bug may be one that no test shows
        return Told(skipped(said), settled=False) if are_others else Told(failed(said))
    match seen:
        case _Against(evidence):
            return Told(failed(evidence))
        case _Both() as both:
            return Told(passed(_good(sides, both, command)), proof=_proof(sides, both.compared))
        case _Silent(why):
            if isinstance(first, _Both) and first.compared.passed:
                return Told(passed(f"of the tests that the patch reaches {first.compared.passed} pass; of all, {why}"))
            return Told(skipped(why), settled=False)


def _unmended(sides: Sides, seen: _Against | _Both | _Silent | None) -> tuple[str, ...]:
    """Return the tests that a patch which is to mend a bug left failing, () where it mended one.

    The exit code of a whole command does not count: nobody can tell a test that fails from a command that is broken.
    """
    if sides.subject.kind is not Kind.DEBUG:
        return ()
    match seen:
        case _Both(compared) if not compared.now_passing:
            left = compared.failing_before
        case _Silent(_, stuck):
            left = stuck
        case _:
            left = ()
    return tuple(test for test in left if test != WHOLE)


def _part(sides: Sides, command: Command) -> Command | None:
    """Return *command* for the tests that the patch reaches alone, None if there is no such part."""
    if command.own is None:
        return None
    folder = sides.after.copy.folder
    affected = affected_tests(imports(folder, sides.imports_from), [c.target for c in sides.changes])
    return command.only(affected, folder=folder)


def _both(sides: Sides, command: Command) -> _Against | _Both | _Silent:
    """Run *command* without and with the patch; what differs is looked at once more, since a test may be flaky."""
    before = sides.tested_before(command)
    if before.ran.code is None:
        return _Silent(f"{command.name} did not end within {sides.executed.timeout_s:.0f} s without the patch either")
    after = sides.after.test(command)
    if after.ran.code is None:
        return _too_slow(sides, command, before, after)
    if not before.passed and not after.passed:
        why = "fails with the patch as without it" if before.failed or after.failed else "ran no test"
        return _Silent(f"{command.name} {why}{ending(before.ran)}", compare(before, after).failing_before)
    touched = [change.path for change in sides.changes]
    compared = compare(before, after, touched=touched)
    if compared.harm or (compared.now_passing and sides.subject.kind is Kind.DEBUG):
        again = compare(sides.before.test(command), sides.after.test(command), touched=touched)
        compared = _seen_twice(compared, again)
    return _Against(_harm(compared, after.ran)) if compared.harm else _Both(compared, after.ran)


def _too_slow(sides: Sides, command: Command, before: Results, after: Results) -> _Against | _Silent:
    limit_s = sides.executed.timeout_s
    if before.ran.took_s > limit_s / 2:
        return _Silent(f"{command.name} needs {before.ran.took_s:.0f} s without the patch, too near to the limit")
    hangs = f"{command.name} does not end within {limit_s:.0f} s (without the patch: {before.ran.took_s:.0f} s)"
    return _Against(f"{hangs}{ending(after.ran)}; {after.ran.confinement}")


def _seen_twice(one: Compared, other: Compared) -> Compared:
    return one._replace(
        newly_failing=_in_both(one.newly_failing, other.newly_failing),
        vanished=_in_both(one.vanished, other.vanished),
        now_passing=_in_both(one.now_passing, other.now_passing),
    )


def _in_both(one: Iterable[str], other: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({*one} & {*other}))


def _harm(compared: Compared, after: Ran) -> str:
    new, gone = compared.newly_failing, compared.vanished
    if new:
        said = f"fails with the patch and not without: {'the command' if new == (WHOLE,) else named(new)}"
    else:
        said = f"passed without the patch and does not run with it: {named(gone)}"
    return f"{said}{ending(after)}; {after.confinement}"


def _good(sides: Sides, both: _Both, command: Command) -> str:
    compared = both.compared
    known = WHOLE not in (*compared.now_passing, *compared.failing_before) and command.own is not None
    words = [tests_that(compared.passed, "passes", "pass") if known else f"{command.name} passes"]
    if compared.now_passing:
        words.append(f"failed without the patch and pass now: {named(compared.now_passing)}")
    if compared.failing_before:
        words.append(f"fail with it as without it: {named(compared.failing_before)}")
    if sides.imports_from != (".",):
        words.append(f"modules were imported from the copy's {', '.join(sides.imports_from)}")
    return "; ".join([*words, str(both.after.confinement)])


def _proof(sides: Sides, compared: Compared) -> str | None:
    """Return what proves that a bug is mended: tests that failed and pass, in files that the patch leaves alone.

    A patch that touches how tests are run, or what they share, proves nothing.
    """
    touched = {change.path for change in sides.changes}
    tests = {path for path in touched if is_test_file(path)}
    harmless = all(role(path) in {Role.SOURCE, Role.DOCUMENTATION} for path in touched - tests)
    if sides.subject.kind is not Kind.DEBUG or not harmless or (WHOLE in compared.now_passing and tests):
        return None
    mended = [test for test in compared.now_passing if test.split("::", 1)[0] not in tests]
    return f"failed without the patch and pass now: {named(mended)}" if mended else None
