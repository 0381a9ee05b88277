"""A lint fix that replaces a mutable default: right where the body knows of it, blocked where it does not."""

import pytest

from suffice.checker.check import check
from suffice.checker.defaults import NAME
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.snapshot import Snapshot

BEFORE = "def add(item, items=[]):\n    items.append(item)\n    return items\n"
GUARD = "    if items is None:\n        items = []\n"


def verdict_on(before, after, *, rule="B006"):
    patch = unified_diff([FileChange(path="mod.py", before=before, after=after)])
    return check(patch, snapshot=Snapshot.of_texts({"mod.py": before}), rule=rule)


def blocked_by(before, after, *, rule="B006"):
    return [check.name for check in verdict_on(before, after, rule=rule).failed]


def of_body(*lines, header="def add(item, items={}):"):
    """Return the function with an empty list as default, and with None and *lines* at the start of its body."""
    body = "".join(f"    {line}\n" for line in lines)
    return header.replace("{}", "[]") + "\n" + body, header.replace("{}", "None") + "\n" + body


NONE = BEFORE.replace("[]", "None")
FIXED = BEFORE.replace("[]", "()")
WRONG = {
    "None without a test": NONE,
    "a tuple that is appended to": FIXED,
    "None, and overwritten whatever was passed": NONE.replace("):\n", "):\n    items = []\n"),
    "a test after the use": NONE.replace("    return", f"{GUARD}    return"),
    "a test of another name": NONE.replace("):\n", "):\n    if item is None:\n        item = 1\n"),
    "a test in the other branch alone": NONE.replace(
        "    items.append(item)\n",
        "    if item:\n        items.append(item)\n    elif items is None:\n        items = []\n",
    ),
    "a frozenset under another name": FIXED.replace("()", "frozenset()").replace(
        "    items.a", "    own = items\n    own.a"
    ),
}


@pytest.mark.parametrize("after", WRONG.values(), ids=WRONG)
def test_a_body_that_still_counts_on_the_mutable_default_is_blocked(after):
    assert NAME in blocked_by(BEFORE, after)


