import asyncio
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import date

import anthropic
import openai
import pytest
from anthropic.types import Message, ModelInfo
from openai.types import Model
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from pydantic import TypeAdapter

import suffice.testing
from suffice.errors import InputError
from suffice.lanes import Usage, catalogue
from suffice.providers.reply import Ended, NoReply, Reply, Request
from suffice.testing import (
    ScriptedAnswer,
    ScriptedCutBody,
    ScriptedError,
    ScriptedFailure,
    ScriptedFilter,
    ScriptedHang,
    ScriptedHtml,
    ScriptedJson,
    ScriptedModel,
    ScriptedRefusal,
    ScriptedText,
    ScriptedTruncation,
    ScriptedWhen,
    double_process,
    provider_double,
)
from suffice.testing.double import script_from_json
from suffice.testing.replies import ScriptedSpeech, entry_from_json

HAIKU = catalogue().lanes["haiku"].model
GPT = catalogue().lanes["gpt-5.4:low"].model
CODEX = catalogue().lanes["codex"].model
QWEN = "qwen3:4b"
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
USAGE = Usage(input_tokens=2112, cached_tokens=2000, cache_write_tokens=100, output_tokens=70, reasoning_tokens=40)
SPEECHES = [
    ScriptedAnswer(answer={"replacement": "é" * 40}, usage=USAGE),
    ScriptedText(text="", usage=USAGE),
    ScriptedRefusal(usage=USAGE),
    ScriptedTruncation(usage=USAGE),
    ScriptedFilter(usage=USAGE),
]


@pytest.fixture(scope="module")
def double():
    with provider_double() as running:
        yield running


