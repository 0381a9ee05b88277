"""One entry of the editor's menu, as JSON. Here alone is decided in which form an editor gets it.

It is written at once and no object of the protocol's library: turning hundreds of those into JSON takes longer than all
the rest together, and the menu is asked for after each move of the cursor.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lsprotocol import types

from suffice_server.capabilities import Command
from suffice_server.front.actions.kinds import Can
from suffice_server.values import Offer
from suffice_server.wire import JsonText
from suffice_server.wording import one_line, price

Json = dict[str, Any]

DATA_VERSION = 1
"""Of what stands in `data`: an entry that an older server made is not resolved."""

_LLM_GENERATED = int(types.CodeActionTag.LlmGenerated)


class Entry(NamedTuple):
    """What is offered: `command` with the one object `arguments`, checked again when it is chosen.

    `offer` None: nobody is asked.
    """

    title: str
    kind: str
    command: Command
    arguments: Mapping[str, Any]
    offer: Offer | None = None
    diagnostics: Sequence[Json] = ()


def written(entry: Entry, can: Can) -> str:
    """Return *entry* as JSON in the form that suits the editor, "" if it can be shown in none."""
    shown = _shown(entry, can)
    return json.dumps(shown) if shown is not None else ""


def menu(entries: Iterable[str]) -> JsonText:
    """Return all *entries* that can be shown as one list."""
    return JsonText(f"[{', '.join(filter(None, entries))}]")


def _shown(entry: Entry, can: Can) -> Json | None:
    title, offer = one_line(entry.title), entry.offer
    if can.only_commands:
        return None if offer is not None and offer.refused is not None else _command(entry, title)
    shown: Json = {"title": title, "kind": entry.kind}
    if entry.diagnostics:
        shown["diagnostics"] = entry.diagnostics
    if offer is not None and offer.refused is not None:
        return {**shown, "disabled": {"reason": one_line(offer.refused)}} if can.abilities.shows_disabled else None
    if can.tags_models and offer is not None and not offer.free:
        shown["tags"] = [_LLM_GENERATED]
    shown.update(_delivery(entry, title, can))
    return shown


def _delivery(entry: Entry, title: str, can: Can) -> Json:
    """Return how *entry* is carried out.

    A command by default: answered at once, cancellable, its edit versioned. The linter's own fix is resolved to an
    edit where the editor can, since plug-ins show it before it is chosen; that never asks a model.
    """
    if can.resolves and entry.command == Command.FIX and entry.offer is not None and entry.offer.free:
        return {"data": {"v": DATA_VERSION, "command": str(entry.command), **entry.arguments}}
    return {"command": _command(entry, title)}


def _command(entry: Entry, title: str) -> Json:
    return {"title": title, "command": str(entry.command), "arguments": [entry.arguments]}


def priced(what: str, offer: Offer) -> str:
    """Return the title of *what* (`Write tests for this`): who would be asked, for about how much."""
    return what if offer.refused is not None else f"{what} with {offer.lane}, about {price(offer.estimate_usd)}"
