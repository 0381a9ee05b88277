"""`suffice ci publish`: the GitHub Action turns a report into what a reader of the job sees.

It calls nobody and changes no file of the repository. Every way out sets `status` and `reason`. No text of
the report can become a workflow command: each line that is printed is one of ours with its data escaped.
"""

from __future__ import annotations

import os
import secrets
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import click

from suffice.report import Status
from suffice_ci.published import Entry, Published, read_published
from suffice_ci.step_summary import step_summary

MOST_ANNOTATIONS = 10
"""GitHub shows no more of each level for one step."""

_FAILING = {Status.NEEDS_HUMAN, Status.DEGRADED, Status.FAILED}
_LEVELS = {
    "error": "error",
    "needs-human": "warning",
    "refused": "warning",
    "out-of-budget": "warning",
    "proposed": "notice",
    "skipped": "notice",
}


class Annotation(NamedTuple):
    """A remark in the log, beside a place in a file if `place` names one."""

    level: str
    title: str
    message: str
    place: Mapping[str, str | int] = {}


def publish_report(report_file: str) -> int:
    """Write annotations, step summary and outputs; return the exit code that the status calls for."""
    published = read_published(report_file)
    patch_file = _patch_beside(report_file)
    outputs = {
        "status": str(published.status),
        "reason": published.reason,
        "report-file": report_file if Path(report_file).is_file() else "",
        "patch-file": str(patch_file) if patch_file.is_file() else "",
    }
    _append("GITHUB_OUTPUT", "".join(output(name, value) for name, value in outputs.items()))
    shown, more = _at_most(annotate(published))
    for annotation in shown:
        click.echo(command(annotation).encode())
    summary = step_summary(published, patch_name=patch_file.name)
    if more:
        summary += f"\n{more} more remarks than GitHub shows for one step are in the report only.\n"
    _append("GITHUB_STEP_SUMMARY", summary)
    click.echo(f"suffice: {published.status} ({published.reason})")
    return int(published.status in _FAILING)


def annotate(published: Published) -> Iterator[Annotation]:
    """Yield a remark about a run that went wrong, then one about each entry with something to say."""
    if published.status in {Status.FAILED, Status.DEGRADED}:
        level = "error" if published.status is Status.FAILED else "warning"
        yield Annotation(level, f"suffice: {published.status}", published.detail or published.reason)
    for entry in published.entries:
        if entry.outcome in _LEVELS:
            message = f"{entry.message} - {_said(entry)}"
            yield Annotation(_LEVELS[entry.outcome], f"suffice: {entry.rule}", message, _place(entry))


def command(annotation: Annotation) -> str:
    """Return the workflow command for *annotation*, on one line."""
    properties: dict[str, str | int] = {**annotation.place, "title": annotation.title}
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{annotation.level} {written}::{_data(annotation.message)}"


def output(name: str, value: str) -> str:
    """Return *name* and *value* as they stand in the file of outputs; no value can end itself."""
    mark = f"suffice_{secrets.token_hex(16)}"
    return f"{name}<<{mark}\n{value}\n{mark}\n"


def _at_most(found: Iterator[Annotation]) -> tuple[list[Annotation], int]:
    by_level: dict[str, list[Annotation]] = defaultdict(list)
    for annotation in found:
        by_level[annotation.level].append(annotation)
    shown = [annotation for level in by_level.values() for annotation in level[:MOST_ANNOTATIONS]]
    return shown, sum(map(len, by_level.values())) - len(shown)


def _said(entry: Entry) -> str:
    if entry.outcome == "skipped":
        return f"not tried: {entry.detail}"
    if entry.outcome != "proposed":
        return f"left for a human: {entry.detail}"
    where = "is in the patch" if entry.in_patch else "is left out of the patch"
    return f"a checked fix by {entry.lane} {where}"


def _place(entry: Entry) -> dict[str, str | int]:
    place: dict[str, str | int] = {"file": entry.path, "line": entry.start_line, "endLine": entry.end_line}
    if entry.start_line == entry.end_line:  # GitHub ignores the columns of several lines
        place |= {"col": entry.start_column, "endColumn": entry.end_column}
    return place


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _patch_beside(report_file: str) -> Path:
    return Path(report_file).with_suffix(".patch")


def _append(variable: str, text: str) -> None:
    """Append *text* to the file that the runner names in *variable*; outside of a job there is none."""
    name = os.environ.get(variable)
    if name:
        with Path(name).open("ab") as file:
            file.write(text.encode("utf-8"))
