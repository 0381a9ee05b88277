"""Nothing is left out: no comment stands in the place of code that was there.

Example: `# ... rest of the function unchanged ...` where the rest of the function was.
"""

from __future__ import annotations

import re

from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.checker.written import Written

NAME = "elision"
COST = "under 0.1 ms"
BLOCKS = ALWAYS

_LEFT_OUT = re.compile(
    r"^[ \t]*(?:\#|//|/\*|<!--|--|;|\*)[ \t]*(?:"
    r"(?:\.\.\.|…)[^\r\n]{0,80}?\b(?:rest|remain\w*|existing|unchanged|previous|same|other|more|omitted|above|below|code|here)\b"
    r"|\[?(?:the )?(?:rest of|remaining|remainder of|existing|previous|original|unchanged)[ \t][^\r\n]{0,60}?"
    r"\b(?:code|file|function|method|class|implementation|imports?|logic|body|lines?)\b[^\r\n]{0,40}"
    r"(?:\.\.\.|…|\bunchanged\b|\bremains?\b|\bhere\b|\bomitted\b|\bgoes\b|\bstays?\b|\]?$)"
    r")",
    re.IGNORECASE,
)
_LONGEST_LINE = 300


def look(subject: Subject) -> Found:
    """Fail a patch that writes such a comment in a file from which it takes lines."""
    for file in subject.written:
        line = _left_out(file)
        if line:
            return failed(f"line {line} of {file.path} stands for code that was left out")
    return passed("leaves nothing out")


def _left_out(file: Written) -> int | None:
    """Return the line of *file* that stands for others, None if there is none or nothing was taken away."""
    if not file.removed or role(file.path) is Role.DOCUMENTATION:
        return None
    return next((line.number for line in file.added if _LEFT_OUT.match(line.text[:_LONGEST_LINE])), None)
