"""The question of an architecture review: measured facts, what the project declares, and the source they speak of.

All that is asked stands in the task, a text for each fact, declaration and source, so that a review with other facts is
another task. Facts and source are data: they stand between fences, and what a lane answers is held against them.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from suffice.asking import Question, allowed_output_tokens, prompt_cache_key, told
from suffice.checker.subject import UNKNOWN, Maker
from suffice.checker.verdict import Check, Verdict
from suffice.checker.verdict import State as CheckState
from suffice.checker.waves import Waves
from suffice.fences import fenced
from suffice.fingerprint import repository_name
from suffice.lanes import Lane
from suffice.outcome import Attempt
from suffice.policy import KindPolicy
from suffice.privacy import redact
from suffice.prompt_file import prompt_file
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.providers.reply import Request
from suffice.review.architecture_finding import DroppedFinding, findings_of, one_line
from suffice.review.chosen_source import Source
from suffice.review.citations import Shown, gate, shown
from suffice.review.fact_table import FactTable, table_text
from suffice.review.hunks.hidden import without_secrets
from suffice.review.questions.answers import TEXT, object_form
from suffice.review.structure.fact import Fact, FactKind
from suffice.snapshot import Snapshot
from suffice.state.ledger import Work
from suffice.task import Kind, Mode, Stakes, Task

ASKED = "Which changes to the structure of this repository, if any, are worth making, and in which order?"

ASKED_OF_A_CHANGE = (
    "What does this change do to the structure of the repository? Facts about the files that it touches come first of "
    "their kind. Which changes to the structure, if any, should go with it or follow it, and in which order?"
)

_TEXTS: Mapping[str, Any] = {"type": "array", "items": TEXT}
_FINDING = object_form(
    {
        "title": TEXT,
        "observation": TEXT,
        "cost_if_left": TEXT,
        "options": {"type": "array", "items": object_form({"what": TEXT, "trade_off": TEXT})},
        "first_step": TEXT,
        "order": {"type": "integer"},
        "facts": _TEXTS,
        "quotes": _TEXTS,
    }
)
SCHEMA = object_form(
    {"no_change_needed": {"type": "boolean"}, "why": TEXT, "findings": {"type": "array", "items": _FINDING}}
)

_MOST_TOLD = 5
"""Dropped findings that the next try is told of."""

_LONGEST_TOLD = 80
"""Characters of what an answer wrote, where the next try is told of it."""


class Material(NamedTuple):
    """All that a review is about.

    `declared` are sentences about contracts, owners and decisions of the project. `names` are the files of the
    repository: not shown, but what a plan names and they hold is nothing new.
    """

    table: FactTable
    declared: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    names: tuple[str, ...] = ()
    asked: str = ASKED

    def shown(self) -> Shown:
        """Return it as claims are held against it."""
        return shown(self.table.facts, sources=self.sources, declared=self.declared, names=self.names)


def task_of(
    material: Material, *, paths: Iterable[str] = (), mode: Mode = Mode.INTERACTIVE, stakes: Stakes = Stakes.NORMAL
) -> Task:
    """Return the task that asks about *material*; *paths* are the files it speaks of, for a policy's rules on paths."""
    items = (
        *map(_item_of_fact, material.table.facts),
        *(_item(_LEFT_OUT, kind, str(number)) for kind, number in material.table.left_out.items()),
        *(_item(_DECLARED, "", sentence) for sentence in material.declared),
        *(_item(_SOURCE, source.path, source.text) for source in material.sources),
        *([_item(_NAMES, "", "\n".join(map(one_line, material.names)))] if material.names else []),
    )
    return Task(
        kind=Kind.ARCHITECTURE_REVIEW,
        paths=tuple(dict.fromkeys(paths)),
        instruction=material.asked,
        mode=mode,
        stakes=stakes,
        items=items,
    )


_FACT, _LEFT_OUT, _DECLARED, _SOURCE, _NAMES = "fact", "left-out", "declared", "source", "names"


@lru_cache(maxsize=4)
def material_of(task: Task) -> Material:
    """Return what *task* asks about, without secrets: what is shown, and what claims are held against."""
    hidden = without_secrets(task)
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for item in hidden.items:
        head, _, text = item.partition("\n")
        name, _, label = head.partition(" ")
        found[name].append((label, text))
    return Material(
        table=FactTable(
            tuple(_fact(label, text) for label, text in found[_FACT]),
            {FactKind(kind): int(number) for kind, number in found[_LEFT_OUT]},
        ),
        declared=tuple(text for _, text in found[_DECLARED]),
        sources=tuple(Source(path, text) for path, text in found[_SOURCE]),
        names=tuple(name for _, names in found[_NAMES] for name in names.split("\n")),
        asked=hidden.instruction,
    )


def _item(name: str, label: str, text: str) -> str:
    return f"{name} {one_line(label)}\n{text}"


