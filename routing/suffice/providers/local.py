"""Any server with OpenAI's Chat Completions: llama.cpp, Ollama, vLLM.

The answer is asked for by a JSON schema. A server may not know `response_format`, or take it and ignore it: the
answer is validated like everybody's, and it may stand in a block of code. A server that rejects the schema is asked
again without it, and from then on with the schema as text. Edits are asked for as text: few of these servers can
hold a model to a tool, and the prompt says how to write them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from suffice.lanes import Usage, estimate_tokens
from suffice.providers.connect import is_loopback
from suffice.providers.model_status import not_understood, unknown
from suffice.providers.reply import Ended, ModelStatus, NoReply, Reply, Request
from suffice.providers.transport import (
    LOOK_UP_TIMEOUT_S,
    Payload,
    Service,
    direct_http_client,
    ended_by_status,
    exchange,
    http_client,
    http_timeout,
    look_up,
    one_line,
)
from suffice.providers.validate import at, count, objects, parse_object, read_edits, read_reply, unfenced

if TYPE_CHECKING:
    import httpx2

ANY_MODEL = "local"
"""The model id that stands for whatever the server offers first."""

_NO_KEY = "local"
"""Sent where there is no key: the SDK wants one, a local server ignores it."""

_REJECTED = frozenset({400, 422, 501})
"""How servers answer to a field that they do not know."""

_ENDED_BY_FINISH_REASON: Mapping[str, Ended] = {
    "stop": Ended.ANSWERED,
    "length": Ended.TRUNCATED,
    "content_filter": Ended.REFUSED,
}
"""Any other finish reason belongs to tools, which are never asked for: malformed."""

_THOUGHT_BEGINS, _THOUGHT_ENDS = "<think>", "</think>"


class LocalProvider:
    """The adapter for a server of the user's own. Importing the SDK takes about 0.3 s and happens here.

    *api_key* may be empty. A server on this machine is reached without a proxy: code does not leave the machine.
    """

    def __init__(self, *, api_key: str, base_url: str) -> None:
        import openai

        self._service = Service(provider="local", sdk=openai, api_key=api_key, request_id_header="x-request-id")
        http = direct_http_client() if is_loopback(base_url) else http_client()
        self._client = openai.AsyncOpenAI(
            api_key=api_key or _NO_KEY, base_url=base_url, max_retries=0, http_client=http
        )
        # As in openai.py: nothing of these may come from the environment.
        self._client.organization = self._client.project = self._client.admin_api_key = None
        self._client._custom_headers = {}  # noqa: SLF001
        self._knows_schemas = True
        self._first_model: str | None = None
        self._naming = asyncio.Lock()

    async def ask(self, request: Request) -> Reply | NoReply:
        """Return the answer, or why there is none. Raises ProviderError."""
        payload = await exchange(lambda: self._send(request), request=request, service=self._service)
        return payload if isinstance(payload, NoReply) else _read(payload, request, self._service)

    async def look_up(self, model: str) -> ModelStatus | NoReply:
        """Return what the server says about *model*. Raises ProviderError."""
        payload = await look_up(lambda: self._list(LOOK_UP_TIMEOUT_S), model=model, service=self._service)
        if payload is None:
            return unknown(model, detail="the server lists no models")
        return payload if isinstance(payload, NoReply) else _status(payload, model)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _send(self, request: Request) -> httpx2.Response:
        """Return the server's response; without a schema enforced, if it rejects the request with one."""
        model = await self._model(request)
        if request.wants_edits:
            return await self._create(_parameters(request, model, prompt=request.prompt))
        if not self._knows_schemas:
            return await self._create(_parameters_with_text(request, model))
        try:
            return await self._create(parameters(request, model))
        except self._service.sdk.APIStatusError as error:
            if not _may_be_the_schema(error.response):
                raise
        response = await self._create(_parameters_with_text(request, model))
        self._knows_schemas = False
        return response

    async def _create(self, arguments: dict[str, Any]) -> httpx2.Response:
        raw = await self._client.chat.completions.with_raw_response.create(**arguments)
        response: httpx2.Response = raw.http_response
        return response

    async def _list(self, timeout_s: float) -> httpx2.Response:
        raw = await self._client.models.with_raw_response.list(timeout=http_timeout(timeout_s))
        response: httpx2.Response = raw.http_response
        return response

    async def _model(self, request: Request) -> str:
        """Return the model to name. Ollama and vLLM need a name that they know, llama.cpp takes any."""
        if request.lane.model != ANY_MODEL:
            return request.lane.model
        async with self._naming:
            if self._first_model is None:
                self._first_model = await self._first_listed(request.timeout_s)
        return self._first_model

    async def _first_listed(self, timeout_s: float) -> str:
        try:
            response = await self._list(timeout_s)
        except self._service.sdk.APIStatusError as error:
            if error.response.is_server_error:  # it is still starting: nothing to remember
                raise
            return ANY_MODEL
        return next(iter(_listed(parse_object(response.content))), ANY_MODEL)


