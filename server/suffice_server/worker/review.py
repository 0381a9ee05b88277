"""Reviews what is not committed yet, with the editor's texts as if they were saved."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.checker.linting import Linting
from suffice.config import tightened
from suffice.errors import InputError
from suffice.fingerprint import repository_name
from suffice.linters.chosen import linters_for
from suffice.outcome import Ending
from suffice.privacy import Ignored
from suffice.report import Status
from suffice.repository import open_repository
from suffice.review import engine
from suffice.review.known_before import known_before
from suffice.review.review_markdown import review_markdown
from suffice.review.reviewed import Reviewed as Found
from suffice.review.work_tree import WorkTree, work_tree
from suffice.review_report import ReviewedChange, review_report
from suffice_server.messages import FromWorker, NeedsConsent, Noted, Review, Reviewed
from suffice_server.worker.claims import Opened, claims_of
from suffice_server.worker.money import TaskBudget
from suffice_server.worker.review_run import Nobody, ending_of, run_of, told_to
from suffice_server.worker.session import Send, Session
from suffice_server.worker.workspace import Workspace

if TYPE_CHECKING:
    from git import Repo


async def review(request: Review, session: Session, send: Send) -> FromWorker:
    """Return what came of the review. Raises InputError without a repository or a commit, and ConfigError."""
    if request.architecture:
        from suffice_server.worker.architecture import architecture_review

        return await architecture_review(request, session, send)
    folder = await asyncio.to_thread(session.workspace, request.root, {})
    with closing(await asyncio.to_thread(_repository, folder.root)) as repo:
        opened = _opened(request.buffers, folder.root, Path(repo.working_dir))
        tree = await asyncio.to_thread(
            work_tree, repo, environment=session.environment, unsaved=opened.texts, within=opened.within
        )
        tree = tree._replace(unseen=Ignored((*tree.unseen.sets, *folder.unseen.below(opened.within).sets)))
        if not tree.change.files:
            return Reviewed(request.id, Ending.UNCHANGED, "nothing-to-do", "nothing changed since the last commit")
        files = len(tree.change.files)
        send(Noted(request.id, f"looking at {files} changed file{'s' * (files != 1)}"))
        at_root = await asyncio.to_thread(_at_root, folder, tree, session)
        order = _Order(tree, folder.root, at_root, opened)
        return await _reviewed(request, order, session, send)


class _Order(NamedTuple):
    """What is reviewed, the editor's folder, and the workspace at the root of its repository, whose settings hold."""

    tree: WorkTree
    folder: Path
    workspace: Workspace
    opened: Opened


async def _reviewed(request: Review, order: _Order, session: Session, send: Send) -> FromWorker:
    tree, workspace = order.tree, order.workspace
    state = session.state(workspace, session.wishes(workspace), told_to(send, request.id))
    state.budget = _budget(order, session)
    known = await asyncio.to_thread(known_before, tree, linting=workspace.linting, storage=session.storage)
    needed = await _needed(request, order, known, session)
    if needed:
        return needed
    session.storage.memory.refresh()
    began, clock_s = datetime.now(UTC), perf_counter()
    found = await engine.review(
        tree.change,
        policy=workspace.policy,
        providers=session.providers(),
        state=state,
        known=known,
        done=_noted(request, send),
    )
    if found.interrupted:  # nobody waits for it; what was read is paid, and another time it comes from the cache
        raise asyncio.CancelledError
    run = run_of(workspace, state, began=began, clock_s=clock_s)
    change = ReviewedChange(found, tree.change.after, str(tree.root), tree.base_sha, tree.head_sha)
    report = review_report(change, run)
    return _answer(request, report, found, order)._replace(cap=session.cap_reached(report["reason"], state))


def _answer(request: Review, report: Mapping[str, Any], found: Found, order: _Order) -> Reviewed:
    after, repository = order.tree.change.after, repository_name(order.tree.root)
    return Reviewed(
        id=request.id,
        ending=ending_of(report),
        reason=report["reason"],
        detail=_detail(report, found),
        claims=claims_of(found, report["items"], after=after, opened=order.opened, repository=repository),
        markdown=review_markdown(report),
        cost_usd=found.cost_usd,
    )


def _detail(report: Mapping[str, Any], found: Found) -> str:
    count, is_read = len(found.findings), bool(found.looked_at or found.sorted_out)
    said = f"{count} finding{'s' * (count != 1)}" if count else "nothing found" if is_read else ""
    why = "" if report["status"] in {Status.CLEAN, Status.PROPOSED} else report["detail"]
    return "; ".join(part for part in (why, said, *found.lines()[:1]) if part)


def _noted(request: Review, send: Send) -> engine.Done:
    def noted(done: int, of: int) -> None:
        if done < of:
            send(Noted(request.id, f"reading hunk {done + 1} of {of}"))

    return noted


# --- what is reviewed


def _repository(folder: Path) -> Repo:
    try:
        return open_repository(folder)
    except InputError as error:
        sentence = f"{folder.name} is in no git repository, so nothing tells what changed; run git init and commit."
        raise InputError(sentence) from error


def _opened(buffers: Mapping[str, str], folder: Path, root: Path) -> Opened:
    """Return *buffers*, which lie below *folder*, by their paths below *root*, and what leads from there to it."""
    between = os.path.relpath(os.path.realpath(folder), os.path.realpath(root))
    within = "" if between == "." else f"{Path(between).as_posix()}/"
    return Opened({f"{within}{path}": text for path, text in buffers.items()}, within)


def _at_root(folder: Workspace, tree: WorkTree, session: Session) -> Workspace:
    """Return *folder* as one at the root of the repository, with the settings of both its files and the commit."""
    committed = tree.config._replace(max_cost_usd=tree.config.repository_max_cost_usd)
    config = tightened(folder.config, committed)
    linting = folder.linting
    if tree.within:
        linting = Linting(root=tree.root, linters=linters_for(tree.root, config, session.environment))
    return folder._replace(root=tree.root, config=config, linting=linting, unseen=tree.unseen)


def _budget(order: _Order, session: Session) -> TaskBudget:
    """Return the caps: the session's as of the editor's folder, the month's as of the repository."""
    config = order.workspace.config
    cap_usd = session.money.cap_usd(config, order.folder)
    return TaskBudget(session.money, cap_usd, config, repository_name(order.tree.root), session.storage.store)


# --- consent


async def _needed(request: Review, order: _Order, known: engine.Known, session: Session) -> NeedsConsent | None:
    """Return what to ask the user first, None if a review would ask nobody to whom they did not agree yet.

    The price is that of reading all of it, which is the most that it takes.
    """
    agreed = session.agreed()
    if session.keyed <= agreed:
        return None
    outlook = session.outlook(order.workspace)
    dry = replace(outlook, wishes=outlook.wishes._replace(no_calls="dry-run"))
    policy, everybody = order.workspace.policy, dict.fromkeys(session.keyed, Nobody())
    found = await engine.review(order.tree.change, policy=policy, providers=everybody, state=dry, known=known)
    if found.interrupted:
        raise asyncio.CancelledError
    price_usd = sum(one.cost_usd for one in found.expected)
    asked = ((policy.lanes[one.lane].provider, one.lane) for one in found.expected)
    return next((NeedsConsent(request.id, *new, price_usd) for new in asked if new[0] not in agreed), None)
