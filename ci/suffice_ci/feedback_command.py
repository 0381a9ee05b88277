"""`suffice feedback REPORT#ITEM WORD`: what became of a result, for the ledger to remember.

A report may come from anywhere, the ledger stays: it takes only what suffice itself could have written.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import click

from suffice.config import load_config
from suffice.decide import Facts, decide
from suffice.errors import InputError
from suffice.fingerprint import repository_name
from suffice.lanes import HUMAN, LINTER
from suffice.policy import Policy
from suffice.providers.connect import with_key
from suffice.state.ledger import Feedback, Work
from suffice.state.storage import Storage
from suffice.targets import Wanted, root_of, trusted_settings
from suffice.task import Kind, Task
from suffice_ci.published import clean
from suffice_ci.recollection import recalled, with_memory
from suffice_ci.remembered import remembered
from suffice_ci.report_item import Item, is_finding, no_report, read_item, rule_in_words

_FINGERPRINT = re.compile(r"[0-9a-f]{32}")
_LONGEST_NAME = 100


def run_feedback(place: str, word: str, *, as_json: bool) -> int:
    """Record *word* on the item at *place* and return the exit code. Raises SufficeError."""
    report, item = read_item(place)
    if "lane" not in item:
        why = f"Item {clean(item['id'])} holds no result of any lane ({clean(str(item.get('outcome')))})"
        raise InputError(f"{why}; name an item that was proposed.")
    work = _work(report, item, place.rpartition("#")[0])
    said = {key: item[key] for key in ("kind", "rule", "path", "lane") if isinstance(item.get(key), str)}
    with remembered() as storage:
        storage.ledger.record_feedback(work, lane=said["lane"], word=Feedback(word))
        if as_json:
            click.echo(json.dumps({**said, "word": word}))
            return 0
        of = f" in {said['path']}" if "path" in said else ""
        click.echo(clean(f"Noted: what {said['lane']} made of {rule_in_words(item) or work.kind}{of} was {word}."))
        if word == Feedback.REJECTED and not is_finding(item):
            click.echo(clean(_asked_next(work, said.get("path"), storage)))
    return 0


def _asked_next(work: Work, path: str | None, storage: Storage) -> str:
    """Return who will be asked about *work* now, decided as a run with the user's settings does."""
    config = load_config(trusted_settings(Wanted(), root=root_of(Wanted(), folder=Path.cwd())), os.environ)
    policy = Policy.load(config.policy or "guide", lanes=config.catalogue().lanes)
    known = recalled(storage, work, policy=policy)
    facts = with_memory(Facts(with_key=with_key(os.environ), deny=config.deny_lanes), known, storage)
    decision = decide(Task(Kind(work.kind), paths=(path,) if path else ()), policy=policy, state=facts)
    lane = next(lane for lane in decision.order if lane != LINTER)
    if lane == HUMAN:
        return f"With policy {policy.name} the next run asks nobody: no other lane is left that may be used."
    return f"With policy {policy.name} the next run asks {lane}."


def _work(report: Item, item: Item, file: str) -> Work:
    """Return what *item* is called in the ledger. Raises InputError."""
    wrong = [key for key in ("kind", "lane", "rule") if key in item and not _is_name(item[key])]
    fingerprint = item.get("fingerprint")
    if wrong or not isinstance(fingerprint, str) or not _FINGERPRINT.fullmatch(fingerprint):
        of = f"of {clean(item['id'])} in {clean(file)}"
        raise InputError(
            f"The {(*wrong, 'fingerprint')[0]} {of} is none that suffice writes; name the file of suffice fix --output."
        )
    try:
        return Work(Kind(item["kind"]), item.get("rule"), repository_name(Path(report["root"])), fingerprint)
    except (KeyError, TypeError, ValueError) as error:
        raise no_report(file) from error


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()
