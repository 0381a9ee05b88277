"""The review as people read it: Markdown that is ours alone, a picture in plain Mermaid, and the same as data."""

import json
import re

import pytest
from architecture_shop import EDGES, FACTS, SHOP, answer, claim, option, structure

from suffice.lanes import Usage
from suffice.policy import Policy
from suffice.privacy import ignored
from suffice.providers.reply import Ended, NoReply
from suffice.review.architecture import architecture_review
from suffice.review.architecture_markdown import architecture_data, architecture_markdown
from suffice.review.module_picture import MOST_ARROWS, MOST_BOXES, Mark, marks_of, picture
from suffice.review.plain_markdown import block, code, prose
from suffice.review.structure.fact import Fact, FactKind
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.testing import ScriptedModel

KEY = "sk-ant-api03-abcdefghijklmnop"


async def reviewed(*replies, texts=SHOP, **more):
    snapshot = Snapshot.of_texts(texts)
    return await architecture_review(
        structure(**more),
        snapshot=snapshot,
        policy=Policy.load("guide"),
        providers={"anthropic": ScriptedModel(replies)},
        state=State.of(snapshot),
        ignored=ignored(None),
    )


# --- as a whole


async def test_a_review_reads_like_this():
    found = await reviewed(answer(claim(), claim(facts=["F99"])), unavailable=("growth: unavailable (depth 1)",))

    markdown = architecture_markdown(found)

    assert markdown.startswith("# Architecture review\n\n**1 finding** from 4 facts; dropped: 1 unknown fact.\n")
    assert "5 files" not in markdown
    assert (
        "### 1. Say in one place what `shop/cart.py` knows of tax\n\n"
        "`shop/cart.py` and `rates.py` changed together in 12 of 15 commits, though neither imports the other.\n\n"
        "**If it is left:** Whoever changes a rate has to remember `shop.cart`, and nothing tells them.\n\n"
        "**Options:**\n\n"
        "- Let `shop/cart.py` import `shop.tax.rates`. *Trade-off:* The cart then knows of tax.\n"
        "- Move both rules to a new `shop/tax/rules.py`. *Trade-off:* 2 files more to know.\n\n"
        "**First step, a day at most:** Write `tests/test_tax_of_cart.py`, which fails when one changes without the "
        "other: half a day.\n\n"
        "**It rests on:**\n\n"
        "- `F1` shop/cart.py and shop/tax/rates.py changed together in 12 of the 15 commits that changed "
        "shop/cart.py; neither imports the other\n"
    ) in markdown
    assert "**cycle**, by ruff analyze graph:\n\n- `F2` 2 files import one another" in markdown
    assert "## What could not be known\n\n- growth: unavailable (depth 1)\n" in markdown
    assert re.search(r"## What it took\n\n- `opus` sufficed, \$0\.\d{4}\n", markdown)


async def test_the_quotes_of_a_finding_are_shown_as_code():
    found = await reviewed(answer(claim(quotes=["def rate_of(country):\n    return RATES[country]"])))

    assert "```\ndef rate_of(country):\n    return RATES[country]\n```\n" in architecture_markdown(found)


async def test_that_nothing_is_needed_is_said_first():
    markdown = architecture_markdown(await reviewed(answer(why="`shop/cart.py` is fine.")))

    assert "\n**No structural change is needed**, by 4 facts. `shop/cart.py` is fine.\n" in markdown
    assert "Findings" not in markdown


async def test_no_review_says_why_and_what_it_took():
    refused = NoReply(ended=Ended.REFUSED, cause="not <this>", paid=Usage(input_tokens=1000))

    markdown = architecture_markdown(await reviewed(refused, refused))

    assert "**No review**: opus refused: not &lt;this&gt;; tried opus (4 facts)." in markdown
    assert "- `opus` did not suffice, $0." in markdown
    assert "## The facts" in markdown


async def test_the_data_are_json_with_the_same_keys_however_it_ended():
    whole = architecture_data(await reviewed(answer(claim(), claim(facts=["F99"]))))
    none = architecture_data(await reviewed(facts=()))

    assert set(whole) == set(none)
    assert json.loads(json.dumps(whole)) == whole
    assert [finding["facts"] for finding in whole["findings"]] == [["F1"]]
    assert whole["dropped"] == [
        {"reason": "unknown fact", "what": "F99", "title": "Say in one place what `shop/cart.py` knows of tax"}
    ]
    assert whole["graph"]["mermaid"].startswith("flowchart LR\n")
    assert (whole["outcome"], whole["lane"], none["reason"]) == ("proposed", "opus", "nothing-to-do")


async def test_what_the_project_declares_is_told_without_secrets_or_markup():
    found = await reviewed(answer(claim()), declared=(f"tach.toml declares: *{KEY}* @all",))

    (sentence,) = architecture_data(found)["declared"]
    assert sentence.startswith("tach.toml declares: *SUFFICE_REDACTED_")
    assert "## What the project declares\n\n- tach.toml declares: \\*SUFFICE" in architecture_markdown(found)


