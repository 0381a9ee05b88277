"""Why a real API would reject a request.

The shape of a request is held against JSON Schemas that are made from the official SDKs' own parameter
types, so that they follow the SDKs. The rules beyond the types are the APIs' documented ones; where only
experience speaks for a rule, it is the strict one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from suffice.errors import InputError
from suffice.lanes import catalogue
from suffice.providers.validate import at, objects
from suffice.testing.replies import ScriptedError

Body = Mapping[str, Any]
Headers = Mapping[str, str]
Rule = Callable[[Body], str | None]

_MESSAGE_CHARS = 400
_LEAST_OUTPUT_TOKENS = 16
_LONGEST_CACHE_KEY = 64
_FORMAT_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_FOR_CLAUDE = frozenset({"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems"})
"""Keywords that the Messages API does not take in an output schema: the SDK moves them to descriptions."""


def prepare_validators() -> None:
    """Make the usual validators now, about 1 s with the SDKs' import. Raises InputError without a package."""
    try:
        for api in _RULES:
            _validator(api, streaming=False)
    except ModuleNotFoundError as error:
        raise InputError(
            f"The provider double needs {error.name}, which is not installed: install suffice[testing]."
        ) from error


def missing_key(headers: Headers) -> ScriptedError | None:
    """Return the error that a request without a key is answered with, None if it has one."""
    return (
        None if key_of(headers) else ScriptedError(status=401, message="no API key: expected Authorization: Bearer KEY")
    )


def rejection(api: str, *, headers: Headers, body: Body | None) -> ScriptedError | None:
    """Return the error that *api* answers this request with, None for a good request."""
    if missing := missing_key(headers):
        return missing
    if api == "anthropic" and not headers.get("anthropic-version"):
        return ScriptedError(status=400, message="anthropic-version: header is required")
    if body is None:
        return ScriptedError(status=400, message="the body is not a JSON object")
    reasons = (rule(body) for rule in (_shape_rule(api), *_RULES[api]))
    reason = next(filter(None, reasons), None)
    return ScriptedError(status=400, message=reason[:_MESSAGE_CHARS]) if reason else None