@pytest.fixture(scope="module")
def claude(double):
    with anthropic.Anthropic(api_key="sk-ant-1", base_url=double.anthropic_base_url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def gpt(double):
    with openai.OpenAI(api_key="sk-1", base_url=double.openai_base_url, max_retries=0) as client:
        yield client


def message(**changes):
    return {"model": HAIKU, "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]} | changes


def response(**changes):
    return {"model": GPT, "input": "Hi"} | changes


def chat(**changes):
    return {"model": QWEN, "messages": [{"role": "user", "content": "Hi"}]} | changes


def chat_format(schema, **changes):
    form = {"name": "fix", "schema": schema, "strict": True} | changes
    return chat(response_format={"type": "json_schema", "json_schema": form})


def claude_format(schema):
    return message(output_config={"format": {"type": "json_schema", "schema": schema}})


def gpt_format(schema, **changes):
    return response(text={"format": {"type": "json_schema", "name": "fix", "schema": schema, "strict": True} | changes})


def without(body, key):
    return {name: value for name, value in body.items() if name != key}


def post(url, body, headers):
    """Return the status and the JSON that come back, whatever the status."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, content, {"content-type": "application/json"} | headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def post_message(double, body, headers=None):
    usual = {"authorization": "Bearer k", "anthropic-version": "2026-10-21"}
    return post(f"{double.anthropic_base_url}/v1/messages", body, usual if headers is None else headers)


def post_response(double, body, headers=None):
    usual = {"authorization": "Bearer k"}
    return post(f"{double.openai_base_url}/responses", body, usual if headers is None else headers)


def post_chat(double, body, headers=None):
    usual = {"authorization": "Bearer k"}
    return post(f"{double.local_base_url}/chat/completions", body, usual if headers is None else headers)


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: type(speech).__name__)
def test_a_message_is_one_by_the_sdks_own_type(double, speech):
    double.script(HAIKU, [speech])

    _, body = post_message(double, message())

    TypeAdapter(Message).validate_python(body)


@pytest.mark.parametrize("speech", [*SPEECHES, ScriptedFailure(usage=USAGE)], ids=lambda speech: type(speech).__name__)
def test_a_response_is_one_by_the_sdks_own_type(double, speech):
    double.script(GPT, [speech])

    _, body = post_response(double, response())

    TypeAdapter(Response).validate_python(body)


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: type(speech).__name__)
def test_a_chat_completion_is_one_by_the_sdks_own_type(double, speech):
    double.script(QWEN, [speech])

    _, body = post_chat(double, chat())

    TypeAdapter(ChatCompletion).validate_python(body)


@pytest.mark.parametrize(
    ("speech", "reason", "content", "refusal"),
    [
        (ScriptedAnswer(answer={"a": "b"}), "stop", '{"a": "b"}', None),
        (ScriptedText(text="t"), "stop", "t", None),
        (ScriptedRefusal(text="no"), "stop", None, "no"),
        (ScriptedTruncation(text="{"), "length", "{", None),
        (ScriptedFilter(), "content_filter", "", None),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ScriptedSpeech) else "",
)
def test_a_chat_completion_ends_as_its_kind_does(double, gpt, speech, reason, content, refusal):
    double.script(QWEN, [speech])

    (choice,) = gpt.chat.completions.create(**chat()).choices

    assert (choice.finish_reason, choice.message.content, choice.message.refusal) == (reason, content, refusal)


def test_a_failure_is_a_server_error_of_chat_completions(double, gpt):
    double.script(QWEN, [ScriptedFailure(code="server_error", message="out of memory")])

    with pytest.raises(openai.InternalServerError, match="out of memory"):
        gpt.chat.completions.create(**chat())


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: type(speech).__name__)
def test_a_streamed_chat_completion_adds_up_to_the_plain_one(double, gpt, speech):
    double.script(QWEN, [speech, speech])

    plain = gpt.chat.completions.create(**chat())
    chunks = list(gpt.chat.completions.create(**chat(stream=True)))

    (choice,) = plain.choices
    deltas = [(choice.delta.content or "", choice.delta.refusal or "") for chunk in chunks for choice in chunk.choices]
    assert "".join(text for text, _ in deltas) == (choice.message.content or "")
    assert "".join(text for _, text in deltas) == (choice.message.refusal or "")
    assert chunks[-2].choices[0].finish_reason == choice.finish_reason
    assert chunks[-1].usage == plain.usage


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: type(speech).__name__)
def test_a_streamed_message_adds_up_to_the_plain_one(double, claude, speech):
    double.script(HAIKU, [speech, speech])

    plain = claude.messages.create(**message())
    with claude.messages.stream(**message()) as stream:
        streamed = stream.get_final_message()

    same = {"id": "", "_request_id": None}
    assert streamed.to_dict() | same == plain.to_dict() | same


@pytest.mark.parametrize("speech", SPEECHES, ids=lambda speech: type(speech).__name__)
def test_a_streamed_response_adds_up_to_the_plain_one(double, gpt, speech):
    double.script(GPT, [speech, speech])

    plain = gpt.responses.create(**response())
    with gpt.responses.stream(**response()) as stream:
        events = list(stream)

    assert events[0].type == "response.created"
    assert events[-1].type == f"response.{plain.status}"
    assert events[-1].response.usage.to_dict() == plain.usage.to_dict()
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == plain.output_text


def test_the_finished_streamed_response_has_the_answer(double, gpt):
    double.script(GPT, [{"a": "b"}])

    with gpt.responses.stream(**response()) as stream:
        final = stream.get_final_response()

    assert json.loads(final.output_text) == {"a": "b"}


def test_every_response_has_its_own_request_id(double, claude, gpt):
    double.script(HAIKU, [{"a": "b"}], repeat_last=True)
    double.script(GPT, [{"a": "b"}], repeat_last=True)

    ids = [claude.messages.create(**message())._request_id for _ in range(2)]
    ids += [gpt.responses.create(**response())._request_id for _ in range(2)]

    assert len(set(ids)) == 4
    assert all(request_id.startswith("req_") for request_id in ids)


def test_errors_come_in_the_providers_own_shapes(double, claude, gpt):
    double.script(HAIKU, [ScriptedError(status=529, retry_after="7")])
    double.script(GPT, [ScriptedError(status=429, message="slow down")])

    with pytest.raises(anthropic.OverloadedError) as overloaded:
        claude.messages.create(**message())
    with pytest.raises(openai.RateLimitError) as limited:
        gpt.responses.create(**response())

    assert (overloaded.value.type, overloaded.value.response.headers["retry-after"]) == (
        "overloaded_error",
        "7",
    )
    assert (limited.value.type, limited.value.body["message"]) == ("rate_limit_exceeded", "slow down")


def test_replies_come_in_order_and_then_the_script_is_at_its_end(double, claude):
    double.script(HAIKU, [{"n": 1}, {"n": 2}])

    texts = [claude.messages.create(**message()).content[0].text for _ in range(2)]
    with pytest.raises(anthropic.InternalServerError, match="has come to its end"):
        claude.messages.create(**message())

    assert texts == ['{"n": 1}', '{"n": 2}']


def test_the_last_reply_can_be_repeated(double, claude):
    double.script(HAIKU, [{"n": 1}, {"n": 2}], repeat_last=True)

    texts = [claude.messages.create(**message()).content[0].text for _ in range(4)]

    assert texts == ['{"n": 1}', '{"n": 2}', '{"n": 2}', '{"n": 2}']


def test_a_model_without_a_script_is_an_error_that_says_so(double, claude):
    with pytest.raises(anthropic.InternalServerError, match="script for claude-opus-5-5 does not exist"):
        claude.messages.create(**message(model="claude-opus-5-5"))


def test_a_function_answers_by_the_content_of_the_request(double, gpt):
    double.script(GPT, [lambda body: {"echo": body["input"]}], repeat_last=True)

    texts = [gpt.responses.create(**response(input=word)).output_text for word in ("one", "two")]

    assert texts == ['{"echo": "one"}', '{"echo": "two"}']


def test_a_function_that_raises_says_so_in_the_reply(double, gpt):
    double.script(GPT, [lambda body: body["missing"]])

    with pytest.raises(openai.InternalServerError, match="raised KeyError"):
        gpt.responses.create(**response())


def test_a_reply_to_a_substring_of_the_prompt_comes_before_the_list(double, claude):
    when = ScriptedWhen(substring="E711", reply=ScriptedText(text="when"))
    double.script(HAIKU, [{"n": 1}, when])

    prompts = ["mend E711", "other", "E711 again"]
    texts = [
        claude.messages.create(**message(messages=[{"role": "user", "content": prompt}], system="E711")).content[0].text
        for prompt in prompts[:1] + prompts[2:] + prompts[1:2]
    ]

    assert texts == ["when", "when", '{"n": 1}']


def test_a_recorded_request_holds_the_body_and_no_key(double, claude):
    double.script(HAIKU, [{"a": "b"}])

    claude.messages.create(**message())

    request = double.requests[-1]
    assert (request.api, request.model, request.body) == ("anthropic", HAIKU, message())
    assert request.headers["authorization"] == "Bearer ***"
    assert "sk-ant-1" not in repr(request)


CACHED = {"type": "text", "text": "S", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
GOOD_MESSAGES = [
    ("the least", message()),
    ("low effort", message(output_config={"effort": "low"})),
    ("a 1 h cache", message(system=[CACHED])),
    ("adaptive thinking", message(thinking={"type": "adaptive"})),
    ("JSON", claude_format(STRICT)),
    ("a property named type", claude_format(STRICT | {"properties": {"type": {"type": "string"}}})),
    ("xhigh where it exists", message(model="claude-opus-5-5", output_config={"effort": "xhigh"})),
    ("a stream", message(stream=True)),
]  # fmt: skip
BAD_MESSAGES = [
    ("no max_tokens", without(message(), "max_tokens")),
    ("no model", without(message(), "model")),
    ("an alien role", message(messages=[{"role": "alien", "content": "Hi"}])),
    ("effort ultra", message(output_config={"effort": "ultra"})),
    ("an effort of other models", message(output_config={"effort": "xhigh"})),
    ("a cache of 2 h", message(system=[{**CACHED, "cache_control": {"type": "ephemeral", "ttl": "2h"}}])),
    ("a tool without schema", message(tools=[{"name": "edit"}])),
    ("OpenAI's reasoning", message(reasoning={"effort": "low"})),
    ("a temperature", message(temperature=0)),
    ("top_p", message(top_p=0.5)),
    ("top_k", message(top_k=5)),
    ("prefill", message(messages=[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "{"}])),
    ("an open object", claude_format({"type": "object"})),
    ("a length", claude_format({"type": "string", "minLength": 3})),
    ("no JSON", b"{"),
    ("a JSON list", []),
]  # fmt: skip
ENCRYPTED = {"include": ["reasoning.encrypted_content"], "store": False, "model": CODEX}
NESTED = {**STRICT, "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {}}}}}
GOOD_RESPONSES = [
    ("the least", response()),
    ("xhigh", response(reasoning={"effort": "xhigh"})),
    ("codex with encrypted reasoning", response(**ENCRYPTED, reasoning={"effort": "medium"})),
    ("JSON", gpt_format(STRICT)),
    ("a list of messages", response(input=[{"role": "user", "content": "Hi"}])),
    ("a loose schema", gpt_format({"type": "object"}, strict=False)),
    ("a stream", response(stream=True)),
]
BAD_RESPONSES = [
    ("no model", without(response(), "model")),
    ("effort at the top", response(effort="low")),
    ("effort ultra", response(reasoning={"effort": "ultra"})),
    ("minimal effort", response(reasoning={"effort": "minimal"})),
    ("no effort for codex", response(model=CODEX, reasoning={"effort": "none"})),
    ("a schema without name", response(text={"format": {"type": "json_schema", "schema": STRICT}})),
    ("a name with a space", gpt_format(STRICT, name="my fix")),
    ("an open object", gpt_format(without(STRICT, "additionalProperties"))),
    ("a key that is not required", gpt_format(STRICT | {"required": []})),
    ("an open object inside", gpt_format(NESTED)),
    ("a list at the root", gpt_format({"type": "array", "items": {"type": "string"}})),
    ("Anthropic's max_tokens", response(max_tokens=64)),
    ("too few tokens", response(max_output_tokens=1)),
    ("too long a cache key", response(prompt_cache_key="k" * 65)),
    ("no JSON", b"<html>"),
]


def ids(rows):
    return {"argvalues": [row[1] for row in rows], "ids": [row[0] for row in rows]}


@pytest.mark.parametrize("body", **ids(GOOD_MESSAGES))
def test_a_good_message_request_is_answered(double, body):
    double.script(body["model"], [ScriptedText(text="ok")])
    request = urllib.request.Request(
        f"{double.anthropic_base_url}/v1/messages",
        json.dumps(body).encode(),
        {"authorization": "Bearer k", "anthropic-version": "2026-10-21"},
    )

    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("body", **ids(BAD_MESSAGES))
def test_a_bad_message_request_is_rejected(double, body):
    double.script(HAIKU, [ScriptedText(text="ok")])

    status, answer = post_message(double, body)

    assert (status, answer["type"], answer["error"]["type"]) == (400, "error", "invalid_request_error")


@pytest.mark.parametrize("body", **ids(GOOD_RESPONSES))
def test_a_good_response_request_is_answered(double, body):
    double.script(body["model"], [ScriptedText(text="ok")])
    request = urllib.request.Request(
        f"{double.openai_base_url}/responses", json.dumps(body).encode(), {"authorization": "Bearer k"}
    )

    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("body", **ids(BAD_RESPONSES))
def test_a_bad_response_request_is_rejected(double, body):
    double.script(GPT, [ScriptedText(text="ok")])

    status, answer = post_response(double, body)

    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


GOOD_CHATS = [
    ("the least", chat()),
    ("the rules first", chat(messages=[{"role": "system", "content": "S"}, {"role": "user", "content": "Hi"}])),
    ("an effort", chat(reasoning_effort="low", max_tokens=64)),
    ("JSON", chat_format(STRICT)),
    ("a loose schema", chat_format({"type": "object"}, strict=False)),
    ("a stream", chat(stream=True)),
]
BAD_CHATS = [
    ("no model", without(chat(), "model")),
    ("no messages", without(chat(), "messages")),
    ("an alien role", chat(messages=[{"role": "alien", "content": "Hi"}])),
    ("an effort of its own", chat(reasoning_effort="ultra")),
    ("the field of Responses", chat(max_output_tokens=64)),
    ("a schema without name", chat(response_format={"type": "json_schema", "json_schema": {"schema": STRICT}})),
    ("a name with a space", chat_format(STRICT, name="my fix")),
    ("an open object", chat_format(without(STRICT, "additionalProperties"))),
    ("a key that is not required", chat_format(STRICT | {"required": []})),
    ("a list at the root", chat_format({"type": "array", "items": {"type": "string"}})),
    ("no JSON", b"<html>"),
]


@pytest.mark.parametrize("body", **ids(GOOD_CHATS))
def test_a_good_chat_request_is_answered(double, body):
    double.script(QWEN, [ScriptedText(text="ok")])
    url = f"{double.local_base_url}/chat/completions"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"authorization": "Bearer k"})

    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200


@pytest.mark.parametrize("body", **ids(BAD_CHATS))
def test_a_bad_chat_request_is_rejected(double, body):
    double.script(QWEN, [ScriptedText(text="ok")])

    status, answer = post_chat(double, body)

    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")


def test_a_reply_to_a_substring_of_a_chat_looks_at_what_the_user_says(double, gpt):
    double.script(QWEN, [{"n": 1}, ScriptedWhen(substring="E711", reply=ScriptedText(text="when"))])
    rules = {"role": "system", "content": "Mend E711."}

    texts = [
        gpt.chat.completions.create(**chat(messages=[rules, {"role": "user", "content": prompt}]))
        .choices[0]
        .message.content
        for prompt in ("mend E711", "other")
    ]

    assert texts == ["when", '{"n": 1}']
    assert double.requests[-1].api == "chat"


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer "}, {"authorization": "Basic k"}, {"x-api-key": ""}])
def test_a_request_without_a_key_is_unauthorised(double, headers):
    versioned = {"anthropic-version": "2026-10-21", **headers}

    assert post_message(double, message(), versioned)[0] == 401
    assert post_response(double, response(), headers)[0] == 401
    assert post_chat(double, chat(), headers)[0] == 401


def test_a_message_request_without_a_version_is_rejected(double):
    assert post_message(double, message(), {"authorization": "Bearer k"})[0] == 400


def test_an_unknown_path_is_not_found(double):
    assert post(f"{double.openai_base_url}/embeddings", {}, {"authorization": "Bearer k"})[0] == 404


def test_models_are_described_in_both_shapes(double, claude, gpt):
    haiku, gpt_model = claude.models.retrieve(HAIKU), gpt.models.retrieve(GPT)

    TypeAdapter(ModelInfo).validate_python(haiku.to_dict(mode="json"))
    TypeAdapter(Model).validate_python(gpt_model.to_dict(mode="json"))
    assert haiku.capabilities.effort.low.supported
    assert not haiku.capabilities.effort.xhigh.supported
    assert (gpt_model.id, gpt_model.shutdown_date) == (GPT, None)


def test_a_model_of_nobody_is_not_found(double, claude, gpt):
    with pytest.raises(anthropic.NotFoundError):
        claude.models.retrieve("claude-none")
    with pytest.raises(openai.NotFoundError):
        gpt.models.retrieve(HAIKU)


def test_a_model_can_be_scripted_and_hidden(claude, gpt):
    with provider_double() as double:
        double.model("new", retires_on=date(2027, 2, 4))
        double.model(HAIKU, known=False)
        double.model(GPT, retires_on=date(2027, 3, 1))
        claude = claude.with_options(base_url=double.anthropic_base_url)
        gpt = gpt.with_options(base_url=double.openai_base_url)

        new, same = claude.models.retrieve("new"), gpt.models.retrieve("new")
        with pytest.raises(anthropic.NotFoundError):
            claude.models.retrieve(HAIKU)

        TypeAdapter(ModelInfo).validate_python(new.to_dict(mode="json"))
        assert (new.lifecycle, new.retires_at.date()) == ("deprecated", date(2027, 2, 4))
        assert same.shutdown_date == "2027-02-04"
        assert gpt.models.retrieve(GPT).shutdown_date == "2027-03-01"


def test_models_are_listed_those_of_no_hosted_lane_first(claude, gpt):
    with provider_double() as double:
        double.model("qwen")
        double.script("gemma", [])
        double.script(HAIKU, [])
        claude = claude.with_options(base_url=double.anthropic_base_url)
        gpt = gpt.with_options(base_url=double.openai_base_url)

        page = claude.models.list()
        names, claudes = [model.id for model in gpt.models.list()], [model.id for model in page]

    assert names[:2] == ["qwen", "gemma"]
    assert {GPT, CODEX} < set(names)
    assert HAIKU not in names
    assert claudes[:2] == ["qwen", "gemma"]
    assert HAIKU in claudes
    assert GPT not in claudes
    assert (page.has_more, page.first_id, page.last_id) == (False, claudes[0], claudes[-1])


def test_a_look_up_can_be_answered_with_any_reply(double, gpt):
    double.model("m", reply=ScriptedError(status=429, message="slow down"))

    with pytest.raises(openai.RateLimitError, match="slow down"):
        gpt.models.retrieve("m")


def test_a_look_up_without_a_key_is_unauthorised(double):
    with pytest.raises(urllib.error.HTTPError) as raised:
        urllib.request.urlopen(f"{double.openai_base_url}/models/{GPT}")

    with raised.value:
        assert raised.value.code == 401


def test_a_script_file_spells_the_status_of_a_model(double, gpt):
    script_from_json(double, {"statuses": {"old": {"retires_on": "2027-02-04"}, "limited": {"reply": {"status": 429}}}})

    assert gpt.models.retrieve("old").shutdown_date == "2027-02-04"
    with pytest.raises(openai.RateLimitError):
        gpt.models.retrieve("limited")


@pytest.mark.parametrize("status", [{"retires_on": "soon"}, {"retired": True}, {"retires_on": 3}])
def test_a_script_file_with_an_unknown_status_is_an_input_error(double, status):
    with pytest.raises(InputError, match="no status of a model"):
        script_from_json(double, {"statuses": {"m": status}})


async def test_forty_slow_requests_take_as_long_as_one(double):
    double.script(HAIKU, [ScriptedAnswer(answer={"a": "b"}, delay_s=0.3)], repeat_last=True)
    async with anthropic.AsyncAnthropic(api_key="k", base_url=double.anthropic_base_url) as client:
        await client.messages.create(**message())

        async with asyncio.timeout(40 * 0.3):  # one after the other they would not make it
            await asyncio.gather(*(client.messages.create(**message()) for _ in range(40)))


def test_stopping_does_not_wait_for_a_reply_that_hangs():
    started = time.monotonic()
    with (
        provider_double() as double,
        anthropic.Anthropic(api_key="k", base_url=double.anthropic_base_url) as client,
    ):
        double.script(HAIKU, [ScriptedHang(hang_s=30)])
        with pytest.raises(anthropic.APITimeoutError):
            client.with_options(timeout=0.1, max_retries=0).messages.create(**message())

    assert time.monotonic() - started < 30  # the reply hangs for as long


@pytest.mark.parametrize(
    ("entry", "reply"),
    [
        ({"answer": {"a": 1}, "delay_s": 1.0}, ScriptedAnswer(answer={"a": 1}, delay_s=1.0)),
        (
            {"answer": {}, "usage": {"input_tokens": 3}},
            ScriptedAnswer(answer={}, usage=Usage(input_tokens=3)),
        ),
        ({"text": "t"}, ScriptedText(text="t")),
        ({"refusal": "no"}, ScriptedRefusal(text="no")),
        ({"truncated": "{"}, ScriptedTruncation(text="{")),
        ({"content_filter": ""}, ScriptedFilter(text="")),
        ({"failed": "server_error", "message": "m"}, ScriptedFailure(code="server_error", message="m")),
        ({"status": 429, "retry_after": "300"}, ScriptedError(status=429, retry_after="300")),
        ({"hang_s": 9}, ScriptedHang(hang_s=9)),
        ({"cut_body": "{}"}, ScriptedCutBody(text="{}")),
        ({"json": [1]}, ScriptedJson(body=[1])),
        ({"html": "<p>"}, ScriptedHtml(html="<p>")),
        (
            {"when": "E711", "reply": {"text": "t"}},
            ScriptedWhen(substring="E711", reply=ScriptedText(text="t")),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_script_file_spells_every_kind_of_reply(entry, reply):
    assert entry_from_json(entry) == reply


@pytest.mark.parametrize("entry", [{}, {"anwser": {}}, {"status": 429, "retry": 3}, {"when": "x"}])
def test_a_script_file_with_an_unknown_reply_is_an_input_error(entry):
    with pytest.raises(InputError, match="no scripted reply"):
        entry_from_json(entry)


@pytest.mark.slow
def test_a_double_in_its_own_process_follows_a_script_file(tmp_path):
    entries = [{"answer": {"n": 1}}, {"when": "E711", "reply": {"answer": {"n": 711}}}]
    (tmp_path / "script.json").write_text(json.dumps({"models": {GPT: entries}}))

    with double_process(tmp_path / "script.json") as double:
        with openai.OpenAI(api_key="k", base_url=double.openai_base_url, max_retries=0) as client:
            texts = [client.responses.create(**response(input=word)).output_text for word in ("E711", "Hi")]
        requests = double.requests

    assert texts == ['{"n": 711}', '{"n": 1}']
    assert [request.body["input"] for request in requests] == ["E711", "Hi"]


def test_every_public_name_of_the_package_exists():
    assert sorted(suffice.testing.__all__) == suffice.testing.__all__
    assert all(getattr(suffice.testing, name).__name__ == name for name in suffice.testing.__all__)


def test_importing_the_package_loads_neither_an_sdk_nor_a_server():
    heavy = {"anthropic", "openai", "pydantic", "jsonschema_rs", "http.server", "suffice.testing.replies"}
    code = f"import sys, suffice.testing; assert not {heavy} & set(sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_without_the_validator_the_extra_to_install_is_named():
    code = (
        "import sys; sys.modules['jsonschema_rs'] = None\n"
        "from suffice.errors import InputError\n"
        "from suffice.testing import provider_double\n"
        "try:\n    provider_double().__enter__()\n"
        "except InputError as error: assert 'suffice[testing]' in str(error)\n"
        "else: raise SystemExit('no error')"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


REQUEST = Request(
    lane=catalogue().lanes["haiku"],
    stable="Rules.",
    prompt="Mend.",
    schema=STRICT,
    schema_name="fix",
    max_output_tokens=100,
    timeout_s=1.0,
    cache_key="k",
)


async def test_a_scripted_model_answers_in_order_and_remembers_what_it_was_asked():
    nothing = NoReply(ended=Ended.REFUSED, cause="no", paid=Usage())
    paid = Reply(answer={"a": "2"}, paid=USAGE)
    model = ScriptedModel([{"a": "1"}, paid, nothing, lambda request: {"a": request.prompt}])

    replies = [await model.ask(REQUEST) for _ in range(4)]

    first = Reply(answer={"a": "1"}, paid=Usage(input_tokens=4, output_tokens=4))
    assert replies[:3] == [first, paid, nothing]
    assert replies[3].answer == {"a": "Mend."}
    assert model.requests == [REQUEST] * 4


async def test_a_scripted_model_at_its_end_fails_the_test():
    with pytest.raises(AssertionError, match="No reply is scripted for request 1"):
        await ScriptedModel([]).ask(REQUEST)


async def test_a_scripted_model_can_repeat_its_last_reply():
    model = ScriptedModel([{"a": "1"}, {"a": "2"}], repeat_last=True)

    assert [(await model.ask(REQUEST)).answer["a"] for _ in range(3)] == ["1", "2", "2"]
