"""Calls in flight: what goes alone and at once, what goes together, and who gets what of the reply and of the price."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suffice.calls import Calls
from suffice.edits.window_reply import SCHEMA
from suffice.errors import ProviderError
from suffice.grouped import again, fits, grouped, is_cheaper, shares
from suffice.lanes import Usage, catalogue, estimate_tokens
from suffice.providers.reply import Ended, NoReply, Reply, Request
from suffice.testing import ScriptedModel

LANES = catalogue().lanes
STABLE = "Mend what the linter found. " * 100


def request(name="a", *, lane="haiku", stable=STABLE, group="mod.py", **more):
    fields = {
        "lane": LANES[lane],
        "stable": stable,
        "prompt": f"mend {name}",
        "schema": SCHEMA,
        "schema_name": "lint_fix",
        "max_output_tokens": 4096,
        "timeout_s": 60.0,
        "cache_key": "key",
        "group": group,
    }
    return Request(**{**fields, **more})


def answer(name):
    return {"replacement": f"{name} = 1\n", "extra_import": None, "cannot_fix": None}


def of_group(*names, **changed):
    """Return the answers to the items of a group, which are called *names*; *changed* ones say something else."""
    entries = [{"number": number, **changed.get(name, answer(name))} for number, name in enumerate(names, start=1)]
    return {"answers": [entry for entry in entries if len(entry) > 1]}


def named(asked):
    """Answer every request rightly, alone or in a group."""
    names = [line.removeprefix("mend ") for line in asked.prompt.splitlines() if line.startswith("mend ")]
    return of_group(*names) if len(names) > 1 else answer(names[0])


async def all_of(calls, model, requests, *, may_ask=lambda: True, on_sent=lambda: None):
    asked = [calls.ask(model, request, may_ask=may_ask, on_sent=on_sent) for request in requests]
    return await asyncio.gather(*asked, return_exceptions=True)


def said(answered):
    return [one.answer.answer["replacement"] for one in answered]


class Waiting:
    """A provider that answers what it is asked when `go` is set."""

    def __init__(self):
        self.go = asyncio.Event()
        self.model = ScriptedModel([named], repeat_last=True)
        self.was_cancelled = False

    @property
    def requests(self):
        return self.model.requests

    async def ask(self, asked):
        reply = await self.model.ask(asked)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        return reply


async def test_requests_of_a_group_go_as_one_and_each_gets_its_own_answer():
    model = ScriptedModel([named])

    answered = await all_of(Calls(), model, [request(name) for name in "abc"])

    (sent,) = model.requests
    assert said(answered) == ["a = 1\n", "b = 1\n", "c = 1\n"]
    assert sent.stable == STABLE
    assert [line for line in sent.prompt.splitlines() if line.startswith(("# Item", "mend "))] == [
        *("# Item 1", "mend a", "# Item 2", "mend b", "# Item 3", "mend c")
    ]
    assert sent.schema["properties"]["answers"]["items"]["required"] == ["number", *SCHEMA["required"]]
    assert sent.max_output_tokens == 3 * 4096


async def test_what_was_paid_is_shared_and_adds_up():
    usage = Usage(input_tokens=1001, cached_tokens=50, cache_write_tokens=7, output_tokens=301, reasoning_tokens=10)
    model = ScriptedModel([Reply(answer=of_group("a", "b", "c"), paid=usage, request_id="req_1")])

    answered = await all_of(Calls(), model, [request("a"), request("b"), request("c", prompt="mend c " + "x" * 3000)])

    paid = [one.answer.paid for one in answered]
    assert Usage(*map(sum, zip(*paid, strict=True))) == usage
    assert abs(paid[0].input_tokens - paid[1].input_tokens) <= 2
    assert paid[2].input_tokens > paid[0].input_tokens
    assert {one.answer.request_id for one in answered} == {"req_1"}


@pytest.mark.parametrize(
    "others",
    [
        {"group": "other.py"},
        {"stable": "Another rule. " * 100},
        {"lane": "sonnet"},
        {"schema": {**SCHEMA, "title": "another"}},
        {"group": None},
    ],
    ids=["file", "rule", "lane", "schema", "no group"],
)
async def test_what_differs_never_goes_together(others):
    model = ScriptedModel([named], repeat_last=True)

    await all_of(Calls(), model, [request("a"), request("b", **others)])

    assert sorted(sent.prompt for sent in model.requests) == ["mend a", "mend b"]


async def test_what_costs_less_alone_goes_alone():
    model = ScriptedModel([named], repeat_last=True)

    await all_of(Calls(), model, [request(name, lane="sonnet", stable="x" * 3 * 1500) for name in "ab"])

    assert sorted(sent.prompt for sent in model.requests) == ["mend a", "mend b"]


async def test_what_is_too_long_together_goes_apart():
    model, small = ScriptedModel([named], repeat_last=True), LANES["haiku"]._replace(context_tokens=3 * 4096)

    await all_of(Calls(), model, [request(name)._replace(lane=small) for name in "abcd"])

    assert [sent.prompt.count("# Item") for sent in model.requests] == [2, 2]


async def test_other_providers_are_other_groups():
    models = ScriptedModel([named]), ScriptedModel([named])
    calls = Calls()

    await asyncio.gather(*(all_of(calls, model, [request()]) for model in models))

    assert [len(model.requests) for model in models] == [1, 1]


async def test_without_a_group_nothing_waits_and_nothing_is_joined():
    model = ScriptedModel([named], repeat_last=True)

    async with asyncio.timeout(1):
        answered = await all_of(Calls(gather_s=60), model, [request(name, group=None) for name in "ab"])

    assert said(answered) == ["a = 1\n", "b = 1\n"]
    assert [sent.prompt for sent in model.requests] == ["mend a", "mend b"]


async def test_without_a_group_as_many_go_at_once_as_there_are_slots():
    model = Waiting()
    run = asyncio.create_task(all_of(Calls(3), model, [request(name, group=None) for name in "abcde"]))
    await asyncio.sleep(0.05)
    in_flight = len(model.requests)
    model.go.set()

    await run

    assert (in_flight, len(model.requests)) == (3, 5)


async def test_a_full_group_waits_for_nobody():
    model = ScriptedModel([named], repeat_last=True)

    async with asyncio.timeout(1):
        answered = await all_of(Calls(gather_s=60), model, [request(str(number)) for number in range(16)])

    assert [sent.prompt.count("# Item") for sent in model.requests] == [8, 8]
    assert said(answered) == [f"{number} = 1\n" for number in range(16)]


async def test_a_group_takes_one_slot_and_grows_while_it_waits_for_it():
    model, calls = Waiting(), Calls(1, gather_s=0)
    first = asyncio.create_task(all_of(calls, model, [request("first", group="other.py")]))
    await asyncio.sleep(0.02)
    early = asyncio.create_task(all_of(calls, model, [request("a"), request("b")]))
    await asyncio.sleep(0.02)
    late = asyncio.create_task(all_of(calls, model, [request("c")]))
    await asyncio.sleep(0.02)
    model.go.set()

    await asyncio.gather(first, early, late)

    assert [sent.prompt.count("mend") for sent in model.requests] == [1, 3]


async def test_one_of_a_group_goes_as_if_there_were_none():
    model = ScriptedModel([named])

    await all_of(Calls(), model, [request()])

    assert model.requests == [request()]


@pytest.mark.parametrize(
    "bad",
    [{}, {"replacement": 3, "extra_import": None, "cannot_fix": None}, {"replacement": "x"}],
    ids=["missing", "of another type", "incomplete"],
)
async def test_an_item_that_was_not_answered_is_asked_on_its_own(bad):
    paid = Usage(input_tokens=900, output_tokens=90)
    model = ScriptedModel([Reply(answer=of_group("a", "b", "c", b=bad), paid=paid), named])

    answered = await all_of(Calls(), model, [request(name) for name in "abc"])

    assert said(answered) == ["a = 1\n", "b = 1\n", "c = 1\n"]
    assert [sent.prompt for sent in model.requests][1:] == ["mend b"]
    single = estimate_tokens(STABLE + "mend b")
    assert [one.answer.paid.input_tokens for one in answered] == [300, 300 + single, 300]


async def test_an_item_that_was_answered_twice_is_asked_on_its_own():
    twice = {"answers": [{"number": 1, **answer(name)} for name in "ab"]}
    model = ScriptedModel([twice, named], repeat_last=True)

    answered = await all_of(Calls(), model, [request(name) for name in "ab"])

    assert said(answered) == ["a = 1\n", "b = 1\n"]
    assert [sent.prompt for sent in model.requests][1:] == ["mend a", "mend b"]


@pytest.mark.parametrize("ended", [Ended.MALFORMED, Ended.TRUNCATED, Ended.REFUSED])
async def test_of_a_group_without_a_usable_reply_each_is_asked_on_its_own_once(ended):
    nothing = NoReply(ended=ended, cause="half an answer", paid=Usage(input_tokens=700, output_tokens=200))
    model = ScriptedModel([nothing, named, nothing])

    first, second = await all_of(Calls(), model, [request(name) for name in "ab"])

    assert [sent.prompt for sent in model.requests][1:] == ["mend a", "mend b"]
    assert first.answer.answer == answer("a")
    assert (second.answer.ended, second.answer.paid) == (ended, Usage(input_tokens=1050, output_tokens=300))


async def test_a_group_that_has_cost_too_much_is_not_asked_again():
    spent = NoReply(ended=Ended.TRUNCATED, cause="too long", paid=Usage(input_tokens=700, output_tokens=8000))
    model = ScriptedModel([spent])

    answered = await all_of(Calls(), model, [request(name) for name in "ab"])

    assert [(one.answer.ended, one.answer.paid.output_tokens) for one in answered] == [(Ended.TRUNCATED, 4000)] * 2


@pytest.mark.parametrize("ended", [Ended.UNAVAILABLE, Ended.TIMED_OUT])
async def test_an_outage_is_everybodys(ended):
    model = ScriptedModel([NoReply(ended=ended, cause="no", paid=Usage(input_tokens=901), retry_after_s=3.0)])

    answered = await all_of(Calls(), model, [request(name) for name in "ab"])

    assert [(one.answer.ended, one.answer.cause, one.answer.retry_after_s) for one in answered] == [
        (ended, "no", 3)
    ] * 2
    assert sum(one.answer.paid.input_tokens for one in answered) == 901


@pytest.mark.parametrize("names", ["a", "ab"])
async def test_of_what_was_not_answered_in_time_the_prompt_is_paid(names):
    model = ScriptedModel([NoReply(ended=Ended.TIMED_OUT, cause="no answer within 60 s", paid=Usage())])

    answered = await all_of(Calls(), model, [request(name) for name in names])

    (sent,) = model.requests
    paid = [one.answer.paid for one in answered]
    assert Usage(*map(sum, zip(*paid, strict=True))) == Usage(input_tokens=estimate_tokens(sent.stable + sent.prompt))
    assert all(one.answer.ended is Ended.TIMED_OUT for one in answered)


async def test_an_outage_that_took_nothing_costs_nothing():
    model = ScriptedModel([NoReply(ended=Ended.UNAVAILABLE, cause="status 529", paid=Usage())])

    (answered,) = await all_of(Calls(), model, [request()])

    assert answered.answer.paid == Usage()


async def test_what_no_rung_mends_is_raised_for_everybody():
    class Broken(ScriptedModel):
        async def ask(self, request):
            raise ProviderError("The key is bad; set another.")

    answered = await all_of(Calls(), Broken([]), [request(name) for name in "ab"])

    assert [type(one) for one in answered] == [ProviderError] * 2


async def test_who_may_not_ask_when_the_turn_comes_gets_nothing_and_the_others_go_on():
    model, allowed, sent = ScriptedModel([named]), iter([True, False, True]), []

    answered = await all_of(
        Calls(),
        model,
        [request(name) for name in "abc"],
        may_ask=lambda: next(allowed),
        on_sent=lambda: sent.append(1),
    )

    assert answered[1] is None
    assert said([answered[0], answered[2]]) == ["a = 1\n", "c = 1\n"]
    assert len(sent) == 2


async def test_a_group_goes_on_without_those_that_were_cancelled():
    model, calls, sent = Waiting(), Calls(gather_s=0), []
    tasks = [
        asyncio.create_task(
            calls.ask(model, request(name), may_ask=lambda: True, on_sent=lambda name=name: sent.append(name))
        )
        for name in "abc"
    ]
    await asyncio.sleep(0.05)
    tasks[1].cancel()
    await asyncio.sleep(0)
    model.go.set()

    answered = await asyncio.gather(*tasks, return_exceptions=True)

    assert isinstance(answered[1], asyncio.CancelledError)
    assert said([answered[0], answered[2]]) == ["a = 1\n", "c = 1\n"]
    assert sent == ["a", "b", "c"]
    assert not model.was_cancelled


async def test_who_is_cancelled_before_its_turn_is_not_sent():
    model, calls, sent = ScriptedModel([named]), Calls(gather_s=0.05), []
    tasks = [
        asyncio.create_task(
            calls.ask(model, request(name), may_ask=lambda: True, on_sent=lambda name=name: sent.append(name))
        )
        for name in "abc"
    ]
    await asyncio.sleep(0.01)
    tasks[0].cancel()

    answered = await asyncio.gather(*tasks, return_exceptions=True)

    assert said(answered[1:]) == ["b = 1\n", "c = 1\n"]
    assert sent == ["b", "c"]


async def test_a_group_without_anybody_is_cut_off_and_its_slot_is_free():
    model, calls = Waiting(), Calls(1, gather_s=0)
    run = asyncio.create_task(all_of(calls, model, [request(name) for name in "ab"]))
    await asyncio.sleep(0.05)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    await asyncio.sleep(0)
    cut_off = model.was_cancelled
    model.go.set()

    (answered,) = await all_of(calls, model, [request("c")])

    assert cut_off
    assert answered.answer.answer == answer("c")


async def test_a_group_waits_for_a_request_that_is_being_made_ready():
    model, calls = ScriptedModel([named]), Calls(gather_s=0.01)

    async def slow():
        with calls.coming():
            await asyncio.sleep(0.1)
        return await all_of(calls, model, [request("b")])

    first, second = await asyncio.gather(all_of(calls, model, [request("a")]), slow())

    assert said([*first, *second]) == ["a = 1\n", "b = 1\n"]
    assert len(model.requests) == 1


async def test_who_comes_while_an_empty_group_is_cut_off_is_not_cut_off_with_it():
    model, calls = ScriptedModel([named]), Calls(gather_s=0.02)
    gone = asyncio.create_task(all_of(calls, model, [request("a")]))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)

    answered = await all_of(calls, model, [request("b")])

    assert said(answered) == ["b = 1\n"]


@pytest.mark.parametrize(
    ("lane", "stable", "cheaper"),
    [
        ("haiku", "short", False),
        ("haiku", "x" * 3 * 1500, True),
        ("sonnet", "x" * 3 * 900, True),
        ("sonnet", "x" * 3 * 1500, False),
        ("gpt-5.4:low", "x" * 3 * 900, True),
        ("local", "x" * 3 * 900, False),
    ],
)
def test_requests_are_grouped_only_where_that_is_cheaper(lane, stable, cheaper):
    """1,500 tokens that sonnet's cache holds are read for less than the numbers of the items cost as output."""
    assert is_cheaper([request(name, lane=lane, stable=stable) for name in "ab"]) is cheaper


