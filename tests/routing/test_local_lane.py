"""The lane of a server of the user's own: OpenAI's Chat Completions as llama.cpp, Ollama and vLLM speak them."""

import asyncio
import hashlib
import json

import pytest
import pytest_asyncio

from suffice.errors import ConfigError, ProviderError
from suffice.lanes import Usage, catalogue
from suffice.providers.connect import connect, key_variable, needs_consent, with_key
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
    ScriptedRefusal,
    ScriptedText,
    ScriptedTruncation,
    provider_double,
)

SCHEMA = {
    "type": "object",
    "properties": {"replacement": {"type": "string"}, "cannot_fix": {"type": ["string", "null"]}},
    "required": ["replacement", "cannot_fix"],
    "additionalProperties": False,
}
ANSWER = {"replacement": "x = 1", "cannot_fix": None}
BARE = json.dumps(ANSWER)
USAGE = Usage(input_tokens=2112, cached_tokens=2000, output_tokens=70, reasoning_tokens=40)
LOCAL = catalogue().lanes["local"]
URL = "SUFFICE_LOCAL_BASE_URL"
ONE_LOOP = pytest.mark.asyncio(loop_scope="module")


def rows(table):
    """Return the columns after the first as values, the first as their names."""
    return {"argvalues": [row[1:] for row in table], "ids": [row[0] for row in table]}


@pytest.fixture(scope="module")
def double():
    with provider_double() as running:
        running.script("qwen", [])
        yield running


def request_for(*, lane=LOCAL, timeout_s=5.0, strict=True):
    return Request(
        lane=lane,
        stable="You mend lint.",
        prompt="Mend E711.",
        schema=SCHEMA,
        schema_name="fix",
        max_output_tokens=400,
        timeout_s=timeout_s,
        cache_key="repo:1",
        strict=strict,
    )


def environment_of(double, **more):
    return {URL: double.local_base_url} | more


async def ask_once(request, environment):
    server = connect("local", environment)
    try:
        return await server.ask(request)
    finally:
        await server.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(double):
    """Return a function that returns what the adapter makes of a scripted reply."""
    server = connect("local", environment_of(double))

    async def ask(reply, **request):
        double.script("qwen", [reply])
        return await server.ask(request_for(**request))

    yield ask
    await server.close()


@ONE_LOOP
async def test_a_local_server_is_asked_by_a_schema_and_without_effort(double, ask):
    reply = await ask(ScriptedAnswer(answer=ANSWER, usage=USAGE))

    form = {"name": "fix", "schema": SCHEMA, "strict": True}
    assert double.requests[-1].body == {
        "model": "qwen",
        "messages": [{"role": "system", "content": "You mend lint."}, {"role": "user", "content": "Mend E711."}],
        "max_tokens": 400,
        "response_format": {"type": "json_schema", "json_schema": form},
    }
    assert reply == Reply(answer=ANSWER, paid=USAGE, request_id=reply.request_id)


@ONE_LOOP
async def test_a_lane_with_efforts_is_asked_with_its_own(double, ask):
    await ask(ANSWER, lane=LOCAL._replace(efforts=("low", "high"), effort="high"))

    assert double.requests[-1].body["reasoning_effort"] == "high"


@ONE_LOOP
async def test_a_schema_of_the_users_own_is_not_asked_for_strictly(double, ask):
    await ask(ANSWER, strict=False)

    assert double.requests[-1].body["response_format"]["json_schema"]["strict"] is False


