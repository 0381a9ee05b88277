"""One item of a finished run, as `REPORT#ITEM` names it, read from the report alone.

A report may come from anywhere: what is none is refused, and a refusal shows nothing of it that steers a terminal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from suffice.errors import InputError
from suffice.report import SCHEMA_NAME
from suffice.review.claims.memory import category_in
from suffice.task import Kind
from suffice_ci.published import clean

_MOST_NAMED = 20

_FAMILY = SCHEMA_NAME.partition("/")[0] + "/"
"""What the schema of a report of any version begins with."""

Item = Mapping[str, Any]
"""An item of a report, or the report itself; but for the item's `id`, a text, anything may be in it."""


def read_item(place: str) -> tuple[Item, Item]:
    """Return the report that *place* (`REPORT#ITEM`) names, and its item. Raises InputError."""
    file, _, name = place.rpartition("#")
    if not file:
        where = clean(place)
        raise InputError(f"{where} names no item; write the report's file and the item's id, such as report.json#i3.")
    report = _report(file)
    return report, _item(report["items"], name, clean(file))


def is_finding(item: Item) -> bool:
    """Tell whether *item* is a finding of a review of a change."""
    return item.get("kind") == Kind.REVIEW and isinstance(item.get("finding"), dict)


def rule_in_words(item: Item) -> str | None:
    """Return the rule of *item* as people know it, of a finding its category; None where there is no rule."""
    rule = item.get("rule")
    return category_in(rule) if isinstance(rule, str) and is_finding(item) else rule


def no_report(file: str) -> InputError:
    """Return the error for a *file* that is not what suffice writes as a report."""
    name = clean(file)
    return InputError(f"{name} is no report of suffice ({SCHEMA_NAME}); write one with suffice fix --output {name}.")


def _report(file: str) -> Item:
    try:
        report = json.loads(Path(file).read_text("utf-8"))
    except OSError as error:
        why = f"{clean(file)} cannot be read ({error.strerror})"
        raise InputError(f"{why}; name a report of suffice fix --output.") from error
    except (ValueError, RecursionError) as error:
        raise no_report(file) from error
    if not isinstance(report, dict):
        raise no_report(file)
    schema = report.get("schema")
    if isinstance(schema, str) and schema != SCHEMA_NAME and schema.startswith(_FAMILY):
        names = f"{clean(schema)}, and this suffice reads {SCHEMA_NAME}"
        raise InputError(f"{clean(file)} is a report of another form ({names}); use the suffice that wrote it.")
    if schema != SCHEMA_NAME or not _has_items(report):
        raise no_report(file)
    return report


def _has_items(report: Item) -> bool:
    items = report.get("items")
    listed = isinstance(items, list) and all(
        isinstance(item, dict) and isinstance(item.get("id"), str) for item in items
    )
    return listed and isinstance(report.get("totals"), dict)


def _item(items: Sequence[Item], name: str, file: str) -> Item:
    found = next((item for item in items if item["id"] == name), None)
    if found is not None:
        return found
    if not items:
        raise InputError(f"{file} has no items: nothing was found or done; name another report.")
    ids = [clean(item["id"]) for item in items]
    shown = ", ".join(ids) if len(ids) <= _MOST_NAMED else f"{', '.join(ids[:_MOST_NAMED])} and so on to {ids[-1]}"
    raise InputError(f"{file} has no item {clean(name)!r}; name one of: {shown}.")
