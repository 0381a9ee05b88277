import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anthropic
import httpx2
import pytest
import pytest_asyncio

from suffice.errors import ConfigError, ProviderError
from suffice.lanes import Usage, catalogue
from suffice.providers.connect import BASE_URL_VARIABLES, KEY_VARIABLES, connect, with_key
from suffice.providers.reply import Ended, NoReply, Reply, Request
from suffice.providers.transport import Service, exchange, one_line, retry_after_s
from suffice.providers.validate import Flaw, parse_answer
from suffice.testing import (
    ScriptedAnswer,
    ScriptedCutBody,
    ScriptedError,
    ScriptedFailure,
    ScriptedFilter,
    ScriptedHang,
    ScriptedHtml,
    ScriptedJson,
    ScriptedRefusal,
    ScriptedText,
    ScriptedTruncation,
    provider_double,
)

SCHEMA = {
    "type": "object",
    "properties": {
        "replacement": {"type": "string"},
        "cannot_fix": {"type": ["string", "null"]},
        "imports": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["replacement", "cannot_fix", "imports"],
    "additionalProperties": False,
}
ANSWER = {"replacement": "x = 1", "cannot_fix": None, "imports": []}
USAGE = Usage(input_tokens=2112, cached_tokens=2000, cache_write_tokens=100, output_tokens=70, reasoning_tokens=40)
LANES = {"anthropic": "haiku", "openai": "gpt-5.4:low"}
KEYS = {"anthropic": "sk-ant-test-4711", "openai": "sk-test-0815"}
ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
BOTH = pytest.mark.parametrize("provider", ["anthropic", "openai"])


def rows(table):
    """Return the columns after the first as values, the first as their names."""
    return {"argvalues": [row[1:] for row in table], "ids": [row[0] for row in table]}


@pytest.fixture(scope="module")
def double():
    with provider_double() as running:
        yield running


def request_for(provider, *, timeout_s=5.0, cache_key="repo:1", schema=SCHEMA, strict=True):
    return Request(
        lane=catalogue().lanes[LANES[provider]],
        stable="You mend lint.",
        prompt="Mend E711.",
        schema=schema,
        schema_name="fix",
        max_output_tokens=400,
        timeout_s=timeout_s,
        cache_key=cache_key,
        strict=strict,
    )


def environment_of(double):
    urls = {"anthropic": double.anthropic_base_url, "openai": double.openai_base_url}
    keys = {KEY_VARIABLES[provider]: key for provider, key in KEYS.items()}
    return keys | {BASE_URL_VARIABLES[provider]: url for provider, url in urls.items()}


async def ask_once(request, environment):
    connected = connect(request.lane.provider, environment)
    try:
        return await connected.ask(request)
    finally:
        await connected.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(double):
    """Return a function that returns what an adapter makes of a scripted reply."""
    connected = {provider: connect(provider, environment_of(double)) for provider in LANES}

    async def ask(provider, reply, **request):
        asked = request_for(provider, **request)
        double.script(asked.lane.model, [reply])
        return await connected[provider].ask(asked)

    yield ask
    for provider in connected.values():
        await provider.close()


@ONE_LOOP
@BOTH
async def test_an_answer_comes_with_its_tokens_and_request_id(ask, provider):
    reply = await ask(provider, ScriptedAnswer(answer=ANSWER, usage=USAGE))

    assert reply == Reply(answer=ANSWER, paid=USAGE, request_id=reply.request_id)
    assert reply.request_id.startswith("req_")


@ONE_LOOP
async def test_the_answer_is_found_behind_a_thinking_block(ask):
    blocks = [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": json.dumps(ANSWER)}]

    reply = await ask("anthropic", ScriptedJson(body={"stop_reason": "end_turn", "content": blocks}))

    assert reply == Reply(answer=ANSWER, paid=Usage(), request_id=reply.request_id)


@ONE_LOOP
async def test_claude_is_asked_with_effort_schema_and_a_cached_stable_part(double, ask):
    await ask("anthropic", ANSWER)

    assert double.requests[-1].body == {
        "model": catalogue().lanes["haiku"].model,
        "max_tokens": 400,
        "system": [{"type": "text", "text": "You mend lint.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Mend E711."}],
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    }


@ONE_LOOP
async def test_gpt_is_asked_strictly_and_nothing_is_stored(double, ask):
    await ask("openai", ANSWER, cache_key="k" * 80)

    assert double.requests[-1].body == {
        "model": catalogue().lanes["gpt-5.4:low"].model,
        "instructions": "You mend lint.",
        "input": "Mend E711.",
        "max_output_tokens": 400,
        "reasoning": {"effort": "low"},
        "text": {"format": {"type": "json_schema", "name": "fix", "schema": SCHEMA, "strict": True}},
        "store": False,
        "prompt_cache_key": "k" * 64,
    }


OF_THE_USER = {"type": "object", "properties": {"score": {"type": "number", "minimum": 0}}, "required": ["score"]}


@ONE_LOOP
async def test_claude_reads_a_schema_of_the_users_own_in_the_prompt(double, ask):
    reply = await ask("anthropic", {"score": 1}, schema=OF_THE_USER, strict=False)

    body = double.requests[-1].body
    asked = body["messages"][0]["content"]
    assert body["output_config"] == {"effort": "low"}
    assert asked.startswith("Mend E711.\n\nAnswer with one JSON object")
    assert asked.endswith("\n" + json.dumps(OF_THE_USER))
    assert reply.answer == {"score": 1}


@ONE_LOOP
async def test_gpt_reads_a_schema_of_the_users_own_in_the_prompt(double, ask):
    reply = await ask("openai", {"score": 1}, schema=OF_THE_USER, strict=False)

    body = double.requests[-1].body
    assert "text" not in body
    assert body["input"].endswith("\n" + json.dumps(OF_THE_USER))
    assert reply.answer == {"score": 1}


@ONE_LOOP
@BOTH
async def test_an_answer_that_breaks_the_users_own_schema_is_malformed(ask, provider):
    nothing = await ask(provider, {"score": "high"}, schema=OF_THE_USER, strict=False)

    assert (nothing.ended, nothing.cause) == (Ended.MALFORMED, "answer.score is not number")


@ONE_LOOP
async def test_claude_may_fence_an_answer_that_no_schema_enforces(ask):
    fenced = ScriptedText(text='Sure:\n```json\n{"score": 1}\n```')

    loose = await ask("anthropic", fenced, schema=OF_THE_USER, strict=False)
    strict = await ask("anthropic", fenced)

    assert (loose.answer, strict.ended) == ({"score": 1}, Ended.MALFORMED)


USELESS_BUT_PAID = [
    ("a refusal that comes as 200", ScriptedRefusal(usage=USAGE), Ended.REFUSED),
    ("the content filter", ScriptedFilter(usage=USAGE), Ended.REFUSED),
    ("an answer cut at the token limit", ScriptedTruncation(usage=USAGE), Ended.TRUNCATED),
    ("text that is no JSON", ScriptedText(text="Sure! Here it is", usage=USAGE), Ended.MALFORMED),
    ("no text", ScriptedText(text="", usage=USAGE), Ended.MALFORMED),
    ("a JSON list", ScriptedText(text="[1]", usage=USAGE), Ended.MALFORMED),
    ("a missing key", ScriptedAnswer(answer={"replacement": "x"}, usage=USAGE), Ended.MALFORMED),
    (
        "null for a string",
        ScriptedAnswer(answer=ANSWER | {"replacement": None}, usage=USAGE),
        Ended.MALFORMED,
    ),
]


@ONE_LOOP
@BOTH
@pytest.mark.parametrize(("reply", "ended"), **rows(USELESS_BUT_PAID))
async def test_a_useless_reply_is_no_reply_and_its_price_is_kept(ask, provider, reply, ended):
    nothing = await ask(provider, reply)

    assert nothing == NoReply(ended=ended, cause=nothing.cause, paid=USAGE, request_id=nothing.request_id)
    assert nothing.cause
    assert nothing.request_id.startswith("req_")


WRONG_TYPES = {
    "stop_reason": "end_turn",
    "content": 3,
    "status": "completed",
    "output": [None],
    "usage": {"input_tokens": "9", "output_tokens": -1, "input_tokens_details": []},
}
WITHOUT_USAGE = [
    ("HTML", ScriptedHtml(), Ended.MALFORMED),
    ("a JSON list", ScriptedJson(body=[]), Ended.MALFORMED),
    ("an empty object", ScriptedJson(body={}), Ended.MALFORMED),
    ("a wrong status", ScriptedJson(body={"stop_reason": "tool_use", "status": "queued"}), Ended.MALFORMED),
    ("wrong types", ScriptedJson(body=WRONG_TYPES), Ended.MALFORMED),
    ("a body cut half-way", ScriptedCutBody(), Ended.UNAVAILABLE),
    ("429", ScriptedError(status=429), Ended.UNAVAILABLE),
    ("500", ScriptedError(status=500), Ended.UNAVAILABLE),
    ("503", ScriptedError(status=503), Ended.UNAVAILABLE),
    ("529", ScriptedError(status=529), Ended.UNAVAILABLE),
    ("408", ScriptedError(status=408), Ended.UNAVAILABLE),
    ("413", ScriptedError(status=413, type="request_too_large"), Ended.TRUNCATED),
    ("too long a prompt", ScriptedError(status=400, message="prompt is too long: 9 > 8"), Ended.TRUNCATED),
    ("silence", ScriptedHang(hang_s=20), Ended.TIMED_OUT),
]  # fmt: skip


@ONE_LOOP
@BOTH
@pytest.mark.parametrize(("reply", "ended"), **rows(WITHOUT_USAGE))
async def test_what_a_ladder_can_mend_is_no_reply(ask, provider, reply, ended):
    nothing = await ask(provider, reply, timeout_s=0.15 if ended is Ended.TIMED_OUT else 5.0)

    assert (nothing.ended, nothing.paid, nothing.retry_after_s) == (ended, Usage(), None)


@ONE_LOOP
@pytest.mark.parametrize(
    ("code", "ended"),
    [
        ("server_error", Ended.UNAVAILABLE),
        ("rate_limit_exceeded", Ended.UNAVAILABLE),
        ("data_residency_mismatch", Ended.UNAVAILABLE),
        ("bio_policy", Ended.REFUSED),
    ],
)
async def test_a_failure_that_comes_as_200_is_no_reply(ask, code, ended):
    nothing = await ask("openai", ScriptedFailure(code=code, usage=USAGE))

    assert (nothing.ended, nothing.paid) == (ended, USAGE)
    assert code in nothing.cause


@ONE_LOOP
@pytest.mark.parametrize(
    ("code", "ended"),
    [("invalid_prompt", Ended.REFUSED), ("context_length_exceeded", Ended.TRUNCATED)],
)
async def test_a_request_rejected_for_its_content_is_no_reply(ask, code, ended):
    nothing = await ask("openai", ScriptedError(status=400, code=code))

    assert nothing.ended is ended


@ONE_LOOP
async def test_a_full_context_window_is_a_truncation(ask):
    body = {"type": "message", "content": [], "stop_reason": "model_context_window_exceeded"}

    nothing = await ask("anthropic", ScriptedJson(body=body))

    assert nothing.ended is Ended.TRUNCATED


@ONE_LOOP
@BOTH
async def test_a_rate_limit_of_five_minutes_returns_at_once(ask, provider):
    async with asyncio.timeout(60):
        nothing = await ask(provider, ScriptedError(status=429, retry_after="300"))

    assert (nothing.ended, nothing.retry_after_s) == (Ended.UNAVAILABLE, 300.0)


@ONE_LOOP
@BOTH
async def test_a_failed_call_is_not_repeated(double, ask, provider):
    before = len(double.requests)

    await ask(provider, ScriptedError(status=503))

    assert len(double.requests) == before + 1


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "300"}, 300.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after-ms": "250", "retry-after": "300"}, 0.25),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ],
)
def test_the_wait_a_provider_asks_for(headers, seconds):
    assert retry_after_s(headers) == seconds