ENDED_BADLY = [
    ("a refusal", ScriptedRefusal(usage=USAGE), Ended.REFUSED),
    ("the content filter", ScriptedFilter(usage=USAGE), Ended.REFUSED),
    ("an answer cut at the token limit", ScriptedTruncation(usage=USAGE), Ended.TRUNCATED),
    ("prose", ScriptedText(text="Sure! Here it is", usage=USAGE), Ended.MALFORMED),
    ("no text", ScriptedText(text="", usage=USAGE), Ended.MALFORMED),
    ("another shape than asked for", ScriptedAnswer(answer={"replacement": 1}, usage=USAGE), Ended.MALFORMED),
    ("two blocks", ScriptedText(text=f"```json\n{BARE}\n```\n```\n{{}}\n```", usage=USAGE), Ended.MALFORMED),
    ("a block of another language", ScriptedText(text="```python\nx = 1\n```", usage=USAGE), Ended.MALFORMED),
    ("a block without end", ScriptedText(text=f"```json\n{BARE}", usage=USAGE), Ended.MALFORMED),
    ("thoughts without end", ScriptedText(text=f"<think>\n{BARE}", usage=USAGE), Ended.MALFORMED),
]


@ONE_LOOP
@pytest.mark.parametrize(("reply", "ended"), **rows(ENDED_BADLY))
async def test_a_useless_reply_is_no_reply_and_its_tokens_are_kept(ask, reply, ended):
    nothing = await ask(reply)

    assert nothing == NoReply(ended=ended, cause=nothing.cause, paid=USAGE, request_id=nothing.request_id)
    assert nothing.cause


@ONE_LOOP
@pytest.mark.parametrize(
    "text",
    [
        BARE,
        f"```json\n{BARE}\n```",
        f"```\n{BARE}\n```\n",
        f"Here it is:\n\n```json\r\n{BARE}\r\n```\r\nDone.",
        f"<think>\nPerhaps:\n```json\n{{}}\n```\n</think>\n\n{BARE}",
        f"<think>\n{{}}\n</think>\n\n```json\n{BARE}\n```",
    ],
    ids=[
        *("bare", "in a block of JSON", "in a block", "in a block with prose around it"),
        *("after thoughts", "in a block after thoughts"),
    ],
)
async def test_an_answer_may_stand_in_a_block_of_code_or_after_thoughts(ask, text):
    reply = await ask(ScriptedText(text=text, usage=USAGE))

    assert reply == Reply(answer=ANSWER, paid=USAGE, request_id=reply.request_id)


def completion(**choice):
    return ScriptedJson(body={"choices": [{"message": {"content": BARE}, "finish_reason": "stop"} | choice]})


STRANGE = [
    ("HTML", ScriptedHtml(), Ended.MALFORMED),
    ("a list", ScriptedJson(body=[]), Ended.MALFORMED),
    ("an empty object", ScriptedJson(body={}), Ended.MALFORMED),
    ("choices of a wrong type", ScriptedJson(body={"choices": 3, "usage": []}), Ended.MALFORMED),
    ("no choice", ScriptedJson(body={"choices": []}), Ended.MALFORMED),
    ("no finish reason", completion(finish_reason=None), Ended.MALFORMED),
    ("a tool call", completion(finish_reason="tool_calls"), Ended.MALFORMED),
    ("a message of a wrong type", completion(message="x"), Ended.MALFORMED),
    ("content of a wrong type", completion(message={"content": [1]}), Ended.MALFORMED),
    ("nothing but thoughts", completion(message={"content": "", "reasoning_content": BARE}), Ended.MALFORMED),
    ("a body cut half-way", ScriptedCutBody(), Ended.UNAVAILABLE),
    ("a failure", ScriptedFailure(), Ended.UNAVAILABLE),
    ("a server that is loading its model", ScriptedError(status=503, message="Loading model"), Ended.UNAVAILABLE),
    ("too long a prompt for llama.cpp", ScriptedError(status=400, type="exceed_context_size_error"), Ended.TRUNCATED),
    (
        "too long a prompt for vLLM",
        ScriptedError(status=400, message="This model's maximum context length is 8 tokens."),
        Ended.TRUNCATED,
    ),
    ("silence", ScriptedHang(hang_s=20), Ended.TIMED_OUT),
]


@ONE_LOOP
@pytest.mark.parametrize(("reply", "ended"), **rows(STRANGE))
async def test_what_a_ladder_can_mend_is_no_reply(double, ask, reply, ended):
    before = len(double.requests)

    nothing = await ask(reply, timeout_s=0.3 if ended is Ended.TIMED_OUT else 5.0)

    assert (nothing.ended, len(double.requests)) == (ended, before + 1)


