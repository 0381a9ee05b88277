"""The executed checks of a patch that passed all others: they cost seconds, and run code that a patch wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import ModuleType

from suffice.checker.confidence import LEAST, weighed
from suffice.checker.executed import tests, type_check, written_test
from suffice.checker.executed.commands import parse_command
from suffice.checker.executed.sides import Executed, Sides, both_sides
from suffice.checker.executed.told import Told
from suffice.checker.subject import Subject
from suffice.checker.verdict import NOT_RUN, Check, State, Verdict
from suffice.processes import hide_environment
from suffice.task import Kind

EXECUTED: tuple[ModuleType, ...] = (type_check, tests, written_test)
"""In the order in which they run; each looks only where the user gave it a command."""

_Look = Callable[[], Told]


def run_executed(subject: Subject, verdict: Verdict, executed: Executed) -> Verdict:
    """Return *verdict* on *subject* with what *executed* allows to be run, unless it failed without.

    Stops at the first check that blocks. Raises ConfigError or InputError for a command that cannot be started.
    """
    if executed.tests:
        verdict = _not_reached(verdict)
    if verdict.state is State.FAILED:
        return verdict
    hide_environment()
    with both_sides(subject, executed) as sides:
        told: list[tuple[Check, Told]] = []
        for module, look in _looks(sides):
            told.append(_looked(module, look, subject))
            if _blocks(told[-1][0]):
                break
    return _verdict(subject, verdict, told)


def _not_reached(verdict: Verdict) -> Verdict:
    """Return *verdict* without the wish for a command that was given: what stands if its tests fail before."""
    if not any(check == NOT_RUN for check in verdict.checks):
        return verdict
    waiting = NOT_RUN._replace(evidence="a written test counts once it ran, and another check failed before it could")
    return verdict._replace(checks=tuple(waiting if check == NOT_RUN else check for check in verdict.checks))


def _looks(sides: Sides) -> Iterator[tuple[ModuleType, _Look]]:
    types, command = sides.executed.types, sides.executed.tests
    if types:
        no_shell = parse_command(types).for_no_shell
        yield type_check, lambda: _with_note(type_check.look(sides, types), no_shell)
    if command:
        parsed = parse_command(command)
        yield tests, lambda: _with_note(tests.look(sides, parsed), parsed.for_no_shell)
        if sides.subject.kind is Kind.TEST_WRITING:
            yield written_test, lambda: written_test.look(sides, parsed)


def _with_note(told: Told, note: str) -> Told:
    return told._replace(found=told.found._replace(evidence=told.found.evidence + note))


def _looked(module: ModuleType, look: _Look, subject: Subject) -> tuple[Check, Told]:
    start = time.perf_counter()
    told = look()
    found = told.found
    check = Check(
        name=module.NAME,
        state=found.state,
        blocking=subject.kind in module.BLOCKS and told.settled,
        evidence=found.evidence,
        ms=(time.perf_counter() - start) * 1000,
        amount=found.amount,
    )
    return check, told


def _blocks(check: Check) -> bool:
    return check.blocking and check.state is State.FAILED


def _verdict(subject: Subject, verdict: Verdict, told: list[tuple[Check, Told]]) -> Verdict:
    new = [check for check, _ in told]
    checks = (*(check for check in verdict.checks if check.name not in {n.name for n in new}), *new)
    if any(map(_blocks, checks)):
        return verdict._replace(state=State.FAILED, confidence=0.0, checks=checks, proof=None)
    if not _is_settled(subject, verdict, told):
        return verdict._replace(state=State.UNCHECKED, confidence=LEAST, checks=checks, proof=None)
    proof = next((said.proof for _, said in told if said.proof), verdict.proof)
    sure = weighed(subject, checks, proof)
    return verdict._replace(
        state=State.PASSED,
        confidence=sure.value,
        checks=checks,
        calibrated=sure.calibrated,
        n=sure.n,
        proof=proof,
        signals=sure.signals,
    )


def _is_settled(subject: Subject, verdict: Verdict, told: list[tuple[Check, Told]]) -> bool:
    """Tell whether nothing is left open: a run that said nothing is, and a written test that ran on no mutant."""
    if not all(said.settled for _, said in told):
        return False
    if subject.kind is Kind.TEST_WRITING:
        return any(check.name == written_test.NAME and check.state is State.PASSED for check, _ in told)
    return verdict.state is State.PASSED
