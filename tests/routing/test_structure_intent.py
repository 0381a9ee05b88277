import pytest

from suffice.review.structure.contracts import Broken, broken, is_match
from suffice.review.structure.import_graph import Edge
from suffice.review.structure.intent import intent
from suffice.snapshot import Snapshot


def declared(texts):
    return intent(Snapshot.of_texts(texts), paths=texts)


EDGES = [
    Edge("shop/db.py", "shop/api.py"),
    Edge("shop/api.py", "shop/core/tax.py"),
    Edge("shop/core/tax.py", "shop/db.py"),
    Edge("shop/core/tax.py", "shop/api.py"),
]
NAMES = {path: path.removesuffix(".py").replace("/", ".") for edge in EDGES for path in edge}


def breaking(texts):
    found = broken(declared(texts).rules, edges=EDGES, names=NAMES)
    return {one.rule.text: [f"{NAMES[a]} -> {NAMES[b]}" for a, b in one.by] for one in found}


INI = """\
[importlinter]
root_package = shop

[importlinter:contract:1]
name = Layers of 100%%
type = layers
layers =
    api
    (core)
    db
containers = shop
ignore_imports =
    shop.core.* -> shop.api
"""
TOML = """\
[[tool.importlinter.contracts]]
name = "L"
type = "layers"
layers = ["shop.api", "shop.core | shop.db"]
"""


@pytest.mark.parametrize("source", [".importlinter", "setup.cfg"])
def test_layers_in_an_ini_file_are_read(source):
    assert breaking({source: INI}) == {"Layers of 100%%: layers api > core > db": ["shop.db -> shop.api"]}


def test_layers_in_pyproject_are_read():
    assert breaking({"pyproject.toml": TOML}) == {
        "L: layers shop.api > shop.core | shop.db": ["shop.db -> shop.api", "shop.core.tax -> shop.api"]
    }


def test_layers_side_by_side_may_be_told_apart():
    rules = declared({"pyproject.toml": TOML.replace("|", ":")}).rules

    assert rules[0].layers == (("shop.api",), ("shop.core", "shop.db"))


def test_a_forbidden_import_is_found_below_the_named_modules():
    text = '[[tool.importlinter.contracts]]\nname = "N"\ntype = "forbidden"\n'
    text += 'source_modules = ["shop.core"]\nforbidden_modules = ["shop.api", "django"]\n'

    assert breaking({"pyproject.toml": text}) == {
        "N: shop.core must not import shop.api, django": ["shop.core.tax -> shop.api"]
    }


def test_independent_modules_do_not_import_one_another():
    text = '[[tool.importlinter.contracts]]\nname = "I"\ntype = "independence"\nmodules = ["shop.db", "shop.core"]\n'

    assert breaking({"pyproject.toml": text}) == {
        "I: shop.db, shop.core do not import one another": ["shop.core.tax -> shop.db"]
    }


TACH = """\
[[modules]]
path = "shop.core"
depends_on = [{ path = "shop.db" }]
[[modules]]
path = "shop.db"
depends_on = []
[[modules]]
path = "shop.api"
"""


def test_what_a_module_of_tach_does_not_depend_on_it_must_not_import():
    assert breaking({"tach.toml": TACH}) == {
        "shop.core may use shop.db": ["shop.core.tax -> shop.api"],
        "shop.db may use no other module": ["shop.db -> shop.api"],
    }


def test_a_utility_of_tach_is_free_to_all_and_what_is_unchecked_is_not_checked():
    text = TACH.replace('path = "shop.api"', 'path = "shop.api"\nutility = true')
    text = text.replace("depends_on = []", "depends_on = []\nunchecked = true")

    assert breaking({"tach.toml": text}) == {"shop.core may use shop.db": []}


def test_a_rule_that_is_kept_is_a_rule_without_imports():
    text = TOML.replace("shop.core | shop.db", "shop.x")
    rule = declared({"pyproject.toml": text}).rules[0]

    assert broken([rule], edges=EDGES, names=NAMES) == [Broken(rule, ())]


@pytest.mark.parametrize(
    ("name", "pattern", "is_it"),
    [
        ("a.b", "a.b", True),
        ("a.b.c", "a.b", False),
        ("a.b", "a.*", True),
        ("a.b.c", "a.*", False),
        ("a.b.c", "a.**", True),
        ("a", "a.**", False),
        ("a.x.y.b", "a.**.b", True),
        ("a.b.b", "**.b", True),
    ],
)
def test_stars_mean_one_part_or_several(name, pattern, is_it):
    assert is_match(tuple(name.split(".")), tuple(pattern.split("."))) is is_it


def test_a_pattern_made_to_be_slow_is_answered_at_once():
    assert not is_match(("a",) * 200, ("**",) * 199 + ("b",))


@pytest.mark.parametrize(
    "texts",
    [
        {"pyproject.toml": "tool = 3\n"},
        {"pyproject.toml": "[tool]\nimportlinter = [1]\n"},
        {"pyproject.toml": "[tool.importlinter]\ncontracts = 'x'\n"},
        {"pyproject.toml": '[[tool.importlinter.contracts]]\ntype = "layers"\nlayers = [1, {a = 2}]\n'},
        {"pyproject.toml": '[[tool.importlinter.contracts]]\ntype = ["layers"]\n'},
        {"pyproject.toml": "x = " + "[" * 10_000},
        {"tach.toml": "modules = [1]\n"},
        {"tach.toml": "[[modules]]\npath = 3\ndepends_on = [3, {}]\n"},
        {".importlinter": "no section\n"},
        {"setup.cfg": "[a]\n[a]\nx\n  y = %(z)s\n[importlinter:contract:]\ntype = layers\n"},
        {"CODEOWNERS": "\n# nobody\n[Section]\n"},
        {"docs/adr/1.md": "no title\n"},
    ],
)
def test_settings_of_any_form_are_no_error(texts):
    broken(declared(texts).rules, edges=EDGES, names=NAMES)


def test_owners_and_decisions_are_told_in_a_line_each():
    texts = {
        ".github/CODEOWNERS": "# all\n* @ada\n/db/ @bob @ada\n",
        "docs/adr/0001-queue.md": "---\nstatus: x\n---\n# 1. Use a\tqueue\x1b[31m\n\nText\n",
        "docs/decisions/2.md": f"# {'long ' * 100}\n",
        ".dependency-cruiser.js": "throw new Error()\n",
    }

    sentences = declared(texts).sentences

    assert sentences[:3] == (
        ".dependency-cruiser.js declares rules for JavaScript; they are not evaluated",
        ".github/CODEOWNERS gives 2 patterns of paths to 2 owners",
        "docs/adr/0001-queue.md records the decision: 1. Use a queue [31m",
    )
    assert len(sentences[3]) < 200


def test_a_rule_of_too_many_names_is_told_and_not_evaluated():
    many = "".join(f'"m{n}", ' for n in range(100))
    text = TOML.replace('"shop.api", ', f'"shop.api", {many}')

    found = declared({"pyproject.toml": text})

    assert found.rules == ()
    assert found.sentences[0].endswith("... (too long to be evaluated)")


def test_without_any_declaration_there_is_none():
    assert declared({"a.py": ""}) == ((), ())