def test_the_wait_a_provider_asks_for_may_be_a_date():
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)

    assert retry_after_s({"retry-after": date}) == pytest.approx(90, abs=2)


BROKEN_FOR_GOOD = [
    ("a bad key", ScriptedError(status=401, message="wrong: {key}"), "KEY_VARIABLE"),
    ("a key without rights", ScriptedError(status=403, message="not for {key}"), "KEY_VARIABLE"),
    ("no credit", ScriptedError(status=402, message="no credit\nfor {key}"), "no credit for ***"),
    ("a bad request", ScriptedError(status=400, message="bad\n\nfield " + "x" * 900), "bad field xxx"),
    ("a request that cannot be processed", ScriptedError(status=422, message="no"), "status 422: no"),
    ("a redirect", ScriptedError(status=307), "status 307"),
    ("an unknown model", ScriptedError(status=404), "lanes.toml"),
]


@ONE_LOOP
@BOTH
@pytest.mark.parametrize(("reply", "said"), **rows(BROKEN_FOR_GOOD))
async def test_what_no_rung_mends_is_an_error_that_says_what_to_do(ask, provider, reply, said):
    message = reply.message.replace("{key}", KEYS[provider])

    with pytest.raises(ProviderError) as raised:
        await ask(provider, ScriptedError(status=reply.status, message=message))

    text = str(raised.value)
    assert said.replace("KEY_VARIABLE", KEY_VARIABLES[provider]) in text
    assert KEYS[provider] not in text
    assert "\n" not in text
    assert len(text) < 400
    assert raised.value.__context__ is None


