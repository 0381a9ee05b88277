"""Carries out `suffice review`: connects what is needed, runs the stages, and records what they cost."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from suffice.checker.file_roles import is_python
from suffice.checker.linting import Linting
from suffice.errors import SufficeError
from suffice.fingerprint import repository_name
from suffice.index.index import Index
from suffice.listing import listing
from suffice.outcome import Outcome
from suffice.policy import Policy
from suffice.review.claims.memory import said_in
from suffice.review.engine import Known, Manner, review
from suffice.review.questions.related import related_in
from suffice.review.summary import summary as summary_of
from suffice.review_report import ReviewedChange
from suffice.run import State
from suffice.state.storage import Storage
from suffice.task import Diagnostic
from suffice_ci.connected import Connected
from suffice_ci.model_run import Terms, run_state
from suffice_ci.one_task import linting_for
from suffice_ci.progress import Progress
from suffice_ci.review_order import ReviewOrder


def carried_out(
    order: ReviewOrder, terms: Terms, *, policy: Policy, storage: Storage, summary: bool
) -> tuple[ReviewedChange, SufficeError | None]:
    """Return what came of reviewing *order*, and the error that no rung mends if there was one."""
    results: list[tuple[ReviewedChange, SufficeError | None]] = []

    async def go() -> None:
        results.append(await _run(order, terms, policy, storage, summary=summary))

    asyncio.run(go())
    return results[0]


async def _run(
    order: ReviewOrder, terms: Terms, policy: Policy, storage: Storage, *, summary: bool
) -> tuple[ReviewedChange, SufficeError | None]:
    linting = linting_for(order.root, order.config)
    needed = terms.wishes.no_calls in {None, "dry-run"}  # a dry run says who would be asked, with the keys there are
    async with Connected(os.environ, needed=needed) as providers:
        with Progress(None, shown=sys.stderr.isatty() and not terms.quiet) as progress:
            state = run_state(terms, storage=storage, root=order.root, linting=linting, tell=progress.tell)
            state.unseen = order.unseen.match_file
            known = _known(order, state, storage)
            manner = Manner(mode=terms.mode, stakes=terms.stakes)
            reviewed = await review(
                order.change, policy=policy, providers=providers, state=state, manner=manner, known=known
            )
            said, more = None, tuple[Outcome, ...]()
            if summary and not reviewed.interrupted:
                told = await summary_of(order.change, reviewed, policy=policy, providers=providers, state=state)
                said, more = _text_of(told.text, told.not_looked_at, told.note), tuple(filter(None, [told.outcome]))
    shas = {"base_sha": order.base_sha, "head_sha": order.head_sha}
    one = ReviewedChange(reviewed, order.change.after, str(order.root), **shas, summary=said, more=more)
    return one, next(iter(state.errors), None)


def _known(order: ReviewOrder, state: State, storage: Storage) -> Known:
    rows = storage.ledger.feedback_since(0.0)
    files = listing(order.change.after, patterns=order.unseen)
    return Known(
        settled=_settled(order, state.checking.linting),
        said=said_in(rows, repository=repository_name(order.root)),
        is_ignored=order.unseen.match_file,
        related=related_in(Index(order.change.after, files.paths, known=storage.symbols), order.change.after),
    )


def _settled(order: ReviewOrder, linting: Linting) -> tuple[Diagnostic, ...]:
    """Return what the linter says of the changed files: whoever says it again says nothing new."""
    after = order.change.after
    paths = [file.path for file in order.change.files if is_python(file.path) and after.has(file.path)]
    try:
        found: Sequence[Sequence[Diagnostic]] = linting.diagnostics_of([after.file(path) for path in paths])
    except SufficeError:  # a linter that cannot run, or whose settings are broken, settles nothing
        return ()
    return tuple(diagnostic for of_file in found for diagnostic in of_file)


def _text_of(text: str, not_looked_at: Sequence[str], note: str) -> str:
    left = "\n".join(f"- {place}" for place in not_looked_at)
    parts = (text.strip(), note, f"Not looked at:\n{left}" if left else "")
    return "\n\n".join(part for part in parts if part)