def key_of(headers: Headers) -> str:
    """Return the API key in *headers*, empty without one."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()


def _shape_rule(api: str) -> Rule:
    def reason(body: Body) -> str | None:
        error = next(_validator(api, streaming=body.get("stream") is True).iter_errors(dict(body)), None)
        if error is None:
            return None
        return f"{'.'.join(str(step) for step in error.instance_path) or 'body'}: {error.message}"

    return reason


@cache
def _validator(api: str, *, streaming: bool) -> Any:
    import jsonschema_rs
    from pydantic import TypeAdapter

    schema = TypeAdapter(_parameter_type(api, streaming=streaming)).json_schema()
    _close_objects(schema)
    return jsonschema_rs.validator_for(schema)


def _parameter_type(api: str, *, streaming: bool) -> Any:
    if api == "anthropic":
        from anthropic.types import message_create_params as messages

        return messages.MessageCreateParamsStreaming if streaming else messages.MessageCreateParamsNonStreaming
    if api == "chat":
        from openai.types.chat import completion_create_params as chat

        return chat.CompletionCreateParamsStreaming if streaming else chat.CompletionCreateParamsNonStreaming
    from openai.types.responses import response_create_params as responses

    return responses.ResponseCreateParamsStreaming if streaming else responses.ResponseCreateParamsNonStreaming


def _close_objects(schema: Any) -> None:
    """Forbid, in place, all keys that an object of the SDK does not name."""
    for part in _parts(schema):
        if "properties" in part:
            part.setdefault("additionalProperties", False)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Return *value* and all that it holds, as far as they are objects."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        yield from _parts(item)


def _effort_rule(*path: str) -> Rule:
    def reason(body: Body) -> str | None:
        effort, model = at(body, *path), body.get("model")
        accepted = {lane.efforts for lane in catalogue().lanes.values() if lane.model == model}
        if effort is None or not accepted or any(effort in efforts for efforts in accepted):
            return None
        return f"{'.'.join(path)}: {effort!r} is not supported with the model {model!r}"

    return reason


def _no_prefill(body: Body) -> str | None:
    roles = [message.get("role") for message in objects(body.get("messages"))]
    return (
        "messages: the last message must be the user's, prefill is not supported"
        if roles[-1:] == ["assistant"]
        else None
    )


def _claude_schema(body: Body) -> str | None:
    schema = at(body, "output_config", "format", "schema")
    for part in _parts(schema):
        unknown = _NOT_FOR_CLAUDE & part.keys()
        if isinstance(part.get("type"), str | list) and unknown:
            return f"output_config.format.schema: {min(unknown)} is not supported"
        if _is_object_schema(part) and part.get("additionalProperties") is not False:
            return "output_config.format.schema: an object needs additionalProperties: false"
    return None


def _choice_of_tools(body: Body) -> str | None:
    choice, tools = body.get("tool_choice"), objects(body.get("tools"))
    if choice is None:
        return None
    if not tools:
        return "tool_choice may only be specified while providing tools"
    if at(choice, "type") == "tool" and at(choice, "name") not in [tool.get("name") for tool in tools]:
        return f"tool_choice: no tool is named {at(choice, 'name')!r}"
    thinks = at(body, "thinking", "type") not in {None, "disabled"}
    forced = at(choice, "type") in {"any", "tool"}
    return "thinking may not be enabled when tool_choice forces tool use" if thinks and forced else None


def _forced_tool(body: Body) -> str | None:
    forced, tools = at(body.get("tool_choice"), "type"), objects(body.get("tools"))
    if forced is None or forced == "allowed_tools" or forced in [tool.get("type") for tool in tools]:
        return None
    return f"tool_choice: {forced!r} is not among the tools"


def _model_is_named(body: Body) -> str | None:
    return None if body.get("model") else "model: field required"


def _strict_schema(body: Body) -> str | None:
    form = at(body, "text", "format")
    return _form_flaw(form, where="text.format") if at(form, "type") == "json_schema" else None


def _strict_chat_schema(body: Body) -> str | None:
    form = at(body, "response_format")
    is_schema = at(form, "type") == "json_schema"
    return _form_flaw(at(form, "json_schema"), where="response_format.json_schema") if is_schema else None


def _form_flaw(form: Any, *, where: str) -> str | None:
    if not _FORMAT_NAME.fullmatch(str(at(form, "name"))):
        return f"{where}.name: expected at most 64 letters, digits, _ and -"
    if not at(form, "strict"):
        return None
    if at(form, "schema", "type") != "object":
        return f"{where}.schema: the root of a strict schema must be an object"
    reason = next(filter(None, map(_strictness, _parts(at(form, "schema")))), None)
    return f"{where}.schema: {reason}" if reason else None


def _strictness(part: Body) -> str | None:
    if not _is_object_schema(part):
        return None
    if part.get("additionalProperties") is not False:
        return "an object of a strict schema needs additionalProperties: false"
    if set(part.get("required", ())) != set(part.get("properties", {})):
        return "an object of a strict schema must list all its properties as required"
    return None


def _is_object_schema(part: Body) -> bool:
    return part.get("type") == "object" or (isinstance(part.get("type"), list) and "object" in part["type"])


def _sizes(body: Body) -> str | None:
    tokens, key = body.get("max_output_tokens"), body.get("prompt_cache_key")
    if tokens is not None and tokens < _LEAST_OUTPUT_TOKENS:
        return f"max_output_tokens: expected at least {_LEAST_OUTPUT_TOKENS}"
    if key is not None and len(key) > _LONGEST_CACHE_KEY:
        return f"prompt_cache_key: expected at most {_LONGEST_CACHE_KEY} characters"
    return None


_RULES: Mapping[str, tuple[Rule, ...]] = {
    "anthropic": (_no_prefill, _effort_rule("output_config", "effort"), _claude_schema, _choice_of_tools),
    "openai": (_model_is_named, _effort_rule("reasoning", "effort"), _strict_schema, _sizes, _forced_tool),
    "chat": (_model_is_named, _strict_chat_schema),
}