def _item_of_fact(fact: Fact) -> str:
    return _item(_FACT, f"{fact.id} {fact.kind}", "\n".join([fact.text, fact.how, *map(one_line, fact.paths)]))


def _fact(label: str, text: str) -> Fact:
    id_, _, kind = label.partition(" ")
    said, how, *paths = text.split("\n")
    return Fact(kind=FactKind(kind), text=said, how=how, paths=tuple(paths), id=id_)


def prompt_version(kind: Kind) -> str:
    """Return the version of the prompt, as the ledger knows it."""
    return prompt_file(kind).version


def work(task: Task, snapshot: Snapshot) -> Work:
    """Return what *task* is called in the ledger: a hash over all that is asked."""
    name = hashlib.sha256(json.dumps([task.kind, task.instruction, task.items]).encode()).hexdigest()[:32]
    return Work(kind=task.kind, rule=None, repository=repository_name(snapshot.root), fingerprint=name)


def question(task: Task, lane: Lane, *, snapshot: Snapshot, rules: KindPolicy, before: tuple[Attempt, ...]) -> Question:
    """Return what *lane* is asked, after *before*."""
    del snapshot  # what is shown stands in the task
    instructions, material = prompt_file(task.kind), material_of(task)
    prompt = "\n".join([*_body(material), *_rejected(before)])
    request = Request(
        lane=lane,
        stable=instructions.text,
        prompt=prompt,
        schema=SCHEMA,
        schema_name="architecture_review",
        max_output_tokens=allowed_output_tokens(
            before, lane, rules.max_output_tokens, prompt=instructions.text + prompt, form=SCHEMA
        ),
        timeout_s=rules.timeout_s,
        cache_key=prompt_cache_key(instructions.text),
    )
    return Question(request, instructions.version, _read)


def _body(material: Material) -> Iterator[str]:
    yield f"# The facts\n\n{fenced(table_text(material.table))}\n"
    if material.declared:
        yield f"# What the project declares\n\n{fenced(chr(10).join(material.declared))}\n"
    for number, source in enumerate(material.sources, 1):
        yield f"# Source {number}\n\n{fenced(_named(source), source.path)}\n"
    yield f"# What is asked\n\n{material.asked.strip()}\n"


def _named(source: Source) -> str:
    """Return *source* under its path, within the fence: a path is data too."""
    return f"{source.path}:\n\n{source.text}"


def _rejected(before: tuple[Attempt, ...]) -> Iterator[str]:
    rejected = told(before)
    if rejected:
        listed = fenced("\n".join(f"- {redact(item).text}" for item in rejected))
        yield f"# What was tried before and rejected\n\n{listed}\n\nAnswer differently."


def _read(answer: Mapping[str, Any]) -> Proposal | CannotFix | Unusable:
    """Return the answer if it says one thing: that nothing is needed, or what is."""
    try:
        json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, TypeError, RecursionError):  # half a surrogate, a number beyond all bounds, no JSON at all
        return Unusable(why="the answer holds a character or a number that cannot be written down")
    if answer["no_change_needed"] and answer["findings"]:
        return Unusable(why="the answer says that no change is needed, and lists findings")
    if not answer["no_change_needed"] and not answer["findings"]:
        return Unusable(why="the answer has no findings, and does not say that no change is needed")
    return Proposal(answer=answer)


async def checked(task: Task, made: Attempt, *, snapshot: Snapshot, checking: Waves, maker: Maker = UNKNOWN) -> Verdict:
    """Return the checker's word on an answer: what it claims stands by what it cites, or at least some of it does."""
    del snapshot, checking, maker  # there is no patch to look at
    check = _citation_check(made.answer or {}, material_of(task).shown())
    return Verdict(CheckState.FAILED if check.blocking else CheckState.UNCHECKED, 0.0, (check,))


def _citation_check(answer: Mapping[str, Any], seen: Shown) -> Check:
    """Hold every finding against what it cites; if none stands, the answer fails."""
    found = gate(findings_of(answer), seen)
    if not found.dropped:
        evidence = "no change is needed" if answer["no_change_needed"] else "all findings stand by what they cite"
        return Check(_CITATIONS, CheckState.PASSED, blocking=False, evidence=evidence)
    dropped = "; ".join(map(_said, found.dropped[:_MOST_TOLD]))
    evidence = f"{len(found.dropped)} of {len(found.findings) + len(found.dropped)} findings dropped: {dropped}"
    state = CheckState.PASSED if found.findings else CheckState.FAILED
    return Check(_CITATIONS, state, blocking=not found.findings, evidence=evidence)


_CITATIONS = "citations"


def _said(dropped: DroppedFinding) -> str:
    what = f" ({dropped.what[:_LONGEST_TOLD]!r})" if dropped.what else ""
    return f"{dropped.finding.title[:_LONGEST_TOLD]!r}: {dropped.reason}{what}"
