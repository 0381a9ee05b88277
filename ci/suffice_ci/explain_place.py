"""`suffice explain FILE:LINE`: what would become of each diagnostic there. No model is asked."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from suffice import families
from suffice.config import load_config
from suffice.constraints import Facts
from suffice.decide import Decision, decide
from suffice.errors import InputError
from suffice.linters.chosen import linters_for
from suffice.linters.ruff import IO_ERROR, SYNTAX_ERROR
from suffice.policy import Policy
from suffice.positions import split_lines
from suffice.report import REASONS
from suffice.state.memory import Remembered
from suffice.state.storage import Storage
from suffice.targets import Targets, Wanted, find_targets, root_of, trusted_settings
from suffice.task import Diagnostic, Kind, Mode, Span, Stakes, Task
from suffice_ci.explain_kind import known_facts
from suffice_ci.explanation import explanation, task_lines, with_stakes_of_paths
from suffice_ci.model_run import begin, chosen_policy
from suffice_ci.recollection import known_storage, memory_entry, memory_lines, recalled, with_memory

_NOT_ASKED = {IO_ERROR: "unreadable-file", SYNTAX_ERROR: "syntax-error"}
"""Rules about which no lane is asked, and the reason code that `suffice fix` gives such an item."""


class Place(NamedTuple):
    """What the user named. Line and column are 1-based; `column` None: the whole line."""

    file: str
    line: int
    column: int | None = None


class _Explained(NamedTuple):
    """A diagnostic, and where it would go; `decision` None: nobody is asked."""

    diagnostic: Diagnostic
    decision: Decision | None
    known: Remembered | None


def explain_place(place: Place, options: Mapping[str, Any]) -> int:
    """Print where the diagnostics at *place* go and return the exit code. Raises SufficeError."""
    begin()
    wanted = Wanted(paths=(place.file,))
    if Path(place.file).is_dir():
        raise InputError(f"{place.file} is a folder; name one of its files.")
    root = root_of(wanted, folder=Path.cwd())
    settings = trusted_settings(wanted, root=root)
    config = load_config(settings, os.environ)
    policy = chosen_policy(options, config)
    own_ruff = linters_for(root, config, os.environ).ruff.program
    targets = find_targets(wanted, folder=Path.cwd(), settings=settings, config=config, own_ruff=own_ruff)
    there = [diagnostic for diagnostic in targets.diagnostics if _is_at(place, diagnostic.span)]
    path = (Path.cwd() / place.file).resolve().relative_to(targets.root).as_posix()
    if not there and not targets.not_looked_at:
        _check_line(place, targets.snapshot.file(path).text)
    facts, storage = known_facts(options, config), known_storage()
    manner = Mode(options["mode"]), Stakes(options["stakes"])
    explained = [_explained(each, manner, targets, policy, facts, storage) for each in there]
    if options["as_json"]:
        click.echo(json.dumps(_entry(path, place, explained, targets)))
    else:
        click.echo("\n".join(_lines(path, place, explained, targets)))
    return 0


def _is_at(place: Place, span: Span) -> bool:
    """Tell whether *span* covers the place; an end at the first column of a line covers none of it."""
    if place.column is not None:
        start, end = (span.start_line, span.start_column), (span.end_line, span.end_column)
        return start <= (place.line, place.column) < end or start == end == (place.line, place.column)
    last = span.end_line - 1 if span.end_column <= 1 and span.end_line > span.start_line else span.end_line
    return span.start_line <= place.line <= last


def _check_line(place: Place, text: str) -> None:
    last = len(split_lines(text)) or 1
    if not 1 <= place.line <= last:
        raise InputError(f"{place.file} has no line {place.line}; name one from 1 to {last}.")


def _explained(
    diagnostic: Diagnostic,
    manner: tuple[Mode, Stakes],
    targets: Targets,
    policy: Policy,
    facts: Facts,
    storage: Storage | None,
) -> _Explained:
    """Return where *diagnostic* would go: decided as `suffice fix` does once nothing of it is cached."""
    if diagnostic.rule in _NOT_ASKED:
        return _Explained(diagnostic, None, None)
    mode, stakes = manner
    task = Task(Kind.LINT_FIX, paths=(diagnostic.path,), diagnostics=(diagnostic,), mode=mode, stakes=stakes)
    work = families.of(task.kind).work(task, targets.snapshot)
    known = recalled(storage, work, policy=policy)
    decision = decide(task, policy=policy, state=with_memory(facts, known, storage))
    decision = with_stakes_of_paths(decision, task=task, policy=policy)
    return _Explained(diagnostic, decision, known)


def _entry(path: str, place: Place, explained: list[_Explained], targets: Targets) -> dict[str, Any]:
    entry: dict[str, Any] = {"path": path, "line": place.line, "column": place.column}
    entry["diagnostics"] = [_diagnostic_entry(each) for each in explained]
    entry["not_looked_at"] = next((left.reason for left in targets.not_looked_at), None)
    return {key: value for key, value in entry.items() if value is not None}


def _diagnostic_entry(explained: _Explained) -> dict[str, Any]:
    diagnostic, decision, known = explained
    reason = _NOT_ASKED.get(diagnostic.rule)
    entry = {
        "rule": diagnostic.rule,
        "message": diagnostic.message,
        "source": diagnostic.source,
        "severity": diagnostic.severity,
        "url": diagnostic.url,
        **diagnostic.span._asdict(),
        "linter_fix": diagnostic.fix.applicability if diagnostic.fix else None,
        "explanation": explanation(decision) if decision else None,
        "memory": memory_entry(known) if known else None,
    }
    return {**entry, "reason": reason, "detail": REASONS[reason]} if reason else entry


def _lines(path: str, place: Place, explained: list[_Explained], targets: Targets) -> Iterator[str]:
    where = f"{path}:{place.line}" + (f":{place.column}" if place.column else "")
    for left in targets.not_looked_at:
        yield f"{where}: {left.path} is not looked at: {left.reason}"
    if not explained and not targets.not_looked_at:
        yield f"{where}: the linter finds nothing here; there is nothing to fix."
    for each in explained:
        span = each.diagnostic.span
        yield f"{path}:{span.start_line}:{span.start_column}: {each.diagnostic.rule} {each.diagnostic.message}"
        yield from (f"  {line}" for line in _diagnostic_lines(each))


def _diagnostic_lines(explained: _Explained) -> Iterator[str]:
    diagnostic, decision, known = explained
    if decision is None or known is None:
        yield f"goes to no lane: {REASONS[_NOT_ASKED[diagnostic.rule]]}"
        return
    own = f"a fix of its own ({diagnostic.fix.applicability})" if diagnostic.fix else "no fix of its own"
    yield f"{diagnostic.source} has {own}"
    yield from task_lines(decision)
    yield from memory_lines(known, about=f"tasks like this, those of {diagnostic.rule} first")
