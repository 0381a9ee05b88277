"""What commands ask of the worker, with the two questions that only the user can answer: consent, and a higher cap.

Each is asked once, however many commands wait for its answer. Nothing is sent to a provider before its consent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeAlias

from suffice_server.front.editor import Editor
from suffice_server.front.jobs.endings import is_session_cap, so_far
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.worker_link import Tell, WorkerLink
from suffice_server.messages import (
    Answer,
    Attempted,
    Consent,
    Failed,
    Finished,
    NeedsConsent,
    Noted,
    RaiseCap,
    Request,
    Reviewed,
    Spent,
    Told,
)
from suffice_server.wording import price

Make: TypeAlias = Callable[[int], Request]
"""Makes the request with the id that it is given: it may be asked more than once."""

ALLOW, NOT_NOW = "Allow", "Not now"
STOP = "Stop"
NOBODY_AGREED = "nobody has agreed to send code to a model; choose it again and allow it."

_REMIND_S = 30.0
_REMINDER = (
    "suffice waits for your consent to send code to {0}; if your editor shows no question, as ALE does not, "
    "run `suffice fix` once in a terminal."
)
"""What is shown where a question is not answered for so long."""

_CENT_USD = 0.01
"""Less is told in parts of a cent, so that no cap is told as nothing."""

_MOST_SHOWN = 4


class Asking:
    """Asks the worker for commands. `spent` is to be told what the worker says of money."""

    def __init__(self, *, link: WorkerLink, editor: Editor) -> None:
        self._link = link
        self._editor = editor
        self._questions: dict[str, asyncio.Task[bool]] = {}
        self._raised = 0
        self._left = 0
        self._spent: Spent | None = None
        self._step_usd = 0.0

    def spent(self, spent: Spent) -> None:
        """Remember what was spent, under which cap, and by how much that may be raised."""
        self._spent = spent
        self._step_usd = spent.raise_usd

    async def answer(self, make: Make, progress: Progress, *, sends: str) -> Answer:
        """Return the answer to what *make* makes: never NeedsConsent, which becomes Failed if the user does not agree.

        *sends* says what a provider is sent, such as "The lines around a diagnostic". Raises WorkerEnded.
        """
        agreed: set[str] = set()
        has_asked_for_more = False
        left = self._left
        while True:
            raised = self._raised
            answer = await self._link.ask(make(self._link.next_id()), tell=_told_to(progress))
            if isinstance(answer, NeedsConsent):
                if answer.provider in agreed or not await self._agrees(answer, sends):
                    return Failed(answer.id, NOBODY_AGREED)
                agreed.add(answer.provider)
            elif _is_over_cap(answer) and not has_asked_for_more:
                has_asked_for_more = True
                if self._raised == raised and (self._left != left or not await self._raises(make(0).root)):
                    return answer  # also where the user said so to another command, as this one was under way
            else:
                return answer

    async def _agrees(self, needed: NeedsConsent, sends: str) -> bool:
        about = price(needed.estimate_usd)
        question = f"Send code to {needed.provider}? {sends}, about {about} this time. You are asked once."
        return await self._once(f"consent {needed.provider}", lambda: self._consented(question, needed.provider))

    async def _consented(self, question: str, provider: str) -> bool:
        waiting = asyncio.get_running_loop().call_later(_REMIND_S, self._editor.show, _REMINDER.format(provider))
        try:
            answer = await self._editor.ask(question, [ALLOW, NOT_NOW])
        finally:
            waiting.cancel()
        if answer != ALLOW:
            return False
        await self._link.say(Consent(provider))
        return True

    async def _raises(self, root: str) -> bool:
        """Whether the user lets this session cost more."""
        return await self._once("cap", lambda: self._raised_by_user(root))

    async def _raised_by_user(self, root: str) -> bool:
        more = f"Raise by {_dollars(self._step_usd)}" if self._step_usd else "Raise it once"
        if await self._editor.ask(self._cap_question(), [more, STOP]) != more:
            self._left += 1
            return False
        await self._link.say(RaiseCap(root))
        self._raised += 1
        return True

    def _cap_question(self) -> str:
        if self._spent is None:
            return "suffice has reached the cap of this session. Go on?"
        spent, cap = self._spent.session_usd, self._spent.cap_usd
        return f"suffice has spent {_dollars(spent)} in this session, its cap is {_dollars(cap)}. Go on?"

    async def _once(self, what: str, ask: Callable[[], Coroutine[Any, Any, bool]]) -> bool:
        """Return the answer to *ask*, the one that is on the screen already if there is one.

        A job that is cancelled leaves the question to the others that wait for it.
        """
        if what not in self._questions:
            task = self._questions[what] = asyncio.create_task(ask())
            task.add_done_callback(partial(self._answered, what))
        return await asyncio.shield(self._questions[what])

    def _answered(self, what: str, task: asyncio.Task[bool]) -> None:
        self._questions.pop(what, None)
        if not task.cancelled():
            task.exception()  # seen here too, for all who waited may be gone

    def stop(self) -> None:
        """Wait for no more answers."""
        for task in list(self._questions.values()):
            task.cancel()


def _dollars(usd: float) -> str:
    return f"${usd:.2f}" if usd >= _CENT_USD or not usd else price(usd)


def _is_over_cap(answer: Answer) -> bool:
    return isinstance(answer, Finished | Reviewed | Told) and is_session_cap(answer)


def _told_to(progress: Progress) -> Tell:
    """Return what tells *progress* of the newest attempts, or how far the work is."""
    attempts: list[Attempted] = []

    def tell(message: Attempted | Noted) -> None:
        if isinstance(message, Attempted):
            attempts.append(message)
            progress.report(so_far(attempts[-_MOST_SHOWN:]))
        else:
            progress.report(message.text)

    return tell