def test_a_group_is_never_longer_than_its_lane_takes_nor_than_its_first_price_reaches():
    long = "x" * 3 * 60_000

    assert fits([request(str(number)) for number in range(8)])
    assert not fits([request(str(number)) for number in range(9)])
    assert not fits([request("a", prompt=long), request("b", prompt=long)])
    assert not fits([request(name, lane="local", max_output_tokens=4000) for name in "ab"])


TOKENS = st.integers(0, 3000)


@given(st.lists(st.text(max_size=2000), min_size=1, max_size=8), TOKENS, TOKENS, TOKENS, TOKENS, TOKENS)
def test_shares_add_up_to_what_was_paid(bodies, plain, cached, written, spoken, reasoned):
    paid = Usage(plain + cached + written, cached, written, spoken + reasoned, reasoned)

    parts = shares(paid, [request(prompt=body) for body in bodies])

    assert Usage(*map(sum, zip(*parts, strict=True))) == paid
    assert all(min(part) >= 0 for part in parts)
    assert all(part.cached_tokens + part.cache_write_tokens <= part.input_tokens for part in parts)
    assert all(part.reasoning_tokens <= part.output_tokens for part in parts)
    assert sum(map(LANES["haiku"].cost_usd, parts)) == pytest.approx(LANES["haiku"].cost_usd(paid))


