"""What a person reads at the end of `suffice fix`, made from the report alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click

from suffice.constraints import NOT_FOLLOWED
from suffice.lanes import LINTER
from suffice.report import REASONS

_MOST_LISTED = 30

_LEAST_SHOWN_USD = 0.0001

_Item = Mapping[str, Any]


def print_summary(report: Mapping[str, Any], *, keys: Sequence[str]) -> None:
    """Print on standard error what became of the items, and what to do next."""
    for line in summary_lines(report, keys=keys):
        click.echo(line, err=True)


def summary_lines(report: Mapping[str, Any], *, keys: Sequence[str]) -> Iterator[str]:
    """Yield the lines of the summary."""
    items: Sequence[_Item] = report["items"]
    yield from _not_looked_at(report)
    if not items:
        yield "suffice: nothing to do."
        return
    yield from dict.fromkeys(why for item in items for why in item["why"] if NOT_FOLLOWED in why)
    yield from _settled_by_models(items)
    yield from _left(items)
    yield from _table(report, items)
    yield from _money(report)
    if any(item["reason"] == "no-key" for item in items):
        yield f"Set {' or '.join(keys)} to have the rest tried."


def _not_looked_at(report: Mapping[str, Any]) -> Iterator[str]:
    for left in report["not_looked_at"]:
        yield f"not looked at: {left['path']}: {left['reason']}"


def _settled_by_models(items: Sequence[_Item]) -> Iterator[str]:
    """Say of each patch that a model made how it came about: "haiku failed suppression, sonnet sufficed, $0.0031"."""
    made = [item for item in items if item["outcome"] == "proposed" and item["lane"] != LINTER]
    for item in made[:_MOST_LISTED]:
        steps = [*(f"{a['lane']} {_failure(a)}" for a in item["attempts"][:-1]), f"{item['lane']} sufficed"]
        yield f"{_place(item)} {item['rule']}: {', '.join(steps)}{_doubted(item)}, {dollars(paid_usd(item))}"
    if len(made) > _MOST_LISTED:
        yield f"... and {len(made) - _MOST_LISTED} more like these (--json has every attempt)"


def paid_usd(item: _Item) -> float:
    """Return what the attempts of *item* cost, with the judges that were asked about them."""
    calls = [call for attempt in item["attempts"] for call in (attempt, attempt.get("judge")) if call]
    return sum((call["cost_usd"] for call in calls), start=0.0)


def doubted_by(attempt: Mapping[str, Any]) -> str | None:
    """Return the judge that doubted what *attempt* made, None if none did."""
    judge = attempt.get("judge", {})
    return judge["lane"] if judge.get("said", "right") != "right" else None


def _doubted(item: _Item) -> str:
    judge = doubted_by(item["attempts"][-1]) if item["attempts"] else None
    return f", doubted by {judge}" if judge else ""


def _failure(attempt: Mapping[str, Any]) -> str:
    if attempt["failed_checks"]:
        return f"failed {', '.join(attempt['failed_checks'])}"
    if judge := doubted_by(attempt):
        return f"was doubted by {judge}"
    return _ENDED[attempt["ended"]]


_ENDED: Mapping[str, str] = {
    "answered": "could not",
    "refused": "refused",
    "truncated": "was cut off",
    "malformed": "gave no answer that can be used",
    "unavailable": "could not be reached",
    "timed-out": "took too long",
    "cancelled": "was interrupted",
}
"""How an attempt ended that did not suffice, in words."""


def _left(items: Sequence[_Item]) -> Iterator[str]:
    """List what is not settled: each place, or each rule where there are many."""
    handed = [item for item in items if item["outcome"] in {"needs-human", "refused", "error", "out-of-budget"}]
    for item in handed:
        steps = [f"{a['lane']} {_failure(a)}" for a in item["attempts"]]
        tried = f" ({', '.join(steps)})" if steps else ""
        yield f"{_place(item)} {item['rule']}: {_in_words(item)}{tried}"
    skipped = [item for item in items if item["outcome"] == "skipped"]
    if len(skipped) <= _MOST_LISTED:
        yield from (f"{_place(item)} {item['rule']}: {item['detail']}{_price([item])}" for item in skipped)
        return
    grouped: dict[tuple[str, str, str], list[_Item]] = defaultdict(list)
    for item in skipped:
        grouped[item["rule"], item["reason"], item.get("next_lane", {}).get("lane", "")].append(item)
    yield "Not sent, by rule (--json has every place):"
    for (rule, reason, lane), group in sorted(grouped.items(), key=lambda entry: -len(entry[1])):
        to = f" to {lane}" if lane else ""
        yield f"  {rule:8} {len(group):4}{to}: {REASONS[reason]}{_price(group)}"


def _in_words(item: _Item) -> str:
    """Return why *item* is left: what its reason says of all such, then what the run says of this one."""
    said, detail = REASONS[item["reason"]], item["detail"]
    return detail if detail.startswith(said) else f"{said}: {detail}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _place(item: _Item) -> str:
    return f"{item['path']}:{item['start_line']}:{item['start_column']}"


def _price(items: Sequence[_Item]) -> str:
    cost_usd = sum(item.get("next_lane", {}).get("estimated_cost_usd", 0.0) for item in items)
    return f", about {dollars(cost_usd)}" if cost_usd else ""


def dollars(amount: float) -> str:
    """Return *amount* of US dollars with as many decimals as it needs to be seen."""
    if 0 < amount < _LEAST_SHOWN_USD:
        return f"under ${_LEAST_SHOWN_USD:.4f}"
    return f"${amount:.4f}" if amount < 1 else f"${amount:.2f}"


def _table(report: Mapping[str, Any], items: Sequence[_Item]) -> Iterator[str]:
    totals = report["totals"]
    written = "written" if report["status"] == "fixed" else "in the patch"
    in_patch = Counter(item.get("lane") for item in items if item["in_patch"])
    yield ""
    yield f"{_count(totals['diagnostics'], 'diagnostic')} in {_count(len(report['files']), 'file')}"
    for lane, entry in sorted(totals["by_lane"].items(), key=lambda pair: (pair[0] != LINTER, pair[1]["cost_usd"])):
        name = "ruff's own" if lane == LINTER else lane
        cost = "free" if lane == LINTER else dollars(entry["cost_usd"])
        tried = f"{entry['sufficed']:4} sufficed of {entry['attempts']:4} tried"
        judged = f", judged {entry['judged']}" if "judged" in entry else ""
        yield f"  {name:16} {tried}, {in_patch[lane]:4} {written}{judged}  {cost}"
    unsafe = sum(
        not item["in_patch"] and item["outcome"] == "proposed" and item["applicability"] == "unsafe" for item in items
    )
    if unsafe:
        yield f"  {unsafe} unsafe fixes of ruff are checked but left out; --unsafe takes them"
    for reason, number in Counter(i["reason"] for i in items if i["outcome"] != "proposed").most_common():
        yield f"  {number} left: {REASONS[reason]}"


def _money(report: Mapping[str, Any]) -> Iterator[str]:
    totals = report["totals"]
    yield f"Cost {dollars(totals['cost_usd'])} of at most {dollars(totals['cap_usd'])}."
    cache = totals["cache"]
    if cache["hits"]:
        yield f"{_count(cache['hits'], 'answer')} came from the cache, which saved {dollars(cache['saved_usd'])}."
    other = totals.get("counterfactual")
    if other and other["cost_usd"]:
        yield f"Always {other['lane']} would have cost about {dollars(other['cost_usd'])} for what was tried."
