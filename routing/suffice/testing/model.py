"""A provider that answers from a list: the double for everything that calls a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from suffice.lanes import Usage, estimate_tokens
from suffice.providers.reply import NoReply, Reply, Request

Scripted = Reply | NoReply | Mapping[str, Any]


class ScriptedModel:
    """A Provider; `requests` holds what it was asked, in order.

    A mapping in *replies* is the answer of a Reply with estimated tokens; a function gets the request and
    returns a Reply, a NoReply or a mapping.
    """

    def __init__(
        self, replies: Iterable[Scripted | Callable[[Request], Scripted]], *, repeat_last: bool = False
    ) -> None:
        self._replies = list(replies)
        self._repeat_last = repeat_last
        self.requests: list[Request] = []

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the next reply. Raises AssertionError if the script has come to its end."""
        self.requests.append(request)
        if not self._replies:
            raise AssertionError(f"No reply is scripted for request {len(self.requests)} ({request.lane.name}).")
        last = self._repeat_last and len(self._replies) == 1
        scripted = self._replies[0] if last else self._replies.pop(0)
        reply = scripted(request) if callable(scripted) else scripted
        return _reply(reply, request) if isinstance(reply, Mapping) else reply

    async def close(self) -> None:
        """Do nothing: there is no connection."""


def _reply(answer: Mapping[str, Any], request: Request) -> Reply:
    paid = Usage(
        input_tokens=estimate_tokens(request.stable + request.prompt),
        output_tokens=estimate_tokens(json.dumps(answer)),
    )
    return Reply(answer=answer, paid=paid)
