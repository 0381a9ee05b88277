import random
from pathlib import Path

import pytest
from lsprotocol.types import DiagnosticSeverity, Position, Range

from suffice.task import Span
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.diagnostics import claim_to_lsp, to_lsp
from suffice_server.front.text.documents import Document
from suffice_server.front.text.places import Place
from suffice_server.values import Claim, Found, Offer, Work

ROOT = Path("/project")
PLACE = Place(root=ROOT, path="shop/cart.py")
TEXT = "def total(items):\n    spare = 1\n    return items[0]\n\n\ndef empty():\n    return []\n"
LINE = "    return items[0]\n"


def document(text=TEXT, version=1, place=PLACE):
    return Document.of_text(text, uri=f"file://{place.root}/{place.path}", version=version, place=place)


def claim(**fields):
    given = {
        "path": PLACE.path,
        "start_line": 3,
        "end_line": 3,
        "first_line": "    return items[0]",
        "last_line": "    return items[0]",
        "title": "An empty cart raises IndexError",
        "body": "total([]) fails.",
        "category": "correctness",
        "severity": "high",
        "lanes": ("reader",),
        "why": ("the test fails before and passes after",),
        "work": Work(kind="review", rule=None, repository="shop", fingerprint="f1"),
        **fields,
    }
    return Claim(**given)


def kept(*claims, sent=None):
    made = Claims()
    made.keep(claims or (claim(),), root=ROOT, sent={PLACE.path: sent} if sent else {})
    return made


def lines(claims, now):
    return [(held.first, held.last) for held in claims.of(now)]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(TEXT, [(3, 3)], id="nothing changed"),
        pytest.param("import os\n\n" + TEXT, [(5, 5)], id="lines above"),
        pytest.param(TEXT.replace("    spare = 1\n", ""), [(2, 2)], id="a line above taken away"),
        pytest.param(TEXT + "\n# end\n", [(3, 3)], id="lines below"),
        pytest.param(TEXT.replace("items[0]", "items[1]"), [], id="its line changed"),
        pytest.param(TEXT.replace(LINE, ""), [], id="its line taken away"),
        pytest.param("", [], id="everything taken away"),
    ],
)
def test_a_claim_moves_with_its_lines_or_is_hidden(after, expected):
    claims = kept(sent=document())

    assert lines(claims, document(after, 2)) == expected


def test_a_claim_is_there_again_once_its_line_is():
    claims = kept(sent=document())
    assert lines(claims, document(TEXT.replace("items[0]", "items["), 2)) == []

    assert lines(claims, document(TEXT, 3)) == [(3, 3)]


def test_a_claim_is_there_again_after_a_deletion_of_lines_around_it_is_undone():
    claims = kept(sent=document())
    assert lines(claims, document("# new\n" + TEXT.split("\n\n\n")[1], 2)) == []

    assert lines(claims, document("# new\n" + TEXT, 3)) == [(4, 4)]


def test_a_hidden_claim_moves_along_until_its_line_is_back():
    claims = kept(sent=document())
    claims.of(document(TEXT.replace("items[0]", "items["), 2))
    claims.of(document("# one\n# two\n" + TEXT.replace("items[0]", "items["), 3))

    assert lines(claims, document("# one\n# two\n" + TEXT, 4)) == [(5, 5)]


def test_a_claim_does_not_jump_to_a_line_that_looks_alike():
    twice = TEXT + "\n\ndef first(items):\n" + LINE
    claims = kept(sent=document(twice))

    assert lines(claims, document(twice.replace(LINE, "    return 0\n", 1), 2)) == []


def test_a_claim_of_several_lines_is_hidden_when_one_within_changes():
    whole = claim(start_line=1, first_line="def total(items):")
    claims = kept(whole, sent=document())

    assert lines(claims, document(TEXT.replace("spare = 1", "spare = 2"), 2)) == []
    assert lines(claims, document(TEXT, 3)) == [(1, 3)]


def test_a_claim_about_what_was_typed_into_meanwhile_stands_where_its_line_stands_now():
    claims = Claims()
    sent, now = document(), document("import os\n" + TEXT, 4)
    claims.keep((claim(),), root=ROOT, sent={PLACE.path: sent})

    assert lines(claims, now) == [(4, 4)]


def test_a_claim_about_a_file_that_is_opened_later_is_found_by_its_line():
    claims = kept()
    assert list(claims.closed()) == ["file:///project/shop/cart.py"]

    assert lines(claims, document("# changed by git\n" + TEXT)) == [(4, 4)]
    assert claims.closed() == {}


