import json
from pathlib import Path

import pytest
from lsprotocol import types
from lsprotocol.converters import get_converter

from suffice.task import Applicability, Span
from suffice_server.capabilities import Command
from suffice_server.front.abilities import Abilities
from suffice_server.front.actions import Can, Known, Retry, code_actions, title_of
from suffice_server.front.settings import View
from suffice_server.front.shown.claims import Claims
from suffice_server.front.text.documents import Document
from suffice_server.front.text.places import Place
from suffice_server.values import Claim, Found, Offer, Replacement, Work
from suffice_server.wire import framed
from suffice_server.wording import listed, one_line, price

SPAN = Span(start_line=1, start_column=1, end_line=1, end_column=2)
FREE = Offer(lane="linter", free=True)
HAIKU = Offer(lane="haiku", estimate_usd=0.000265)
SONNET = Offer(lane="sonnet", estimate_usd=0.01)
NO_KEY = Offer(lane="haiku", refused="no key is set")

INVOKED, AUTOMATIC = types.CodeActionTriggerKind.Invoked, types.CodeActionTriggerKind.Automatic
PLACE = Place(root=Path("/x"), path="a.py")
ALL_ABLE = Can(Abilities(shows_disabled=True, takes_versions=True), tags_models=True, resolves=True)
PLAIN = Can()

TEXT = """\
import os
import re


def f(x):
    # suffice: use a set
    return x


y = 1
"""


def found(rule="F401", line=1, *, offer=HAIKU, fix=None, source="ruff", message="unused"):
    return Found(rule, message, Span(line, 1, line, 4), source=source, fix=fix, offer=offer)


def document(text=TEXT, uri="file:///x/a.py", place=PLACE):
    return Document.of_text(text, uri=uri, version=7, language="python", place=place)


def context(only=None, trigger=None, named=()):
    return types.CodeActionContext(diagnostics=list(named), only=only, trigger_kind=trigger)


def at(line, last=None, *, start=0, end=None, **more):
    place = types.Range(types.Position(line, start), types.Position(line if last is None else last, end or start))
    return types.CodeActionParams(types.TextDocumentIdentifier("file:///x/a.py"), place, context(**more))


def listing(params, *, of=None, held=(), claims=(), retries=(), offers=None, view=None, can=PLAIN):
    offered = {"lint-fix": HAIKU} if offers is None else offers
    written = code_actions(
        params,
        document=of or document(),
        known=Known(held, claims, retries),
        offer_of=offered.get if isinstance(offered, dict) else lambda _kind: offered,
        view=view or View(),
        can=can,
        encoding="utf-16",
    )
    get_converter().structure(json.loads(written), list[types.Command if can.only_commands else types.CodeAction])
    return json.loads(written)


def titles(*args, **more):
    return [action["title"] for action in listing(*args, **more)]


def named(source, code):
    return types.Diagnostic(range=at(0).range, message="other words", source=source, code=code)


def ordered(actions, title):
    """Return with what the entry that begins with *title* calls its command."""
    (action,) = [action for action in actions if action["title"].startswith(title)]
    (argument,) = action["command"]["arguments"]
    return action["command"]["command"], argument


@pytest.mark.parametrize(
    ("fix", "offer", "expected"),
    [
        (Applicability.SAFE, FREE, "Fix F401 with ruff, free"),
        (Applicability.UNSAFE, FREE, "Fix F401 with ruff, free, unsafe"),
        (Applicability.SAFE, HAIKU, "Fix F401 with haiku, about $0.0003"),
        (None, HAIKU, "Fix F401 with haiku, about $0.0003"),
        (None, NO_KEY, "Fix F401"),
    ],
)
def test_a_title_says_lane_and_price(fix, offer, expected):
    assert title_of(found(fix=fix), offer) == expected


def test_a_free_fix_is_named_after_its_linter():
    assert title_of(found(source="eslint"), FREE) == "Fix F401 with eslint, free"


