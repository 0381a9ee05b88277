"""A patch that is to mend code mends code, whoever wrote it; and nothing that it brings along gets past."""

import pytest

from suffice import Kind, Snapshot
from suffice.checker import edits_source, elision, secrets, suppression, tree_changed
from suffice.checker.check import check, check_patches
from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.errors import InputError

BASE = {
    "shop/cart.py": '"""Carts."""\n\n\ndef total(prices):\n    """Add up."""\n    return sum(prices) + 1\n',
    "shop/names.py": 'HELP = """\n# not a comment\ntext\n"""\n',
    "tests/test_cart.py": "from shop.cart import total\n\n\ndef test_total():\n    assert total([1]) == 1\n",
    "docs/guide.md": "Carts add up.\n",
    "setup.ini": "[shop]\n",
    "web/cart.css": "a { color: red }\n",
    "web/cart.js": "export const total = (prices) => prices.length + 1\n",
}


def changed(*changes):
    """Return (path, old, new) replacements in BASE as changes; old None creates, new None deletes."""
    made = []
    for path, old, new in changes:
        before = None if old is None else BASE[path]
        after = new if old is None else None if new is None else BASE[path].replace(old, new)
        made.append(FileChange(path=path, before=before, after=after))
    return tuple(made)


def look(module, *changes, kind=Kind.DEBUG, texts=BASE):
    return module.look(Subject(kind=kind, changes=changed(*changes), snapshot=Snapshot.of_texts(texts)))


FIX = ("shop/cart.py", " + 1", "")

NO_SOURCE = {
    "a test alone": [("tests/test_cart.py", "== 1", "== 2")],
    "a document alone": [("docs/guide.md", "add", "sum")],
    "a script to reproduce it": [("reproduce.py", None, "import shop\n")],
    "a script beside the source": [("shop/reproduce_bug.py", None, "import shop\n")],
    "a script in a folder of its own": [("scratch/a.py", None, "import shop\n")],
    "a new test": [("test_issue.py", None, "assert 1\n")],
    "data": [("out.log", None, "1\n")],
    "settings that nobody reads yet": [("shop/other.ini", None, "[shop]\n")],
}
SOURCE = {
    "source": [FIX],
    "source and a script": [FIX, ("reproduce.py", None, "import shop\n")],
    "a style sheet": [("web/cart.css", "red", "blue")],
    "configuration that is read": [("setup.ini", "shop", "store")],
    "a new module beside others": [("shop/prices.py", None, "RATE = 2\n")],
    "a file taken away": [("shop/names.py", "", None)],
}


@pytest.mark.parametrize("changes", NO_SOURCE.values(), ids=NO_SOURCE)
def test_what_edits_no_source_mends_nothing(changes):
    assert look(edits_source, *changes).state is State.FAILED


@pytest.mark.parametrize("changes", SOURCE.values(), ids=SOURCE)
def test_what_edits_source_may_mend_something(changes):
    assert look(edits_source, *changes).state is State.PASSED


@pytest.mark.parametrize("kind", [Kind.EDIT, Kind.TEST_WRITING, Kind.LINT_FIX, Kind.CODEGEN])
def test_other_kinds_of_patch_need_not_edit_source(kind):
    assert look(edits_source, ("docs/guide.md", "add", "sum"), kind=kind).state is State.SKIPPED


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("pkg/a.py", Role.SOURCE),
        ("django/test/client.py", Role.SOURCE),
        ("pkg/history.py", Role.SOURCE),
        ("docs/conf.py", Role.SOURCE),
        ("testing/python/raises.py", Role.TEST),
        ("pkg/tests/data.py", Role.TEST),
        ("conftest.py", Role.TEST),
        ("src/cart.spec.ts", Role.TEST),
        ("cart_test.go", Role.TEST),
        ("src/test/java/CartTest.java", Role.TEST),
        ("README", Role.DOCUMENTATION),
        ("CHANGES.rst", Role.DOCUMENTATION),
        ("docs/logo.svg", Role.DOCUMENTATION),
        ("Makefile", Role.CONFIGURATION),
        ("package.json", Role.CONFIGURATION),
        ("prices.csv", Role.DATA),
    ],
)
def test_a_path_says_what_a_file_is_for(path, expected):
    assert role(path) is expected


