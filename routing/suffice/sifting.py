"""What of a list of diagnostics a cheap lane may leave out before a dear one is asked, and what it sees of each."""

from __future__ import annotations

from suffice.lint_fix import seen
from suffice.prefilter import Thing
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic

WORTH_MENDING = """\
Each item is a linter's diagnostic with the lines around it. Is it worth asking a strong, dear model to mend it?
keep: yes, it is about code that people maintain, and mending it is work for a model.
drop: no, it is a false alarm here, or about generated or vendored code or test data, or only the authors can decide it.
unsure: you cannot tell from these lines."""

_SHOWN_LINES = 3
_MOST_SHOWN_CHARS = 2000

_NEVER_LEFT_OUT = ("E9", "F63", "F7", "F82", "PLE", "S")
"""Rules that say that code is broken or unsafe: no cheap lane talks them away, whatever stands beside the place."""

_ASSERT = "S101"
"""Of those the one that says nothing in tests, where it is found by the hundred."""


def may_be_left_out(diagnostic: Diagnostic) -> bool:
    """Whether a cheap lane may leave *diagnostic* out: not what is grave, nor what the linter mends for nothing."""
    grave = diagnostic.rule.startswith(_NEVER_LEFT_OUT) and diagnostic.rule != _ASSERT
    return diagnostic.fix is None and not grave


def thing(diagnostic: Diagnostic, snapshot: Snapshot) -> Thing:
    """Return *diagnostic* with the lines around it, without secrets."""
    file, hidden = seen(snapshot.file(diagnostic.path))
    span, message = diagnostic.span, hidden.hide(diagnostic.message)
    first, last = max(1, span.start_line - _SHOWN_LINES), min(span.end_line, span.start_line + _SHOWN_LINES)
    lines = file.index.text(first, last + _SHOWN_LINES).rstrip()[:_MOST_SHOWN_CHARS]
    return Thing(f"{diagnostic.path}: {diagnostic.rule}: {message}\n{lines}", diagnostic.path)