@ONE_LOOP
async def test_tokens_that_the_server_does_not_count_are_estimated(ask):
    reply = await ask(completion())

    assert reply == Reply(answer=ANSWER, paid=Usage(input_tokens=9, output_tokens=15), request_id=reply.request_id)


@pytest.mark.parametrize("status", [400, 422, 501])
async def test_a_server_that_rejects_the_schema_is_asked_again_with_it_as_text(double, status):
    rejected = ScriptedError(status=status, message="response_format is not supported")
    server = connect("local", environment_of(double))
    double.script("qwen", [rejected, ScriptedText(text=f"```json\n{BARE}\n```"), ANSWER])

    replies = [await server.ask(request_for()) for _ in range(2)]
    await server.close()

    first, again, later = (request.body for request in double.requests[-3:])
    assert [reply.answer for reply in replies] == [ANSWER, ANSWER]
    assert ["response_format" in body for body in (first, again, later)] == [True, False, False]
    assert again["messages"][1]["content"].endswith(json.dumps(SCHEMA))
    assert again == later


@pytest.mark.parametrize("status", [400, 404])
async def test_a_server_that_rejects_every_request_is_left_for_the_other_lanes(double, status):
    double.script("qwen", [ScriptedError(status=status, message="no such model")], repeat_last=True)

    nothing = await ask_once(request_for(), environment_of(double))

    assert nothing.ended is Ended.UNAVAILABLE
    assert "no such model" in nothing.cause
    assert "[lanes.local]" in nothing.cause


async def test_asking_again_counts_to_the_same_time_limit(double):
    double.script("qwen", [ScriptedError(status=400, delay_s=0.3), ScriptedHang(hang_s=20)])

    nothing = await ask_once(request_for(timeout_s=0.6), environment_of(double))

    assert nothing == NoReply(ended=Ended.TIMED_OUT, cause="no answer within 0.6 s", paid=Usage())


async def test_a_model_that_the_lane_names_is_asked_for_as_it_is(double):
    double.script("gemma:1b", [ANSWER])

    await ask_once(request_for(lane=LOCAL._replace(model="gemma:1b")), environment_of(double))

    assert double.requests[-1].model == "gemma:1b"


async def test_the_server_is_asked_for_its_models_only_once():
    with provider_double() as double:
        server = connect("local", environment_of(double))
        double.script("first", [ANSWER], repeat_last=True)
        await asyncio.gather(*(server.ask(request_for()) for _ in range(3)))
        double.model("first", known=False)
        double.model("second")

        await server.ask(request_for())
        await server.close()

    assert [request.model for request in double.requests] == ["first"] * 4