SAYS_THE_SAME = {
    "a comment": [("shop/cart.py", "    return", "    # add up\n    return")],
    "a docstring": [("shop/cart.py", "Add up.", "Return the sum.")],
    "layout": [("shop/cart.py", "sum(prices) + 1", "(sum(prices)\n            + 1)")],
    "a comment in another language": [("web/cart.js", "+ 1", "+ 1 // one more")],
    "a pass": [("shop/cart.py", "    return", "    pass\n    return")],
    "a comment in each of two files": [
        ("shop/cart.py", "\n\n\ndef", "\n\n\n# here\ndef"),
        ("shop/names.py", 'HELP = """', 'HELP = """'.replace("HELP", "# help\nHELP")),
    ],
}
SAYS_SOMETHING_ELSE = {
    "another value": [FIX],
    "what looks like a comment in a string": [("shop/names.py", "# not a comment", "# never a comment")],
    "another type of number": [("shop/cart.py", "+ 1", "+ 1.0")],
    "a comment here and code there": [("shop/names.py", "HELP", "# help\nHELP"), FIX],
    "another style": [("web/cart.css", "red", "blue")],
    "another language": [("web/cart.js", "+ 1", "+ 2")],
    "a file taken away": [("shop/names.py", "", None)],
}


@pytest.mark.parametrize("changes", SAYS_THE_SAME.values(), ids=SAYS_THE_SAME)
def test_a_patch_after_which_the_code_says_the_same_mends_nothing(changes):
    assert look(tree_changed, *changes).state is State.FAILED


@pytest.mark.parametrize("changes", SAYS_SOMETHING_ELSE.values(), ids=SAYS_SOMETHING_ELSE)
def test_a_patch_after_which_the_code_says_something_else_may_mend(changes):
    assert look(tree_changed, *changes).state is State.PASSED


KEY = "sk-ant-api03-" + "Zx81kqPw0vRm55TtYb2c"

SECRETS = {
    "a key with a form of its own": f"client = Client({KEY!r})\n",
    "an assigned token": 'API_TOKEN = "9f8Kd73hQpLx02mVz5Rt"\n',
    "a password in an address": 'URL = "postgres://shop:hX93kd02LmQp@db.shop.internal/cart"\n',
}
NO_SECRETS = {
    "a placeholder": 'client = Client(api_key="your-api-key-goes-here")\n',
    "the name of a variable": 'API_TOKEN = "shop_api_token_name"\n',
    "a variable": "client = Client(api_key=settings.api_key_of_the_shop)\n",
    "an example": 'AWS = "AKIAIOSFODNN7EXAMPLE"\n',
    "an address to fill in": 'URL = "postgres://user:password@localhost/shop"\n',
    "a template": 'URL = f"postgres://{user}:{password}@host/shop"\n',
}


AWS = "AKIA" + "Q7ZD2MXW9KTRV3LH"


@pytest.mark.parametrize(
    ("path", "new_path", "state"),
    [
        (f"shop/{AWS}.py", None, State.FAILED),
        ("shop/a.py", f"{AWS}/a.py", State.FAILED),
        (f"shop/{AWS}.py", f"{AWS}.py", State.PASSED),
        ("shop/disk-utilities-and-more-of-them.py", None, State.PASSED),
    ],
    ids=["created", "moved", "there before", "a long name"],
)
def test_no_new_file_is_called_like_a_secret(path, new_path, state):
    before = "x = 1\n" if new_path else None
    change = FileChange(path=path, before=before, after="x = 1\n", new_path=new_path)

    found = secrets.look(Subject(kind=Kind.EDIT, changes=(change,), snapshot=Snapshot.of_texts({})))

    assert found.state is state
    assert AWS not in found.evidence


@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_a_new_secret_is_blocked_and_never_told(text):
    found = look(secrets, ("shop/keys.py", None, text), kind=Kind.EDIT)

    assert found.state is State.FAILED
    assert found.evidence == "line 1 of shop/keys.py holds what looks like a key or a password"


@pytest.mark.parametrize("text", NO_SECRETS.values(), ids=NO_SECRETS)
def test_what_only_stands_for_a_secret_passes(text):
    assert look(secrets, ("shop/keys.py", None, text), kind=Kind.EDIT).state is State.PASSED


def test_a_secret_that_was_there_may_be_moved():
    before = {"a.py": f"x = 1\nkey = {KEY!r}\n"}
    change = FileChange(path="a.py", before=before["a.py"], after=f"key = f({KEY!r})\nx = 1\n")

    found = secrets.look(Subject(kind=Kind.EDIT, changes=(change,), snapshot=Snapshot.of_texts(before)))

    assert found.state is State.PASSED


@pytest.mark.parametrize(
    "comment",
    [
        "# ... rest of the function unchanged ...",
        "# ... existing code ...",
        "# Rest of the constructor code...",
        "# The remaining methods of the class stay here",
        "# (existing code remains)".replace("(", "").replace(")", ""),
    ],
)
def test_a_comment_in_the_place_of_code_is_blocked(comment):
    found = look(elision, ("shop/cart.py", "    return sum(prices) + 1", f"    {comment}"), kind=Kind.EDIT)

    assert found.state is State.FAILED


