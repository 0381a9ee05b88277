"""What becomes of a model's edits: what applies is kept, what does not is asked again, and two tries come to one."""

import pytest

from suffice.edit_reply import edits_of_answer
from suffice.edits.combined import combined, with_changes
from suffice.edits.edit import FileChange
from suffice.privacy import redact
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.snapshot import Snapshot

SHOP = {"shop/cart.py": "def total(prices):\n    return sum(prices)\n", "shop/old.py": "x = 1\n"}


def replace(path, old, new):
    return {
        "type": "tool_use",
        "name": "e",
        "input": {"command": "str_replace", "path": path, "old_str": old, "new_str": new},
    }


def create(path, text):
    return {"type": "tool_use", "name": "e", "input": {"command": "create", "path": path, "file_text": text}}


def read(answer, *, texts=None, draft=(), shown=""):
    snapshot = Snapshot.of_texts(texts or SHOP)
    return edits_of_answer(answer, snapshot=snapshot, draft=draft, redacted=redact(shown))


def texts(changes):
    return {change.target: change.after for change in changes}


def test_all_calls_of_a_reply_become_one_patch_over_several_files():
    calls = [replace("shop/cart.py", "sum(prices)", "round(sum(prices), 2)"), create("shop/tax.py", "RATE = 0.2\n")]

    made = read({"calls": calls, "text": ""})

    assert texts(made.changes) == {
        "shop/cart.py": "def total(prices):\n    return round(sum(prices), 2)\n",
        "shop/tax.py": "RATE = 0.2\n",
    }


def test_where_one_call_fails_the_others_are_kept_and_only_it_is_spoken_of():
    calls = [
        replace("shop/cart.py", "sum(prices)", "max(prices)"),
        replace("shop/cart.py", "nowhere()", "x"),
        create("shop/tax.py", "RATE = 0.2\n"),
    ]

    made = read({"calls": calls, "text": ""})

    assert isinstance(made, Unusable)
    assert "call 2" in made.why
    assert "call 1" not in made.why
    assert set(texts(made.kept)) == {"shop/cart.py", "shop/tax.py"}


def test_the_second_try_edits_what_the_first_left_and_both_come_to_one_patch():
    first = read({"calls": [replace("shop/cart.py", "sum(prices)", "max(prices)"), replace("a", "b", "c")], "text": ""})

    second = read({"calls": [replace("shop/cart.py", "max(prices)", "min(prices)")], "text": ""}, draft=first.kept)

    (change,) = second.changes
    assert change.before == SHOP["shop/cart.py"]
    assert change.after == "def total(prices):\n    return min(prices)\n"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"calls": [], "text": "CANNOT: the price list is not here."}, CannotFix),
        ({"calls": [], "text": ""}, Unusable),
        ({"calls": [], "text": "I would change the total."}, Unusable),
        ({"calls": "all", "text": 3}, Unusable),
        ({}, Unusable),
        ({"calls": [None, 3, []], "text": ""}, Unusable),
        ({"calls": [{"input": {"command": "view", "path": "shop/cart.py"}}], "text": ""}, Unusable),
    ],
)
def test_what_holds_no_edit_says_why(answer, kind):
    assert isinstance(read(answer), kind)


def test_a_reply_as_text_is_read_in_any_form_of_the_applier():
    text = "shop/cart.py\n```\n<<<<<<< SEARCH\n    return sum(prices)\n=======\n    return 0\n>>>>>>> REPLACE\n```\n"

    made = read({"calls": [], "text": text})

    assert isinstance(made, Proposal)
    assert texts(made.changes) == {"shop/cart.py": "def total(prices):\n    return 0\n"}


def test_a_secret_that_the_model_never_saw_is_in_the_file_again():
    secret = "sk-" + "a1b2c3d4" * 4
    held = {"shop/keys.py": f'KEY = "{secret}"\nX = 1\n'}
    shown = redact(held["shop/keys.py"]).text
    placeholder = shown.split('"')[1]

    made = read(
        {
            "calls": [replace("shop/keys.py", f'KEY = "{placeholder}"\nX = 1', f'KEY = "{placeholder}"\nX = 2')],
            "text": "",
        },
        texts=held,
        shown=held["shop/keys.py"],
    )

    assert texts(made.changes) == {"shop/keys.py": f'KEY = "{secret}"\nX = 2\n'}


def change(path, before, after, new_path=None):
    return FileChange(path=path, before=before, after=after, new_path=new_path)


@pytest.mark.parametrize(
    ("first", "second", "net"),
    [
        ([change("a", "1", "2")], [change("a", "2", "3")], [change("a", "1", "3")]),
        ([change("a", "1", "2")], [change("a", "2", "1")], []),
        ([change("a", None, "2")], [change("a", "2", "3")], [change("a", None, "3")]),
        ([change("a", None, "2")], [change("a", "2", None)], []),
        ([change("a", "1", "2")], [change("a", "2", None)], [change("a", "1", None)]),
        ([change("a", "1", None)], [change("a", None, "3")], [change("a", "1", "3")]),
        ([change("a", "1", "2", "b")], [change("b", "2", "3", "c")], [change("a", "1", "3", "c")]),
        ([change("a", "1", "1", "b")], [change("b", "1", "1", "a")], []),
        ([change("a", None, "2")], [change("a", "2", "2", "b")], [change("b", None, "2")]),
        ([change("a", "1", "2")], [change("b", "1", "2")], [change("a", "1", "2"), change("b", "1", "2")]),
    ],
    ids=[
        *("twice", "there and back", "new", "came and went", "then deleted", "deleted, then anew", "moved twice"),
        *("moved back", "new, then moved", "two files"),
    ],
)
def test_two_rounds_of_changes_come_to_one(first, second, net):
    assert list(combined(first, second)) == net


def test_what_changes_left_can_be_read_as_a_snapshot():
    seen = with_changes(
        Snapshot.of_texts(SHOP), [change("shop/old.py", "x = 1\n", None), change("shop/new.py", None, "y = 2\n")]
    )

    assert not seen.has("shop/old.py")
    assert seen.text("shop/new.py") == "y = 2\n"
    assert seen.text("shop/cart.py") == SHOP["shop/cart.py"]
