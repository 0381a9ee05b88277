"""Types say as much as before: `Any` and `cast` are a last resort.

Example: a type error is "mended" by `cast(Any, rows)`.
"""

from __future__ import annotations

import re

from suffice.checker.file_roles import is_python
from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed, skipped

NAME = "weakened-types"
COST = "under 0.1 ms"
BLOCKS = NEVER

_PYTHON = re.compile(r"\bcast\(\s*[\"']?(?:typing\.)?Any\b|(?::|->|\[|\|)\s*(?:typing\.)?Any\b|\bobject\.__setattr__\(")
_TYPESCRIPT = re.compile(r"\bas\s+(?:any|unknown\s+as)\b|<any>|:\s*any\b|\w!\.")
_TYPESCRIPT_ENDS = (".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte")


def look(subject: Subject) -> Found:
    """Count how many more types say nothing."""
    looked, more = False, 0
    for file in subject.written:
        pattern = _pattern(file.path)
        if pattern is not None:
            looked = True
            added, removed = (sum(len(pattern.findall(line.text)) for line in of) for of in (file.added, file.removed))
            more += max(0, added - removed)
    if not looked:
        return skipped("no file with types is touched")
    if more:
        return failed(f"{more} type(s) more that say nothing", amount=more)
    return passed("types say as much as before")


def _pattern(path: str) -> re.Pattern[str] | None:
    if is_python(path):
        return _PYTHON
    return _TYPESCRIPT if path.endswith(_TYPESCRIPT_ENDS) else None
