"""What a model is shown for an edit within a budget of tokens: the place first, then what it needs to be understood.

The parts come in this order, each kind only as far as there is room: the places; definitions of what they name;
callers of what they define; tests; the project's own customs. Only files of the index are read, so that what is
ignored or secret never gets in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from suffice.context.parts import Part, Room
from suffice.context.places import Target, show_targets, targets_of
from suffice.context.related import show_conventions, show_definitions, show_users
from suffice.index.index import Index
from suffice.snapshot import Snapshot
from suffice.task import Place

_LEAST_TOKENS = 64
"""With less room nothing more is looked for: hardly a definition is shorter."""


class EditContext(NamedTuple):
    """The parts in the order in which they are shown, and as sentences what was left out or could not be read."""

    parts: tuple[Part, ...]
    left_out: tuple[str, ...] = ()

    @property
    def sent(self) -> tuple[tuple[str, int], ...]:
        """How many tokens of which file are sent, about, in the order of the parts."""
        tokens: dict[str, int] = {}
        for part in self.parts:
            tokens[part.path] = tokens.get(part.path, 0) + part.tokens
        return tuple(tokens.items())


def edit_context(
    places: Sequence[Place], *, snapshot: Snapshot, index: Index, budget_tokens: int, instruction: str = ""
) -> EditContext:
    """Return what to show for an edit at *places* in about *budget_tokens*.

    The lines of a place are always there, whole, even if they are more than the budget; then nothing else is. A named
    file without lines is shown whole if the budget holds it, else by its outline.
    """
    room = Room(budget_tokens)
    targets = targets_of(places, snapshot=snapshot, index=index, room=room)
    selected = sum(target.selected_tokens for target in targets)
    room.left = budget_tokens - selected
    show_targets(targets, index=index, room=room, half_tokens=budget_tokens // 2)
    if selected >= budget_tokens:
        room.left_out.append(f"all but what is selected: that alone is about {selected} tokens of {budget_tokens}")
    else:
        _show_related(targets, places, instruction, snapshot=snapshot, index=index, room=room)
    if index.stopped:
        room.left_out.append(index.stopped)
    return EditContext(tuple(room.parts), tuple(dict.fromkeys(room.left_out)))


def _show_related(
    targets: Sequence[Target],
    places: Sequence[Place],
    instruction: str,
    *,
    snapshot: Snapshot,
    index: Index,
    room: Room,
) -> None:
    if room.left < _LEAST_TOKENS:
        room.left_out.append("definitions, callers, tests and the project's customs: the places took all the room")
        return
    near = targets[0].file.path if targets else places[0].path if places else ""
    show_definitions(targets, instruction, near=near, snapshot=snapshot, index=index, room=room)
    show_users(targets, snapshot=snapshot, index=index, room=room)
    show_conventions(snapshot=snapshot, index=index, room=room)
