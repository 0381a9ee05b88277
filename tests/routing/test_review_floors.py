"""What triage cannot call harmless: sensitive places, dangerous words, broken promises, checks that are gone."""

import pytest

from suffice.review.hunks.change import change_of_texts, hunks_of
from suffice.review.sorting.floors import floor_of
from suffice.review.sorting.level import Level


def floors(before, after, path="shop.py"):
    change = change_of_texts({} if before is None else {path: before}, {} if after is None else {path: after})
    return [floor_of(hunk, change) for hunk in hunks_of(change)[0]]


PATHS = {
    "shop/auth/views.py": "a sensitive path",
    "src/PaymentService.java": "a sensitive path",
    "shop/authors.py": None,
    "shop/migrations/0002_price.py": "a migration",
    "db/schema.sql": "a migration",
    ".github/workflows/ci.yml": "a protected path",
    "shop/cart.py": None,
}


@pytest.mark.parametrize(("path", "why"), PATHS.items(), ids=PATHS)
def test_sensitive_paths_have_a_floor(path, why):
    assert floors("a = 1\n", "a = 2\n", path) == [(Level.RISKY, why) if why else None]


WORDS = {
    "authentication": "user = authenticate(request, check_password=False)",
    "cryptography": "requests.get(url, verify=False)",
    "SQL": 'rows = db.run("SELECT name FROM users WHERE id = " + key)',
    "running programs or code": "subprocess.run(command, shell=True)",
    "deserialisation": "value = pickle.loads(body)",
    "concurrency": "with self._lock:",
}


@pytest.mark.parametrize(("why", "line"), WORDS.items(), ids=WORDS)
@pytest.mark.parametrize("side", ["added", "removed"])
def test_dangerous_words_have_a_floor_on_either_side(why, line, side):
    texts = ("a = 1\n", f"a = 1\n{line}\n")

    assert floors(*(texts if side == "added" else texts[::-1]), path="shop.zig") == [(Level.RISKY, why)]


HARMLESS = {
    "a comment": "# subprocess would be wrong here",
    "a JavaScript pattern's exec": "const m = pattern.exec(text)",
    "a plain await": "x = await load(y)",
    "the word lock": 'x = "lock and key"',
    "a selection from a list": 'say("please select one")',
    "loading JSON": "x = json.load(file)",
}


@pytest.mark.parametrize("line", HARMLESS.values(), ids=HARMLESS)
def test_words_that_only_look_dangerous_have_none(line):
    assert floors("a = 1\n", f"a = 1\n{line}\n") == [None]


BREAKING = {
    "a parameter more": ("def f(a):\n    return a\n", "def f(a, b):\n    return a\n", "f"),
    "a name less": ("def f(a):\n    return a\n\n\nX = 1\n", "X = 1\n", "f"),
    "a method": ("class A:\n    def f(self):\n        pass\n", "class A:\n    def g(self):\n        pass\n", "f"),
    "a parameter on its own line": (
        "def f(\n    a,\n    b=1,\n    c=2,\n    d=3,\n    e=4,\n):\n    return a\n",
        "def f(\n    a,\n    b=1,\n    c=2,\n    d=3,\n    e=5,\n    g=6,\n):\n    return a\n",
        "f",
    ),
    "a deleted file": ("def f(a):\n    return a\n", None, "f"),
}


@pytest.mark.parametrize(("before", "after", "name"), BREAKING.values(), ids=BREAKING)
def test_breaking_a_public_name_has_a_floor(before, after, name):
    assert floors(before, after) == [(Level.RISKY, f"a change of the public {name}")]


KEEPING = {
    "a new function": ("X = 1\n", "X = 1\n\n\ndef f(a):\n    return a\n"),
    "an annotation": ("def f(a):\n    return a\n", "def f(a: int) -> int:\n    return a\n"),
    "a private name": ("def _f(a):\n    return a\n", "def _f(a, b):\n    return a\n"),
    "a body": ("def f(a):\n    return a\n", "def f(a):\n    return a + 1\n"),
}


@pytest.mark.parametrize(("before", "after"), KEEPING.values(), ids=KEEPING)
def test_what_breaks_nobody_has_none(before, after):
    assert floors(before, after) == [None]


def test_private_modules_promise_nothing():
    assert floors("def f(a):\n    return a\n", "def f(a, b):\n    return a\n", "shop/_inner.py") == [None]


EXPORTS = {
    "TypeScript": ("a.ts", "export function f(a: number) {\n  return a;\n}\n", "f(a: number)", "f(a: string)"),
    "Go": ("a.go", "package a\n\nfunc Total(a int) int {\n\treturn a\n}\n", "Total(a int)", "Total(a, b int)"),
    "Rust": ("a.rs", "pub fn total(a: i32) -> i32 {\n    a\n}\n", "total(a: i32)", "total(a: i64)"),
    "Java": ("A.java", "class A {\n  public int total() {\n    return 1;\n  }\n}\n", "total()", "total(int a)"),
}


@pytest.mark.parametrize(("path", "text", "old", "new"), EXPORTS.values(), ids=EXPORTS)
def test_a_changed_export_has_a_floor_in_other_languages(path, text, old, new):
    ((level, why),) = floors(text, text.replace(old, new), path)

    assert level is Level.RISKY
    assert why.startswith("a change of the public ")
    assert floors(text, text + "\n// more\n", path) == [None]


CHECKS = {
    "a condition": ("def f(a):\n    if not a:\n        return 0\n    return 1 / a\n", "def f(a):\n    return 1 / a\n"),
    "an assertion": ("def f(a):\n    assert a\n    return a\n", "def f(a):\n    return a\n"),
    "a validation": ("def f(a):\n    validate(a)\n    return a\n", "def f(a):\n    return a\n"),
    "a handler": (
        "def f(a):\n    try:\n        g(a)\n    except OSError:\n        pass\n    g(a)\n",
        "def f(a):\n    g(a)\n    g(a)\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CHECKS.values(), ids=CHECKS)
def test_a_deleted_check_has_a_floor(before, after):
    assert floors(before, after) == [(Level.RISKY, "a deleted check")]


def test_a_rewritten_condition_is_no_deleted_check():
    assert floors("def f(a):\n    if a:\n        g()\n", "def f(a):\n    if a and b:\n        g()\n") == [None]


def test_a_deleted_test_has_a_floor():
    text = "def test_a():\n    assert f() == 1\n\n\ndef test_b():\n    assert f() == 2\n"

    assert floors(text, text.partition("\n\n\n")[0] + "\n", "tests/test_f.py") == [(Level.RISKY, "a deleted test")]
    assert floors(text, text + "\n\ndef test_c():\n    assert f()\n", "tests/test_f.py") == [None]
