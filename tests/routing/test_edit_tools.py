"""The providers' own edit tools, asked for through the official SDKs: what is sent, and what of a reply is an edit."""

import asyncio
import json

import anthropic
import openai
import pytest
import pytest_asyncio
from anthropic.types import Message
from openai.types.responses import Response
from pydantic import TypeAdapter

from suffice import Applied, Rejected, Snapshot, apply_reply
from suffice.calls import Calls
from suffice.edits.apply import apply_calls
from suffice.lanes import Usage, catalogue
from suffice.providers.connect import BASE_URL_VARIABLES, KEY_VARIABLES, connect
from suffice.providers.reply import Ended, NoReply, Reply, Request
from suffice.testing import (
    ScriptedCalls,
    ScriptedError,
    ScriptedFilter,
    ScriptedHtml,
    ScriptedJson,
    ScriptedModel,
    ScriptedRefusal,
    ScriptedText,
    ScriptedTruncation,
    provider_double,
)
from suffice.testing.replies import entry_from_json

LANES = catalogue().lanes
PROVIDERS = {"anthropic": "sonnet", "openai": "codex", "local": "local"}
QWEN = "qwen"
MODELS = {provider: LANES[lane].model for provider, lane in PROVIDERS.items()} | {"local": QWEN}
USAGE = Usage(input_tokens=2112, cached_tokens=2000, cache_write_tokens=100, output_tokens=70, reasoning_tokens=40)
CODE = "def a():\n    return 1\n"
SNAPSHOT = Snapshot.of_texts({"f.py": CODE, "g.py": "y = 1\n", "old.py": "z = 1\n"})
HALF = "\ud83d"
BLOCK = "f.py\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n"

EDITOR = {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "strict": True}


def file_tool(name, description, *paths):
    properties = {path: {"type": "string"} for path in paths}
    schema = {"type": "object", "properties": properties, "required": list(paths), "additionalProperties": False}
    return {"name": name, "description": description, "strict": True, "input_schema": schema}


DELETE = file_tool("delete_file", "Delete the file at path.", "path")
RENAME = file_tool("rename_file", "Move the file at path to new_path, where no file is.", "path", "new_path")
EDITOR_CALLS = [
    {"command": "str_replace", "path": "f.py", "old_str": "    return 1", "new_str": "    return 2"},
    {"command": "create", "path": "new.py", "file_text": "x = 1\n"},
    {"command": "insert", "path": "g.py", "insert_line": 0, "insert_text": "import os\n"},
]
PATCH_CALLS = [
    {"type": "update_file", "path": "f.py", "diff": "@@ def a():\n-    return 1\n+    return 2\n"},
    {"type": "create_file", "path": "new.py", "diff": "+x = 1\n"},
    {"type": "delete_file", "path": "old.py"},
]
CALLS = {"anthropic": EDITOR_CALLS, "openai": PATCH_CALLS}
ONE_LOOP = pytest.mark.asyncio(loop_scope="module")
HOSTED = pytest.mark.parametrize("provider", ["anthropic", "openai"])
ALL = pytest.mark.parametrize("provider", list(PROVIDERS))


def rows(table):
    """Return the columns after the first as values, the first as their names."""
    values = [row[1:] if len(row) > 2 else row[1] for row in table]
    return {"argvalues": values, "ids": [row[0] for row in table]}


def request_for(provider, **changes):
    request = Request(
        lane=LANES[PROVIDERS[provider]],
        stable="You edit code.",
        prompt="Make a() return 2.",
        schema={},
        schema_name="edits",
        max_output_tokens=400,
        timeout_s=5.0,
        cache_key="repo:1",
        wants_edits=True,
    )
    return request._replace(**changes)


@pytest.fixture(scope="module")
def double():
    with provider_double() as running:
        running.script(QWEN, [])
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ask(double):
    """Return a function that returns what an adapter makes of a scripted reply to a request for edits."""
    urls = {
        "anthropic": double.anthropic_base_url,
        "openai": double.openai_base_url,
        "local": double.local_base_url,
    }
    environment = {BASE_URL_VARIABLES[provider]: url for provider, url in urls.items()}
    environment |= dict.fromkeys(KEY_VARIABLES.values(), "sk-test-0815")
    connected = {provider: connect(provider, environment) for provider in PROVIDERS}

    async def ask(provider, reply, **changes):
        double.script(MODELS[provider], [reply])
        return await connected[provider].ask(request_for(provider, **changes))

    yield ask
    for provider in connected.values():
        await provider.close()


