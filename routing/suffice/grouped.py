"""Requests that are sent as one: when that is cheaper, what is sent, and what of the reply belongs to whom.

Pure arithmetic and text. The items of a group stand alone: each gets its own answer, held against the schema that it
would have had alone, and its share of the tokens.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from suffice.lanes import Lane, Usage, estimate_tokens
from suffice.providers.reply import Ended, NoReply, Reply, Request
from suffice.providers.validate import flaw, objects

MOST_ITEMS = 8

_LEAST_CACHED_TOKENS = {"anthropic": 1024, "openai": 1024}
_LEAST_CACHED_TOKENS_OF_HAIKU = 4096
"""Shorter prompts are not cached by the provider (source: providers' prompt caching docs, read 2026-11)."""

_NUMBERING_TOKENS = 8
"""About what `{"number": 1, ` adds to an answer."""

_LONGER_TIMEOUT = 2.0
"""A group has more to write than one request; who waits for it has no hurry."""

_LEAST_OUTPUT_LEFT = 0.5
"""With less than this part of its output tokens left to pay, an item is not asked again."""

_INSTRUCTION = """\
There are {count} items below, each a job of its own. Answer each as if it were the only one; nothing of one item
counts for another. Give one entry in `answers` for each, with its `number` and the keys described above.
"""


def may_be_grouped(request: Request) -> bool:
    """Tell whether *request* may be sent with others: edits and answers to a schema of the user's go alone."""
    return request.group is not None and request.strict and not request.wants_edits


def group_key(request: Request) -> Hashable:
    """Return what is alike in the requests that may be sent as one."""
    return (request.group, request.lane, request.stable, request.schema_name, repr(request.schema), request.cache_key)


def fits(requests: Sequence[Request]) -> bool:
    """Tell whether *requests* may be sent as one: few enough, within the lane's context and its first price."""
    lane = requests[0].lane
    prompt_tokens = _prompt_tokens(grouped(requests))
    most_tokens = lane.prices[0].up_to_prompt_tokens or lane.context_tokens
    needed_tokens = prompt_tokens + sum(request.max_output_tokens for request in requests)
    return len(requests) <= MOST_ITEMS and prompt_tokens <= most_tokens and needed_tokens <= lane.context_tokens


def is_cheaper(requests: Sequence[Request]) -> bool:
    """Tell whether *requests* cost less as one than one by one, as far as their answers are the same.

    One by one, the provider's cache may hold the stable part from the second on.
    """
    lane, first = requests[0].lane, requests[0]
    stable_tokens = estimate_tokens(first.stable)
    cached_tokens = stable_tokens if stable_tokens >= _least_cached_tokens(lane) else 0
    alone = [Usage(_prompt_tokens(first), cache_write_tokens=cached_tokens)]
    alone += [Usage(_prompt_tokens(request), cached_tokens=cached_tokens) for request in requests[1:]]
    together = Usage(
        input_tokens=_prompt_tokens(grouped(requests)),
        cache_write_tokens=cached_tokens,
        output_tokens=_NUMBERING_TOKENS * len(requests),
    )
    return lane.cost_usd(together) < sum(map(lane.cost_usd, alone))


def grouped(requests: Sequence[Request]) -> Request:
    """Return the request that stands for all of *requests*; one alone stands for itself."""
    if len(requests) == 1:
        return requests[0]
    first = requests[0]
    items = [f"# Item {number}\n\n{request.prompt}" for number, request in enumerate(requests, start=1)]
    return first._replace(
        prompt="\n\n".join([_INSTRUCTION.format(count=len(requests)).rstrip(), *items]),
        schema=_schema(first.schema),
        schema_name=f"{first.schema_name}_group",
        max_output_tokens=sum(request.max_output_tokens for request in requests),
        timeout_s=max(request.timeout_s for request in requests) * _LONGER_TIMEOUT,
    )


def divided(answer: Reply | NoReply, requests: Sequence[Request]) -> list[Reply | NoReply]:
    """Return for each of *requests* its part of what `grouped(requests)` was answered."""
    if len(requests) == 1:
        return [answer]
    paid = shares(answer.paid, requests)
    if isinstance(answer, NoReply):
        return [answer._replace(paid=share) for share in paid]
    entries = objects(answer.answer.get("answers"))
    return [
        _part(number, entries, request)._replace(paid=share, request_id=answer.request_id)
        for number, (request, share) in enumerate(zip(requests, paid, strict=True), start=1)
    ]


def shares(paid: Usage, requests: Sequence[Request]) -> list[Usage]:
    """Return *paid* in parts that add up to it: evenly for what all have in common, the rest by the size of the bodies.

    What the provider's cache read or wrote is of the common part.
    """
    bodies = [estimate_tokens(request.prompt) for request in requests]
    common = max(0, _prompt_tokens(grouped(requests)) - sum(bodies) - paid.cached_tokens - paid.cache_write_tokens)
    even, mixed = [1.0] * len(bodies), [common / len(bodies) + body for body in bodies]
    cached, written = _parts(paid.cached_tokens, even), _parts(paid.cache_write_tokens, even)
    plain = _parts(paid.input_tokens - paid.cached_tokens - paid.cache_write_tokens, mixed)
    reasoned = _parts(paid.reasoning_tokens, bodies)
    spoken = _parts(paid.output_tokens - paid.reasoning_tokens, bodies)
    return [
        Usage(
            input_tokens=plain[n] + cached[n] + written[n],
            cached_tokens=cached[n],
            cache_write_tokens=written[n],
            output_tokens=spoken[n] + reasoned[n],
            reasoning_tokens=reasoned[n],
        )
        for n in range(len(bodies))
    ]


def again(request: Request, paid: Usage) -> Request | None:
    """Return *request* on its own, after *paid* was its share of a group that did not answer it.

    It may write less than usual, so that both together cost no more than it might have cost alone at worst, which is
    what the budget has reserved; None if too little is left.
    """
    lane, prompt = request.lane, Usage(input_tokens=_prompt_tokens(request))
    token_usd = lane.cost_usd(prompt._replace(output_tokens=1)) - lane.cost_usd(prompt)
    gone = math.ceil(lane.cost_usd(paid) / token_usd) if token_usd > 0 else 0
    left = request.max_output_tokens - gone
    return request._replace(max_output_tokens=left) if left >= request.max_output_tokens * _LEAST_OUTPUT_LEFT else None


def _part(number: int, entries: Sequence[Mapping[str, Any]], request: Request) -> Reply | NoReply:
    """Return the answer to item *number*, if there is exactly one and it keeps the schema."""
    own = [{key: value for key, value in entry.items() if key != "number"} for entry in entries if _is(entry, number)]
    reason = f"{len(own)} answers to item {number} of a group" if len(own) != 1 else flaw(own[0], schema=request.schema)
    if reason:
        return NoReply(ended=Ended.MALFORMED, cause=reason, paid=Usage())
    return Reply(answer=own[0], paid=Usage())


def _is(entry: Mapping[str, Any], number: int) -> bool:
    return entry.get("number") == number and not isinstance(entry["number"], bool)


def _schema(single: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a list of answers, each numbered and otherwise as *single* says."""
    item = {
        **single,
        "properties": {"number": {"type": "integer", "description": "The item's number."}, **single["properties"]},
        "required": ["number", *single["required"]],
    }
    return {
        "type": "object",
        "properties": {"answers": {"type": "array", "items": item}},
        "required": ["answers"],
        "additionalProperties": False,
    }


def _parts(total: int, weights: Sequence[float]) -> list[int]:
    """Return *total* in whole parts by *weights*, which add up to it."""
    bounds = [round(total * weight / sum(weights)) for weight in accumulate(weights)]
    return [end - start for start, end in pairwise([0, *bounds])]


def _prompt_tokens(request: Request) -> int:
    return estimate_tokens(request.stable + request.prompt)


def _least_cached_tokens(lane: Lane) -> float:
    """Return how long a prompt of *lane* is at least for the provider to cache it."""
    if "haiku" in lane.model:
        return _LEAST_CACHED_TOKENS_OF_HAIKU
    return _LEAST_CACHED_TOKENS.get(lane.provider, math.inf)
