"""What a patch writes is meant: it holds no placeholder and no guess.

Example: `# TODO: handle the other case`, or `raise NotImplementedError("your code here")`.
"""

from __future__ import annotations

import re

from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed
from suffice.checker.written import LONGEST_LINE

NAME = "placeholders"
COST = "under 0.1 ms"
BLOCKS = NEVER

_WORDS = re.compile(
    r"\b(?:TODO|FIXME|XXX|HACK)\b|(?i:\b(?:placeholder|your (?:code|logic|implementation) here|assum(?:e|es|ing)\b"
    r"|hypothetical|for (?:now|simplicity)|rest of the (?:code|function|file)|(?:existing|remaining|original) code"
    r"|not (?:yet )?implemented|implement (?:this|me)|stub\b|should work|might (?:need|work)|adjust (?:as|if) need))"
)


def look(subject: Subject) -> Found:
    """Find words of hedging in the lines that a patch writes (5 % of such patches were right, of others 22 %)."""
    for file in subject.written:
        if role(file.path) is Role.DOCUMENTATION:
            continue
        for line in file.added:
            found = _WORDS.search(line.text[:LONGEST_LINE])
            if found:
                return failed(f"line {line.number} of {file.path} says {found[0]!r}", amount=1)
    return passed("writes no placeholder")