@pytest.mark.parametrize(
    ("cost_usd", "expected"),
    [(0.0, "free"), (0.00004, "under $0.0001"), (0.000265, "$0.0003"), (0.42, "$0.4200")],
)
def test_a_price_is_readable(cost_usd, expected):
    assert price(cost_usd) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a\r\n\tb", "a b"),
        ("a\u202eb\u2066c\u200b\x1b[31md\x00", "abc[31md"),
        ("x" * 200, "x" * 119 + "…"),
        ("", ""),
    ],
)
def test_a_text_from_outside_is_one_line_that_steers_nothing(text, expected):
    assert one_line(text) == expected


def test_names_are_listed_as_people_do():
    assert [listed(names) for names in [(), ("a",), ("a", "b"), ("a", "b", "c")]] == ["", "a", "a and b", "a, b and c"]


def test_a_diagnostic_at_the_cursor_is_offered_with_what_its_command_needs():
    actions = listing(at(0), held=(found("B904"),))

    assert [action["title"] for action in actions] == ["Fix B904 with haiku, about $0.0003", "Do not report B904 again"]
    assert ordered(actions, "Fix B904") == (
        "suffice.fix",
        {
            "uri": "file:///x/a.py",
            "version": 7,
            "rule": "B904",
            "message": "unused",
            "span": {"start_line": 1, "start_column": 1, "end_line": 1, "end_column": 4},
            "free": False,
        },
    )
    assert actions[0]["kind"] == "quickfix.suffice"
    assert [shown["code"] for shown in actions[0]["diagnostics"]] == ["B904"]
    assert ordered(actions, "Do not") == ("suffice.ignoreRule", {"uri": "file:///x/a.py", "rule": "B904"})


def test_nothing_of_ours_is_ever_preferred():
    actions = listing(at(0, 9), held=(found("A"), found("B", offer=FREE)), offers=HAIKU, can=ALL_ABLE)

    assert len(actions) > 5
    assert [action for action in actions if "isPreferred" in action] == []


def test_all_of_a_rule_and_all_of_the_file_are_offered_where_there_is_more_than_one():
    held = (found("B904", 1), found("B904", 2), found("F401", 2, offer=FREE), found("E999", 1, offer=None))

    actions = listing(at(0), held=held)

    assert [action["title"] for action in actions] == [
        "Fix B904 with haiku, about $0.0003",
        "Fix all 2 of B904 in this file with haiku, about $0.0005",
        "Fix everything in this file (3) with haiku and ruff, about $0.0005",
        "Do not report B904 again",
    ]
    where = {"uri": "file:///x/a.py", "version": 7}
    assert ordered(actions, "Fix all") == ("suffice.fixRule", {**where, "rule": "B904"})
    assert ordered(actions, "Fix everything") == ("suffice.fixFile", where)


def test_all_that_is_free_is_offered_for_free_without_what_nobody_can_be_asked_about():
    held = (found("B904", 1, offer=NO_KEY), found("F401", 1, offer=FREE), found("F401", 2, offer=FREE))

    assert titles(at(0), held=held) == [
        "Fix F401 with ruff, free",
        "Fix all 2 of F401 in this file with ruff, free",
        "Fix 2 of 3 in this file with ruff, free",
        "Do not report B904 again",
        "Do not report F401 again",
    ]


def test_unsafe_fixes_are_offered_one_by_one_and_not_with_others():
    held = [found("UP006", line, offer=FREE, fix=Applicability.UNSAFE) for line in (1, 2)]
    others = [found("F401", line, offer=FREE) for line in (2, 4)]

    assert titles(at(0), held=(*held, *others)) == [
        "Fix UP006 with ruff, free, unsafe",
        "Fix 2 of 4 in this file with ruff, free",
        "Do not report UP006 again",
    ]


def test_a_diagnostic_without_an_offer_is_left_to_hands():
    assert listing(at(0), held=(found("E999", offer=None),)) == []


@pytest.mark.parametrize("can", [PLAIN, ALL_ABLE])
def test_what_nobody_can_be_asked_about_says_why_where_the_editor_can_show_it(can):
    actions = listing(at(0, trigger=AUTOMATIC), held=(found(offer=NO_KEY),), can=can)

    shown = [(action["title"], action["disabled"], "command" in action) for action in actions]
    expected = [("Fix F401", {"reason": "no key is set"}, False)]
    assert shown == (expected if can is ALL_ABLE else [])