def test_a_comment_about_the_rest_of_something_else_passes():
    found = look(elision, ("shop/cart.py", "    return", "    # the rest of the prices are free\n    return"))

    assert found.state is State.PASSED


def test_a_new_script_silences_nothing_that_was_looked_at():
    script = ("reproduce.py", None, "import pytest\n\n\n@pytest.mark.skip\ndef test_it(): ...\n")

    assert look(suppression, script).state is State.PASSED
    assert look(suppression, ("shop/new.py", None, "x = 1  # noqa\n")).state is State.FAILED


def patch_of(*changes):
    return unified_diff(changed(*changes))


def test_a_documentation_only_patch_passes_as_an_edit_and_mends_nothing():
    patch, snapshot = patch_of(("docs/guide.md", "add", "sum")), Snapshot.of_texts(BASE)

    as_edit, as_debug = check(patch, snapshot=snapshot), check(patch, snapshot=snapshot, kind=Kind.DEBUG)

    assert as_edit.state is State.PASSED
    assert [c.name for c in as_debug.failed] == ["edits-source"]


def test_a_name_that_nobody_defines_and_a_definition_made_twice_are_blocked():
    snapshot = Snapshot.of_texts(BASE)
    undefined = patch_of(("shop/cart.py", "+ 1", "+ tax"))
    twice = patch_of(("shop/cart.py", "def total", "def total(prices):\n    return 0\n\n\ndef total"))

    verdicts = [*check_patches([undefined, twice], snapshot=snapshot, kind=Kind.DEBUG)]
    as_edit = check(twice, snapshot=snapshot)

    assert [[c.name for c in verdict.failed] for verdict in verdicts] == [["hard-diagnostics"], ["hard-diagnostics"]]
    assert as_edit.state is State.PASSED


@pytest.mark.parametrize(
    "patch",
    [
        "",
        "I would change the sum.",
        "--- a/shop/cart.py\n+++ b/shop/cart.py\n",
        "--- a/nowhere.py\n+++ b/nowhere.py\n@@ -1 +1 @@\n-a\n+b\n",
        "diff --git a/a.png b/a.png\nBinary files a/a.png and b/a.png differ\n",
        "--- a/../shop.py\n+++ b/../shop.py\n@@ -1 +1 @@\n-a\n+b\n",
    ],
    ids=["nothing", "prose", "no hunk", "a missing file", "binary", "outside"],
)
def test_what_cannot_be_taken_is_a_failed_verdict(patch):
    verdict = check(patch, snapshot=Snapshot.of_texts(BASE))

    assert (verdict.state, verdict.confidence) == (State.FAILED, 0.0)
    assert verdict.failed[0].evidence


def test_each_of_several_patches_is_checked_alone_and_in_order():
    good, prose = patch_of(FIX), "no patch"

    verdicts = list(check_patches([prose, good, good, prose], snapshot=Snapshot.of_texts(BASE)))

    assert [v.state for v in verdicts] == [State.FAILED, State.PASSED, State.PASSED, State.FAILED]


def test_a_rule_says_for_which_diagnostics_a_patch_is(tmp_path):
    text = "import os\nimport sys\n" + "x = 1\n" * 40 + "\n\ndef f(a):\n    return a == None\n"
    (tmp_path / "a.py").write_text(text)
    snapshot = Snapshot.of_folder(tmp_path)
    change = FileChange(path="a.py", before=text, after=text.replace("import os\n", ""))
    far = FileChange(path="a.py", before=text, after=change.after.replace("return a", "return not a"))
    none = FileChange(path="a.py", before=text, after=text.replace("x = 1\n\n", "x = 2\n\n"))

    one_of_two, elsewhere, nothing = check_patches(
        [unified_diff([change]), unified_diff([far]), unified_diff([none])], snapshot=snapshot, rule="F401"
    )

    assert one_of_two.state is State.PASSED
    assert "scope" in [c.name for c in elsewhere.failed]
    assert "target-gone" in [c.name for c in nothing.failed]


def test_a_text_over_which_the_linter_breaks_down_fails_alone():
    deep = unified_diff([FileChange(path="deep.py", before="x = 1\n", after=f"x = {'-' * 50_000}1\n")])
    fine = unified_diff([FileChange(path="fine.py", before="x = 1\n", after="x = 2\n")])
    snapshot = Snapshot.of_texts({"deep.py": "x = 1\n", "fine.py": "x = 1\n"})

    broken, good = check_patches([deep, fine], snapshot=snapshot)

    assert (broken.state, good.state) == (State.FAILED, State.PASSED)
    assert "the linter breaks down over the patched text" in broken.failed[0].evidence


def test_what_is_no_kind_is_refused_and_not_let_through():
    with pytest.raises(InputError, match="'lintfix' is no kind of task"):
        check("", snapshot=Snapshot.of_texts({}), kind="lintfix")