def parameters(request: Request, model: str) -> dict[str, Any]:
    """Return the arguments of `chat.completions.create`."""
    form = {"name": request.schema_name, "schema": request.schema, "strict": request.strict}
    response_format = {"type": "json_schema", "json_schema": form}
    return {**_parameters(request, model, prompt=request.prompt), "response_format": response_format}


def _parameters_with_text(request: Request, model: str) -> dict[str, Any]:
    return _parameters(request, model, prompt=request.prompt_with_schema())


def _parameters(request: Request, model: str, *, prompt: str) -> dict[str, Any]:
    effort = {"reasoning_effort": request.lane.effort} if request.lane.efforts else {}
    return {
        "model": model,
        "messages": [{"role": "system", "content": request.stable}, {"role": "user", "content": prompt}],
        "max_tokens": request.max_output_tokens,  # not max_completion_tokens: old servers do not know it
        "timeout": http_timeout(request.timeout_s),
        **effort,
    }


def _may_be_the_schema(response: httpx2.Response) -> bool:
    """Tell whether *response* may reject the schema, and no more than that."""
    explained = response.is_client_error and ended_by_status(response) is not None
    return response.status_code in _REJECTED and not explained


def _read(payload: Payload, request: Request, service: Service) -> Reply | NoReply:
    choice = next(iter(objects(payload.content.get("choices"))), {})
    message = choice.get("message")
    text, refusal = at(message, "content"), at(message, "refusal")
    text = text if isinstance(text, str) else ""
    paid = _usage(payload.content, request, text)
    ended, cause = _ended(choice.get("finish_reason"), refusal)
    if ended is not Ended.ANSWERED:
        cause = one_line(cause, hidden=service.api_key)
        return NoReply(ended=ended, cause=cause, paid=paid, request_id=payload.request_id)
    spoken = _spoken(text)
    if request.wants_edits:
        return read_edits([], call_types=frozenset(), text=spoken, paid=paid, request_id=payload.request_id)
    answer = spoken if parse_object(spoken) is not None else unfenced(spoken)
    return read_reply(answer, schema=request.schema, paid=paid, request_id=payload.request_id)


def _spoken(text: str) -> str:
    """Return *text* without the thoughts that it begins with: a draft of an answer in them is none.

    Servers that do not know a model's way to think leave them in the answer (Qwen, DeepSeek).
    """
    begins = text.lstrip().startswith(_THOUGHT_BEGINS)
    return text.partition(_THOUGHT_ENDS)[2] if begins else text


def _ended(reason: Any, refusal: Any) -> tuple[Ended, str]:
    """Return how the call ended, and why it did not end with an answer."""
    if isinstance(refusal, str) and refusal:
        return Ended.REFUSED, f"refused: {refusal}"
    if not isinstance(reason, str):
        return Ended.MALFORMED, "the response has no finish reason"
    ended = _ENDED_BY_FINISH_REASON.get(reason, Ended.MALFORMED)
    return ended, f"finish reason {reason}"


def _usage(content: Mapping[str, Any], request: Request, text: str) -> Usage:
    """Return the tokens used, estimated where the server does not count them."""
    usage = content.get("usage")
    if not isinstance(usage, Mapping):
        prompt = estimate_tokens(request.stable + request.prompt)
        return Usage(input_tokens=prompt, output_tokens=estimate_tokens(text))
    return Usage(
        input_tokens=count(at(usage, "prompt_tokens")),
        cached_tokens=count(at(usage, "prompt_tokens_details", "cached_tokens")),
        output_tokens=count(at(usage, "completion_tokens")),
        reasoning_tokens=count(at(usage, "completion_tokens_details", "reasoning_tokens")),
    )


def _listed(content: Any) -> tuple[str, ...]:
    ids = (entry.get("id") for entry in objects(at(content, "data")))
    return tuple(name for name in ids if isinstance(name, str) and name)


def _status(payload: Payload, model: str) -> ModelStatus | NoReply:
    if not isinstance(payload.content.get("data"), list):
        return not_understood(payload)
    offered = _listed(payload.content)
    if model in offered or (model == ANY_MODEL and offered):
        detail = f"the server offers {one_line(offered[0] if model == ANY_MODEL else model, hidden='')}"
        return ModelStatus(model=model, known=True, retires_on=None, detail=detail)
    return unknown(model, detail="the server offers no such model")
