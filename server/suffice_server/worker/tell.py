"""Explains code in words: the selected lines, or a file."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from suffice.checker.verdict import State as CheckState
from suffice.fences import fenced
from suffice.outcome import Attempt, Ending, Outcome
from suffice.positions import LineIndex
from suffice.privacy import PLACEHOLDER, Names
from suffice.snapshot import Snapshot
from suffice.task import Kind, Task
from suffice_server.messages import FromWorker, Tell, Told
from suffice_server.wording import lane_name, price
from suffice_server.worker.change import allowed_path, asked, lines_of
from suffice_server.worker.markdown import harmless
from suffice_server.worker.session import Send, Session
from suffice_server.worker.solving import solved
from suffice_server.worker.telling import attempted
from suffice_server.worker.workspace import Workspace

_AROUND = 150
"""Lines shown before and after those that are asked about; of a longer file the rest is not sent."""

_THIS = "Explain this part of {path}:"
_SECRETS = "Secrets were taken out before the text was sent; SUFFICE_REDACTED_1_ and the like stand for them."


async def tell(request: Tell, session: Session, send: Send) -> FromWorker:
    """Return the explanation. Raises InputError for what cannot be asked, or is never sent."""
    own = {path: text for path, text in request.buffers.items() if path == request.path}
    workspace = await asyncio.to_thread(session.workspace, request.root, own)
    task, snapshot = await asyncio.to_thread(_question, request, workspace)
    workspace = workspace._replace(snapshot=snapshot)
    if needed := await asyncio.to_thread(session.needs_consent, task, workspace, request.id):
        return needed

    def hear(_task: Task, attempt: Attempt) -> None:
        send(attempted(request.id, attempt))

    done = await solved(task, workspace, session, tell=hear)
    outcome = done.outcome
    return Told(
        id=request.id,
        ending=outcome.ending,
        reason=outcome.reason,
        detail=outcome.detail,
        markdown=_markdown(outcome),
        lane=outcome.lane,
        cost_usd=outcome.cost_usd,
        cap=done.cap,
    )


def _question(request: Tell, workspace: Workspace) -> tuple[Task, Snapshot]:
    """Return the task, and the snapshot in which its file is no more than what is near the lines in question."""
    allowed_path(request.path, workspace)
    snapshot = workspace.snapshot
    file = snapshot.file(request.path)
    first, last = lines_of(request.path, request.first, request.last, snapshot)
    question = asked(request.question) if request.question.strip() else ""
    if first is not None and last is not None:
        index = LineIndex(Names().hidden(file.text))  # what is cut off a secret does not look like one
        part = fenced(index.text(first, last), request.path)
        question = f"{question or _THIS.format(path=request.path)}\n\n{part}"
        snapshot = snapshot.with_texts({request.path: _near(index, first, last)})
    return Task(kind=Kind.EXPLAIN_CODE, paths=(request.path,), instruction=question), snapshot


def _near(index: LineIndex, first: int, last: int) -> str:
    return index.text(max(1, first - _AROUND), min(last + _AROUND, max(1, index.count)))


def _markdown(outcome: Outcome) -> str:
    answer = outcome.attempts[-1].answer if outcome.ending is Ending.PROPOSED and outcome.attempts else None
    if answer is None:
        return ""
    text = harmless(str(answer["answer"]).strip())
    notes = [", ".join(_settled(outcome)), *([_SECRETS] if PLACEHOLDER.search(text) else [])]
    return "\n\n".join([text, "---", *notes]) + "\n"


def _settled(outcome: Outcome) -> Iterator[str]:
    """Yield the parts of a line like "haiku sufficed, unchecked, 2 quotes stand in the text, $0.0031"."""
    yield f"{lane_name(outcome.lane or '')} sufficed"
    if outcome.verdict:
        yield str(outcome.verdict.state)
        yield from (c.evidence for c in outcome.verdict.checks if c.name == "quotes" and c.state is CheckState.PASSED)
    yield "from the cache" if all(attempt.from_cache for attempt in outcome.attempts) else price(outcome.cost_usd)