def test_in_a_workspace_that_is_not_trusted_all_is_disabled():
    named = [types.Diagnostic(range=at(0).range, message="m", source="Ruff", code="F401")]

    actions = listing(at(0, named=named), offers={}, view=View(untrusted=True), can=ALL_ABLE)

    assert {action["disabled"]["reason"].split(";")[0] for action in actions} == {"This workspace is not trusted"}
    assert [action["title"] for action in actions] == ["Fix F401", *REVIEWS_WITHOUT_PRICE]


REVIEWS_WITHOUT_PRICE = ["Review what is not committed yet", "Review the architecture"]


@pytest.mark.parametrize(
    ("can", "offer", "form"),
    [
        (PLAIN, FREE, "command"),
        (ALL_ABLE, FREE, "data"),
        (ALL_ABLE, HAIKU, "command"),
        (ALL_ABLE._replace(resolves=False), FREE, "command"),
    ],
)
def test_only_a_free_fix_is_resolved_and_only_where_the_editor_can(can, offer, form):
    action = listing(at(0), held=(found(offer=offer),), can=can)[0]

    assert [name for name in ("command", "data", "edit") if name in action] == [form]
    if form == "data":
        assert action["data"]["v"] == 1
        assert action["data"]["command"] == "suffice.fix"
        assert (action["data"]["rule"], action["data"]["version"]) == ("F401", 7)


def test_what_asks_a_model_is_marked_where_the_editor_knows_the_mark():
    held = (found("B904"), found("F401", offer=FREE))

    marked = [action["title"] for action in listing(at(0), held=held, can=ALL_ABLE) if action.get("tags") == [1]]

    assert marked == [
        "Fix B904 with haiku, about $0.0003",
        "Fix everything in this file (2) with haiku and ruff, about $0.0003",
    ]
    assert [action for action in listing(at(0), held=held) if "tags" in action] == []


@pytest.mark.parametrize("only", [None, ["quickfix"], ["source"], ["refactor"], [""]])
@pytest.mark.parametrize("line", [1, 4, 5])
def test_an_automatic_request_lists_nothing_without_a_diagnostic(line, only):
    retries = (Retry("1", "fix B904", 1, 9, SONNET),)
    params = at(line, only=only, trigger=AUTOMATIC)

    assert listing(params, held=(found(),), retries=retries, offers=HAIKU, can=ALL_ABLE) == []


def test_an_automatic_request_lists_quick_fixes_alone():
    kinds = {action["kind"] for action in listing(at(0, 9, trigger=AUTOMATIC), held=(found(),), offers=HAIKU)}

    assert kinds == {"quickfix.suffice"}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (["quickfix"], {"quickfix.suffice"}),
        (["quickfix.suffice"], {"quickfix.suffice"}),
        (["quickfix.other"], set()),
        (["quick"], set()),
        (["source.fixAll"], set()),
        (["source.organizeImports"], set()),
        (["refactor"], {"refactor.rewrite.suffice"}),
        (["refactor.rewrite.suffice", "quickfix"], {"quickfix.suffice", "refactor.rewrite.suffice"}),
        (["source"], {"source.review.suffice", "source.architectureReview.suffice"}),
        (["source.review"], {"source.review.suffice"}),
        ([types.CodeActionKind.QuickFix], {"quickfix.suffice"}),
    ],
)
@pytest.mark.parametrize("trigger", [None, INVOKED])
def test_only_the_kinds_that_are_asked_for_and_those_below_are_listed(only, expected, trigger):
    actions = listing(at(0, 9, only=only, trigger=trigger), held=(found(),), offers=HAIKU)

    assert {action["kind"] for action in actions} == expected


@pytest.mark.parametrize(
    ("view", "missing"),
    [
        (View(quick_fixes=False), "quickfix.suffice"),
        (View(rewrites=False), "refactor.rewrite.suffice"),
        (View(sources=False), "source.review.suffice"),
    ],
)
def test_each_kind_can_be_switched_off(view, missing):
    kinds = {action["kind"] for action in listing(at(0, 9), held=(found(),), offers=HAIKU, view=view)}

    assert missing not in kinds
    assert kinds


