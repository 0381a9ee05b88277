"""`suffice explain KIND`: where a task of that kind would go in this project, with the user's settings."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from suffice.config import Config, load_config
from suffice.decide import Facts, decide
from suffice.errors import InputError
from suffice.policy import Policy
from suffice.providers.connect import with_key
from suffice.targets import Wanted, root_of, trusted_settings
from suffice.task import Kind, Mode, Stakes, Task
from suffice_ci.explanation import explanation, kind_lines
from suffice_ci.model_run import chosen_policy
from suffice_ci.recollection import NOTHING, known_storage, memory_entry, memory_lines, recalled, with_memory

if TYPE_CHECKING:
    from suffice.state.memory import Remembered
    from suffice.state.storage import Storage


def explain_kind(name: str, options: Mapping[str, Any]) -> int:
    """Print where tasks of the kind *name* go and return the exit code. Raises SufficeError."""
    task = Task(kind=_kind(name), mode=Mode(options["mode"]), stakes=Stakes(options["stakes"]))
    root = root_of(Wanted(), folder=Path.cwd())
    config = load_config(trusted_settings(Wanted(), root=root), os.environ)
    policy = chosen_policy(options, config)
    storage = known_storage()
    known = _known(task.kind, root, policy, storage)
    decision = decide(task, policy=policy, state=with_memory(known_facts(options, config), known, storage))
    if options["as_json"]:
        remembered = {"memory": memory_entry(known)} if known.records else {}
        click.echo(json.dumps({**explanation(decision), **remembered}))
        return 0
    about = f"{task.kind} tasks, of this repository first"
    for line in (*kind_lines(decision, lanes=policy.lanes), *memory_lines(known, about=about)):
        click.echo(line)
    return 0


def _kind(name: str) -> Kind:
    try:
        return Kind(name)
    except ValueError:
        kinds = ", ".join(Kind)
        raise InputError(f"{name} is no kind of task, place or item; name FILE:LINE, REPORT#ITEM or {kinds}.") from None


def known_facts(options: Mapping[str, Any], config: Config) -> Facts:
    """Return what keys, settings and flags say."""
    return Facts(
        with_key=with_key(os.environ),
        allow=frozenset(options["allow"]),
        deny=config.deny_lanes,
        lane=options["lane"],
        max_lane=options["max_lane"],
    )


def _known(kind: Kind, root: Path, policy: Policy, storage: Storage | None) -> Remembered:
    if storage is None:
        return NOTHING
    from suffice.fingerprint import repository_name
    from suffice.state.ledger import Work

    work = Work(kind=kind, rule=None, repository=repository_name(root), fingerprint="")
    return recalled(storage, work, policy=policy)
