"""A few words for a person: one step of the way up, and any text as it may be shown."""

from __future__ import annotations

import re

from suffice.constraints import Failure
from suffice.outcome import Attempt
from suffice.providers.reply import Ended

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but for tab and line break, marks that reorder a line, and other line breaks."""


def step_told(attempt: Attempt) -> str:
    """Return one step of the way up in a few words, as in "haiku failed quotes"."""
    if attempt.failure is None:
        return f"{attempt.lane} sufficed"
    if attempt.verdict and attempt.verdict.failed:
        return f"{attempt.lane} failed {', '.join(check.name for check in attempt.verdict.failed)}"
    if attempt.judge and attempt.failure is Failure.LOW_CONFIDENCE:
        return f"{attempt.lane} was doubted by {attempt.judge.lane}"
    return f"{attempt.lane} {attempt.ended if attempt.ended is not Ended.ANSWERED else 'gave nothing usable'}"


def printable(text: str) -> str:
    r"""Return *text* with each character that steers a terminal or a reader's eye written like `\u202e`; so is JSON."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text.replace("\r\n", "\n"))
