"""Why what a lane made is not proposed, in the words that the next try is told. Pure: a verdict in, a failure out."""

from __future__ import annotations

from suffice import judge
from suffice.checker.verdict import NOT_RUN, RUN, Verdict
from suffice.checker.verdict import State as CheckState
from suffice.constraints import Failure
from suffice.outcome import Attempt
from suffice.privacy import redact
from suffice.task import Kind


def failed_for(made: Attempt, failure: Failure | None, evidence: str) -> Attempt:
    """Return *made* as what fails for *evidence*, which is the cause where no check by its name is one."""
    named = made.verdict.failed if made.verdict else ()
    first = next(iter(redact(evidence).text.splitlines()), None) if failure and not named else None
    return made._replace(failure=failure, evidence=evidence, cause=made.cause or first)


def failure_of(made: Attempt, verdict: Verdict, *, kind: str, least: float) -> tuple[Failure | None, str]:
    """Return why *made* is not proposed, and what the next try is told; (None, "") if it is.

    *kind* is that of its task, *least* (0..1) the confidence that it needs.
    """
    if verdict.state is CheckState.FAILED or (verdict.state is CheckState.UNCHECKED and made.answer is None):
        if not verdict.failed and (NOT_RUN in verdict.checks or _is_nobodys_fault(verdict, kind)):
            return None, ""  # nobody gave a command, or it says nothing of any patch: it is shown as unchecked
        return Failure.CHECK_FAILED, _found(verdict)
    sure = verdict.confidence if verdict.state is CheckState.PASSED else judge.trust(verdict)
    if sure < least:
        said = f"; {judge.words(made.judge)}" if made.judge and made.judge.answer else ""
        return Failure.LOW_CONFIDENCE, f"confidence {sure:.2f} is below {least:.2f}{said}"
    return None, ""


def _is_nobodys_fault(verdict: Verdict, kind: str) -> bool:
    """Tell whether only the project's tests could not say anything, which no other patch would change.

    A bug is another matter: there it is the patch that has to make them say something.
    """
    ran = {check.name: check.state for check in verdict.checks if check.name in RUN}
    others = {state for name, state in ran.items() if name != "tests"}
    is_silent = ran.get("tests") is CheckState.SKIPPED and CheckState.FAILED not in others
    return is_silent and kind != Kind.DEBUG


def _found(verdict: Verdict) -> str:
    """Return what the next try is told of a patch that did not pass."""
    open_ones = [check for check in verdict.checks if check.name in RUN and check.state is CheckState.SKIPPED]
    found = next(iter((*verdict.failed, *open_ones)), None)
    return f"{found.name}: {found.evidence}" if found else "no check could look at the patch"