def test_ours_come_first_those_of_the_editor_are_not_listed_twice_and_foreign_ones_not_at_all():
    given = [named("Ruff", "F401"), named("Ruff", "TRY003"), named("eslint", "no-var"), named("Pylint", "W0707")]
    hostile = [named("Ruff", "A\nB"), named("Ruff", "x" * 500), named("Ruff", 7), named(None, "F401")]

    actions = listing(at(0, trigger=AUTOMATIC, named=given + hostile), held=(found(),))

    assert [action["title"].split()[1] for action in actions] == ["F401", "TRY003", "no-var"]


def test_a_diagnostic_elsewhere_on_the_line_is_offered_where_none_is_at_the_cursor():
    held = (Found("A1", "m", Span(1, 1, 1, 3), offer=HAIKU), Found("B2", "m", Span(1, 8, 1, 9), offer=HAIKU))

    assert [t.split()[1] for t in titles(at(0, start=1, trigger=AUTOMATIC), held=held)[:-1]] == ["A1"]
    assert [t.split()[1] for t in titles(at(0, start=5, trigger=AUTOMATIC), held=held)[:-1]] == ["A1", "B2"]


def test_a_hostile_rule_cannot_steer_the_menu():
    (fix, ignoring) = listing(at(0), held=(found("X\u202e1\n" + "y" * 300),))

    assert fix["title"].isprintable()
    assert len(fix["title"]) <= 120
    assert fix["command"]["title"] == fix["title"]
    assert ignoring["title"].isprintable()


@pytest.mark.parametrize("offer", [HAIKU, FREE])
def test_a_long_rule_does_not_hide_lane_and_price(offer):
    held = (found("r" * 10_000, offer=offer), found("r" * 10_000, 2, offer=offer))

    shown = titles(at(0), held=held)

    price = "free" if offer.free else "about $0.000"
    assert [price in title for title in shown] == [True, True, False]
    assert max(map(len, shown)) <= 120


def test_what_our_linting_leaves_to_hands_is_not_offered_because_another_server_names_it():
    named_too = [named("Ruff", "invalid-syntax")]

    assert listing(at(0, named=named_too), held=(found("invalid-syntax", offer=None),)) == []


def test_a_menu_does_not_grow_without_end():
    held = tuple(found(f"R{n}") for n in range(1000))

    assert len(listing(at(0), held=held)) < 250


def test_a_newer_version_is_listed_as_such():
    held = (found(),)
    older, newer = document(), document()
    newer.version = 8

    versions = [ordered(listing(at(0), of=one, held=held), "Fix")[1]["version"] for one in (older, newer, older)]

    assert versions == [7, 8, 7]


@pytest.mark.parametrize(
    "of",
    [
        document(uri="vscode-notebook-cell:/x/a.ipynb#X", place=None),
        document(uri="file:///x/a.ipynb"),
        document(uri="file:///x/A.IPYNB"),
        document(uri="file:///x/a%2eipynb"),
        document(uri="file:///x/a.ipynb?v=1#cell"),
        document(uri="untitled:Untitled-1", place=None),
    ],
)
def test_notebooks_and_what_is_no_file_are_left_alone(of):
    assert listing(at(0, 9), of=of, held=(found(),), offers=HAIKU) == []


EDITS = {"edit": HAIKU, "codegen": SONNET, "test-writing": SONNET, "explain-code": HAIKU}


def test_a_comment_is_done_as_it_asks_for_the_block_below_it():
    actions = listing(at(5), offers=EDITS)

    assert [action["title"] for action in actions] == ["Do what this comment asks with haiku, about $0.0003"]
    command, argument = ordered(actions, "Do what")
    assert command == "suffice.edit"
    assert argument == {
        "uri": "file:///x/a.py",
        "version": 7,
        "range": {"start": {"line": 5, "character": 0}, "end": {"line": 6, "character": 12}},
        "instruction": "use a set\n\nTake away what asks for this:\n\n# suffice: use a set",
        "kind": "edit",
    }


def test_a_comment_about_nothing_yet_asks_for_new_code():
    actions = listing(at(0), of=document("# suffice: add a parser\n\nx = 1\n"), offers=EDITS)

    assert ordered(actions, "Do what this comment asks with sonnet")[1]["kind"] == "codegen"


