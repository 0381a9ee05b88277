"""What a model is shown for an edit: the place, then what explains it, within the budget; nothing ignored."""

import os

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from suffice.context.edit import EditContext, edit_context
from suffice.context.parts import Why
from suffice.index.index import Index
from suffice.lanes import estimate_tokens
from suffice.listing import listing
from suffice.privacy import ignored
from suffice.snapshot import Snapshot
from suffice.task import Place

LONG = "".join(f"    step_{n} = items[{n}]\n" for n in range(60))
SHOP = {
    "shop/__init__.py": "",
    "shop/rates.py": (
        'def rate(country):\n    """Return the tax rate of *country*.\n\n    More of it.\n    """\n'
        + LONG.replace("items", "country")
        + "    return 2\n"
    ),
    "shop/money.py": (
        "class Money:\n    def cents(self):\n        return 1\n\n    def round_up(self):\n        return 2\n"
    ),
    "shop/cart.py": (
        "from shop.money import Money\nfrom shop.rates import rate\n\nLIMIT = 3\n\n\n"
        "class Cart:\n    def price(self, items):\n        return total(items) * rate('de')\n\n"
        f"    def many(self, items):\n{LONG}        return LIMIT\n\n\n"
        "def total(items):\n    return sum(Money().cents() for _ in items)\n"
    ).replace("    step", "        step"),
    "shop/till.py": "from shop.cart import total\n\n\ndef pay(items):\n    print(1)\n    return total(items)\n",
    "shop/desk.py": "from shop.cart import total\n\n\ndef show(items):\n    print(total(items))\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_the_total():\n    assert total([]) == 0\n",
    "AGENTS.md": "Write short functions.\n",
    "other/noise.py": "def unrelated():\n    return 1\n",
}
TOTAL = Place("shop/cart.py", 75, 76)


def shown(places, *, files=SHOP, budget_tokens=6000, instruction=""):
    snapshot = Snapshot.of_texts(files)
    index = Index(snapshot, listing(snapshot, patterns=ignored(snapshot)).paths)
    return edit_context(places, snapshot=snapshot, index=index, budget_tokens=budget_tokens, instruction=instruction)


def kinds(context):
    return [(part.why, part.path, part.name) for part in context.parts]


def texts(context, why):
    return [part.text for part in context.parts if part.why is why]


def test_with_room_the_file_is_shown_whole_then_definitions_callers_tests_and_customs():
    context = shown([TOTAL])

    assert kinds(context) == [
        (Why.FILE, "shop/cart.py", ""),
        (Why.DEFINITION, "shop/money.py", "Money"),
        (Why.CALLER, "shop/desk.py", "total"),
        (Why.CALLER, "shop/till.py", "total"),
        (Why.TEST, "tests/test_cart.py", "total"),
        (Why.CONVENTIONS, "AGENTS.md", ""),
    ]
    assert context.parts[0].text == SHOP["shop/cart.py"]
    assert texts(context, Why.CALLER)[1] == "def pay(items):\n    ...\n    return total(items)"
    assert texts(context, Why.TEST) == ["def test_the_total():\n    assert total([]) == 0"]
    assert context.left_out == ()


def test_in_a_large_file_the_selection_stands_with_its_headers_imports_and_outline():
    context = shown([Place("shop/cart.py", 9, 9)], budget_tokens=800)

    assert [why for why, path, _ in kinds(context) if path == "shop/cart.py"][:4] == [
        Why.ENCLOSING,
        Why.HEADERS,
        Why.IMPORTS,
        Why.OUTLINE,
    ]
    assert texts(context, Why.ENCLOSING) == ["    def price(self, items):\n        return total(items) * rate('de')\n"]
    assert texts(context, Why.HEADERS) == ["class Cart:\n"]
    assert texts(context, Why.IMPORTS) == ["from shop.money import Money\nfrom shop.rates import rate\n"]
    assert "def total(items):" in texts(context, Why.OUTLINE)[0]


def test_a_long_definition_is_shown_by_its_header_and_the_first_line_of_its_docstring():
    context = shown([Place("shop/cart.py", 9, 9)], budget_tokens=3000)

    (found,) = [part for part in context.parts if part.name == "rate"]
    assert found.text == 'def rate(country):\n    """Return the tax rate of *country*."""\n    ...'


def test_the_selection_is_whole_though_it_is_more_than_the_budget_and_then_alone():
    context = shown([Place("shop/cart.py", 11, 72)], budget_tokens=100)

    (only,) = context.parts
    assert (only.why, only.first, only.last) == (Why.SELECTION, 11, 72)
    assert "all but what is selected" in context.left_out[0]


def test_a_named_file_without_lines_is_whole_as_long_as_the_budget_holds_it_and_else_an_outline():
    small = shown([Place("shop/cart.py")], budget_tokens=1200)
    large = shown([Place("shop/cart.py")], budget_tokens=500)

    assert kinds(small)[0][:2] == (Why.SELECTION, "shop/cart.py")
    assert Why.OUTLINE in {part.why for part in large.parts}
    assert "not shown whole; select the lines" in " ".join(large.left_out)


