"""The symbols of a repository: what names mean, who uses them, what imports what; parsed once, never guessed."""

import json
import subprocess
import sysconfig
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.index.index import MOST_DEFINITIONS, Imports, Index, Tie
from suffice.index.known import KnownSymbols
from suffice.index.language import symbols_in
from suffice.index.symbols import NOTHING, Import, What, read, written
from suffice.linters import ruff
from suffice.snapshot import Snapshot
from suffice.state.store import Store

SHOP = {
    "shop/__init__.py": "from .cart import Cart, total\n",
    "shop/cart.py": (
        "import os\n\nRATE = 2\n\n\nclass Cart:\n    size = 0\n\n    @property\n    def price(self):\n"
        "        return total(self.items)\n\n\ndef total(items):\n    def inner():\n        return 1\n\n"
        "    return sum(items) * RATE\n"
    ),
    "shop/till.py": "from shop.cart import total as add_up\n\n\ndef pay(items):\n    return add_up(items)\n",
    "shop/desk.py": "from shop import total\n\n\ndef show(cart):\n    print(cart.price)\n    return total([])\n",
    "other/sums.py": "def total(a):\n    return a\n\n\ndef own():\n    return total(1)\n",
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 2\n",
}


def index_of(files, **options):
    return Index(Snapshot.of_texts(files), files, **options)


def places(found):
    return [(one.path, one.first, one.tie) for one in found]


# one file


def test_python_definitions_are_those_at_the_top_and_in_classes_with_their_headers():
    found = symbols_in(SHOP["shop/cart.py"], "shop/cart.py").definitions

    assert [(one.name, one.what, one.first, one.last, one.line, one.within) for one in found] == [
        ("RATE", What.VARIABLE, 3, 3, 3, ""),
        ("Cart", What.CLASS, 6, 11, 6, ""),
        ("size", What.VARIABLE, 7, 7, 7, "Cart"),
        ("price", What.METHOD, 9, 11, 10, "Cart"),
        ("total", What.FUNCTION, 14, 18, 14, ""),
    ]
    assert found[-1].header == "def total(items):"


LANGUAGES = {
    "a.js": (
        (
            "import base, {sum as add} from './sum';\nexport const run = async (a) => {\n  const local = add(a);\n"
            "  return local;\n};\nclass Cart {\n  price() { return this.size; }\n}\n"
        ),
        [("run", "function", 2, 5, ""), ("Cart", "class", 6, 8, ""), ("price", "method", 7, 7, "Cart")],
        [("./sum", "default", "base"), ("./sum", "sum", "add")],
        {"add": (3,), "a": (2, 3), "local": (4,)},
    ),
    "a.ts": (
        (
            "export {x} from '../y';\n@Injectable()\nexport class Cart extends Base {\n"
            "  total(): Money { return go(); }\n}\ninterface Money { cents(): number }\nconst q = require('./q');\n"
        ),
        [
            ("Cart", "class", 2, 5, ""),
            ("total", "method", 4, 4, "Cart"),
            ("Money", "type", 6, 6, ""),
            ("cents", "method", 6, 6, "Money"),
            ("q", "variable", 7, 7, ""),
        ],
        [("../y", "x", "x"), ("./q", "", "q")],
        {"Injectable": (2,), "Base": (3,), "Money": (4,), "go": (4,), "require": (7,)},
    ),
    "a.go": (
        (
            'package a\nimport (\n\tx "example.com/m/v2"\n\t"fmt"\n)\ntype Cart struct{ n int }\n'
            "func (c *Cart) Price() int {\n\tvar local = 1\n\treturn local + x.Rate\n}\n"
        ),
        [("Cart", "type", 6, 6, ""), ("Price", "method", 7, 10, "Cart")],
        [("example.com/m/v2", "", "x"), ("fmt", "", "fmt")],
        {"int": (6, 7), "Cart": (7,), "local": (9,), "x": (9,), "c": (7,)},
    ),
    "a.rs": (
        (
            "use crate::money::{Cents, rate as r};\nmod shop;\n#[derive(Debug)]\npub struct Cart { n: i32 }\n"
            "impl Cart {\n    pub fn price(&self) -> Cents { r(self.n) }\n}\n"
        ),
        [("Cart", "class", 3, 4, ""), ("price", "method", 6, 6, "Cart")],
        [("crate::money", "Cents", "Cents"), ("crate::money", "rate", "r"), ("self", "shop", "shop")],
        {"Debug": (3,), "derive": (3,), "Cart": (5,), "Cents": (6,), "r": (6,)},
    ),
    "A.java": (
        (
            "package a;\nimport b.Money;\nimport static c.Rates.rate;\npublic class A {\n  int n = 1;\n"
            "  Money price() { int local = rate(); return new Money(local); }\n}\n"
        ),
        [("A", "class", 4, 7, ""), ("n", "variable", 5, 5, "A"), ("price", "method", 6, 6, "A")],
        [("b", "Money", "Money"), ("c.Rates", "rate", "rate")],
        {"a": (1,), "Money": (6,), "rate": (6,), "local": (6,)},
    ),
}