def message_of(*blocks, stop_reason="tool_use"):
    usage = {"input_tokens": 12, "output_tokens": 5}
    return ScriptedJson(body={"stop_reason": stop_reason, "content": list(blocks), "usage": usage})


def response_of(*items, status="completed", **more):
    usage = {"input_tokens": 12, "output_tokens": 5}
    return ScriptedJson(body={"status": status, "output": list(items), "usage": usage, **more})


def tool_use(arguments, name="str_replace_based_edit_tool"):
    return {"type": "tool_use", "id": "toolu_1", "name": name, "input": arguments}


def patch_call(operation, **changes):
    return {"type": "apply_patch_call", "id": "apc_1", "call_id": "call_1", "operation": operation, **changes}


PAID = Usage(input_tokens=12, output_tokens=5)


@ONE_LOOP
async def test_claude_is_offered_the_text_editor_and_no_schema(double, ask):
    await ask("anthropic", ScriptedCalls(calls=EDITOR_CALLS))

    assert double.requests[-1].body == {
        "model": LANES["sonnet"].model,
        "max_tokens": 400,
        "system": [{"type": "text", "text": "You edit code.", "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "Make a() return 2."}],
        "output_config": {"effort": LANES["sonnet"].effort},
        "tools": [EDITOR, DELETE, RENAME],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": False},
    }


@ONE_LOOP
async def test_codex_is_offered_apply_patch_and_no_schema(double, ask):
    await ask("openai", ScriptedCalls(calls=PATCH_CALLS))

    assert double.requests[-1].body == {
        "model": LANES["codex"].model,
        "instructions": "You edit code.",
        "input": "Make a() return 2.",
        "max_output_tokens": 400,
        "store": False,
        "prompt_cache_key": "repo:1",
        "reasoning": {"effort": LANES["codex"].effort},
        "tools": [{"type": "apply_patch"}],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
    }


@ONE_LOOP
async def test_a_local_server_is_asked_for_text_by_the_prompt_alone(double, ask):
    reply = await ask("local", ScriptedText(text=BLOCK, usage=USAGE._replace(cache_write_tokens=0)))

    assert double.requests[-1].body == {
        "model": QWEN,
        "messages": [
            {"role": "system", "content": "You edit code."},
            {"role": "user", "content": "Make a() return 2."},
        ],
        "max_tokens": 400,
    }
    assert reply.answer == {"calls": [], "text": BLOCK}
    assert reply.paid == USAGE._replace(cache_write_tokens=0)
    assert apply_reply(reply.answer["text"], snapshot=SNAPSHOT).files == {"f.py": CODE.replace("1", "2")}


@ONE_LOOP
@ALL
async def test_a_request_that_is_not_strict_gets_no_schema_as_text_either(double, ask, provider):
    await ask(provider, ScriptedText(text="t"), strict=False, schema={"type": "object"})

    assert "JSON" not in json.dumps(double.requests[-1].body)


@ONE_LOOP
@ALL
async def test_a_request_for_an_answer_offers_no_tool(double, ask, provider):
    await ask(provider, {"a": "b"}, wants_edits=False, strict=False)

    assert not {"tools", "tool_choice", "parallel_tool_calls"} & double.requests[-1].body.keys()


@ONE_LOOP
async def test_the_calls_of_claude_come_as_they_were_sent_and_can_be_applied(ask):
    reply = await ask("anthropic", ScriptedCalls(calls=EDITOR_CALLS, text="Three edits.", usage=USAGE))

    assert isinstance(reply, Reply)
    assert [(call["type"], call["name"], call["input"]) for call in reply.answer["calls"]] == [
        ("tool_use", "str_replace_based_edit_tool", call) for call in EDITOR_CALLS
    ]
    assert len({call["id"] for call in reply.answer["calls"]}) == 3
    assert (reply.answer["text"], reply.paid, reply.request_id[:4]) == ("Three edits.", USAGE, "req_")
    assert apply_calls(reply.answer["calls"], snapshot=SNAPSHOT).files == {
        "f.py": CODE.replace("1", "2"),
        "new.py": "x = 1\n",
        "g.py": "import os\ny = 1\n",
    }


@ONE_LOOP
async def test_the_calls_of_codex_come_as_they_were_sent_and_can_be_applied(ask):
    reply = await ask("openai", ScriptedCalls(calls=PATCH_CALLS, text="Three edits.", usage=USAGE))

    assert isinstance(reply, Reply)
    assert [(call["type"], call["status"], call["operation"]) for call in reply.answer["calls"]] == [
        ("apply_patch_call", "completed", call) for call in PATCH_CALLS
    ]
    assert len({call["call_id"] for call in reply.answer["calls"]}) == 3
    assert (reply.answer["text"], reply.paid, reply.request_id[:4]) == ("Three edits.", USAGE, "req_")
    assert apply_calls(reply.answer["calls"], snapshot=SNAPSHOT).files == {
        "f.py": CODE.replace("1", "2"),
        "new.py": "x = 1\n",
        "old.py": None,
    }


@ONE_LOOP
@HOSTED
async def test_the_cost_of_calls_is_that_of_all_their_tokens(ask, provider):
    reply = await ask(provider, ScriptedCalls(calls=CALLS[provider], usage=USAGE))

    price = LANES[PROVIDERS[provider]].prices[0]
    assert LANES[PROVIDERS[provider]].cost_usd(reply.paid) == pytest.approx(price.cost_usd(USAGE))
    assert price.cost_usd(USAGE) > 0


@ONE_LOOP
@HOSTED
async def test_tokens_that_a_script_leaves_open_count_the_calls_too(ask, provider):
    short = await ask(provider, ScriptedCalls(calls=CALLS[provider][-1:]))
    long = await ask(provider, ScriptedCalls(calls=CALLS[provider]))

    assert long.paid.output_tokens > short.paid.output_tokens > 0


@ONE_LOOP
@ALL
async def test_a_model_that_only_talks_has_said_so(ask, provider):
    reply = await ask(provider, ScriptedText(text="Nothing to change here.", usage=Usage(output_tokens=7)))

    assert reply == Reply({"calls": [], "text": "Nothing to change here."}, Usage(output_tokens=7), reply.request_id)
    assert isinstance(apply_calls(reply.answer["calls"], snapshot=SNAPSHOT), Rejected)


@ONE_LOOP
@ALL
@pytest.mark.parametrize("text", ["", " \n"])
async def test_neither_call_nor_text_is_malformed_and_paid(ask, provider, text):
    reply = await ask(provider, ScriptedText(text=text, usage=Usage(output_tokens=7)))

    assert (reply.ended, reply.cause) == (Ended.MALFORMED, "the response holds no call and no text")
    assert reply.paid == Usage(output_tokens=7)


@ONE_LOOP
@ALL
@pytest.mark.parametrize(
    ("scripted", "ended"),
    [(ScriptedRefusal(usage=USAGE), Ended.REFUSED), (ScriptedFilter(usage=USAGE), Ended.REFUSED)],
    ids=["refusal", "filter"],
)
async def test_a_refusal_is_no_edit(ask, provider, scripted, ended):
    reply = await ask(provider, scripted)

    assert (reply.ended, reply.paid.output_tokens) == (ended, 70)


@ONE_LOOP
@ALL
async def test_a_text_that_was_cut_is_no_edit(ask, provider):
    reply = await ask(provider, ScriptedTruncation(text=BLOCK[:40], usage=USAGE))

    assert (reply.ended, reply.paid.output_tokens) == (Ended.TRUNCATED, 70)


@ONE_LOOP
async def test_calls_are_found_behind_thinking_and_text(ask):
    call = tool_use(EDITOR_CALLS[0])
    thoughts = [{"type": "thinking", "thinking": "…", "signature": "s"}, {"type": "redacted_thinking", "data": "d"}]

    reply = await ask("anthropic", message_of(*thoughts, {"type": "text", "text": "I edit."}, call, call))

    assert reply == Reply({"calls": [call, call], "text": "I edit."}, PAID, reply.request_id)


@ONE_LOOP
async def test_calls_at_the_end_of_a_turn_count_as_well(ask):
    call = tool_use(EDITOR_CALLS[0])

    reply = await ask("anthropic", message_of(call, stop_reason="end_turn"))

    assert reply.answer == {"calls": [call], "text": ""}


@ONE_LOOP
@pytest.mark.parametrize(
    ("stop_reason", "ended"),
    [
        ("max_tokens", Ended.TRUNCATED),
        ("model_context_window_exceeded", Ended.TRUNCATED),
        ("refusal", Ended.REFUSED),
        ("pause_turn", Ended.MALFORMED),
        ("stop_sequence", Ended.MALFORMED),
        (None, Ended.MALFORMED),
        ([["tool_use"]], Ended.MALFORMED),
    ],
    ids=str,
)
async def test_a_message_that_stopped_elsewhere_is_no_edit_whatever_it_holds(ask, stop_reason, ended):
    cut = tool_use({"command": "str_replace", "path": "f.py", "old_str": "    return 1"})

    reply = await ask("anthropic", message_of(tool_use(EDITOR_CALLS[0]), cut, stop_reason=stop_reason))

    assert (type(reply), reply.ended, reply.paid) == (NoReply, ended, PAID)


@ONE_LOOP
async def test_a_message_that_stopped_for_a_tool_is_malformed_where_none_was_offered(ask):
    said = {"type": "text", "text": '{"a": "b"}'}

    reply = await ask("anthropic", message_of(said, tool_use(EDITOR_CALLS[0])), wants_edits=False)

    assert (reply.ended, reply.paid) == (Ended.MALFORMED, PAID)


CUT = patch_call({"type": "update_file", "path": "f.py", "diff": "@@\n-    return 1\n"}, status="in_progress")


@ONE_LOOP
@pytest.mark.parametrize(
    ("scripted", "ended"),
    **rows(
        [
            (
                "too long",
                response_of(CUT, status="incomplete", incomplete_details={"reason": "max_output_tokens"}),
                Ended.TRUNCATED,
            ),
            ("a call half written", response_of(patch_call(PATCH_CALLS[1]), CUT), Ended.TRUNCATED),
            (
                "filtered",
                response_of(CUT, status="incomplete", incomplete_details={"reason": "content_filter"}),
                Ended.REFUSED,
            ),
            (
                "failed",
                response_of(CUT, status="failed", error={"code": "server_error", "message": "m"}),
                Ended.UNAVAILABLE,
            ),
            ("queued", response_of(patch_call(PATCH_CALLS[1]), status="queued"), Ended.MALFORMED),
        ]
    ),
)
async def test_a_response_that_is_not_complete_is_no_edit_whatever_it_holds(ask, scripted, ended):
    reply = await ask("openai", scripted)

    assert (type(reply), reply.ended, reply.paid) == (NoReply, ended, PAID)


@ONE_LOOP
async def test_a_patch_through_another_tool_than_the_one_offered_is_understood(ask):
    patch = "*** Begin Patch\n*** Update File: f.py\n@@\n-    return 1\n+    return 2\n*** End Patch\n"
    custom = {"type": "custom_tool_call", "call_id": "c", "name": "apply_patch", "input": patch}
    function = {"type": "function_call", "call_id": "c", "name": "apply_patch", "arguments": json.dumps(PATCH_CALLS[1])}

    reply = await ask("openai", response_of({"type": "reasoning", "summary": []}, custom, function))

    assert reply.answer == {"calls": [custom, function], "text": ""}
    assert apply_calls(reply.answer["calls"], snapshot=SNAPSHOT).files == {
        "f.py": CODE.replace("1", "2"),
        "new.py": "x = 1\n",
    }


ODD_MESSAGES = [
    ("an input of text", tool_use('{"command": "create"}')),
    ("no input", {"type": "tool_use", "id": "t"}),
    ("a list as input", tool_use([EDITOR_CALLS[0]])),
    ("an empty input", tool_use({})),
    ("no path", tool_use({"command": "create", "file_text": "x"})),
    ("a path of a list", tool_use({"command": "create", "path": ["f.py"], "file_text": "x"})),
    ("a path outside", tool_use({"command": "create", "path": "../f.py", "file_text": "x"})),
    ("an unknown command", tool_use({"command": "undo_edit", "path": "f.py"})),
    ("a command of a list", tool_use({"command": ["create"], "path": "f.py"})),
    ("another tool", tool_use({"command": "rm -r /"}, name="bash")),
    ("only a look", tool_use({"command": "view", "path": "f.py"})),
]
ODD_RESPONSES = [
    ("an unknown operation", patch_call({"type": "rename_file", "path": "f.py"})),
    ("no operation", {"type": "apply_patch_call", "call_id": "c"}),
    ("an operation of text", patch_call("update f.py")),
    ("no path", patch_call({"type": "update_file", "diff": "@@\n-    return 1\n"})),
    ("no diff", patch_call({"type": "update_file", "path": "f.py"})),
    ("a diff of a number", patch_call({"type": "update_file", "path": "f.py", "diff": 3})),
    ("a path outside", patch_call({"type": "delete_file", "path": "/etc/passwd"})),
    ("a function without arguments", {"type": "function_call", "call_id": "c", "arguments": "{"}),
]


@ONE_LOOP
@pytest.mark.parametrize("block", **rows(ODD_MESSAGES))
async def test_an_odd_call_of_claude_comes_as_it_is_and_is_rejected(ask, block):
    reply = await ask("anthropic", message_of(block))

    assert reply.answer == {"calls": [block], "text": ""}
    assert isinstance(apply_calls(reply.answer["calls"], snapshot=SNAPSHOT), Rejected)


@ONE_LOOP
async def test_a_bad_call_takes_the_good_ones_with_it(ask):
    reply = await ask("anthropic", ScriptedCalls(calls=[*EDITOR_CALLS, {"command": "insert", "path": "f.py"}]))

    rejected = apply_calls(reply.answer["calls"], snapshot=SNAPSHOT)

    assert isinstance(rejected, Rejected)
    assert rejected.reason.startswith("call 4: ")


@ONE_LOOP
@pytest.mark.parametrize("item", **rows(ODD_RESPONSES))
async def test_an_odd_call_of_codex_comes_as_it_is_and_is_rejected(ask, item):
    reply = await ask("openai", response_of(item))

    assert reply.answer == {"calls": [item], "text": ""}
    assert isinstance(apply_calls(reply.answer["calls"], snapshot=SNAPSHOT), Rejected)


UNREADABLE = [
    ("half a character in an argument", lambda call: [call({"path": "f.py", "old_str": HALF})]),
    ("half a character in a key", lambda call: [call({HALF: 1})]),
    ("an item of text", lambda call: [call(EDITOR_CALLS[0]), "rest of a call"]),
    ("an item of nothing", lambda call: [None, call(EDITOR_CALLS[0])]),
    ("no list", lambda call: {"0": call(EDITOR_CALLS[0])}),
    ("a type of a list", lambda call: [{"type": ["tool_use", "apply_patch_call"]}]),
]


@ONE_LOOP
@pytest.mark.parametrize("items", **rows(UNREADABLE))
async def test_what_nobody_can_read_or_store_is_malformed(ask, items):
    message = {**message_of().body, "content": items(tool_use)}
    response = {**response_of().body, "output": items(patch_call)}

    replies = [await ask("anthropic", ScriptedJson(body=message)), await ask("openai", ScriptedJson(body=response))]

    assert [(type(reply), reply.ended, reply.paid) for reply in replies] == [(NoReply, Ended.MALFORMED, PAID)] * 2


def with_input(text):
    """Return a message with a call whose input is the JSON *text*, which no dumps of ours would write."""
    body = json.dumps(message_of(tool_use("HERE")).body)
    return ScriptedHtml(html=body.replace('"HERE"', text))


@ONE_LOOP
async def test_a_number_beyond_all_cannot_be_stored(ask):
    reply = await ask("anthropic", with_input('{"insert_line": 1e999}'))

    assert (reply.ended, reply.paid) == (Ended.MALFORMED, PAID)


@ONE_LOOP
@pytest.mark.parametrize("depth", [100, 400, 800, 900, 950, 1000, 20_000])
async def test_a_call_as_deep_as_json_can_be_raises_nothing(ask, depth):
    reply = await ask("anthropic", with_input("[" * depth + "]" * depth))

    assert isinstance(reply, Reply) if depth == 100 else isinstance(reply, Reply | NoReply)
    if isinstance(reply, Reply):
        assert isinstance(apply_calls(reply.answer["calls"], snapshot=SNAPSHOT), Rejected)


@ONE_LOOP
async def test_half_a_character_in_the_text_of_a_local_server_is_malformed(ask):
    choice = {"finish_reason": "stop", "message": {"content": BLOCK + HALF}}

    reply = await ask("local", ScriptedJson(body={"choices": [choice]}))

    assert reply.ended is Ended.MALFORMED


@ONE_LOOP
@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("<think>\nf.py? Maybe.\n</think>\n" + BLOCK, "\n" + BLOCK),
        ("Here: <think> is a tag.\n" + BLOCK, "Here: <think> is a tag.\n" + BLOCK),
    ],
    ids=["thoughts first", "a tag in the text"],
)
async def test_the_thoughts_of_a_local_model_are_no_edit(ask, text, spoken):
    reply = await ask("local", ScriptedText(text=text))

    assert reply.answer == {"calls": [], "text": spoken}