def test_several_places_are_each_shown_and_a_folder_stands_for_its_files():
    several = shown([TOTAL, Place("shop/money.py", 2, 3), Place("shop/money.py", 5, 6)])
    folder = shown([Place("shop")])

    assert [path for why, path, _ in kinds(several) if why is Why.FILE] == ["shop/cart.py", "shop/money.py"]
    assert {path for why, path, _ in kinds(folder) if why is Why.FILE} == {
        p for p in SHOP if p.startswith("shop/") and SHOP[p]
    }


def test_two_selections_in_one_function_show_it_once():
    context = shown([Place("shop/cart.py", 9, 9), Place("shop/cart.py", 8, 8)], budget_tokens=900)

    assert len(texts(context, Why.ENCLOSING)) == 1


def test_a_place_that_is_not_there_yet_has_what_the_instruction_names():
    context = shown([Place("shop/new.py")], instruction="Use `Money.round_up` here, and not unrelated words like rate.")

    assert kinds(context) == [
        (Why.DEFINITION, "shop/money.py", "round_up"),
        (Why.CONVENTIONS, "AGENTS.md", ""),
    ]
    assert texts(context, Why.DEFINITION) == ["class Money:\n    def round_up(self):\n        return 2"]
    assert context.left_out == ("shop/new.py is not there yet",)


def test_how_many_others_share_a_name_is_said():
    files = {"a.py": "x = 1\n", **{f"p{n}.py": "def go():\n    return 1\n" for n in range(200)}}

    (found,) = [p for p in shown([Place("a.py")], files=files, instruction="call `go`").parts if p.name == "go"]

    assert found.others == 199


def test_a_variable_of_the_function_brings_in_nothing_that_is_called_the_same():
    files = {
        "a.py": "def f(path):\n    total = path.strip()\n    return total\n",
        "b.py": "def total():\n    return 1\n\n\ndef path():\n    return 2\n\n\ndef strip():\n    return 3\n",
        "c.py": "def strip():\n    return 3\n",
    }

    assert kinds(shown([Place("a.py", 1, 3)], files=files)) == [(Why.FILE, "a.py", "")]


def test_who_makes_an_object_is_shown_for_its_constructor():
    files = {
        "a.py": "class Cart:\n    def __init__(self):\n        self.items = []\n",
        "b.py": "from a import Cart\n\n\ndef go():\n    print(1)\n    return Cart()\n",
    }

    assert kinds(shown([Place("a.py", 3, 3)], files=files))[1:] == [(Why.CALLER, "b.py", "Cart")]


OTHERS = {
    "typescript": (
        {
            "src/cart.ts": "import {rate} from './rate';\nexport function total(a: number) {\n  return rate(a);\n}\n",
            "src/rate.ts": "export const rate = (a: number) => {\n  return a * 2;\n};\n",
            "src/till.ts": "import {total} from './cart';\nexport function pay() {\n  return total(1);\n}\n",
            "src/cart.test.ts": "import {total} from './cart';\ntest('sum', () => { total(1); });\n",
        },
        Place("src/cart.ts", 2, 4),
    ),
    "go": (
        {
            "go.mod": "module example.com/m\n",
            "cart.go": "package m\n\nfunc Total(a int) int {\n\treturn rate(a)\n}\n",
            "rate.go": "package m\n\nfunc rate(a int) int {\n\treturn 2 * a\n}\n",
            "till.go": "package m\n\nfunc Pay() int {\n\ta := 1\n\treturn Total(a)\n}\n",
            "cart_test.go": "package m\n\nfunc TestTotal() {\n\tTotal(1)\n}\n",
        },
        Place("cart.go", 3, 5),
    ),
    "rust": (
        {
            "src/lib.rs": "mod cart;\nmod rate;\nmod till;\n",
            "src/cart.rs": "use crate::rate::rate;\npub fn total(a: i32) -> i32 {\n    rate(a)\n}\n",
            "src/rate.rs": "pub fn rate(a: i32) -> i32 {\n    2 * a\n}\n",
            "src/till.rs": "use crate::cart::total;\npub fn pay() -> i32 {\n    total(1)\n}\n",
            "tests/cart_test.rs": "mod cart;\nfn sums() {\n    total(1);\n}\n",
        },
        Place("src/cart.rs", 2, 4),
    ),
}


@pytest.mark.parametrize(("files", "place"), OTHERS.values(), ids=OTHERS)
def test_other_languages_get_definitions_and_callers_too(files, place):
    found = {(part.why, part.path) for part in shown([place], files=files).parts}

    ends = {path.rpartition("/")[2].partition(".")[0]: path for path in files}
    assert found >= {
        (Why.FILE, place.path),
        (Why.DEFINITION, ends["rate"]),
        (Why.CALLER, ends["till"]),
    }


def test_the_report_sums_tokens_by_file():
    context = shown([TOTAL])

    sent = dict(context.sent)

    assert list(sent) == list(dict.fromkeys(part.path for part in context.parts))
    assert sum(sent.values()) == sum(part.tokens for part in context.parts)
    assert all(part.tokens == estimate_tokens(part.text) for part in context.parts)