@pytest.mark.parametrize("path", LANGUAGES)
def test_other_languages_have_definitions_imports_and_uses(path):
    text, definitions, imports, uses = LANGUAGES[path]

    found = symbols_in(text, path)

    assert [(one.name, one.what, one.first, one.last, one.within) for one in found.definitions] == definitions
    assert [one[:3] for one in found.imports] == imports
    assert {name: found.uses.get(name) for name in uses} == uses
    assert read(written(found)) == found


def test_several_names_in_one_declaration_are_each_defined_and_none_within_another():
    found = symbols_in("package p\n\nconst A, B = 1, 2\n\nvar c, d int\n", "a.go").definitions

    assert [(one.name, one.line, one.within) for one in found] == [
        ("A", 3, ""),
        ("B", 3, ""),
        ("c", 5, ""),
        ("d", 5, ""),
    ]


@pytest.mark.parametrize("path", [*LANGUAGES, "shop/cart.py"])
def test_the_innermost_definition_of_each_line_is_the_last_of_those_around_it(path):
    text = SHOP[path] if path in SHOP else LANGUAGES[path][0]
    found = symbols_in(text, path)
    lines = range(1, text.count("\n") + 3)

    assert list(found.innermost(lines)) == [(line, next(iter(found.around(line, line)[::-1]), None)) for line in lines]


def test_a_name_after_a_dot_is_told_from_one_that_stands_alone():
    found = symbols_in("a = price\nb = cart.price\n", "a.py")

    assert (found.uses["price"], found.members["price"], found.lines_of("price")) == ((1,), (2,), (1, 2))


@pytest.mark.parametrize("path", [*LANGUAGES, "a.tsx", "a.py", "a.txt", "a.css"])
@given(
    text=st.text(alphabet=st.characters(), max_size=60)
    | st.text(alphabet="{}()[]`'\"\\\r\n =>;:,.adefclsu\0", max_size=60)
)
@settings(max_examples=40, deadline=None)
def test_no_text_makes_the_parser_fail_and_lines_stay_inside(path, text):
    found = symbols_in(text, path)

    lines = text.count("\n") + text.count("\r") + 1
    assert all(1 <= one.first <= one.line <= one.last <= lines for one in found.definitions)
    assert read(written(found)) == found


# names


def test_what_a_file_imports_comes_before_what_others_call_the_same():
    found = index_of(SHOP).definitions("total", near="tests/test_cart.py")

    assert places(found.definitions) == [
        ("shop/cart.py", 14, Tie.IMPORTED),
        ("other/sums.py", 1, Tie.NAME_ALONE),
    ]
    assert found.others == 0


def test_a_name_that_a_package_passes_on_is_found_where_it_is_defined():
    assert places(index_of(SHOP).definitions("total", near="shop/desk.py").definitions)[0] == (
        "shop/cart.py",
        14,
        Tie.IMPORTED,
    )


def test_another_name_for_what_is_imported_leads_to_what_it_is_called_there():
    (found, *_), _ = index_of(SHOP).definitions("add_up", near="shop/till.py")

    assert (found.name, found.path, found.tie) == ("total", "shop/cart.py", Tie.IMPORTED)


def test_the_own_file_comes_first_where_nothing_is_imported():
    assert places(index_of(SHOP).definitions("total", near="other/sums.py").definitions)[0] == (
        "other/sums.py",
        1,
        Tie.SAME_FILE,
    )


def test_a_class_can_be_named_with_its_method():
    files = {"a.py": "class A:\n    def go(self): ...\n", "b.py": "class B:\n    def go(self): ...\n"}

    found = index_of(files).definitions("go", near="a.py", within="B")

    assert (places(found.definitions), found.others) == ([("b.py", 2, Tie.NAME_ALONE)], 0)


