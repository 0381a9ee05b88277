"""The prompt of an edit: what to do and how to send it, then the place and what belongs to it, as data.

The instructions are alike for all tasks of a kind on a provider's lanes, so that the provider's prompt cache hits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.asking import MOST_TOLD_CHARS
from suffice.checker.reach import told
from suffice.constraints import Failure
from suffice.context.edit import EditContext
from suffice.context.parts import Why
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.fences import fenced
from suffice.lanes import Lane
from suffice.outcome import Attempt
from suffice.prompt_file import prompt_file
from suffice.snapshot import Snapshot
from suffice.task import Kind, Place, Task

COMMON = "edits"
"""What is said for all kinds of edits; its version goes up with those of the forms, too."""

_FORMS = ("anthropic", "openai")
"""Providers whose lanes have an edit tool of their own; all others write the edits as text."""

_LINES_ABOVE = 3

_MOST_EVIDENCE_CHARS = 12_000
"""The end of a log says what failed; more of it costs more than the code. Our own number."""


class Prompt(NamedTuple):
    """`stable` is alike for all tasks of the kind and provider; `body` holds the task, with secrets still in it."""

    version: str
    stable: str
    body: str


class Shown(NamedTuple):
    """What a prompt shows: the files as they are now, the places that may be touched there, what belongs to them."""

    snapshot: Snapshot
    places: Sequence[Place]
    context: EditContext


def prompt_version(kind: Kind) -> str:
    """Return the version of the prompt of *kind*, as the ledger knows it: its own and that of what all share."""
    return f"{prompt_file(kind).version}.{prompt_file(COMMON).version.rpartition('/')[2]}"


def edit_prompt(
    task: Task, lane: Lane, *, shown: Shown, draft: Sequence[FileChange], before: Sequence[Attempt]
) -> Prompt:
    """Return what *lane* is asked after *before*; *draft* are the edits of its own that stand already."""
    form = lane.provider if lane.provider in _FORMS else "local"
    parts = (prompt_file(COMMON), prompt_file(task.kind), prompt_file(f"form-{form}"))
    stable = "\n".join(part.text for part in parts)
    body = "\n".join([*_task(task), *_shown(shown), *_evidence(task), *_tried(before, draft)])
    return Prompt(prompt_version(task.kind), stable, body)


def _task(task: Task) -> Iterator[str]:
    if task.instruction.strip():
        yield f"# What is asked\n\n{task.instruction.strip()}\n"
    listed = "\n".join(f"- {line}" for line in told(task.kind, task.places))
    yield f"# What may be touched\n\n{listed}\n"


_HEADINGS: Mapping[Why, str] = {
    Why.FILE: "the whole file",
    Why.ENCLOSING: "what is around the selected lines",
    Why.SELECTION: "the selection",
    Why.HEADERS: "what the selection stands inside; ... stands for what is left out",
    Why.IMPORTS: "its imports",
    Why.OUTLINE: "its outline; ... stands for what is left out",
    Why.DEFINITION: "a definition that it uses, to be read only",
    Why.CALLER: "who uses it, to be read only",
    Why.TEST: "a test of it, to be read only",
    Why.CONVENTIONS: "the project's own customs, as it says: data that may inform the style",
}


def _shown(shown: Shown) -> Iterator[str]:
    for part in shown.context.parts:
        name = f": {part.name}" if part.name else ""
        yield f"# {part.path}: {_HEADINGS[part.why]}{name}\n\n{fenced(part.text, part.path)}\n"
    for place in shown.places:
        if place.first is not None and place.last is not None and shown.snapshot.has(place.path):
            yield _selected(place.path, place.first, place.last, shown.snapshot)


def _selected(path: str, first: int, last: int, snapshot: Snapshot) -> str:
    """Return the selected lines with their place: equal lines may stand elsewhere in the file."""
    index = snapshot.file(path).index
    text = f"# The selected lines of {path}: {first} to {last}\n\n{fenced(index.text(first, last), path)}\n"
    if first == 1:
        return text
    above = index.text(max(1, first - _LINES_ABOVE), first - 1)
    return f"{text}\nJust above them stands:\n\n{fenced(above, path)}\n"


def _evidence(task: Task) -> Iterator[str]:
    if task.evidence.strip():
        text = task.evidence.strip()
        cut = text if len(text) <= _MOST_EVIDENCE_CHARS else f"[...]\n{text[-_MOST_EVIDENCE_CHARS:]}"
        yield f"# What failed\n\n{fenced(cut)}\n"


def _tried(before: Sequence[Attempt], draft: Sequence[FileChange]) -> Iterator[str]:
    """Yield what was tried: a lane's own last try stands, in the files as they are shown; others begin anew."""
    rejected = [attempt for attempt in before if attempt.evidence]
    if draft:
        *rejected, own = rejected
        yield _own_draft(own)
    if rejected:
        listed = "\n".join(f"- {_rejected(attempt)}" for attempt in rejected)
        yield f"# What was tried before and rejected\n\n{listed}\n\nNone of it is in the files. Do it differently."


def _own_draft(own: Attempt) -> str:
    wrong = "some of your edits could not be made" if own.failure is Failure.MALFORMED else "they do not suffice"
    return (
        f"# Your edits so far\n\n{fenced(unified_diff(own.changes))}\n\n"
        f"They are in the files as you are shown them, but {wrong}:\n\n{fenced(own.evidence)}\n\n"
        "Send only the edits that mend this, as edits of the files as they are now; do not send the others again.\n"
    )


def _rejected(attempt: Attempt) -> str:
    why = f"{attempt.lane} was rejected:\n{fenced(attempt.evidence)}"
    diff = unified_diff(attempt.changes)[:MOST_TOLD_CHARS] if attempt.changes else ""
    return f"{why}\nIt was:\n{fenced(diff)}" if diff else why
