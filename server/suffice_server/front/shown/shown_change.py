"""A change as people read it, for an editor that makes no edits for a command."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

from suffice_server.front.applying.delivery import Parcel
from suffice_server.front.applying.workspace_edit import edited
from suffice_server.values import Changed, Op

_FENCE = "``````"


def as_markdown(parcel: Parcel) -> str:
    """Return *parcel* as unified diffs in Markdown."""
    diffs = "\n".join(line for change in parcel.changes for line in _diff(parcel, change))
    return f"# {parcel.label}\n\n{_FENCE}diff\n{diffs}\n{_FENCE}\n"


def _diff(parcel: Parcel, change: Changed) -> Iterator[str]:
    sent = parcel.sent.get(change.path)
    before = sent.text if sent is not None else change.before or ""
    after = "" if change.op is Op.DELETE else edited(before, change.edits)
    target = change.new_path or change.path
    yield from (
        line.rstrip("\r\n")
        for line in unified_diff(before.splitlines(), after.splitlines(), change.path, target, lineterm="")
    )