async def served(*responses):
    """Return what the adapter makes of a server that says *responses*, and the paths and bodies it was sent."""
    asked, lines = [], iter(responses)

    async def serve(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        size = next((int(line[16:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        asked.append((head.split()[1].decode(), json.loads(await reader.readexactly(size) or b"{}")))
        status, body = next(lines)
        content = json.dumps(body).encode()
        start = f"HTTP/1.1 {status} x\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        writer.write(start.encode() + content)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        reply = await ask_once(request_for(), {URL: f"http://127.0.0.1:{port}/v1"})
    finally:
        server.close()
    return reply, asked


COMPLETION = {"choices": [{"message": {"content": BARE}, "finish_reason": "stop"}]}


@pytest.mark.parametrize(
    "listing",
    [(404, {}), (200, {"data": []}), (200, {"data": None}), (200, []), (200, {"data": [{"id": 3}]})],
    ids=["none at all", "an empty one", "null", "a list", "a number"],
)
async def test_a_server_without_a_list_of_models_is_asked_for_any(listing):
    reply, asked = await served(listing, (200, COMPLETION))

    assert reply.answer == ANSWER
    assert [path for path, _ in asked] == ["/v1/models", "/v1/chat/completions"]
    assert asked[1][1]["model"] == "local"


async def test_a_server_that_still_starts_is_unavailable_and_not_asked_for_an_answer():
    reply, asked = await served((503, {"error": {"message": "Loading model", "code": 503}}))

    assert reply == NoReply(ended=Ended.UNAVAILABLE, cause="status 503: Loading model", paid=Usage())
    assert len(asked) == 1


async def test_a_server_that_is_not_there_is_unavailable():
    nothing = await ask_once(request_for(), {URL: "http://127.0.0.1:9/v1"})

    assert nothing.ended is Ended.UNAVAILABLE
    assert "the connection failed" in nothing.cause


async def test_a_server_on_this_machine_is_reached_without_a_proxy(double, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    double.script("qwen", [ANSWER])

    reply = await ask_once(request_for(), environment_of(double))

    assert isinstance(reply, Reply)


@pytest.mark.parametrize(("key", "sent"), [("sk-own-1", "sk-own-1"), ("", "local"), (" ", "local")])
async def test_the_servers_own_key_is_sent_if_it_has_one(double, key, sent):
    double.script("qwen", [ANSWER])

    await ask_once(request_for(), environment_of(double, SUFFICE_LOCAL_API_KEY=key))

    assert double.requests[-1].key_sha256 == hashlib.sha256(sent.encode()).hexdigest()


async def test_a_hosted_providers_key_never_goes_to_a_local_server(double, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-stolen")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer sk-stolen\nX-Evil: 1")
    monkeypatch.setenv("OPENAI_ORG_ID", "evil")
    double.script("qwen", [ANSWER], repeat_last=True)
    await ask_once(request_for(), environment_of(double, OPENAI_API_KEY="sk-stolen"))
    monkeypatch.undo()

    await ask_once(request_for(), environment_of(double))

    assert double.requests[-1] == double.requests[-2]


@ONE_LOOP
async def test_a_message_of_a_server_without_key_keeps_the_word_local(ask):
    nothing = await ask(ScriptedError(status=500, message="localhost: out of memory"))

    assert nothing.cause == "status 500: localhost: out of memory"


async def test_a_wrong_key_names_its_variable(double):
    double.script("qwen", [ScriptedError(status=401, message="wrong: sk-own-1")])

    nothing = await ask_once(request_for(), environment_of(double, SUFFICE_LOCAL_API_KEY="sk-own-1"))

    assert (nothing.ended, nothing.cause) == (Ended.UNAVAILABLE, "status 401: check SUFFICE_LOCAL_API_KEY")
    assert key_variable("local") == "SUFFICE_LOCAL_API_KEY"


def test_a_local_server_counts_as_having_its_key():
    assert with_key({URL: "http://127.0.0.1:8080/v1", "OPENAI_API_KEY": "k"}) == {"local", "openai"}
    assert with_key({URL: " ", "SUFFICE_LOCAL_API_KEY": "k"}) == frozenset()


def test_without_an_address_the_variable_to_set_is_named():
    with pytest.raises(ProviderError, match=URL):
        connect("local", {"SUFFICE_LOCAL_API_KEY": "k"})


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://[::1"])
def test_an_address_that_is_none_is_a_configuration_error(url):
    with pytest.raises(ConfigError, match=URL):
        connect("local", {URL: url})


@pytest.mark.parametrize(
    ("url", "leaves"),
    [
        ("http://127.0.0.1:8080/v1", False),
        ("http://127.8.8.8/v1", False),
        ("http://[::1]:8080/v1", False),
        ("http://LOCALHOST:11434/v1", False),
        ("http://10.0.0.7:8080/v1", True),
        ("http://0.0.0.0:8080/v1", True),
        ("https://models.example/v1", True),
        ("http://localhost.example/v1", True),
        ("http://localhost@models.example/v1", True),
        ("http://127.0.0.1.example/v1", True),
        ("http://[::1/v1", True),
        ("", True),
    ],
)
def test_code_stays_on_this_machine_only_at_a_loopback_address(url, leaves):
    providers = frozenset({"anthropic", "local"})

    assert needs_consent(providers, {URL: url}) == (providers if leaves else {"anthropic"})
