"""What a model returned, once it was read: a proposal, the word that it cannot be done, or something unusable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from suffice.edits.edit import Edit


class Proposal(NamedTuple):
    """Edits of files, or an answer that is data."""

    edits: tuple[Edit, ...] = ()
    answer: Mapping[str, Any] | None = None


class CannotFix(NamedTuple):
    """The model says that it cannot be done, and why."""

    why: str


class Unusable(NamedTuple):
    """A reply that follows the schema but makes no sense, in words that the model can act on."""

    why: str