async def test_what_a_skipped_review_would_cost_is_told():
    found = await reviewed(answer(claim()))
    skipped = found.outcome._replace(lane=None, attempts=(), next_lane="opus", next_cost_usd=0.1234)

    assert "- `opus` would come next, for about $0.1234\n" in architecture_markdown(found._replace(outcome=skipped))


async def test_no_secret_stands_in_it():
    facts = [FACTS[0]._replace(text=f"{FACTS[0].text} {KEY}"), *FACTS[1:]]
    edges = {**EDGES, f"shop/{KEY}.py": frozenset({"shop/cart.py"})}

    found = await reviewed(answer(claim()), facts=facts, edges=edges, unavailable=(f"growth: {KEY}",))

    assert KEY not in architecture_markdown(found)
    assert KEY not in json.dumps(architecture_data(found))


# --- what a model or a file name writes does nothing


EVIL = (
    "<script>alert(1)</script> <!-- --> --> <img src=x> ![x](http://e.example/a.png) [x](http://e.example) "
    "http://e.example www.e.example a@e.example @everyone #12 GH-12 **b** _i_ ~~s~~ $x$ | a | `code <b>`"
)


def rendered(markdown):
    """Return *markdown* without code, as a reader of plain text would."""
    without = re.sub(r"^(`{3,})[^`\n]*\n.*?^\1$", "", markdown, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", without)


def assert_does_nothing(markdown):
    left = rendered(markdown)
    assert not re.search(r"<(?!/?details|/?summary)", left), left
    assert not re.search(r"(?<!\\)!?(?<!\\)\[", left), left
    assert not re.search(r"://|\bwww\.|@\w|#\d|GH-\d", left, re.IGNORECASE), left
    assert not re.search(r"(?<!\\)[_~|$]", re.sub(r"\$\d", "", left)), left


def test_prose_is_plain_text():
    assert_does_nothing(prose(EVIL))
    assert prose("a `b_c` d") == "a `b_c` d"
    assert prose("a ` b_c") == "a \\` b\\_c"


@pytest.mark.parametrize("text", ["- x", "+ x", "= x", "1. x", "12) x", "---", "===", "# x", "> x", "```", "    x"])
def test_prose_opens_no_block(text):
    assert not re.match(r"[-+=>]|#+(\s|$)|\d+[.)]|```|\s", prose(text))


def test_prose_is_one_line_without_signs_that_turn_it_round():
    assert prose("a\nb\r\n\u202ec\u2028d\x00") == "a b c d"


@pytest.mark.parametrize("text", ["a`b", "``", "a``b```c", "`", "a\nb"])
def test_code_ends_where_we_end_it(text):
    shown = code(text)

    fence = re.match(r"`+", shown)[0]
    assert shown.endswith(fence)
    assert fence not in shown[len(fence) : -len(fence)]
    assert "\n" not in shown


def test_a_quote_cannot_end_its_block():
    assert block("a\n```\n# b\u202e") == "````\na\n```\n# b\n````"


async def test_a_hostile_answer_about_hostile_names_does_nothing():
    path = "shop/<b>@everyone`[x](http://e.example).py"
    facts = [
        *FACTS,
        Fact(FactKind.HOTSPOT, f"{path} is hot", f"git {EVIL}", paths=(path,), id="F5"),
        Fact(
            FactKind.CYCLE,
            f"x: {path} -> shop/cart.py",
            "x",
            paths=(path, "shop/cart.py"),
            id="F6",
            edges=((path, "shop/cart.py"),),
        ),
    ]
    said = "Stay `quiet` <b>@everyone</b> [x](y) #12 **so** --> <!-- ![i](j)\n# heading\n- item"
    claimed = claim(
        title=said, observation=said, cost_if_left=said, first_step=said, facts=["F1", "F5"], **option(said, said)
    )

    found = await reviewed(answer(claimed), facts=facts, edges={**EDGES, path: frozenset({"shop/cart.py"})})
    markdown = architecture_markdown(found)

    assert len(found.findings) == 1, found.dropped
    assert_does_nothing(re.sub(r"^#+ ", "", markdown, flags=re.MULTILINE))
    assert [line for line in markdown.splitlines() if line.startswith("#")] == [
        "# Architecture review",
        "## The modules",
        "## Findings, in order",
        next(line for line in markdown.splitlines() if line.startswith("### 1. Stay")),
        "## The facts",
        "## What it took",
    ]
    assert_is_mermaid(architecture_data(found)["graph"]["mermaid"])


# --- the picture


LABEL = r'"(?:[A-Za-z0-9_./,+() -]|#\d+;)+"'
NODE = re.compile(rf"  (n\d+)\[{LABEL}\]")
ARROW = re.compile(rf"  (n\d+) (?:-->|==>|-\.-)(?:\|{LABEL}\|)? (n\d+)")
STYLE = re.compile(r"  style (n\d+) stroke:#[0-9a-f]{6},stroke-width:2px")
LINK_STYLE = re.compile(r"  linkStyle (\d+(?:,\d+)*) stroke:#[0-9a-f]{6},stroke-width:2px")


def assert_is_mermaid(text):
    """Hold *text* against the part of Mermaid's flowchart grammar that we write, and return its nodes and arrows."""
    head, *lines = text.split("\n")
    assert head == "flowchart LR"
    nodes = [found[1] for line in lines if (found := NODE.fullmatch(line))]
    arrows = [(found[1], found[2]) for line in lines if (found := ARROW.fullmatch(line))]
    styled = [found[1] for line in lines if (found := STYLE.fullmatch(line))]
    links = [number for line in lines if (found := LINK_STYLE.fullmatch(line)) for number in found[1].split(",")]
    assert len(lines) == len(nodes) + len(arrows) + len(styled) + bool(links), text
    assert len(set(nodes)) == len(nodes) <= MOST_BOXES
    assert len(arrows) <= MOST_ARROWS
    assert {*styled, *(end for arrow in arrows for end in arrow)} <= set(nodes)
    assert all(int(number) < len(arrows) for number in links)
    return nodes, arrows


def test_a_picture_shows_folders_with_what_facts_speak_of_apart():
    marks = marks_of(FACTS, cited={"F1"})

    drawn = picture(EDGES, marks=marks, cited=["shop/cart.py", "shop/tax/rates.py"])

    assert drawn.text == (
        "flowchart LR\n"
        '  n0["shop/api (1)"]\n'
        '  n1["shop/cart.py"]\n'
        '  n2["shop/crm (1)"]\n'
        '  n3["shop/money.py"]\n'
        '  n4["shop/tax/rates.py"]\n'
        '  n1 -.-|"F1"| n4\n'
        '  n1 ==>|"cut F2"| n3\n'
        "  n0 --> n1\n"
        "  n0 --> n3\n"
        "  n3 --> n1\n"
        "  style n1 stroke:#c0392b,stroke-width:2px\n"
        "  style n4 stroke:#c0392b,stroke-width:2px\n"
        "  linkStyle 0 stroke:#c0392b,stroke-width:2px"
    )
    assert_is_mermaid(drawn.text)


def test_what_a_cycle_is_cut_at_is_marked_and_other_imports_where_a_finding_rests_on_them():
    edges = (("a.py", "b.py"), ("c.py", "b.py"))
    cycle = Fact(FactKind.CYCLE, "a cycle", "x", id="F1", edges=edges)
    inversion = Fact(FactKind.LAYER_INVERSION, "an inversion", "x", id="F2", edges=edges[:1])

    assert [mark[:2] for mark in marks_of([cycle, inversion], cited=set())] == list(edges)
    assert [mark.cited for mark in marks_of([cycle, inversion], cited={"F2"})] == [False, False, True]


def test_a_large_repository_fits_into_thirty_boxes_and_says_what_is_left_out():
    paths = [f"pkg/p{n % 50}/q{n % 7}/m{n}.py" for n in range(3000)]
    edges = {path: frozenset({paths[(n * 7 + 1) % 3000], paths[(n * 13 + 5) % 3000]}) for n, path in enumerate(paths)}

    drawn = picture(edges, marks=[Mark(paths[0], paths[8], "-->", "F1", cited=True)], cited=paths[:40])

    nodes, arrows = assert_is_mermaid(drawn.text)
    assert (len(nodes), len(arrows)) == (drawn.boxes, MOST_ARROWS)
    assert drawn.left_out > 0
    assert drawn.text.count("style n") == 12
    assert sum(map(int, re.findall(r"\((\d+)\)", drawn.text))) + 12 == 3000


def test_files_beside_one_another_are_one_box():
    drawn = picture({f"m{n}.py": () for n in range(100)})

    assert drawn.text == 'flowchart LR\n  n0["(top) (100)"]'


def test_without_files_there_is_no_picture():
    assert picture({}).text == ""
    assert picture({"tests/test_a.py": ()}).text == ""


HOSTILE = [
    'a"]; click n0 "http://e.example"',
    "%%{init: {}}%%",
    "end",
    "a\nb",
    "<b>",
    "`x`",
    "#quot;",
    "\u202ex",
    "x" * 5000,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out_of_its_label(name):
    path = f"pkg/{name}.py"

    drawn = picture({path: {"b/c.py"}, "b/c.py": {path}}, cited=[path])

    nodes, arrows = assert_is_mermaid(drawn.text)
    assert (len(nodes), len(arrows)) == (2, 2)