@ONE_LOOP
async def test_an_unknown_model_is_named_with_its_lane_and_the_doctor(ask):
    with pytest.raises(ProviderError, match=r"gpt-5\.4.*lane gpt-5\.4:low.*lanes\.toml.*suffice doctor"):
        await ask("openai", ScriptedError(status=404))


@ONE_LOOP
@BOTH
async def test_a_cancelled_call_ends_at_once(ask, provider):
    task = asyncio.create_task(ask(provider, ScriptedHang(hang_s=20)))
    await asyncio.sleep(0.1)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@ONE_LOOP
@BOTH
async def test_an_answer_that_arrives_too_late_is_timed_out(ask, provider):
    nothing = await ask(provider, ScriptedAnswer(answer=ANSWER, delay_s=2), timeout_s=0.15)

    assert nothing.ended is Ended.TIMED_OUT


@ONE_LOOP
@pytest.mark.parametrize(
    ("error", "ended", "cause"),
    [
        (httpx2.ConnectTimeout(""), Ended.UNAVAILABLE, "the connection failed: not made within 5 s"),
        (httpx2.ReadTimeout(""), Ended.TIMED_OUT, "no answer within 60 s"),
    ],
)
async def test_a_connection_that_was_never_made_is_no_call_that_timed_out(error, ended, cause):
    async def send():
        raise anthropic.APITimeoutError(request=httpx2.Request("POST", "https://api.example")) from error

    service = Service(provider="anthropic", sdk=anthropic, api_key="sk-1", request_id_header="request-id")

    nothing = await exchange(send, request=request_for("anthropic", timeout_s=60.0), service=service)

    assert nothing == NoReply(ended=ended, cause=cause, paid=Usage())


