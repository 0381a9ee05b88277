"""`suffice check` on anybody's patches: several at once, whatever they hold, and what each check is for."""

import json

import pytest

from suffice.checker.executed.execute import EXECUTED
from suffice.checker.pipeline import CHECKS

CART = "def total(prices):\n    return sum(prices) + 1\n"
FIX = """\
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -1,2 +1,2 @@
 def total(prices):
-    return sum(prices) + 1
+    return sum(prices)
"""
SILENCED = FIX.replace("return sum(prices)\n", "return sum(price)  # noqa: F821\n")
DOCUMENT = "--- a/guide.md\n+++ b/guide.md\n@@ -1 +1 @@\n-Carts add.\n+Carts add up.\n"
MISSING = "--- a/nowhere.py\n+++ b/nowhere.py\n@@ -1 +1 @@\n-a\n+b\n"


@pytest.fixture
def shop(project):
    """A project with a wrong sum, and patches beside it."""
    files = {"shop/__init__.py": "", "shop/cart.py": CART, "guide.md": "Carts add.\n"}
    patches = {"fix.diff": FIX, "silenced.diff": SILENCED, "document.diff": DOCUMENT, "prose.diff": "Add them.\n"}
    return project.write(files | {f"patches/{name}": text for name, text in patches.items()})


def test_a_patch_that_passes_is_told_in_two_lines(shop, suffice):
    ran = suffice("check", "patches/fix.diff")

    verdict, counts = ran.stdout.decode().splitlines()
    assert ran.code == 0
    assert verdict.startswith("patches/fix.diff: passed, confidence 0.")
    assert "checks passed" in counts


def test_in_a_folder_of_a_repository_paths_are_those_of_git(shop, suffice):
    shop.git("init", "--quiet")

    checked = suffice("check", "../patches/fix.diff", folder=shop.root / "shop")
    applied = suffice("apply", "../patches/fix.diff", folder=shop.root / "shop")

    assert (checked.code, applied.code) == (0, 0)
    assert "+    return sum(prices)\n" in applied.stdout.decode()


def test_what_speaks_against_a_patch_is_told_and_what_passed_is_only_counted(shop, suffice):
    ran = suffice("check", "patches/silenced.diff", "patches/document.diff", "--kind", "debug")

    lines = ran.stdout.decode().splitlines()
    assert ran.code == 1
    assert [line for line in lines if not line.startswith("  ")] == [
        "patches/silenced.diff: failed, confidence 0.00 (not calibrated)",
        "patches/document.diff: failed, confidence 0.00 (not calibrated)",
    ]
    assert "  FAIL  suppression: adds a suppression: # noqa: F821" in lines
    assert "  FAIL  edits-source: changes no source, only documentation" in lines


def test_a_document_alone_passes_as_an_edit(shop, suffice):
    assert suffice("check", "patches/document.diff").code == 0


def test_a_document_is_printed_for_each_patch_in_order(shop, suffice):
    names = ["patches/prose.diff", "patches/fix.diff", "patches/silenced.diff"]

    ran = suffice("check", *names, "--json")

    documents = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    assert ran.code == 1
    assert [(d["patch"], d["state"]) for d in documents] == [*zip(names, ["failed", "passed", "failed"], strict=True)]
    assert {check["name"] for check in documents[1]["checks"]} == {module.NAME for module in CHECKS}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"I would leave it as it is.\n",
        MISSING.encode(),
        b"\x00\x01\xff\xfe",
        FIX.encode("utf-16"),
        b"diff --git a/a.png b/a.png\nGIT binary patch\nliteral 1\nA\n",
        b"--- a/\xe9.py\n+++ b/\xe9.py\n@@ -1 +1 @@\n-a\n+b\n",
    ],
    ids=["nothing", "prose", "a missing file", "bytes", "UTF-16", "binary", "latin-1"],
)
def test_what_is_no_patch_for_this_folder_is_a_failed_verdict(shop, suffice, content):
    shop.write({"patches/other.diff": content})

    ran = suffice("check", "patches/other.diff")

    assert (ran.code, ran.stdout.decode().splitlines()[0]) == (
        1,
        "patches/other.diff: failed, confidence 0.00 (not calibrated)",
    )


def test_a_patch_that_cannot_be_read_does_not_keep_the_others_from_being_checked(shop, suffice):
    ran = suffice("check", "patches/fix.diff", "patches/lost.diff", "patches/document.diff")

    told = [line for line in ran.stdout.decode().splitlines() if not line.startswith("  ")]
    assert ran.code == 2
    assert [line.split(":")[0] for line in told] == ["patches/fix.diff", "patches/document.diff"]
    assert ran.stderr == (
        "suffice: patches/lost.diff cannot be read (No such file or directory); name a readable file.\n"
    )


def test_the_diagnostics_of_a_rule_are_found_by_themselves(shop, suffice):
    before = "import os\nimport sys\n\nprint(sys.path == None)\n"
    patch = "--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,2 @@\n-import os\n import sys\n \n"
    shop.write({"a.py": before, "patches/unused.diff": patch})

    for_it, for_another = (suffice("check", "patches/unused.diff", "--rule", rule) for rule in ("F401", "E711"))

    assert (for_it.code, for_another.code) == (0, 1)
    assert "target-gone: E711 is still found as often as before" in for_another.stdout.decode()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "No patch is named"),
        (["patches/fix.diff", "--root", "nowhere"], "There is no folder nowhere"),
        (["patches/fix.diff", "--kind", "fixing"], "'fixing' is no kind of task"),
        (["--explain", "luck"], "luck is no check; checks are: complete, "),
    ],
)
def test_wrong_usage_is_one_sentence(shop, suffice, arguments, said):
    ran = suffice("check", *arguments)

    assert (ran.code, ran.stdout) == (2, b"")
    assert said in ran.stderr


def test_every_check_can_be_explained(suffice):
    listed = suffice("check", "--explain").stdout.decode()

    assert [line.split()[0] for line in listed.splitlines()] == [module.NAME for module in (*CHECKS, *EXECUTED)]
    for module in (*CHECKS, *EXECUTED):
        entry = json.loads(suffice("check", "--explain", module.NAME, "--json").stdout)
        assert (entry["name"], entry["cost"], entry["blocks"]) == (module.NAME, module.COST, sorted(module.BLOCKS))
        assert entry["what"].endswith(".")


def test_an_explained_check_says_what_it_costs_whom_it_blocks_and_gives_an_example(suffice):
    ran = suffice("check", "--explain", "edits-source")

    assert ran.stdout.decode().split("\n\n") == [
        "edits-source",
        "A patch that is to mend or rebuild code changes code: not only tests, documents or scripts of its own.",
        "costs   nothing\nblocks  debug, refactor",
        'Example: a "fix" that adds `reproduce.py` beside the project, or a test alone, mends nothing.\n',
    ]
