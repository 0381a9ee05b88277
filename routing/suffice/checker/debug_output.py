"""Nothing is left behind from looking for the defect: no new `print`, `console.log` or breakpoint in source.

Example: `print("here", value)` above the mended line.
"""

from __future__ import annotations

import re

from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed
from suffice.checker.written import LONGEST_LINE

NAME = "debug-output"
COST = "under 0.1 ms"
BLOCKS = NEVER

_OUTPUT = re.compile(
    r"^[ \t]*(?:print[ \t]*\((?!.*\bfile[ \t]*=)|pprint[ \t]*\(|breakpoint[ \t]*\(|import[ \t]+(?:i?pdb|pudb)\b"
    r"|(?:i?pdb|pudb)\.set_trace\(|console\.(?:log|debug|dir|trace)[ \t]*\(|debugger\b|alert[ \t]*\(|dbg!\(|var_dump\("
    r"|binding\.pry|fmt\.Print(?:ln|f)\(|System\.out\.print)"
)


def look(subject: Subject) -> Found:
    """Find output for debugging in the source lines that a patch writes (6.5 % of such patches were right)."""
    for file in subject.written:
        if role(file.path) is not Role.SOURCE:
            continue
        for line in file.added:
            if _OUTPUT.match(line.text[:LONGEST_LINE]):
                return failed(f"line {line.number} of {file.path}: {line.text.strip()[:60]}", amount=1)
    return passed("leaves no output for debugging")
