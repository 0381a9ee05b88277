"""Carries out `suffice fix`: connects what is needed, runs the core, and records how it ended."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict

from suffice.checker.linting import Linting
from suffice.fix import Fixed, Manner, fix
from suffice.policy import Policy
from suffice.state.record import record_outcomes
from suffice.state.storage import Storage
from suffice.targets import Targets
from suffice.task import Diagnostic
from suffice_ci.connected import Connected
from suffice_ci.fix_order import Order
from suffice_ci.model_run import run_state
from suffice_ci.progress import Progress


def carried_out(targets: Targets, order: Order, *, policy: Policy, storage: Storage) -> Fixed:
    """Return what became of *targets*; after Ctrl-C, what was finished."""
    results: list[Fixed] = []

    async def go() -> None:
        # The result is handed out by the side: expected, asyncio.run returns it; actual, it also writes out the repr
        # of the finished task with all it returned, 40 ms and 8 MiB for a signal handler's error message that nobody
        # sees (https://github.com/python/cpython/blob/3.11/Lib/signal.py, _int_to_enum).
        results.append(await _run(targets, order, policy, storage))

    asyncio.run(go())
    record_outcomes(results[0], targets=targets, ledger=storage.ledger)
    return results[0]


async def _run(targets: Targets, order: Order, policy: Policy, storage: Storage) -> Fixed:
    terms = order.terms
    async with Connected(os.environ, needed=True) as providers:
        providers.warm(targets.diagnostics, policy, terms.wishes)
        with Progress(len(targets.diagnostics), shown=sys.stderr.isatty() and not terms.quiet) as progress:
            linting = _linting(targets, order)
            state = run_state(terms, storage=storage, root=targets.root, linting=linting, tell=progress.tell)
            manner = Manner(
                mode=terms.mode,
                stakes=terms.stakes,
                unsafe=order.unsafe,
                least_confidence=order.least_confidence,
                proof_only=order.proof_only,
            )
            return await fix(targets, policy=policy, providers=providers, state=state, manner=manner)


def _linting(targets: Targets, order: Order) -> Linting:
    """Return the checker's linter, which knows already what the first run said of each file."""
    linting = Linting(root=targets.root, select=order.select, linters=order.linters)
    by_path: dict[str, list[Diagnostic]] = defaultdict(list)
    for diagnostic in targets.found:
        by_path[diagnostic.path].append(diagnostic)
    for path, found in by_path.items():
        if targets.snapshot.has(path):
            linting.remember(targets.snapshot.file(path), found)
    return linting