@ONE_LOOP
@BOTH
async def test_a_host_that_is_not_there_is_unavailable(double, provider):
    environment = environment_of(double) | {BASE_URL_VARIABLES[provider]: "http://127.0.0.1:9"}

    nothing = await ask_once(request_for(provider), environment)

    assert nothing.ended is Ended.UNAVAILABLE
    assert "the connection failed" in nothing.cause


def hostile_environment(monkeypatch, tmp_path):
    headers = "Authorization: Bearer sk-stolen\nX-Evil: 1\nanthropic-version: 1999-01-01\nUser-Agent: evil"
    profile = {"base_url": "http://127.0.0.1:9", "workspace_id": "evil", "authentication": {"type": "oauth"}}
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "evil.json").write_text(json.dumps(profile))
    (tmp_path / "active_config").write_text("evil")
    for name, value in {
        "ANTHROPIC_API_KEY": "sk-stolen",
        "ANTHROPIC_AUTH_TOKEN": "sk-stolen",
        "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
        "ANTHROPIC_CONFIG_DIR": str(tmp_path),
        "ANTHROPIC_CUSTOM_HEADERS": headers,
        "ANTHROPIC_FEDERATION_RULE_ID": "evil",
        "ANTHROPIC_IDENTITY_TOKEN": "evil",
        "ANTHROPIC_ORGANIZATION_ID": "evil",
        "ANTHROPIC_PROFILE": "evil",
        "ANTHROPIC_WORKSPACE_ID": "evil",
        "OPENAI_ADMIN_KEY": "sk-stolen",
        "OPENAI_API_KEY": "sk-stolen",
        "OPENAI_BASE_URL": "http://127.0.0.1:9",
        "OPENAI_CUSTOM_HEADERS": headers,
        "OPENAI_ORG_ID": "evil",
        "OPENAI_PROJECT_ID": "evil",
    }.items():
        monkeypatch.setenv(name, value)


