"""What a policy file says that can hardly be meant: lanes that can never be used, kinds that no model is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from suffice.lanes import HUMAN, LINTER
from suffice.policy import Policy
from suffice.task import Kind, Mode, Stakes

_SITUATIONS = tuple(product(Mode, Stakes))


def doubts(policy: Policy, said: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each, which ends with what to do; *said* is what stands in the file of *policy* itself."""
    if said.get("defaults") and not said.get("kinds"):
        yield "[defaults] is for kinds that the file itself names, and it names none; add a table such as [kinds.edit]."
    missing = [kind for kind in Kind if kind not in policy.kinds]
    if missing:
        yield f'there is no ladder for {", ".join(missing)}; give them one, or write extends = "guide".'
    for kind in policy.kinds:
        lanes = [lane for rung in policy.of(kind).rungs for lane in rung if lane not in {LINTER, HUMAN}]
        never = {lane: whys for lane in lanes if (whys := _always_denied(lane, kind, policy))}
        for lane, whys in never.items():
            why = ", ".join(map(repr, whys))
            mend = "take it off the ladder, or narrow the deny"
            yield f"{kind} can never use {lane}, denied in every mode ({why}); {mend}."
        if len(never) == len(lanes):
            yield f"{kind} has no model lane that may be used, so a person gets it all; add a lane to its ladder."


def _always_denied(lane: str, kind: Kind, policy: Policy) -> tuple[str, ...]:
    """Return why *lane* is denied to *kind* in each mode and at all stakes, nothing if it is not."""
    denies = [deny for deny in policy.denies if not deny.paths and deny.concerns(policy.lanes[lane])]
    found = [next((d.because for d in denies if d.applies(kind, mode, stakes)), None) for mode, stakes in _SITUATIONS]
    reasons = tuple(dict.fromkeys(why for why in found if why is not None))
    return () if None in found else reasons