def test_of_a_name_defined_two_hundred_times_a_few_are_shown_and_the_others_counted():
    files = {f"p{n}/m.py": "def go():\n    pass\n" for n in range(200)}
    known = KnownSymbols()

    found = index_of(files, known=known).definitions("go", near="p7/m.py")

    assert found.definitions[0].path == "p7/m.py"
    assert (len(found.definitions), found.others) == (MOST_DEFINITIONS, 200 - MOST_DEFINITIONS)
    assert known.parsed < 100


def test_a_call_at_the_start_of_a_line_is_no_reason_to_parse_a_file():
    known = KnownSymbols()

    index_of({"a.py": "def go(): ...\n", "b.py": "go(1)\n"}, known=known).definitions("go", near="a.py")

    assert known.parsed == 1


def test_files_of_other_languages_do_not_mean_the_same_name():
    files = {"a.py": "total()\n", "b.go": "package b\nfunc total() {}\n", "c.ts": "function total() {}\n"}

    assert index_of(files).definitions("total", near="a.py") == ((), 0)


def test_in_go_a_package_is_one_namespace_over_all_its_files():
    files = {"shop/a.go": "package shop\nfunc Pay() { total() }\n", "shop/b.go": "package shop\nfunc total() {}\n"}
    index = index_of(files)

    assert places(index.definitions("total", near="shop/a.go").definitions) == [("shop/b.go", 2, Tie.SAME_PACKAGE)]
    assert [(use.path, use.line, use.tie) for use in index.callers("total", of="shop/b.go")] == [
        ("shop/a.go", 2, Tie.SAME_PACKAGE)
    ]


@pytest.mark.parametrize("name", ["", "a", "a b", "a(", "(" * 50, "\\", "x" * 5000, "1a", "total.x"])
def test_what_is_no_name_means_nothing(name):
    assert index_of(SHOP).definitions(name, near="shop/cart.py") == ((), 0)
    assert index_of(SHOP).callers(name, of="shop/cart.py") == ()


# callers


def test_callers_are_the_lines_that_can_mean_this_definition_and_no_other():
    found = index_of(SHOP).callers("total", of="shop/cart.py")

    assert [(use.path, use.line, use.inside.name, use.tie) for use in found] == [
        ("shop/cart.py", 11, "price", Tie.SAME_FILE),
        ("shop/desk.py", 6, "show", Tie.IMPORTED),
        ("shop/till.py", 5, "pay", Tie.IMPORTED),
        ("tests/test_cart.py", 5, "test_total", Tie.IMPORTED),
    ]


def test_a_method_is_found_behind_any_dot_but_that_is_not_sure():
    (use,) = index_of(SHOP).callers("price", of="shop/cart.py")

    assert (use.path, use.line, use.tie) == ("shop/desk.py", 5, Tie.NAME_ALONE)


def test_a_function_that_calls_itself_is_no_caller():
    assert index_of({"a.py": "def go(n):\n    return go(n - 1)\n"}).callers("go", of="a.py") == ()


# what imports what


IMPORTS = {
    "python: src layout, relative, package, stdlib, foreign, gone": (
        "src/shop/a.py",
        (
            "import os\nimport numpy\nimport shop.b\nfrom . import c\nfrom .sub import d\nfrom ..x import y\n"
            "from shop import z\nimport shop.gone\n"
        ),
        ["src/shop/__init__.py", "src/shop/b.py", "src/shop/c.py", "src/shop/sub/__init__.py"],
        (("src/shop/b.py", "src/shop/c.py", "src/shop/sub/__init__.py", "src/shop/__init__.py"), 2, 2),
    ),
    "python: a script finds what lies beside it": ("tools/a.py", "import b\n", ["tools/b.py"], (("tools/b.py",), 0, 0)),
    "python: two packages of one name are not certain": (
        "app/a.py",
        "import lib1.x\n",
        ["one/lib1/__init__.py", "one/lib1/x.py", "two/lib1/__init__.py", "two/lib1/x.py"],
        ((), 1, 0),
    ),
    "typescript: endings, folders, compiled names, aliases": (
        "src/a.ts",
        (
            "import './b';\nimport x from './c';\nimport {y} from '../lib/d.js';\nimport z from '@/e';\n"
            "import 'react';\nimport './gone';\nimport '../../../etc/passwd';\n"
        ),
        ["src/b.tsx", "src/c/index.ts", "lib/d.ts", "src/e.ts"],
        (("src/b.tsx", "src/c/index.ts", "lib/d.ts"), 3, 1),
    ),
    "javascript: require and export from": (
        "a.mjs",
        "const b = require('./b');\nexport * from './c.js';\nrequire(name);\n",
        ["b.js", "c.js"],
        (("b.js", "c.js"), 0, 0),
    ),
    "javascript: require inside of other calls": (
        "a.test.js",
        "describe('x', () => {\n  const b = require('./b');\n  it('y', async () => { await import('./c'); });\n});\n",
        ["b.js", "c.js"],
        (("b.js", "c.js"), 0, 0),
    ),
    "go: the module's own packages, each with all its files": (
        "cmd/main.go",
        'package main\nimport (\n"fmt"\n"example.com/shop/cart"\n"example.com/shop/gone"\n)\n',
        ["go.mod", "cart/a.go", "cart/b.go", "cart/a_test.go"],
        (("cart/a.go", "cart/b.go"), 1, 1),
    ),
    "rust: crate, self, super, mod, foreign": (
        "src/shop/cart.rs",
        (
            "use crate::money::Cents;\nuse super::till;\nmod line;\nuse std::io;\n"
            "use self::line::Line;\nuse crate::Root;\n"
        ),
        ["src/lib.rs", "src/money/mod.rs", "src/shop/till.rs", "src/shop/mod.rs", "src/shop/cart/line.rs"],
        (("src/money/mod.rs", "src/shop/till.rs", "src/shop/cart/line.rs", "src/lib.rs"), 0, 1),
    ),
    "java: classes, members, packages, foreign": (
        "src/main/java/a/A.java",
        "import a.b.C;\nimport static a.b.D.of;\nimport a.e.*;\nimport java.util.List;\nimport a.b.Gone;\n",
        ["src/main/java/a/b/C.java", "src/main/java/a/b/D.java", "src/main/java/a/e/E.java"],
        (("src/main/java/a/b/C.java", "src/main/java/a/b/D.java", "src/main/java/a/e/E.java"), 1, 1),
    ),
}


