"""The kinds of our code actions, which of them are asked for, and what the editor can do with one.

None of ours is ever preferred, and each kind is a kind of its own, so that an editor can leave ours out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lsprotocol import types

from suffice_server.capabilities import KINDS
from suffice_server.front.abilities import NOTHING, Abilities

QUICK_FIX, REWRITE, REVIEW, ARCHITECTURE_REVIEW = KINDS


class Can(NamedTuple):
    """What an editor can do with a code action, besides its `abilities`.

    `tags_models`: mark one that asks a model. `resolves`: keep what we put into `data`, and ask for the edit with it
    when the action is chosen. `only_commands`: it knows of no code actions but those that are no more than a command.
    """

    abilities: Abilities = NOTHING
    tags_models: bool = False
    resolves: bool = False
    only_commands: bool = False

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities, abilities: Abilities) -> Can:
        """Return what the editor with these *capabilities* can do."""
        document = capabilities.text_document
        action = document.code_action if document else None
        if action is None or action.code_action_literal_support is None:
            return cls(abilities, only_commands=True)
        tags = action.tag_support.value_set if action.tag_support else ()
        resolved = action.resolve_support.properties if action.resolve_support else ()
        return cls(
            abilities,
            tags_models=types.CodeActionTag.LlmGenerated in tags,
            resolves=bool(action.data_support) and "edit" in resolved,
        )


class Wanted(NamedTuple):
    """Which code actions an editor asks for: `only` those of some kinds, () for all.

    `automatic`: the editor asks by itself. Many editors say nothing about that, whoever asks.
    """

    only: tuple[str, ...]
    automatic: bool

    @classmethod
    def of(cls, context: types.CodeActionContext) -> Wanted:
        """Return what *context* asks for."""
        return cls(_names(context.only or ()), context.trigger_kind == types.CodeActionTriggerKind.Automatic)

    def has(self, kind: str) -> bool:
        """Whether *kind* is asked for, or one that it is a kind of, or nothing special is."""
        return not self.only or any(asked in {"", kind} or kind.startswith(f"{asked}.") for asked in self.only)


def _names(only: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(getattr(kind, "value", kind)) for kind in only)