@pytest.mark.parametrize(
    "body",
    [
        ["return len(items)"],
        ["for one in items:", "    print(one)"],
        ["return [one for one in items]"],
        ["return items[0]"],
        ["return print(*items)"],
        ["return item in items"],
        ["return items + [item]"],
        ["items += [item]"],
        ["yield items[0]"],
        ["self.items = items"],
        ["return items"],
        ["return add(items)"],
        ["return lambda: items.pop()"],
        ["def inner():", "    items.append(item)", "return inner"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("header", ["def add(self, item, items={}):", "async def add(self, item, *, items={}):"])
def test_whatever_uses_none_without_a_test_is_blocked(header, body):
    assert NAME in blocked_by(*of_body(*body, header=header))


RIGHT = [
    ["if items is None:", "    items = []", "items.append(item)"],
    ['"""Add."""', "if items is None:", "    items = []", "items.append(item)"],
    ["items = [] if items is None else items", "items.append(item)"],
    ["items = items or []", "items.append(item)"],
    ["items = list(items or ())", "items.append(item)"],
    ["items = as_list(items)", "items.append(item)"],
    ["item, items = as_lists(item, items)", "items.append(item)"],
    ["items = list(items) if items else []", "items.append(item)"],
    ["if not items:", "    return", "items.append(item)"],
    ["if items:", "    items.append(item)"],
    ["if items is not None and item in items:", "    return items[0]"],
    ["if None is items or item:", "    items = []", "items.append(item)"],
    ["own = items", "if own is None:", "    own = []", "own.append(item)"],
    ["if (own := items) is None:", "    own = []", "own.append(item)"],
    ["self.items = items", "if self.items is None:", "    self.items = []", "self.items.append(item)"],
    ["print(items)", "if items is None:", "    items = []", "items.append(item)"],
    ["def inner():", "    return items[0]", "items = items or []", "return inner"],
    ["def inner(items):", "    return items[0]", "return inner(item)"],
    ["return sorted(item, key=lambda one: one in (items or ()))"],
    ["return (lambda items: items[0])(item)"],
    ["return [one for one in items or ()]"],
    ["while items:", "    items.pop()"],
    ["assert items is not None", "items.append(item)"],
    ["if isinstance(items, list):", "    items.append(item)"],
    ["match items:", "    case None:", "        return", "items.append(item)"],
    ["try:", "    items = items or []", "finally:", "    items.append(item)"],
    ["return f(*(items or []), **(item or {}))"],
    ['"""Nothing yet."""'],
    ["..."],
    ["raise NotImplementedError"],
    ["items = item", "items.append(1)"],
    ["if item:", "    items = item", "else:", "    items = [1]", "return items[0]"],
    ["if item:", "    items = item", "    return items[0]", "return item"],
]


@pytest.mark.parametrize("body", RIGHT, ids=" ".join)
@pytest.mark.parametrize("header", ["def add(self, item, items={}):", "async def add(self, item, *, items={}):"])
def test_a_body_that_knows_that_it_may_get_none_passes(header, body):
    assert NAME not in blocked_by(*of_body(*body, header=header))


@pytest.mark.parametrize(
    "body",
    [
        ["for one in items:", "    print(one)"],
        ["items = list(items)", "items.append(item)"],
        ["items = [*items, item]", "items.append(item)"],
        ["items += (item,)", "return items"],
        ["own = list(items)", "own.append(item)"],
        ["if items:", "    items.append(item)"],
        ["return item in items"],
    ],
    ids=" ".join,
)
def test_a_constant_default_that_is_only_read_or_copied_passes(body):
    before, after = of_body(*body)

    assert blocked_by(before, after.replace("None", "()")) == []


@pytest.mark.parametrize(
    "line",
    ["items[0] = item", "del items[0]", "items[0] += 1", "items += [item]", "items.add(item)", "items.update(item)"],
)
def test_a_constant_default_that_is_changed_is_blocked(line):
    before, after = of_body(line)

    assert NAME in blocked_by(before, after.replace("None", "()"))


LEFT_ALONE = {
    "a method of a nested class": (
        "class A:\n    class B:\n        def f(self, a=[]):\n            return a\n",
        "class A:\n    class B:\n        def f(self, a=None):\n            return [] if a is None else a\n",
    ),
    "a field of a dataclass": (
        "@dataclass\nclass A:\n    a: list = []\n",
        "@dataclass\nclass A:\n    a: list = None\n",
    ),
    "overloads": tuple(
        "from typing import overload\n\n\n"
        + "".join(f"@overload\ndef f(a: {kind}, b={default}) -> {kind}: ...\n" for kind in ("int", "str"))
        + f"def f(a, b={default}):\n    return b or a\n"
        for default in ("[]", "None")
    ),
}


@pytest.mark.parametrize(("before", "after"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_definitions_of_any_form_are_told_apart(before, after):
    assert NAME not in blocked_by(before, after)


def test_an_edit_may_change_a_default_as_it_likes():
    patch = unified_diff([FileChange(path="mod.py", before=BEFORE, after=NONE)])

    verdict = check(patch, snapshot=Snapshot.of_texts({"mod.py": BEFORE}))

    assert next(check.state for check in verdict.checks if check.name == NAME) is State.SKIPPED


def test_a_call_as_default_counts_like_a_list():
    before = "def f(now=make()):\n    return now.year\n"

    assert NAME in blocked_by(before, before.replace("make()", "None"), rule="B008")


def test_the_evidence_says_which_parameter_to_test():
    evidence = [check.evidence for check in verdict_on(BEFORE, NONE).failed]

    assert evidence == ["add uses items, which may be None now, and does not test it first"]
