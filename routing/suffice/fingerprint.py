"""The name of a diagnostic that stays the same from run to run while its line does."""

from __future__ import annotations

import hashlib
from pathlib import Path

from suffice.snapshot import Snapshot
from suffice.task import Diagnostic


def fingerprint(diagnostic: Diagnostic, snapshot: Snapshot) -> str:
    """Return 32 hex digits made of path, rule, message and the diagnosed lines, wherever in the file they stand."""
    lines = ""
    if snapshot.has(diagnostic.path):
        index = snapshot.file(diagnostic.path).index
        lines = index.text(diagnostic.span.start_line, diagnostic.span.end_line).strip()
    parts = (diagnostic.path, diagnostic.rule, diagnostic.message, lines)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def repository_name(root: Path | None) -> str:
    """Return what the repository at *root* is called in the ledger: a hash, since its path is nobody's business."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:16]