def test_customs_come_from_the_first_file_that_has_them_and_are_cut_at_a_line():
    files = {"a.py": "x = 1\n", ".cursorrules": "later\n", "CLAUDE.md": "rule\n" * 2000, "CONTRIBUTING.md": "no\n"}

    (customs,) = [part for part in shown([Place("a.py")], files=files).parts if part.why is Why.CONVENTIONS]

    assert customs.path == "CLAUDE.md"
    assert customs.tokens <= 1000
    assert set(customs.text.splitlines()) == {"rule", "..."}


def test_a_file_of_customs_that_says_nothing_is_none():
    context = shown([Place("a.py")], files={"a.py": "x = 1\n", "AGENTS.md": "\n", "CLAUDE.md": "rule\n"})

    assert [part.path for part in context.parts if part.why is Why.CONVENTIONS] == ["CLAUDE.md"]
    assert context.left_out == ()


@given(
    budget_tokens=st.integers(-10, 6000),
    places=st.lists(
        st.builds(
            Place,
            st.sampled_from([*SHOP, "shop", "", ".", "gone.py", "../x", "a\nb", "\ud800"]),
            st.none() | st.integers(-3, 90),
            st.none() | st.integers(-3, 90),
        ),
        max_size=4,
    ),
    instruction=st.sampled_from(["", "change `Cart.price` and total()", "`", "`a.b.c.d`" * 50]),
)
@example(
    budget_tokens=0,
    places=[Place("shop/rates.py", 1, 3), Place("shop/rates.py", 1, 2), Place("shop/money.py")],
    instruction="",
)
@settings(max_examples=80, deadline=None)
def test_beside_what_is_selected_the_budget_is_never_exceeded(budget_tokens, places, instruction):
    context = shown(places, budget_tokens=budget_tokens, instruction=instruction)

    lines = {place for place in places if place.first is not None or place.last is not None}
    beside = [part.tokens for part in context.parts if part.why is not Why.SELECTION or not lines]
    assert sum(beside) <= max(0, budget_tokens)
    if not lines:
        assert sum(part.tokens for part in context.parts) <= max(0, budget_tokens)


@given(first=st.integers(1, 76), length=st.integers(0, 75), budget_tokens=st.integers(1, 4000))
@settings(max_examples=60, deadline=None)
def test_every_selected_line_is_always_shown(first, length, budget_tokens):
    last = min(76, first + length)

    parts = shown([Place("shop/cart.py", first, last)], budget_tokens=budget_tokens).parts

    selection = "".join(SHOP["shop/cart.py"].splitlines(keepends=True)[first - 1 : last])
    holding = [part for part in parts if part.why in {Why.FILE, Why.ENCLOSING, Why.SELECTION}]
    assert [selection in part.text for part in holding] == [True]


def test_ignored_and_secret_files_never_appear_however_they_are_asked_for(repository):
    secret = "def total(items):\n    return 'hunter2'\n"
    repository.write(
        {
            **SHOP,
            ".sufficeignore": "private/\n",
            ".env": "total = hunter2\n",
            "private/cart.py": secret,
            "private/use.py": "from shop.cart import total\n\n\ndef hunter2():\n    return total([])\n",
            "tests/private.pem": secret,
        }
    )
    (repository.root / "AGENTS.md").unlink()
    (repository.root / "AGENTS.md").symlink_to(repository.root / ".env")
    repository.commit()
    snapshot = Snapshot.of_folder(repository.root)
    index = Index(snapshot, listing(snapshot, patterns=ignored(snapshot)).paths)

    for places in ([TOTAL], [Place("private/cart.py")], [Place(".env", 1, 1)], [Place("")], [Place("../project/.env")]):
        context = edit_context(
            places, snapshot=snapshot, index=index, budget_tokens=50_000, instruction="`hunter2` and `total`"
        )

        assert "hunter2" not in "".join(part.text for part in context.parts)
        assert not any(part.path.startswith((".env", "private")) or ".pem" in part.path for part in context.parts)


def test_a_repository_with_a_file_of_fifty_megabytes_and_hostile_names_is_read_all_the_same(repository):
    repository.write(SHOP)
    for name in (b"shop/-rf.py", b"shop/new\nline.py", b"shop/caf\xe9.py", b"shop/\x1b[31m.py"):
        (repository.root / os.fsdecode(name)).write_text(
            "from shop.cart import total\n\n\ndef f():\n    return total(1)\n"
        )
    with (repository.root / "shop" / "huge.py").open("wb") as huge:
        huge.truncate(50 * 1024 * 1024)
    repository.commit()
    snapshot = Snapshot.of_folder(repository.root)

    paths = listing(snapshot, patterns=ignored(snapshot)).paths
    context = edit_context([TOTAL], snapshot=snapshot, index=Index(snapshot, paths), budget_tokens=6000)

    assert "shop/huge.py" not in paths
    assert [path for why, path, _ in kinds(context) if why is Why.CALLER][:2] == ["shop/-rf.py", "shop/desk.py"]


def test_without_places_there_is_only_what_the_instruction_names():
    assert shown([], files={"a.py": "x = 1\n"}) == EditContext((), ())
