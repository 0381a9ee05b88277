"""Carries out `suffice review`: connects what is needed, runs the stages, and records what they cost."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from suffice.errors import SufficeError
from suffice.outcome import Outcome
from suffice.policy import Policy
from suffice.review.engine import Manner, review
from suffice.review.known_before import known_before
from suffice.review.summary import summary as summary_of
from suffice.review.work_tree import WorkTree
from suffice.review_report import ReviewedChange
from suffice.state.storage import Storage
from suffice_ci.connected import Connected
from suffice_ci.model_run import Terms, run_state
from suffice_ci.one_task import linting_for
from suffice_ci.progress import Progress


def carried_out(
    order: WorkTree, terms: Terms, *, policy: Policy, storage: Storage, summary: bool
) -> tuple[ReviewedChange, SufficeError | None]:
    """Return what came of reviewing *order*, and the error that no rung mends if there was one."""
    results: list[tuple[ReviewedChange, SufficeError | None]] = []

    async def go() -> None:
        results.append(await _run(order, terms, policy, storage, summary=summary))

    asyncio.run(go())
    return results[0]


async def _run(
    order: WorkTree, terms: Terms, policy: Policy, storage: Storage, *, summary: bool
) -> tuple[ReviewedChange, SufficeError | None]:
    linting = linting_for(order.root, order.config)
    needed = terms.wishes.no_calls in {None, "dry-run"}  # a dry run says who would be asked, with the keys there are
    async with Connected(os.environ, needed=needed) as providers:
        with Progress(None, shown=sys.stderr.isatty() and not terms.quiet) as progress:
            state = run_state(terms, storage=storage, root=order.root, linting=linting, tell=progress.tell)
            state.unseen = order.unseen.match_file
            known = known_before(order, linting=linting, storage=storage)
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


def _text_of(text: str, not_looked_at: Sequence[str], note: str) -> str:
    left = "\n".join(f"- {place}" for place in not_looked_at)
    parts = (text.strip(), note, f"Not looked at:\n{left}" if left else "")
    return "\n\n".join(part for part in parts if part)