@ONE_LOOP
@BOTH
async def test_no_variable_and_no_profile_of_the_sdk_has_an_effect(double, provider, monkeypatch, tmp_path):
    asked = request_for(provider)
    double.script(asked.lane.model, [ANSWER], repeat_last=True)
    await ask_once(asked, environment_of(double))
    hostile_environment(monkeypatch, tmp_path)

    reply = await ask_once(asked, environment_of(double))

    assert isinstance(reply, Reply)
    assert double.requests[-1] == double.requests[-2]


async def first_line_at_proxy(monkeypatch, ask_through):
    lines = []

    async def serve(reader, writer):
        lines.append((await reader.readline()).decode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    async with server:
        await ask_through()
    return lines[0]


@ONE_LOOP
@BOTH
async def test_the_proxy_of_the_environment_is_used(provider, monkeypatch):
    environment = {KEY_VARIABLES[provider]: "k", BASE_URL_VARIABLES[provider]: "https://provider.example"}

    line = await first_line_at_proxy(monkeypatch, lambda: ask_once(request_for(provider), environment))

    assert line.startswith("CONNECT provider.example:443")


@BOTH
@pytest.mark.parametrize("content", ["no certificate", None])
def test_the_certificates_of_the_environment_are_used(provider, monkeypatch, tmp_path, content):
    if content:
        (tmp_path / "own.pem").write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))

    with pytest.raises(ConfigError, match=r"^The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read"):
        connect(provider, {KEY_VARIABLES[provider]: "k"})


@BOTH
def test_a_provider_shows_no_key(provider):
    connected = connect(provider, {KEY_VARIABLES[provider]: KEYS[provider]})

    assert KEYS[provider] not in repr(connected) + repr(vars(connected))


@BOTH
def test_without_a_key_the_variable_to_set_is_named(provider):
    with pytest.raises(ProviderError, match=KEY_VARIABLES[provider]):
        connect(provider, {KEY_VARIABLES[provider]: "  "})


