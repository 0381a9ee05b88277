"""What a model returned, once it was read: a proposal, the word that it cannot be done, or something unusable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from suffice.edits.applied import Step
from suffice.edits.edit import Edit, FileChange


class Proposal(NamedTuple):
    """Edits of one file, changes of any files that the applier made at `step`, or an answer that is data."""

    edits: tuple[Edit, ...] = ()
    answer: Mapping[str, Any] | None = None
    changes: tuple[FileChange, ...] = ()
    step: Step = Step.EXACT


class CannotFix(NamedTuple):
    """The model says that it cannot be done, and why. `kept` is what it did of it all the same: not the whole."""

    why: str
    kept: tuple[FileChange, ...] = ()


class Unusable(NamedTuple):
    """A reply that follows the schema but makes no sense, in words that the model can act on.

    `kept` is what of it could be applied all the same: only the rest is asked for again.
    """

    why: str
    kept: tuple[FileChange, ...] = ()