@ONE_LOOP
async def test_a_local_model_that_only_thought_gave_no_answer(ask):
    reply = await ask("local", ScriptedText(text="<think>\n" + BLOCK))

    assert reply.ended is Ended.MALFORMED


@ONE_LOOP
async def test_a_local_server_that_rejects_a_request_for_edits_is_not_asked_again(double, ask):
    before = len(double.requests)

    reply = await ask("local", ScriptedError(status=400, message="no"))

    assert reply.ended is Ended.UNAVAILABLE
    assert len(double.requests) == before + 1


async def test_requests_for_edits_are_never_sent_as_one():
    said = {"calls": EDITOR_CALLS, "text": ""}
    model, calls = ScriptedModel([said], repeat_last=True), Calls(jobs=1, gather_s=0.01)
    requests = [request_for("anthropic", group="f.py", prompt=f"edit {number}") for number in range(3)]

    asked = (calls.ask(model, request, may_ask=lambda: True, on_sent=lambda: None) for request in requests)
    answered = await asyncio.gather(*asked)

    assert sorted(request.prompt for request in model.requests) == ["edit 0", "edit 1", "edit 2"]
    assert [one.answer.answer for one in answered] == [said] * 3
    assert isinstance(apply_calls(said["calls"], snapshot=SNAPSHOT), Applied)


