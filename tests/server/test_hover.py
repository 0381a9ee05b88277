from pathlib import Path

import pytest
from lsprotocol import types

from suffice.task import Applicability, Span
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.hover import hover, markup_of
from suffice_server.front.shown.markdown import as_text, prose, quoted
from suffice_server.front.text.documents import Document
from suffice_server.front.text.places import Place
from suffice_server.values import Claim, Found, Offer, Work

TEXT = "🙂 = raise_it()\nsecond = 2\n"
SPAN = Span(1, 5, 1, 13)
HAIKU = Offer("haiku", 0.0003, why=("B904 has no fix of ruff's own",), next_lane="sonnet", next_usd=0.003)
PLAIN = types.MarkupKind.PlainText


def document():
    return Document.of_text(TEXT, uri="file:///x/a.py", version=1, place=Place(root=Path("/x"), path="a.py"))


def said(*held, at=(0, 6), markup=types.MarkupKind.Markdown, claims=(), encoding="utf-16"):
    position = types.Position(*at)
    shown = hover(document(), position, held=held, claims=claims, encoding=encoding, markup=markup)
    return shown and shown.contents.value


def found(offer=HAIKU, **fields):
    return Found(**{"rule": "B904", "message": "no `from`", "span": SPAN, "offer": offer, **fields})


def test_a_diagnostic_says_where_it_would_go_why_for_how_much_and_what_comes_next():
    assert said(found()) == (
        "**B904** `` no `from` ``\n"
        "\n"
        "- It goes to **haiku**, for about $0.0003\n"
        "- B904 has no fix of ruff's own\n"
        "- Next would be sonnet, for about $0.0030"
    )


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (found(Offer("linter", free=True)), "It goes to **ruff**: a fix of its own, free"),
        (
            found(Offer("linter", free=True), fix=Applicability.UNSAFE, source="eslint"),
            "It goes to **eslint**: a fix of its own, which it calls unsafe, free",
        ),
        (found(Offer("haiku", refused="no key is set")), "Nobody can be asked now: no key is set"),
        (found(None), "It is to be mended by hand: nobody is asked about it."),
    ],
)
def test_a_diagnostic_says_what_is_free_and_what_nobody_can_be_asked_about(one, expected):
    assert f"- {expected}" in said(one).splitlines()


def test_an_editor_without_markdown_reads_plain_text():
    text = said(found(rule="X_*1"), markup=PLAIN)

    assert text.startswith("X_*1  no from \n\n- It goes to haiku, for about $0.0003\n")


@pytest.mark.parametrize(("at", "encoding"), [((0, 5), "utf-16"), ((0, 4), "utf-32"), ((0, 7), "utf-8")])
def test_it_is_shown_at_the_diagnostic_and_nowhere_else(at, encoding):
    line, character = at

    shown = hover(document(), types.Position(*at), held=(found(),), claims=(), encoding=encoding)

    assert shown.range.start == types.Position(*at)
    assert said(found(), at=(line, character - 1), encoding=encoding) is None
    assert said(found(), at=(1, 0), encoding=encoding) is None
    assert said(found(), at=(99, 0), encoding=encoding) is None


def test_several_diagnostics_at_a_place_are_shown_one_below_the_other_and_not_without_end():
    assert said(found(), found(rule="F821")).count("\n\n---\n\n") == 1
    assert said(*[found() for _ in range(50)]).count("\n\n---\n\n") == 4


def claims(**fields):
    claim = Claim(
        **{
            "path": "a.py",
            "start_line": 2,
            "end_line": 2,
            "first_line": "second = 2",
            "last_line": "second = 2",
            "title": "It is <b>two</b>",
            "body": "Not [one](http://evil.example).\nSee https://evil.example",
            "category": "correctness",
            "severity": "high",
            "lanes": ("sonnet",),
            "why": ("sonnet found it", "opus could not refute it: ![x](http://evil.example/a.png)"),
            "work": Work("review", None, "x", "f"),
            "confidence": 0.85,
            **fields,
        }
    )
    held = Claims()
    one = document()
    held.keep([claim], root=Path("/x"), sent={"a.py": one})
    return held.of(one)


def test_a_claim_says_what_who_found_it_and_how_it_was_tested():
    text = said(at=(1, 3), claims=claims(title="It is two", body="Not one.", why=("opus could not refute it",)))

    assert text == (
        "**review/correctness** It is two\n"
        "\n"
        "Not one.\n"
        "\n"
        "- correctness, severity high\n"
        "- Found by **sonnet**, with a confidence of 85%\n"
        "- opus could not refute it"
    )


def test_who_found_a_claim_is_said_once_and_no_confidence_is_made_up():
    shown = claims(title="It is two", body="", confidence=0.0, why=("seen by sonnet", "F1: it is imported"))

    evidence = said(at=(1, 3), claims=shown).splitlines()[2:]

    assert evidence == ["- correctness, severity high", "- Found by **sonnet**", "- F1: it is imported"]


def test_what_a_model_wrote_is_no_html_link_or_picture():
    text = said(at=(1, 3), claims=claims())

    assert "<b>" not in text.replace("\\<b", "")
    assert "](" not in text.replace("\\](", "")
    assert "://" not in text


@pytest.mark.parametrize(
    "text",
    [
        "a*b_c`d",
        "[x](y)",
        "<img src=x>",
        "![x](y)",
        "a@b.example",
        "www.evil.example",
        "https://evil",
        "# x",
        "&lt;",
        "\\",
    ],
)
def test_a_text_from_outside_stays_what_it_is(text):
    assert as_text(prose(text)) == text
    assert prose(text) != text


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b`c", "``` a``b`c ```"), ("", "`  `")]
)
def test_code_cannot_be_left(text, expected):
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("formats", "expected"),
    [
        (["markdown", "plaintext"], types.MarkupKind.Markdown),
        (["plaintext"], types.MarkupKind.PlainText),
        ([], types.MarkupKind.PlainText),
        (None, types.MarkupKind.PlainText),
    ],
)
def test_markdown_is_for_editors_that_show_it(formats, expected):
    kinds = None if formats is None else [types.MarkupKind(name) for name in formats]
    document_capabilities = types.TextDocumentClientCapabilities(
        hover=types.HoverClientCapabilities(content_format=kinds)
    )

    assert markup_of(types.ClientCapabilities(text_document=document_capabilities)) == expected
