"""The Markdown of the action's step summary, rendered from a report by this code alone.

Text of the repository, of a linter or of a model stands in code spans and fences only, whose marks are longer
than any run of backticks inside, so that it can neither format, link, mention nor end what it stands in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from suffice.report import REASONS
from suffice_ci.published import Entry, Published
from suffice_ci.summary import dollars

MOST_BYTES = 1_000_000
"""GitHub drops a summary of more than 1 MiB as a whole."""

_MOST_ROWS = 100
_LEFT = {"needs-human", "refused", "error", "out-of-budget"}


def step_summary(published: Published, *, patch_name: str) -> str:
    """Return the summary, at most `MOST_BYTES` long; of a patch that is cut, *patch_name* has the rest."""
    head = "\n".join([*_head(published), *_lanes(published), *_left(published), *_not_tried(published)])
    head += "\n".join(["", *_not_looked_at(published), ""])
    return head + _patch(published.patch, room=MOST_BYTES - len(head.encode()), name=patch_name)


def _head(published: Published) -> Iterator[str]:
    yield f"## suffice: {published.status}"
    yield ""
    yield f"{_sentence(REASONS[published.reason])} (`{published.reason}`)."
    if published.detail and published.detail != REASONS[published.reason]:
        yield f"\n{code(published.detail)}"
    yield ""
    if not published.entries:
        return
    outcomes = published.outcomes
    rows = {
        "diagnostics": str(len(published.entries)),
        "in the patch": str(sum(entry.in_patch for entry in published.entries)),
        "left for a human": str(sum(outcomes[outcome] for outcome in _LEFT)),
        "not tried": str(outcomes["skipped"]),
        "cost": f"{dollars(published.cost_usd)} of at most {dollars(published.cap_usd)}",
    }
    if published.otherwise and published.otherwise[1]:
        lane, cost_usd = published.otherwise
        rows[f"always {code(lane)} would have cost"] = f"about {dollars(cost_usd)}"
    yield from _table(("", ""), rows.items())


def _lanes(published: Published) -> Iterator[str]:
    if published.lanes:
        yield "### By lane\n"
        rows = (
            (code(total.lane), str(total.attempts), str(total.sufficed), dollars(total.cost_usd))
            for total in published.lanes
        )
        yield from _table(("lane", "tried", "sufficed", "cost"), rows)


def _left(published: Published) -> Iterator[str]:
    left = [entry for entry in published.entries if entry.outcome in _LEFT]
    if left:
        yield "### Left for a human\n"
        rows = ((_place(entry), code(entry.rule), entry.reason, code(entry.detail)) for entry in left)
        yield from _table(("where", "rule", "reason", "why"), rows)


def _not_tried(published: Published) -> Iterator[str]:
    grouped = Counter((entry.rule, entry.reason) for entry in published.entries if entry.outcome == "skipped")
    if grouped:
        yield "### Not tried\n"
        rows = ((code(rule), str(number), reason, REASONS[reason]) for (rule, reason), number in grouped.most_common())
        yield from _table(("rule", "diagnostics", "reason", "why"), rows)


def _not_looked_at(published: Published) -> Iterator[str]:
    if published.not_looked_at:
        yield "### Not looked at\n"
        yield from _table(("file", "why"), ((code(path), code(why)) for path, why in published.not_looked_at))


def _place(entry: Entry) -> str:
    return code(f"{entry.path}:{entry.start_line}:{entry.start_column}")


def _table(names: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names, rows = tuple(names), tuple(rows)
    yield f"| {' | '.join(names)} |"
    yield f"|{'---|' * len(names)}"
    yield from (f"| {' | '.join(row)} |" for row in rows[:_MOST_ROWS])
    if len(rows) > _MOST_ROWS:
        yield f"\n{len(rows) - _MOST_ROWS} more are in the report."
    yield ""


def _patch(patch: str, *, room: int, name: str) -> str:
    if not patch:
        return ""
    fence = "`" * max(3, _longest_run(patch) + 1)
    title = "<details><summary>The patch</summary>"
    note = f"\n\nThe rest is in `{name}`."
    frame = f"\n{title}\n\n{fence}diff\n\n{fence}{note}\n\n</details>\n"
    shown = _first_lines(patch, room - len(frame.encode()))
    rest = "" if shown == patch else note
    return f"\n{title}\n\n{fence}diff\n{shown.rstrip(chr(10))}\n{fence}{rest}\n\n</details>\n"


def _first_lines(text: str, most_bytes: int) -> str:
    encoded = text.encode()
    if len(encoded) <= most_bytes:
        return text
    return encoded[: max(0, encoded.rfind(b"\n", 0, max(0, most_bytes)))].decode()


def code(text: str) -> str:
    """Return *text* (one line) as a code span that also holds inside a table; nothing for an empty text."""
    if not text.strip():
        return ""
    fence = "`" * (_longest_run(text) + 1)
    padded = f" {text} " if text[0] in "` " or text[-1] in "` " else text
    return re.sub(r"\\*\|", r"\\|", f"{fence}{padded}{fence}")


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