# The double itself.


def message(**changes):
    body = {"model": MODELS["anthropic"], "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}
    return body | {"tools": [EDITOR]} | changes


def response(**changes):
    return {"model": MODELS["openai"], "input": "Hi", "tools": [{"type": "apply_patch"}]} | changes


@pytest.fixture(scope="module")
def claude(double):
    with anthropic.Anthropic(api_key="k", base_url=double.anthropic_base_url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="module")
def gpt(double):
    with openai.OpenAI(api_key="k", base_url=double.openai_base_url, max_retries=0) as client:
        yield client


def test_a_message_with_calls_is_one_by_the_sdks_own_type(double, claude):
    double.script(MODELS["anthropic"], [ScriptedCalls(calls=EDITOR_CALLS, text="t", usage=USAGE)])

    body = json.loads(claude.messages.with_raw_response.create(**message()).http_response.content)

    TypeAdapter(Message).validate_python(body)
    assert body["stop_reason"] == "tool_use"


def test_a_response_with_calls_is_one_by_the_sdks_own_type(double, gpt):
    double.script(MODELS["openai"], [ScriptedCalls(calls=PATCH_CALLS, text="t", usage=USAGE)])

    body = json.loads(gpt.responses.with_raw_response.create(**response()).http_response.content)

    TypeAdapter(Response).validate_python(body)
    assert [item["type"] for item in body["output"]] == ["reasoning", "message"] + ["apply_patch_call"] * 3


@pytest.mark.parametrize("text", ["", "Three edits, as asked."])
def test_a_streamed_message_with_calls_adds_up_to_the_plain_one(double, claude, text):
    double.script(MODELS["anthropic"], [ScriptedCalls(calls=EDITOR_CALLS, text=text, usage=USAGE)] * 2)

    plain = claude.messages.create(**message())
    with claude.messages.stream(**message()) as stream:
        streamed = stream.get_final_message()

    assert without_ids(streamed.to_dict()) == without_ids(plain.to_dict())
    assert [block.input for block in streamed.content if block.type == "tool_use"] == EDITOR_CALLS


def test_a_streamed_call_begins_empty_and_its_input_comes_in_pieces(double, claude):
    double.script(MODELS["anthropic"], [ScriptedCalls(calls=EDITOR_CALLS[:1])])

    events = list(claude.messages.create(**message(stream=True)))

    (begun,) = [event.content_block for event in events if event.type == "content_block_start"]
    pieces = [event.delta.partial_json for event in events if event.type == "content_block_delta"]
    assert (begun.type, begun.input) == ("tool_use", {})
    assert len(pieces) > 1
    assert json.loads("".join(pieces)) == EDITOR_CALLS[0]


def without_ids(body):
    blocks = [{key: value for key, value in block.items() if key != "id"} for block in body["content"]]
    return body | {"id": "", "_request_id": None, "content": blocks}


@pytest.mark.parametrize("text", ["", "Three edits, as asked."])
def test_a_streamed_response_with_calls_ends_with_them(double, gpt, text):
    double.script(MODELS["openai"], [ScriptedCalls(calls=PATCH_CALLS, text=text, usage=USAGE)])

    events = list(gpt.responses.create(**response(stream=True)))

    diffs = [event.to_dict() for event in events if event.type.startswith("response.apply_patch_call_operation_diff")]
    finals = [event.response for event in events if event.type == "response.completed"]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert "".join(event.get("delta", "") for event in diffs) == "".join(call.get("diff", "") for call in PATCH_CALLS)
    assert [[item.operation.to_dict() for item in final.output[-3:]] for final in finals] == [PATCH_CALLS]
    assert finals[0].output_text == text


def test_the_sdks_own_reader_of_streams_takes_calls(double, gpt):
    double.script(MODELS["openai"], [ScriptedCalls(calls=PATCH_CALLS, text="t")])

    with gpt.responses.stream(**response()) as stream:
        final = stream.get_final_response()

    assert [item.operation.to_dict() for item in final.output[-3:]] == PATCH_CALLS


BAD_SCRIPTS = [
    ("the other's calls", EDITOR_CALLS, PATCH_CALLS, "call 1 is none of"),
    ("one of the other's", [*PATCH_CALLS, EDITOR_CALLS[0]], [*EDITOR_CALLS, PATCH_CALLS[0]], "call 4 is none of"),
    ("a text", ["x"], ["x"], "call 1 is none of"),
]


@pytest.mark.parametrize(("for_gpt", "for_claude", "reason"), **rows(BAD_SCRIPTS))
def test_a_script_with_calls_of_another_api_is_an_error_that_says_so(double, claude, gpt, for_gpt, for_claude, reason):
    double.script(MODELS["anthropic"], [ScriptedCalls(calls=for_claude)])
    double.script(MODELS["openai"], [ScriptedCalls(calls=for_gpt)])

    with pytest.raises(anthropic.InternalServerError, match=reason):
        claude.messages.create(**message())
    with pytest.raises(openai.InternalServerError, match=reason):
        gpt.responses.create(**response())


def test_no_model_calls_a_tool_that_it_was_not_offered(double, claude, gpt):
    double.script(MODELS["anthropic"], [ScriptedCalls(calls=EDITOR_CALLS)])
    double.script(MODELS["openai"], [ScriptedCalls(calls=PATCH_CALLS)])

    with pytest.raises(anthropic.InternalServerError, match="offers no text_editor"):
        claude.messages.create(**message(tools=[]))
    with pytest.raises(openai.InternalServerError, match="offers no apply_patch"):
        gpt.responses.create(**response(tools=[{"type": "custom", "name": "apply_patch"}]))


def test_chat_completions_know_calls_by_their_text_only(double, gpt):
    double.script(QWEN, [ScriptedCalls(calls=[], text="Nothing to do."), ScriptedCalls(calls=PATCH_CALLS)])
    body = {"model": QWEN, "messages": [{"role": "user", "content": "Hi"}]}

    said = gpt.chat.completions.create(**body).choices[0].message.content
    with pytest.raises(openai.InternalServerError, match="no edit tool"):
        gpt.chat.completions.create(**body)

    assert said == "Nothing to do."


def test_a_reply_without_calls_is_talk(double, claude):
    double.script(MODELS["anthropic"], [ScriptedCalls(calls=[], text="Nothing to do.")])

    said = claude.messages.create(**message())

    assert (said.stop_reason, [block.type for block in said.content]) == ("end_turn", ["text"])


GOOD_TOOLS = [
    ("an editor", message()),
    ("a limit for looks", message(tools=[EDITOR | {"max_characters": 10_000}])),
    ("one call at a time", message(tool_choice={"type": "auto", "disable_parallel_tool_use": True})),
    ("forced by name", message(tool_choice={"type": "tool", "name": EDITOR["name"]})),
]
BAD_TOOLS = [
    ("another name", message(tools=[EDITOR | {"name": "editor"}])),
    ("an unknown version", message(tools=[EDITOR | {"type": "text_editor_20990101"}])),
    ("strict as a word", message(tools=[EDITOR | {"strict": "very"}])),
    ("an unknown field", message(tools=[EDITOR | {"max_lines": 3}])),
    ("OpenAI's tool", message(tools=[{"type": "apply_patch"}])),
    ("an unknown choice", message(tool_choice={"type": "required"})),
    ("a choice of nothing", message(tools=[], tool_choice={"type": "auto"})),
    ("a tool that is not there", message(tool_choice={"type": "tool", "name": "edit"})),
    ("forced while thinking", message(tool_choice={"type": "any"}, thinking={"type": "adaptive"})),
]


@pytest.mark.parametrize("body", **rows(GOOD_TOOLS))
def test_good_tools_of_a_message_are_taken(double, claude, body):
    double.script(MODELS["anthropic"], [ScriptedText(text="ok")])

    assert claude.messages.create(**body).content[0].text == "ok"


@pytest.mark.parametrize("body", **rows(BAD_TOOLS))
def test_bad_tools_of_a_message_are_rejected(double, claude, body):
    double.script(MODELS["anthropic"], [ScriptedText(text="ok")])

    with pytest.raises(anthropic.BadRequestError):
        claude.messages.create(**body)


@pytest.mark.parametrize(
    "body",
    **rows(
        [
            ("strict", response(tools=[{"type": "apply_patch", "strict": True}])),
            ("a name", response(tools=[{"type": "apply_patch", "name": "edit"}])),
            ("Anthropic's tool", response(tools=[EDITOR])),
            ("an unknown choice", response(tool_choice="always")),
            ("a tool that is not there", response(tools=[], tool_choice={"type": "apply_patch"})),
        ]
    ),
)
def test_bad_tools_of_a_response_are_rejected(double, gpt, body):
    double.script(MODELS["openai"], [ScriptedText(text="ok")])

    with pytest.raises(openai.BadRequestError):
        gpt.responses.create(**body)


def test_a_forced_patch_is_taken(double, gpt):
    double.script(MODELS["openai"], [ScriptedText(text="ok")])

    assert gpt.responses.create(**response(tool_choice={"type": "apply_patch"})).output_text == "ok"


def test_a_script_file_spells_calls():
    entry = {"calls": EDITOR_CALLS, "text": "t", "usage": {"output_tokens": 3}}

    assert entry_from_json(entry) == ScriptedCalls(calls=EDITOR_CALLS, text="t", usage=Usage(output_tokens=3))
