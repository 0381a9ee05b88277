"""What was spent and what sufficed, as Markdown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from suffice.fingerprint import repository_name
from suffice.outcome import Ending
from suffice.stats import LaneStats, Stats, stats
from suffice_server.messages import FromWorker, Told, Usage
from suffice_server.wording import lane_name, price
from suffice_server.worker.session import Send, Session
from suffice_server.worker.workspace import Workspace

_HOW = (
    "Each task asked once, at today's prices: with the tokens of its first reply, or of a usual one for the linter's."
)


async def usage(request: Usage, session: Session, _send: Send) -> FromWorker:
    """Return today's and this month's spend, by lane what sufficed, and what the caps leave."""
    return await asyncio.to_thread(_told, request, session)


def _told(request: Usage, session: Session) -> Told:
    workspace, now = session.workspace(request.root, {}), datetime.now(UTC)
    read_on = workspace.config.catalogue().read_on
    found = stats(session.storage.ledger, policy=workspace.policy, prices_read_on=read_on, now=now, days=now.day)
    markdown = "\n".join(("# What suffice spent", "", *_sums(workspace, session, now), *_lanes(found)))
    return Told(request.id, Ending.PROPOSED, "sufficed", "what the ledger of this machine says", f"{markdown}\n")


def _sums(workspace: Workspace, session: Session, now: datetime) -> Iterator[str]:
    ledger, money, config = session.storage.ledger, session.money, workspace.config
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    day, month = today.timestamp(), today.replace(day=1).timestamp()
    day_usd, month_usd = ledger.spent_since(day), ledger.spent_since(month)
    here_usd = ledger.spent_since(month, repository_name(workspace.root))
    session_usd, open_usd = money.together.spent_usd, ledger.unanswered_usd(month)
    day_left = _left(config.max_day_usd, day_usd + ledger.unanswered_usd(day))
    open_here_usd = ledger.unanswered_usd(month, repository_name(workspace.root))
    here_left = _left(config.max_repository_month_usd, here_usd + open_here_usd)
    yield f"- Today (UTC): {_dollars(day_usd)}{day_left}, {_calls(ledger.calls_since(day))}"
    yield f"- This month: {_dollars(month_usd)}, {_calls(ledger.calls_since(month))}"
    yield f"- This month in this repository: {_dollars(here_usd)}{here_left}"
    if open_usd:
        most = _dollars(open_usd)
        yield f"- Calls of this month without an answer, in flight or cut off, may cost up to {most} on top"
    cap_usd = money.cap_usd(config, workspace.root)
    yield f"- This session: {_dollars(session_usd)}{_left(cap_usd, session_usd)}, {money.cache_hits} from the cache"


def _calls(number: int) -> str:
    return f"{number} call{'s' * (number != 1)}"


def _dollars(usd: float) -> str:
    return price(usd) if usd else "$0"


def _left(cap_usd: float | None, spent_usd: float) -> str:
    return "" if cap_usd is None else f" of ${cap_usd:.2f}, {_dollars(max(0.0, cap_usd - spent_usd))} left"


def _lanes(found: Stats) -> Iterator[str]:
    rows = [row for row in found.lanes if row.tasks or row.sufficed]
    if not rows:
        return
    yield from ("", "## What sufficed this month", "")
    yield "| kind | lane | sufficed | cost | kept | undone |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    yield from (f"| {' | '.join(_cells(row))} |" for row in rows)
    if found.totals.saved_usd is not None:
        yield from ("", "## What one lane alone would have cost", "", *_compared(found), "", _HOW)


def _cells(row: LaneStats) -> Sequence[str]:
    of = "" if row.tasks is None else f" of {row.tasks}"
    cost = _dollars(row.cost_usd) if row.calls else "free"
    return (row.kind, lane_name(row.lane), f"{row.sufficed}{of}", cost, str(row.kept or ""), str(row.undone or ""))


def _compared(found: Stats) -> Iterator[str]:
    for other in found.counterfactuals:
        yield f"- {other.kind}, always {other.lane}: about {_dollars(other.cost_usd)}"
