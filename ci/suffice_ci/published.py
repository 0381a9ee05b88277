"""What the GitHub Action takes from a report file: only what it shows, checked and cleaned.

Whatever the file holds, the answer is one `Published` with one status and one reason. Every text that may
come from the repository under edit is freed here, once, of secrets and of characters that mislead a reader.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.errors import InputError
from suffice.outcome import Ending
from suffice.privacy import redact
from suffice.report import REASONS, SCHEMA_NAME, Status

_LONGEST_TEXT = 300
_UNSEEN = re.compile(
    r"[^\S \t\n]|[\x00-\x08\x0e-\x1f\x7f-\x9f]"
    r"|[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
"""Characters that move, hide or reorder what stands around them, but for space, tab and line break."""


class Entry(NamedTuple):
    """One item of the report. Lines and columns are 1-based, the end line inclusive."""

    path: str
    rule: str
    message: str
    outcome: str
    reason: str
    detail: str
    lane: str
    in_patch: bool
    start_line: int
    start_column: int
    end_line: int
    end_column: int


class LaneTotal(NamedTuple):
    """What one lane did in the run."""

    lane: str
    attempts: int
    sufficed: int
    cost_usd: float


class Published(NamedTuple):
    """The part of a report that is shown. `otherwise` is the counterfactual: a lane and its cost in USD."""

    status: Status
    reason: str
    detail: str
    entries: tuple[Entry, ...] = ()
    lanes: tuple[LaneTotal, ...] = ()
    cost_usd: float = 0.0
    cap_usd: float = 0.0
    otherwise: tuple[str, float] | None = None
    not_looked_at: tuple[tuple[str, str], ...] = ()
    patch: str = ""

    @property
    def outcomes(self) -> Counter[str]:
        """Return how many entries ended how."""
        return Counter(entry.outcome for entry in self.entries)


def read_published(report_file: str) -> Published:
    """Return what *report_file* says; status failed, reason bug, where it says nothing that can be used."""
    name = Path(report_file).name
    try:
        return _parsed(json.loads(Path(report_file).read_text("utf-8")))
    except OSError as error:
        why = f"The report {name} cannot be read ({error.strerror})"
    except InputError as error:
        why = f"{name} is no report of suffice: {error}"
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        why = f"{name} is no report of suffice ({type(error).__name__})"
    detail = clean(f"{why}; the log of the step that ran suffice says what happened.")
    return Published(status=Status.FAILED, reason="bug", detail=detail)


def _parsed(data: Any) -> Published:
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA_NAME:
        raise InputError(f"its schema is not {SCHEMA_NAME}")
    totals = data["totals"]
    other = totals.get("counterfactual")
    return Published(
        status=Status(data["status"]),
        reason=_reason(data["reason"]),
        detail=clean(data["detail"]),
        entries=tuple(_entry(item) for item in _list(data["items"])),
        lanes=tuple(_lane(name, total) for name, total in totals["by_lane"].items()),
        cost_usd=float(totals["cost_usd"]),
        cap_usd=float(totals["cap_usd"]),
        otherwise=(clean(other["lane"]), float(other["cost_usd"])) if other else None,
        not_looked_at=tuple((clean(left["path"]), clean(left["reason"])) for left in _list(data["not_looked_at"])),
        patch=visible(data["patch"]),
    )


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        path=clean(item["path"]),
        rule=clean(item.get("rule", "")),
        message=clean(item.get("message", "")),
        outcome=Ending(item["outcome"]),
        reason=_reason(item["reason"]),
        detail=clean(item["detail"]),
        lane=clean(item.get("lane", "")),
        in_patch=item["in_patch"] is True,
        start_line=int(item["start_line"]),
        start_column=int(item["start_column"]),
        end_line=int(item["end_line"]),
        end_column=int(item["end_column"]),
    )


def _lane(name: str, total: Mapping[str, Any]) -> LaneTotal:
    return LaneTotal(
        lane=clean(name),
        attempts=int(total["attempts"]),
        sufficed=int(total["sufficed"]),
        cost_usd=float(total["cost_usd"]),
    )


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise InputError("a list was expected")
    return value


def _reason(code: Any) -> str:
    if code not in REASONS:
        raise InputError("it gives a reason that does not exist")
    return str(code)


def clean(text: str) -> str:
    """Return *text* on one line, at most 300 characters, without secrets and unseen characters."""
    line = " ".join(visible(text).split())
    return line if len(line) <= _LONGEST_TEXT else f"{line[: _LONGEST_TEXT - 1]}…"


def visible(text: str) -> str:
    r"""Return *text* without secrets; each unseen character is written like `\u202e`."""
    whole = text.encode("utf-8", errors="replace").decode("utf-8").replace("\r\n", "\n")
    shown = redact(whole).text
    return _UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", shown)
