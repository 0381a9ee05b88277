"""What a provider says about a model: whether it is there, and until when. Asked by `suffice doctor` alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from suffice.lanes import Usage
from suffice.providers.reply import Ended, ModelStatus, NoReply
from suffice.providers.transport import LOOK_UP_TIMEOUT_S, Payload, Service, http_timeout, look_up

if TYPE_CHECKING:
    import httpx2


async def retrieved_status(models: Any, *, model: str, service: Service) -> ModelStatus | NoReply:
    """Return what the `retrieve` of an SDK's *models*, with raw responses, says. Raises ProviderError."""

    async def send() -> httpx2.Response:
        raw = await models.retrieve(model, timeout=http_timeout(LOOK_UP_TIMEOUT_S))
        response: httpx2.Response = raw.http_response
        return response

    payload = await look_up(send, model=model, service=service)
    if payload is None:
        return unknown(model, detail=f"{service.provider} knows no such model")
    return payload if isinstance(payload, NoReply) else _read(payload, model)


def unknown(model: str, *, detail: str) -> ModelStatus:
    """Return the status of a model that is not there."""
    return ModelStatus(model=model, known=False, retires_on=None, detail=detail)


def not_understood(payload: Payload) -> NoReply:
    """Return the end of a look-up whose response has another shape than expected."""
    cause = "the response describes no model"
    return NoReply(ended=Ended.MALFORMED, cause=cause, paid=Usage(), request_id=payload.request_id)


def _read(payload: Payload, model: str) -> ModelStatus | NoReply:
    """Read Anthropic's `lifecycle` and `retires_at`, OpenAI's `shutdown_date`."""
    content = payload.content
    if not isinstance(content.get("id"), str):
        return not_understood(payload)
    if content.get("lifecycle") == "retired":
        return unknown(model, detail="retired: requests for it fail")
    day = _day(content.get("retires_at") or content.get("shutdown_date"))
    deprecated = content.get("lifecycle") == "deprecated"
    no_day = "to be retired, on no day that is announced" if deprecated else "no end announced"
    detail = f"ends on {day}" if day else no_day
    return ModelStatus(model=model, known=True, retires_on=day, detail=detail, deprecated=deprecated)


def _day(text: Any) -> date | None:
    try:
        return datetime.fromisoformat(text).date() if isinstance(text, str) else None
    except ValueError:
        return None