def test_several_comments_in_a_selection_are_done_at_once():
    of = document("x = 1  # suffice: one\ny = 2  # suffice: two\n")

    command, argument = ordered(listing(at(0, 2), of=of, offers=EDITS), "Do what these 2 comments ask")

    assert command == "suffice.edit"
    assert argument["instruction"].startswith("one\n\ntwo\n\nTake away")
    assert argument["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 21}}


@pytest.mark.parametrize("params", [at(4), at(4, 6, end=3), at(4, 7), at(0, start=0, end=5)])
def test_a_definition_or_a_selection_can_be_tested_documented_and_explained(params):
    wanted = ["Write tests for this with sonnet", "Add a docstring with haiku", "Explain this with haiku"]

    shown = [t.partition(",")[0] for t in titles(params, offers=EDITS) if not t.startswith("Do what")]

    assert shown == wanted


@pytest.mark.parametrize("params", [at(0), at(0, end=1), at(6)])
def test_a_cursor_elsewhere_even_one_as_wide_as_a_character_is_offered_nothing(params):
    assert listing(params, offers=EDITS) == []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        pytest.param(at(0, end=2), "🙂 = 1\n", id="on an emoji"),
        pytest.param(at(0, end=2), "e\u0301 = 1\n", id="on a letter with its accent"),
        pytest.param(at(0, 1, start=5, end=0), "x = 1\n\ny = 2\n", id="at the end of a line"),
        pytest.param(at(1, 2), "x = 1\n\ny = 2\n", id="on an empty line"),
        pytest.param(at(1, 2), "x = 1\r\n\r\ny = 2\r\n", id="on an empty line of Windows"),
        pytest.param(at(0, 1, start=5, end=0), "x = 1", id="at the end of the text"),
    ],
)
def test_a_cursor_that_is_a_range_is_no_selection(params, text):
    if params.range.end.line:
        params.range.end.character = 0
    assert listing(params, of=document(text), offers=EDITS) == []


def test_the_range_of_a_definition_is_its_block_and_of_a_selection_its_lines():
    of_definition = ordered(listing(at(4), offers=EDITS), "Explain this")
    of_selection = ordered(listing(at(0, 2), offers=EDITS), "Write tests")

    assert of_definition == (
        "suffice.explainCode",
        {
            "uri": "file:///x/a.py",
            "version": 7,
            "range": {"start": {"line": 4, "character": 0}, "end": {"line": 6, "character": 12}},
        },
    )
    assert of_selection[1]["range"] == {"start": {"line": 0, "character": 0}, "end": {"line": 1, "character": 9}}
    assert of_selection[1]["kind"] == "test-writing"


def test_a_selection_behind_the_end_of_the_text_is_no_trouble():
    for params in (at(500), at(500, 600), at(0, 600, end=9), at(9, 12)):
        listing(params, held=(found(),), offers=HAIKU)
    assert listing(at(0, 5), of=document(""), offers={}) == []


def test_what_was_just_applied_can_be_tried_harder_there():
    retries = (Retry("r1", "fix B904", 5, 7, SONNET), Retry("r2", "fix F401", 5, 7, None))

    actions = listing(at(5), retries=retries, offers={})

    assert [action["title"] for action in actions] == ["Try harder: fix B904 with sonnet, about $0.0100"]
    assert ordered(actions, "Try") == ("suffice.tryHarder", {"uri": "file:///x/a.py", "id": "r1"})
    assert listing(at(0), retries=retries, offers={}) == []


def test_a_review_says_who_would_do_it_for_how_much():
    actions = listing(at(6), offers={"review": SONNET, "architecture-review": SONNET})

    assert [action["title"] for action in actions] == [
        "Review what is not committed yet with sonnet, about $0.0100",
        "Review the architecture with sonnet, about $0.0100",
    ]
    assert ordered(actions, "Review what") == ("suffice.review", {"uri": "file:///x/a.py"})
    assert ordered(actions, "Review the") == ("suffice.architectureReview", {"uri": "file:///x/a.py"})


