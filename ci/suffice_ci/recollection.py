"""What memory knows of a task, told: how the lanes did before, and which failed here. Reading makes no state folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from suffice.constraints import Facts
from suffice.lane_record import LaneRecord
from suffice.lanes import LINTER
from suffice.policy import Policy
from suffice.state.ledger import Work
from suffice.state.memory import FULL_RECORD_TASKS, Remembered
from suffice.state.past_tasks import FEEDBACK_WEIGHT, HALF_LIFE_S
from suffice.state.storage import Storage
from suffice.state.store import FILE_NAME, state_folder
from suffice.task import Kind
from suffice_ci.model_run import open_storage

NOTHING = Remembered(records={}, failed_here=(), rejected_by=())

COUNTED = (
    f"a word of yours counts as {FEEDBACK_WEIGHT:.0f} tasks,"
    f" a task of {HALF_LIFE_S / 86_400:.0f} days ago as half of one"
)
"""Why the tasks that memory counts are not as many as were done."""


def known_storage() -> Storage | None:
    """Return what is remembered on this machine, None if nothing ever was."""
    return open_storage() if (state_folder(os.environ) / FILE_NAME).exists() else None


def recalled(storage: Storage | None, work: Work, *, policy: Policy) -> Remembered:
    """Return what *storage* knows of *work*, for the lanes of *policy* as they are now."""
    if storage is None:
        return NOTHING
    known = storage.memory.of(work, models=policy.models())
    if known == NOTHING:
        return known
    return storage.memory.of(work, models=policy.models(), prompt_version=_prompt_version(Kind(work.kind)))


def with_memory(facts: Facts, known: Remembered, storage: Storage | None) -> Facts:
    """Return *facts* with what a run would know: *known*, and who rests.

    The linter's own fix, and a lane that is asked for by name, are tried whatever was said of them.
    """
    return facts._replace(
        unavailable=storage.health.unavailable() if storage else {},
        records=known.records,
        failed_before=known.failed_here,
        rejected=tuple(lane for lane in known.rejected_by if lane not in {LINTER, facts.lane}),
    )


def _prompt_version(kind: Kind) -> str | None:
    """Return the version of the prompt of *kind*, None for a kind that is not carried out yet."""
    from suffice import families
    from suffice.errors import InputError

    try:
        return families.of(kind).prompt_version(kind)
    except InputError:
        return None


def memory_entry(known: Remembered) -> dict[str, Any]:
    """Return *known* as `--json` prints it; rates are 0 to 1, None where nothing was seen."""
    return {
        "records": {lane: _record_entry(record) for lane, record in known.records.items()},
        "failed_before": list(known.failed_here),
        "rejected_by_you": list(known.rejected_by),
    }


def _record_entry(record: LaneRecord) -> dict[str, Any]:
    return {
        "n": round(record.n, 2),
        "rate": _rate(record.sufficed, record.n),
        "cost_usd": round(record.cost_usd, 6),
        "n_after": round(record.n_after, 2),
        "rate_after": _rate(record.sufficed_after, record.n_after),
        "latency_p90_s": record.latency_p90_s,
    }


def _rate(sufficed: float, n: float) -> float | None:
    return round(sufficed / n, 3) if n else None


def memory_lines(known: Remembered, *, about: str) -> Iterator[str]:
    """Yield what *known* says, one fact a line; *about* names the tasks: "lint-fix tasks"."""
    if known.records:
        yield f"remembered ({COUNTED}):"
    for lane, record in known.records.items():
        if record.n:
            yield f"  {lane} sufficed for {record.sufficed / record.n:.0%} of {_counted(record.n, about)}"
        if record.n_after:
            rate, of = record.sufficed_after / record.n_after, _counted(record.n_after, about)
            yield f"  {lane} sufficed, after another lane had failed, for {rate:.0%} of {of}"
    for lane in known.failed_here:
        rejected = lane in known.rejected_by
        yield f"you rejected the fix of {lane} here" if rejected else f"{lane} failed on this very task before"


def _counted(n: float, about: str) -> str:
    """Return "3 lint-fix tasks": what was seen of wider groups is scaled down to as many tasks as are enough."""
    if round(n) == 1:
        return f"1 {about.replace('tasks', 'task', 1)}"
    return f"{n:.0f} or more {about}" if round(n) == FULL_RECORD_TASKS else f"{n:.0f} {about}"
