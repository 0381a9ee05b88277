"""Lint fixes: what is asked about a diagnostic, how the reply becomes edits, and how the checker looks at them."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from suffice.asking import Question, allowed_output_tokens, prompt_cache_key, told
from suffice.checker.subject import UNKNOWN, Maker, Subject
from suffice.checker.verdict import Verdict
from suffice.checker.waves import Waves
from suffice.edits.edit import apply_to_file, linter_edits
from suffice.edits.window_reply import SCHEMA, SCHEMA_NAME, edits_of_reply
from suffice.fingerprint import fingerprint, repository_name
from suffice.lanes import LINTER, Lane, estimate_tokens
from suffice.lint_prompt import lint_prompt, prompt_version
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.privacy import Redacted, redact, redact_lines
from suffice.project import oldest_python
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Ended, Request
from suffice.snapshot import Snapshot, SourceFile
from suffice.state.ledger import Work
from suffice.task import Mode, Task
from suffice.windows import Window, window

__all__ = ["checked", "of_linter", "prompt_version", "question", "seen", "work"]


def work(task: Task, snapshot: Snapshot) -> Work:
    """Return what *task* is called in the ledger."""
    diagnostic = task.diagnostics[0]
    name = fingerprint(diagnostic, snapshot)
    return Work(kind=task.kind, rule=diagnostic.rule, repository=repository_name(snapshot.root), fingerprint=name)


def of_linter(task: Task, snapshot: Snapshot) -> Attempt:
    """Return the linter's own fix as an attempt: rung zero, free."""
    diagnostic = task.diagnostics[0]
    edits = linter_edits(diagnostic.fix, snapshot.file(diagnostic.path)) if diagnostic.fix else ()
    return Attempt(lane=LINTER, provider="ruff", model="ruff", ended=Ended.ANSWERED, edits=edits)


def question(task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]) -> Question:
    """Return what *lane* is asked, after *before*. The first question about a rule runs `ruff rule`."""
    diagnostic = task.diagnostics[0]
    file = snapshot.file(diagnostic.path)
    shown, hidden = seen(file)
    place = window(shown.text, diagnostic.span)
    prompt = lint_prompt(
        diagnostic._replace(message=hidden.hide(diagnostic.message)),
        file=shown,
        window=place,
        evidence=told(tuple(_hidden(before, hidden))),
        budget_tokens=lane.room_for_code(rules.context_budget_tokens),
    )
    redacted = redact(prompt.body, known=hidden.secrets)
    request = Request(
        lane=lane,
        stable=prompt.stable,
        prompt=redacted.text,
        schema=SCHEMA,
        schema_name=SCHEMA_NAME,
        max_output_tokens=allowed_output_tokens(
            before, lane, _usual_output_tokens(rules, shown, place), prompt=prompt.stable + redacted.text, form=SCHEMA
        ),
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(prompt.stable),
        group=file.path if task.mode is not Mode.INTERACTIVE and not before else None,  # who waits wants it at once
    )
    return Question(request, prompt.version, functools.partial(_read, window=place, file=file, redacted=redacted))


def _usual_output_tokens(rules: KindPolicy, file: SourceFile, place: Window) -> int:
    """Return what an answer may take: a window of long lines is written anew in more than the policy thinks of."""
    return max(rules.max_output_tokens, 2 * estimate_tokens(file.index.text(place.first, place.last)))


@functools.lru_cache(maxsize=64)
def seen(file: SourceFile) -> tuple[SourceFile, Redacted]:
    """Return *file* as a model sees parts of it: without its secrets, line by line."""
    hidden = redact_lines(file.text)
    return (replace(file, text=hidden.text) if hidden.secrets else file), hidden


def _hidden(before: Iterable[Attempt], hidden: Redacted) -> Iterator[Attempt]:
    """Yield the attempts *before* as they may be told: a model wrote the secrets back that stood in its window."""
    for one in before:
        edits = tuple(edit._replace(new_text=hidden.hide(edit.new_text)) for edit in one.edits)
        yield one._replace(edits=edits, evidence=hidden.hide(one.evidence))


def _read(
    answer: Mapping[str, Any], *, window: Window, file: SourceFile, redacted: Redacted
) -> Proposal | CannotFix | Unusable:
    if any(redacted.invents(answer.get(key)) for key in ("replacement", "extra_import")):
        return Unusable(why="a SUFFICE_REDACTED name in the replacement stands for nothing; copy them as they are")
    texts = {key: redacted.restore(answer.get(key)) for key in ("replacement", "extra_import")}
    read = edits_of_reply({**answer, **texts}, window=window, file=file)
    return read if isinstance(read, CannotFix | Unusable) else Proposal(edits=read)


async def checked(task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves, maker: Maker = UNKNOWN) -> Verdict:
    """Return the checker's word on what *made* proposes."""
    file = snapshot.file(task.diagnostics[0].path)
    subject = Subject(
        kind=task.kind,
        changes=(apply_to_file(file, made.edits),),
        snapshot=snapshot,
        diagnostics=task.diagnostics,
        from_linter=made.lane == LINTER,
        base_shas={edit.path: edit.base_sha for edit in made.edits},
        oldest_python=oldest_python(snapshot.root, file.path),
        retries=maker.retries,
        prior=maker.prior,
        provider=maker.provider,
    )
    return await checking.check(subject)
