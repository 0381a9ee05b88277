"""`suffice apply`: a model's reply, pasted or piped, as a diff or written into the files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from suffice.edits.applied import Applied, Candidate, Rejected
from suffice.edits.apply import apply_reply
from suffice.edits.write import write_changes
from suffice.snapshot import Snapshot
from suffice_ci.chosen_root import chosen_root
from suffice_ci.named_text import named_text

_MOST_SHOWN_LINES = 12


def run_apply(options: Mapping[str, Any]) -> int:
    """Run `suffice apply` and return 0 if the reply was applied, 1 if it was rejected. Raises SufficeError."""
    snapshot = Snapshot.of_folder(chosen_root(options["root"]))
    result = apply_reply(named_text(options["reply"]), snapshot=snapshot)
    match result:
        case Rejected():
            _show_rejected(result, as_json=options["as_json"])
            return 1
        case Applied():
            written = _write(result, snapshot) if options["write"] else []
            _show_applied(result, written, as_json=options["as_json"])
            return 0


def _write(applied: Applied, snapshot: Snapshot) -> Sequence[str]:
    return write_changes(applied.changes, snapshot=snapshot, root=snapshot.root or Path())


def _show_applied(applied: Applied, written: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        document = {
            "state": "applied",
            "step": applied.step,
            "notes": applied.notes,
            "written": list(written),
            "files": [{"path": path, "deleted": text is None} for path, text in applied.files.items()],
            "patch": applied.patch,
        }
        click.echo(json.dumps(document))
        return
    click.echo(applied.patch, nl=False)
    for note in applied.notes:
        click.echo(_CONTROLS.sub("\ufffd", f"note: {note}"), err=True)
    if written:
        click.echo(f"Wrote {', '.join(written)}.", err=True)


def _show_rejected(rejected: Rejected, *, as_json: bool) -> None:
    if as_json:
        candidates = [candidate._asdict() for candidate in rejected.candidates]
        document = {"state": "rejected", "reason": rejected.reason, "candidates": candidates}
        click.echo(json.dumps(document))
    for said in (f"rejected: {rejected.reason}", *map(_shown, rejected.candidates)):
        click.echo(_CONTROLS.sub("\ufffd", said), err=True)


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What a hostile file or reply could move a terminal with."""


def _shown(candidate: Candidate) -> str:
    lines = candidate.text.splitlines()
    more = ["  …"] if len(lines) > _MOST_SHOWN_LINES else []
    place = f"{candidate.path}:{candidate.start_line}-{candidate.end_line} ({candidate.similarity:.0%} similar)"
    return "\n".join([f"did you mean {place}", *(f"  {line}" for line in lines[:_MOST_SHOWN_LINES]), *more])