def claims_in(one, edits=()):
    claim = Claim(
        path="a.py",
        start_line=7,
        end_line=7,
        first_line="    return x",
        last_line="    return x",
        title="It returns\nthe wrong thing",
        body="It does.",
        category="correctness",
        severity="high",
        lanes=("sonnet",),
        why=("found by sonnet",),
        work=Work("review", None, "x", "f"),
        edits=edits,
    )
    claims = Claims()
    claims.keep([claim], root=Path("/x"), sent={"a.py": one})
    return claims.of(one)


LITERAL = types.ClientCodeActionLiteralOptions(types.ClientCodeActionKindOptions(["quickfix"]))

SUGGESTED = (Replacement(TEXT.index("return x") + 7, TEXT.index("return x") + 8, "{x}"),)


@pytest.mark.parametrize("can", [PLAIN, ALL_ABLE])
def test_a_claim_can_be_dismissed_and_its_suggestion_applied(can):
    one = document()
    claims = claims_in(one, SUGGESTED)

    actions = listing(at(6), of=one, claims=claims, offers={}, can=can)

    (held,) = claims
    assert [action["title"] for action in actions] == [
        "Apply the suggestion of “It returns the wrong thing”",
        "Dismiss “It returns the wrong thing”",
    ]
    named = {"uri": "file:///x/a.py", "id": held.id}
    assert ordered(actions, "Apply") == ("suffice.applySuggestion", named)
    assert ordered(actions, "Dismiss") == ("suffice.dismiss", named)
    assert [shown["source"] for shown in actions[0]["diagnostics"]] == ["suffice"]
    assert listing(at(0), of=one, claims=claims, offers={}) == []


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (None, Can(only_commands=True)),
        (types.CodeActionClientCapabilities(data_support=True), Can(only_commands=True)),
        (types.CodeActionClientCapabilities(code_action_literal_support=LITERAL, data_support=True), Can()),
        (
            types.CodeActionClientCapabilities(
                code_action_literal_support=LITERAL,
                data_support=True,
                resolve_support=types.ClientCodeActionResolveOptions(properties=["command"]),
            ),
            Can(),
        ),
        (
            types.CodeActionClientCapabilities(
                code_action_literal_support=LITERAL,
                data_support=True,
                resolve_support=types.ClientCodeActionResolveOptions(properties=["edit"]),
                tag_support=types.CodeActionTagOptions(value_set=[types.CodeActionTag.LlmGenerated]),
            ),
            Can(tags_models=True, resolves=True),
        ),
    ],
)
def test_what_an_editor_can_do_with_an_action_is_read_from_its_capabilities(action, expected):
    document_capabilities = types.TextDocumentClientCapabilities(code_action=action)

    assert Can.of(types.ClientCapabilities(text_document=document_capabilities), Abilities()) == expected


def test_an_editor_that_only_knows_commands_gets_those_that_can_be_chosen():
    (fix, _) = listing(at(0), held=(found("B904"), found("F401", offer=NO_KEY)), can=Can(only_commands=True))[:2]

    assert (fix["title"], fix["command"]) == ("Fix B904 with haiku, about $0.0003", "suffice.fix")
    assert fix["arguments"][0]["rule"] == "B904"


def test_a_menu_is_sent_as_it_is_written():
    written = code_actions(
        at(0),
        document=document(),
        known=Known((found(message="🙂 \ud800"),)),
        offer_of=lambda _kind: HAIKU,
        view=View(),
        can=PLAIN,
        encoding="utf-16",
    )

    header, _, body = framed({"jsonrpc": "2.0", "id": 1, "result": written}).partition(b"\r\n\r\n")

    assert json.loads(body) == {"jsonrpc": "2.0", "id": 1, "result": json.loads(written)}
    assert header == b"Content-Length: %d" % len(body)


def test_every_command_of_an_action_is_one_that_orders_are_read_for():
    one = document()
    actions = listing(
        at(0, 9),
        of=one,
        held=(found("A"), found("A", 2), found("B")),
        claims=claims_in(one, SUGGESTED),
        retries=(Retry("1", "x", 1, 9, SONNET),),
        offers=HAIKU,
    )

    commands = {action["command"]["command"] for action in actions}
    assert commands == {str(command) for command in Command} - {
        "suffice.explain",
        "suffice.showUsage",
        "suffice.cancelAll",
    }