def test_a_claim_that_quotes_nothing_stands_where_it_says():
    blank = {"first_line": "", "last_line": ""}
    claims = kept(claim(**blank), claim(title="behind the end", start_line=40, end_line=40, **blank), sent=document())
    assert lines(claims, document()) == [(3, 3)]

    assert lines(claims, document("# top\n" + TEXT, 2)) == [(4, 4)]


@pytest.mark.parametrize("seed", range(60))
def test_whatever_is_typed_a_claim_is_shown_where_its_line_stands_and_only_there(seed):
    dice = random.Random(seed)
    now = [f"line {number}\n" for number in range(30)]
    made = [
        claim(title=str(line), start_line=line + 1, end_line=line + 1, first_line=now[line], last_line=now[line])
        for line in range(0, 30, 3)
    ]
    claims = kept(*made, sent=document("".join(now)))
    taken = []

    for version in range(2, 40):
        at = dice.randrange(len(now) + 1)
        match dice.randrange(4):
            case 0:
                now[at:at] = [f"new {version}\n"] * dice.randrange(1, 4)
            case 1:
                taken = now[at : at + dice.randrange(1, 6)]
                del now[at : at + len(taken)]
            case 2:
                now[at:at], taken = taken, []
            case _ if at < len(now):
                now[at] = f"typed {version}\n"
        if dice.random() < 0.6:  # an editor may send several changes before anybody looks
            shown = {held.claim.title: held.first for held in claims.of(document("".join(now), version))}

            there = {line.strip().removeprefix("line "): number for number, line in enumerate(now, 1)}
            assert shown == {one.title: there[one.title] for one in made if one.title in there}


def test_a_closed_file_keeps_its_claims():
    claims = kept(sent=document())
    now = document("# top\n" + TEXT, 2)
    claims.of(now)

    claims.close(now)

    assert [held.first for held in claims.closed()["file:///project/shop/cart.py"]] == [4]
    assert lines(claims, document(TEXT, 1)) == [(3, 3)]


def test_a_claim_of_no_line_stays_at_the_top():
    claims = kept(claim(start_line=0, end_line=0, first_line="", last_line=""), sent=document())

    assert lines(claims, document("other\n", 2)) == [(0, 0)]
    assert [held.claim.title for held in claims.at(document("other\n", 3), Position(0, 4))] == [claim().title]


def test_a_newer_review_replaces_its_own_claims_alone():
    claims = Claims()
    older = claims.keep((claim(), claim(title="old")), root=ROOT, sent={})
    claims.keep((claim(title="of the architecture"),), root=ROOT, sent={})

    claims.keep((claim(title="new"),), root=ROOT, sent={}, replaced=older)

    assert [held.claim.title for held in claims.of(document())] == ["of the architecture", "new"]


@pytest.mark.parametrize("path", ["../elsewhere.py", "/etc/passwd", "", "a/../../b.py", "a\0b"])
def test_a_claim_about_a_file_outside_its_folder_is_not_shown(path):
    assert kept(claim(path=path)).closed() == {}


def test_a_claim_on_the_line_under_the_cursor_is_found():
    claims, now = kept(sent=document()), document()

    assert [held.claim.title for held in claims.at(now, Position(2, 0))] == [claim().title]
    assert claims.at(now, Position(1, 0)) == ()


def test_the_editor_shows_a_claim_over_its_lines():
    emoji = claim(last_line='    return "🙂"', end_line=4, url="https://example.org/rule")
    (held,) = kept(emoji).closed()["file:///project/shop/cart.py"]

    shown = claim_to_lsp(held, "utf-16")

    assert shown.range == Range(start=Position(2, 4), end=Position(3, 15))
    assert (shown.source, shown.code) == ("suffice", "review/correctness")
    assert shown.severity == DiagnosticSeverity.Error
    assert shown.message == "An empty cart raises IndexError\ntotal([]) fails."
    assert shown.code_description.href == "https://example.org/rule"


def test_what_a_model_writes_reaches_the_screen_without_control_characters():
    (held,) = kept(claim(title="a\x1b[31mb\u202ec", body="")).closed()["file:///project/shop/cart.py"]

    assert claim_to_lsp(held, "utf-16").message == "a[31mbc"


@pytest.mark.parametrize("url", ["http://example.org", "file:///etc/passwd", "command:run", None])
def test_only_a_secure_address_is_linked(url):
    found = Found(rule="F401", message="unused", span=Span(1, 1, 1, 2), url=url, offer=Offer(lane="linter"))

    assert to_lsp(found, document(), "utf-16").code_description is None