@pytest.mark.parametrize(("path", "text", "others", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_imports_lead_to_files_where_that_is_certain_and_are_counted_elsewhere(path, text, others, expected):
    files = {path: text, **dict.fromkeys(others, "")}
    if "go.mod" in files:
        files["go.mod"] = "module example.com/shop\n\ngo 1.22\n"

    assert index_of(files).imports(path) == Imports(*expected)


def test_edges_are_the_imports_of_each_file_and_never_lead_to_itself():
    files = {"a.ts": "import './b'; import './a'; import './gone';", "b.ts": "import x from 'react';"}

    assert index_of(files).import_edges(["a.ts", "b.ts"]) == ({"a.ts": {"b.ts"}, "b.ts": frozenset()}, 1)


def test_the_edges_of_a_real_package_are_those_that_ruff_finds():
    packages = Path(sysconfig.get_path("purelib"))
    paths = [str(path.relative_to(packages)) for path in (packages / "pydantic").rglob("*.py")]

    edges, _ = Index(Snapshot.of_folder(packages), paths, most_s=60).import_edges(paths)

    command = [ruff.executable(), "analyze", "graph", "--isolated", "pydantic"]
    done = subprocess.run(command, cwd=packages, capture_output=True, check=True)
    expected = {
        path: set(found) & set(paths) - {path} for path, found in json.loads(done.stdout).items() if path in paths
    }
    assert {path: set(found) for path, found in edges.items()} == expected
    assert sum(map(len, expected.values())) > 300


# what is looked at


SKIPPED = {
    "vendored": ("vendor/a.py", "def go(): ...\n"),
    "of node": ("web/node_modules/x/a.py", "def go(): ...\n"),
    "generated by name": ("go_pb2.py", "def go(): ...\n"),
    "marked as generated": ("a.py", "# Code generated by make. DO NOT EDIT.\ndef go(): ...\n"),
    "minified": ("a.py", f"def go(): ...\nx = '{'a' * 6000}'\n"),
    "binary": ("a.py", "def go(): ...\0\n"),
    "too large": ("a.py", "def go(): ...\n" + "# a\n" * 300_000),
}


@pytest.mark.parametrize(("path", "text"), SKIPPED.values(), ids=SKIPPED)
def test_what_no_hand_of_the_project_wrote_is_not_searched(path, text):
    known = KnownSymbols()
    index = index_of({"near.py": "x = 1\n", path: text}, known=known)

    assert index.definitions("go", near="near.py") == ((), 0)
    assert known.parsed <= 1


def test_a_path_that_was_not_listed_is_never_read():
    snapshot = Snapshot.of_texts({"a.py": "from secret import go\n", "secret.py": "def go(): ...\n"})
    index = Index(snapshot, ["a.py"])

    assert index.definitions("go", near="a.py") == ((), 0)
    assert index.symbols("secret.py") == NOTHING
    assert index.imports("a.py") == Imports((), 0, 1)


def test_when_the_time_is_used_up_it_says_so_and_goes_on_with_what_it_has():
    ticks = iter(range(1000))
    index = index_of(SHOP, most_s=2, clock=lambda: next(ticks))

    index.import_edges(SHOP)

    assert "time to parse files was used up" in index.stopped
    assert index.symbols("tests/test_cart.py") == NOTHING


def test_nothing_is_said_where_all_was_looked_at():
    index = index_of(SHOP)

    index.definitions("total", near="shop/desk.py")

    assert index.stopped == ""


# parsed once


def ask(index):
    found = index.definitions("total", near="shop/desk.py"), index.callers("total", of="shop/cart.py")
    return found, index.import_edges(SHOP)


def test_a_second_index_over_the_same_blobs_parses_nothing():
    known = KnownSymbols()
    first = ask(index_of(SHOP, known=known))
    before = known.parsed

    moved = {f"new/{path}": text for path, text in SHOP.items()}
    index_of(moved, known=known).import_edges(moved)

    assert ask(index_of(SHOP, known=known)) == first
    assert (before, known.parsed) == (len(SHOP), len(SHOP))


def test_what_was_parsed_outlives_the_process_in_the_store(tmp_path):
    store = Store(tmp_path / "state" / "suffice.sqlite3")
    first = ask(index_of(SHOP, known=KnownSymbols(store)))
    store.close()

    again = KnownSymbols(Store(tmp_path / "state" / "suffice.sqlite3"))

    assert ask(index_of(SHOP, known=again)) == first
    assert again.parsed == 0


def test_a_changed_file_is_parsed_anew_and_no_other():
    known = KnownSymbols()
    ask(index_of(SHOP, known=known))

    changed = SHOP | {"shop/till.py": "def pay(): ...\n"}
    index_of(changed, known=known).import_edges(changed)

    assert known.parsed == len(SHOP) + 1


def test_a_store_that_holds_nonsense_or_cannot_be_written_changes_nothing(tmp_path):
    store = Store()
    expected = ask(index_of(SHOP, known=KnownSymbols(store)))
    for nonsense in ("", "{}", "[1,2,3,4]", '[[["a"]],{},{},[]]', '[[],{"a":1},{},[]]', "[" * 50_000):
        store.execute("UPDATE symbols SET body = ?", (nonsense,))

        assert ask(index_of(SHOP, known=KnownSymbols(store))) == expected


def test_the_store_keeps_to_its_size(monkeypatch):
    store = Store()
    monkeypatch.setattr("suffice.index.known.LARGEST_BYTES", 4000)
    monkeypatch.setattr("suffice.index.known._LEFT_BYTES", 3000)
    for number in range(30):
        files = {f"m{number}.py": f"def function_{number}(a, b):\n    return a + b\n"}
        index_of(files, known=KnownSymbols(store, clock=lambda now=number: float(now))).import_edges(files)

    (row,) = store.rows("SELECT TOTAL(bytes) AS bytes, MAX(at) AS newest FROM symbols")
    assert (0 < row["bytes"] <= 4000, row["newest"]) == (True, 29.0)


def test_an_import_is_data():
    assert symbols_in("from a import b as c\n", "x.py").imports == (Import("a", "b", "c", 1),)


def test_what_was_met_longest_ago_leaves_the_memory_when_there_are_too_many_names(monkeypatch):
    monkeypatch.setattr("suffice.index.known.MOST_NAMES", 8)
    known = KnownSymbols()
    small, other, large = (
        Snapshot.of_texts({"a.py": text}).file("a.py") for text in ("a = 1\n", "b = 2\n", "c = d, e, f, g\n")
    )

    for file in (small, other, small, large):
        known.of(file)

    assert [known.has(file) for file in (small, other, large)] == [True, False, True]


def test_a_file_with_a_secret_in_it_is_not_stored(tmp_path):
    store = Store(tmp_path / "state.sqlite3")
    known = KnownSymbols(store)
    texts = {"a.py": 'KEY = "AKIAQ7ZD2MXW9KTRV3LH"\n', "b.py": "PLAIN = 1\n"}

    index = Index(Snapshot.of_texts(texts), texts, known=known)
    found = [index.symbols(path).definitions[0].name for path in texts]
    known.keep()

    assert found == ["KEY", "PLAIN"]
    assert [row["body"].count("AKIA") for row in store.rows("SELECT body FROM symbols")] == [0]
    store.close()
