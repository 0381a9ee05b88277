"""What an executed check says, and how it names tests and quotes what a command printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from suffice.checker.executed.sandbox import Ran
from suffice.checker.verdict import Found

_NAMED = 3
_LONGEST_END = 400


class Told(NamedTuple):
    """What an executed check found, and what, if anything, it proves. `settled` False leaves the patch unchecked."""

    found: Found
    proof: str | None = None
    settled: bool = True


def named(things: Sequence[str]) -> str:
    """Return the first few of *things*, and how many more there are."""
    more = f" and {len(things) - _NAMED} more" if len(things) > _NAMED else ""
    return ", ".join(things[:_NAMED]) + more


def tests_that(count: int, one: str, many: str) -> str:
    """Return how many tests do something: `1 test passes`, `2 tests pass`."""
    return f"1 test {one}" if count == 1 else f"{count} tests {many}"


def ending(ran: Ran) -> str:
    """Return, in brackets, the end of what *ran* printed that says most; nothing if it printed nothing."""
    lines = [line.strip() for line in ran.tail.splitlines() if line.strip()]
    errors = [line.removeprefix("E ").strip() for line in lines if line.startswith("E ")]
    said = " | ".join(dict.fromkeys((errors or lines)[-_NAMED:]))[-_LONGEST_END:]
    return f" ({said})" if said else ""
