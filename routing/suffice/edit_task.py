"""Edits, new code, refactorings, tests and mended bugs: what is asked, how the reply is applied, how it is checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import partial

from suffice.asking import REJECTED, Question, allowed_output_tokens, prompt_cache_key
from suffice.checker.file_roles import is_python
from suffice.checker.reach import shifted
from suffice.checker.subject import UNKNOWN, Maker, Subject
from suffice.checker.verdict import Verdict
from suffice.checker.waves import Waves
from suffice.context.edit import edit_context
from suffice.edit_prompt import Shown, edit_prompt, prompt_version
from suffice.edit_reply import edits_of_answer
from suffice.edits.combined import with_changes
from suffice.edits.edit import FileChange
from suffice.fingerprint import lines_of_place, repository_name
from suffice.hidden_texts import HiddenTexts
from suffice.index.index import Index
from suffice.index.known import KnownSymbols
from suffice.lanes import Lane
from suffice.listing import left_out, listing
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.privacy import ignored
from suffice.project import oldest_python_of
from suffice.providers.reply import Request
from suffice.snapshot import Snapshot
from suffice.state.ledger import Work
from suffice.task import Place, Task

__all__ = ["checked", "prompt_version", "question", "work"]

_MOST_HASHED = 2000
"""Files by whose versions a task on a whole repository is known again. Our own number."""

_BEGIN_ANEW = frozenset({"scope", "paths", "secrets", "suppression", "weakened-tests", "weakened-settings"})
"""Checks after which nothing of a patch is kept for the next try: what they find must not be built upon."""


def work(task: Task, snapshot: Snapshot) -> Work:
    """Return what *task* is called in the ledger: a hash over what is asked, and over the places as they are."""
    places = [(place.path, _as_it_is(place, snapshot)) for place in task.places]
    named = {place.path for place in task.places}
    others = [(path, _as_it_is(Place(path), snapshot)) for path in _about(task, snapshot) if path not in named]
    parts = [task.kind, task.instruction, task.evidence, places, others]
    name = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return Work(kind=task.kind, rule=None, repository=repository_name(snapshot.root), fingerprint=name)


def _as_it_is(place: Place, snapshot: Snapshot) -> str | Sequence[str] | None:
    """Return the lines of *place*, wherever in the file they stand; the version of a whole file."""
    if not snapshot.has(place.path):
        return None
    file = snapshot.file(place.path)
    return lines_of_place(file, place.first, place.last or place.first) if place.first else file.blob_sha


def _about(task: Task, snapshot: Snapshot) -> Sequence[str]:
    """Return the files of *task*; of one on the whole repository the first of all that can be read."""
    if any(place.path == "." for place in task.places):
        return listing(snapshot, patterns=ignored(snapshot)).paths[:_MOST_HASHED]
    return task.paths


def question(
    task: Task,
    lane: Lane,
    *,
    snapshot: Snapshot,
    rules: KindPolicy,
    before: tuple[Attempt, ...],
    symbols: KnownSymbols | None = None,
) -> Question:
    """Return what *lane* is asked, after *before*: its own last try stands, and only what is wrong is asked again.

    *snapshot* holds what the lane may be shown, *symbols* what was found in its files before.
    """
    draft = _draft(before, lane)
    budget_tokens = lane.room_for_code(rules.context_budget_tokens)
    unread = ignored(snapshot)
    readable = frozenset(listing(snapshot, patterns=unread, named=task.paths).paths)
    hidden = HiddenTexts(with_changes(snapshot, draft))
    shown = _shown(task, snapshot, draft, hidden, readable=readable, budget_tokens=budget_tokens, symbols=symbols)
    prompt = edit_prompt(task, lane, shown=shown, draft=draft, before=before)
    redacted = hidden.redacted(prompt.body)
    request = Request(
        lane=lane,
        stable=prompt.stable,
        prompt=redacted.text,
        schema={},
        schema_name=task.kind.replace("-", "_"),
        max_output_tokens=allowed_output_tokens(
            before, lane, rules.max_output_tokens, prompt=prompt.stable + redacted.text, form={}
        ),
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(prompt.stable),
        wants_edits=True,
    )
    read = partial(
        edits_of_answer,
        snapshot=snapshot,
        draft=draft,
        redacted=redacted,
        may_be_read=readable.__contains__,
        left_out=partial(left_out, snapshot=snapshot, patterns=unread, named=task.paths),
    )
    return Question(request, prompt.version, read, sent=shown.context.sent)


def _draft(before: Sequence[Attempt], lane: Lane) -> tuple[FileChange, ...]:
    """Return the changes of the lane's own last try that the next one builds upon."""
    last = next((attempt for attempt in reversed(before) if attempt.evidence), None)
    if last is None or last.lane != lane.name or last.evidence == REJECTED:
        return ()
    failed = {check.name for check in last.verdict.failed} if last.verdict else set()
    return () if failed & _BEGIN_ANEW else last.changes


def _shown(
    task: Task,
    snapshot: Snapshot,
    draft: Sequence[FileChange],
    hidden: HiddenTexts,
    *,
    readable: frozenset[str],
    budget_tokens: int,
    symbols: KnownSymbols | None,
) -> Shown:
    seen = with_changes(snapshot, draft)
    by_path = {change.path: change for change in draft}
    places = [shifted(place, by_path[place.path]) if place.path in by_path else place for place in task.places]
    asked = f"{task.instruction}\n{task.evidence}"
    index = Index(seen, {*readable, *(change.target for change in draft)}, known=symbols)
    context = edit_context(
        places, snapshot=hidden.snapshot, index=index, budget_tokens=budget_tokens, instruction=asked
    )
    if symbols is not None:
        symbols.keep()
    return Shown(hidden.snapshot, places, context)


async def checked(task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves, maker: Maker = UNKNOWN) -> Verdict:
    """Return the checker's word on what *made* proposes, with the project's own tests where they may be run."""
    subject = Subject(
        kind=task.kind,
        changes=made.changes,
        snapshot=snapshot,
        places=task.places,
        oldest_python=oldest_python_of([c.path for c in made.changes if is_python(c.path)], snapshot.root),
        step=made.step,
        retries=maker.retries,
        prior=maker.prior,
        provider=maker.provider,
    )
    return await checking.check(subject)
