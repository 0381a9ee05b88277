"""The loop: decide, attempt, check; propose what passes, try once more or climb with what fails, else hand over.

Nothing is proposed that the checker did not pass, and every attempt is in the outcome, whatever became of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from suffice.outcome import Outcome
from suffice.policy import Policy
from suffice.providers.reply import Provider
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.task import Task


async def solve(
    task: Task,
    *,
    snapshot: Snapshot,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
) -> Outcome:
    """Return how *task* ended. What no rung mends is an outcome too, and stands in the state's `errors`."""
    from suffice.climb import Climb

    climb = Climb(task, snapshot=snapshot, policy=policy, providers=providers, state=state)
    outcome = None
    while outcome is None:
        decision = climb.decide()
        outcome = await (climb.hand_over(decision) if climb.is_over(decision) else climb.attempt(decision))
    return outcome