@BOTH
@pytest.mark.parametrize("key", ["two\nlines", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_rejected_without_showing_it(provider, key):
    with pytest.raises(ProviderError) as raised:
        connect(provider, {KEY_VARIABLES[provider]: key})

    assert key not in str(raised.value)


@BOTH
@pytest.mark.parametrize("url", ["host.example", "ftp://host.example", "https://"])
def test_an_address_that_is_none_is_a_configuration_error(provider, url):
    with pytest.raises(ConfigError, match=BASE_URL_VARIABLES[provider]):
        connect(provider, {KEY_VARIABLES[provider]: "k", BASE_URL_VARIABLES[provider]: url})


def test_an_unknown_provider_is_a_configuration_error():
    with pytest.raises(ConfigError, match="'acme'"):
        connect("acme", {})


@pytest.mark.parametrize(
    ("environment", "providers"),
    [
        ({}, frozenset()),
        ({"ANTHROPIC_API_KEY": ""}, frozenset()),
        ({"ANTHROPIC_API_KEY": "k"}, {"anthropic"}),
        ({"ANTHROPIC_API_KEY": "k", "OPENAI_API_KEY": "k"}, {"anthropic", "openai"}),
        ({"ANTHROPIC_AUTH_TOKEN": "k"}, frozenset()),
    ],
)
def test_the_providers_that_have_a_key(environment, providers):
    assert with_key(environment) == providers


def test_connecting_imports_only_the_sdk_that_is_asked_for():
    code = (
        "import sys; from suffice.providers import anthropic, openai, connect;"
        "assert not {'anthropic', 'openai', 'pydantic', 'httpx2'} & set(sys.modules);"
        "connect.connect('openai', {'OPENAI_API_KEY': 'k'});"
        "assert 'openai' in sys.modules and 'anthropic' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the answer is empty"),
        ("null", "the answer is not a JSON object"),
        ("[" * 100_000, "the answer is not a JSON object"),
        ('{"a": NaN, "b": []}', "the answer is not a JSON object"),
        ('{"a": 1}', "answer lacks 'b'"),
        ('{"a": true, "b": []}', "answer.a is not integer"),
        ('{"a": 1, "b": {}}', "answer.b is not array"),
        ('{"a": 1, "b": [{"c": "x"}, {"c": 2}]}', "answer.b[1].c is none of the types asked for"),
        ('{"a": 1, "b": [{"c": "\\ud800"}]}', "answer.b[0].c is none of the types asked for"),
        ('{"a": 1, "b": [{"c": "x", "d": 1}]}', "answer.b[0] has keys that were not asked for"),
        ('{"a": 1, "b": [], "e": "mild"}', "answer.e is none of the values asked for"),
    ],
)
def test_an_answer_is_held_against_its_schema(text, reason):
    item = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    items = {"type": "object", "properties": {"c": item}, "required": ["c"], "additionalProperties": False}
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "array", "items": items},
            "e": {"type": "string", "enum": ["low", "high"]},
        },
        "required": ["a", "b"],
    }

    assert parse_answer(text, schema=schema) == Flaw(reason=reason)
    assert parse_answer('{"a": 1, "b": [{"c": null}], "e": "low"}', schema=schema) == {
        "a": 1,
        "b": [{"c": None}],
        "e": "low",
    }


STRANGE_SCHEMAS = [
    ("anything", True, None),
    ("nothing", False, "answer was not asked for"),
    ("an unknown type", {"type": "uuid"}, None),
    ("a type that is none", {"type": {"a": 1}}, None),
    ("closed by patterns", {"patternProperties": {"^a": {}}, "additionalProperties": False}, None),
    ("properties that are none", {"properties": [], "required": "a", "items": 3, "enum": "a", "anyOf": {}}, None),
    ("a property that is forbidden", {"properties": {"a": False}}, "answer.a was not asked for"),
    ("a list for items", {"properties": {"a": {"items": [{"type": "string"}]}}}, None),
    ("a choice of anything", {"anyOf": [True]}, None),
]


@pytest.mark.parametrize(("schema", "reason"), **rows(STRANGE_SCHEMAS))
def test_a_strange_schema_of_the_users_is_no_error(schema, reason):
    assert parse_answer('{"a": [1]}', schema=schema) == (Flaw(reason=reason) if reason else {"a": [1]})


def test_a_providers_text_becomes_one_short_line_without_the_key():
    assert one_line("bad key sk-1\n\tnow", hidden="sk-1") == "bad key *** now"
    assert len(one_line("x" * 1000, hidden="sk-1")) == 200