@given(st.integers(0, 4000), st.integers(0, 4096), st.sampled_from(["haiku", "sonnet", "gpt-5.4:low"]))
def test_who_is_asked_again_costs_no_more_than_was_reserved(input_tokens, output_tokens, lane):
    one = request(lane=lane)
    prompt = Usage(input_tokens=estimate_tokens(one.stable + one.prompt))
    share = Usage(input_tokens=input_tokens, output_tokens=output_tokens)

    alone = again(one, share)

    if alone is not None:
        worst = [prompt._replace(output_tokens=each.max_output_tokens) for each in (alone, one)]
        second_usd, reserved_usd = map(one.lane.cost_usd, worst)
        assert one.lane.cost_usd(share) + second_usd <= reserved_usd + 1e-12


def test_the_schema_of_a_group_is_as_strict_as_a_single_one():
    schema = grouped([request("a"), request("b")]).schema
    item = schema["properties"]["answers"]["items"]

    assert list(item["properties"]) == item["required"] == ["number", *SCHEMA["properties"]]
    assert (schema["additionalProperties"], item["additionalProperties"]) == (False, False)
    assert json.loads(json.dumps(schema)) == schema


@pytest.mark.parametrize("files", [None, ("a.py", "b.py", "c.py"), ("a.py",)], ids=["alone", "in groups", "in one"])
async def test_a_lane_that_takes_one_call_at_a_time_gets_one_and_holds_up_nobody_else(files):
    small, other, calls = Slow(), Slow(), Calls(3)
    groups = [files[number % len(files)] if files else None for number in range(3)]

    await asyncio.gather(
        all_of(calls, small, [request(f, lane="local", group=f) for f in groups]),
        all_of(calls, other, [request(name, group=None) for name in "de"]),
    )

    assert (small.most, other.most) == (1, 2)


class Slow:
    """Counts how many are asked at once."""

    def __init__(self):
        self.now = self.most = 0

    async def ask(self, asked):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.02)
        self.now -= 1
        return Reply(answer={}, paid=Usage())
