"""What becomes of a model's edits: what applies is kept, what does not is asked again, and two tries come to one."""

import pytest

from suffice.checker.applies import look
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.edit_reply import edits_of_answer
from suffice.edits.combined import combined, with_changes
from suffice.edits.edit import FileChange
from suffice.edits.unified import unified_diff
from suffice.edits.write import write_changes
from suffice.privacy import redact
from suffice.proposal import CannotFix, Proposal, Unusable
from suffice.snapshot import Snapshot
from suffice.task import Kind

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
        ([change("a", "1", None)], [change("b", "2", "2", "a")], [change("a", "1", "2"), change("b", "2", None)]),
        ([change("a", "1", "1", "b")], [change("a", None, "3")], [change("a", "1", "3"), change("b", None, "1")]),
    ],
    ids=[
        *("twice", "there and back", "new", "came and went", "then deleted", "deleted, then anew", "moved twice"),
        *("moved back", "new, then moved", "two files", "moved onto what was deleted", "moved, then another"),
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


# --- what is not there for a model


@pytest.mark.parametrize(
    "call",
    [
        replace("shop/local.py", "x = 1", "x = 2"),
        {"name": "delete_file", "input": {"path": "shop/local.py"}},
        {"name": "rename_file", "input": {"path": "shop/local.py", "new_path": "shop/mine.py"}},
        {"name": "rename_file", "input": {"path": "shop/old.py", "new_path": "shop/local.py"}},
        create("shop/local.py", "x = 2\n"),
        {"type": "update_file", "path": "shop/local.py", "diff": "@@\n-x = 9\n+x = 2\n"},
    ],
    ids=["change", "delete", "move away", "move onto", "create", "near miss"],
)
def test_a_file_that_may_not_be_read_can_neither_be_changed_nor_shown(call):
    held = {**SHOP, "shop/local.py": "x = 1\nprivate = True\n"}

    made = edits_of_answer(
        {"calls": [call], "text": ""},
        snapshot=Snapshot.of_texts(held),
        draft=(),
        redacted=redact(""),
        may_be_read=lambda path: path != "shop/local.py",
    )

    if isinstance(made, Proposal):  # of texts alone nothing is left to be in the way
        assert all(change.before is None or change.path != "shop/local.py" for change in made.changes)
    else:
        assert "private" not in made.why
        assert made.kept == ()


def test_what_a_file_that_may_not_be_read_lies_on_cannot_be_created(project):
    project.write({"local.py": "private = True\n", "a.py": "x = 1\n"})
    calls = [create("local.py", "x = 2\n"), replace("a.py", "x = 1", "x = 2")]

    made = edits_of_answer(
        {"calls": calls, "text": ""},
        snapshot=Snapshot.of_folder(project.root),
        draft=(),
        redacted=redact(""),
        may_be_read=lambda path: path == "a.py",
    )

    assert "local.py is to be created but is there already" in made.why
    assert texts(made.kept) == {"a.py": "x = 2\n"}


KEY = "AKIA" + "Q7ZD2MXW9KTRV3LH"
PRIVATE = "-----BEGIN PRIVATE KEY-----\n" + "MIIabcdefghijk0123456789\n" * 3 + "-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    ("text", "old", "secret"),
    [
        (f'KEY = "{KEY}"\nX = 1\nY = 2\n', 'KEY = "SUFFICE_REDACTED_1_x"\nX = 1\nY = 2\n', KEY),
        (f"A = '''\n{PRIVATE}'''\nX = 1\nY = 2\n", f"{PRIVATE[28:]}'''\nX = 1\nY = 3\n", "MIIabcdefghijk"),
    ],
    ids=["a key", "the middle of a private key"],
)
def test_the_place_that_was_nearly_meant_is_told_without_its_secrets(text, old, secret):
    made = read({"calls": [replace("k.py", old, "")], "text": ""}, texts={"k.py": text}, shown="")

    assert "the nearest place is k.py" in made.why
    assert secret not in made.why


@pytest.mark.parametrize(
    "answer",
    [
        {"calls": [create("SUFFICE_REDACTED_1_.py", "x = 1\n")]},
        {"calls": [{"name": "rename_file", "input": {"path": "k.py", "new_path": "d/SUFFICE_REDACTED_1_"}}]},
        {"calls": [create("SUFFICE_REDACTED_1_.py", "x = 1\n"), replace("nowhere.py", "a", "b")]},
        {"text": "*** Begin Patch\n*** Add File: SUFFICE_REDACTED_1_.py\n+x = 1\n*** End Patch\n"},
    ],
    ids=["created", "moved", "kept", "as text"],
)
def test_no_file_gets_a_secret_as_its_name(answer):
    held = {"k.py": f'K = "{KEY}"\n'}

    made = read(answer, texts=held, shown=held["k.py"])

    assert isinstance(made, Unusable)
    assert KEY not in made.why
    assert made.kept == ()


# --- all and not all


def test_what_was_done_while_not_all_can_be_done_is_kept_and_not_proposed():
    said = "CANNOT: the second half needs a decision on rounding."

    made = read({"calls": [replace("shop/cart.py", "sum(prices)", "max(prices)")], "text": said})

    assert isinstance(made, CannotFix)
    assert made.why == "the second half needs a decision on rounding."
    assert set(texts(made.kept)) == {"shop/cart.py"}


def test_calls_that_only_parse_together_are_kept_together_beside_one_that_fails():
    calls = [
        replace("shop/cart.py", "    return sum(prices)", "    return round("),
        replace("shop/old.py", "y = 9", "y = 2"),
        {"command": "insert", "path": "shop/cart.py", "insert_line": 2, "insert_text": "        sum(prices))\n"},
    ]

    made = read({"calls": calls, "text": ""})

    assert "call 2" in made.why
    assert texts(made.kept) == {"shop/cart.py": "def total(prices):\n    return round(\n        sum(prices))\n"}


def test_a_call_that_leaves_no_python_is_left_out_of_what_is_kept():
    calls = [replace("shop/cart.py", "sum(prices)", "sum(prices"), replace("shop/old.py", "x = 1", "x = 2")]

    made = read({"calls": calls, "text": ""})

    assert "call 1" in made.why
    assert "parse" in made.why
    assert texts(made.kept) == {"shop/old.py": "x = 2\n"}


def test_of_a_call_that_fails_halfway_nothing_is_kept():
    patch = "*** Begin Patch\n*** Delete File: shop/old.py\n*** Delete File: shop/none.py\n*** End Patch\n"
    calls = [{"name": "apply_patch", "input": {"input": patch}}, replace("shop/cart.py", "sum(prices)", "max(prices)")]

    made = read({"calls": calls, "text": ""})

    assert "shop/none.py" in made.why
    assert set(texts(made.kept)) == {"shop/cart.py"}


def test_which_of_many_calls_leaves_no_python_is_not_looked_for_in_a_large_file():
    held = {"a.py": "".join(f"x{n} = '{'a' * 40_000}'\n" for n in range(25))}
    calls = [replace("a.py", f"x{n} = '", f"x{n} = ('") for n in range(10)]

    made = read({"calls": calls, "text": ""}, texts=held)

    assert made == Unusable(why="a.py would no longer parse; check the indentation and brackets of the new lines")


# --- one name after the other


def moved(path, new_path):
    return {"name": "rename_file", "input": {"path": path, "new_path": new_path}}


def deleted(path):
    return {"name": "delete_file", "input": {"path": path}}


AB = {"a.py": "a = 1\n", "b.py": "b = 1\n"}
BAD = replace("none.py", "x", "y")
ROUNDS = {
    "moved away, then another is made": (
        [[moved("a.py", "c.py"), BAD], [create("a.py", "new = 1\n")]],
        {"a.py": "new = 1\n", "b.py": "b = 1\n", "c.py": "a = 1\n"},
    ),
    "deleted, then another is moved there": (
        [[deleted("b.py"), BAD], [moved("a.py", "b.py")]],
        {"b.py": "a = 1\n"},
    ),
    "deleted and moved there at once": ([[deleted("b.py"), moved("a.py", "b.py")]], {"b.py": "a = 1\n"}),
    "swapped": (
        [[moved("a.py", "t.py"), moved("b.py", "a.py"), moved("t.py", "b.py")]],
        {"a.py": "b = 1\n", "b.py": "a = 1\n"},
    ),
}


@pytest.mark.parametrize(("rounds", "left"), ROUNDS.values(), ids=ROUNDS)
def test_a_place_that_was_left_can_be_taken(rounds, left, repository):
    repository.write(AB).commit()
    snapshot, draft = Snapshot.of_folder(repository.root), ()
    for calls in rounds:
        made = edits_of_answer({"calls": calls, "text": ""}, snapshot=snapshot, draft=draft, redacted=redact(""))
        draft = made.changes if isinstance(made, Proposal) else made.kept

    assert isinstance(made, Proposal), made
    assert look(Subject(kind=Kind.EDIT, changes=made.changes, snapshot=snapshot)).state is State.PASSED
    repository.git("apply", "--check", "-", stdin=unified_diff(made.changes).encode())
    write_changes(made.changes, snapshot=snapshot, root=repository.root)
    assert {path.name: path.read_text() for path in repository.root.glob("*.py")} == left


def test_a_swap_without_a_place_between_is_refused_with_a_way_out():
    made = read({"calls": [moved("a.py", "b.py"), moved("b.py", "a.py")], "text": ""}, texts=AB)

    assert "choose another path, or delete or move that file before" in made.why


@pytest.mark.parametrize("call", [create("out/new.py", "x = 1\n"), moved("a.py", "out/a.py")], ids=["made", "moved"])
def test_no_file_is_put_where_git_or_the_user_would_not_see_it(call):
    made = edits_of_answer(
        {"calls": [call], "text": ""},
        snapshot=Snapshot.of_texts(AB),
        draft=(),
        redacted=redact(""),
        left_out=lambda paths: [path for path in paths if path.startswith("out/")],
    )

    assert made == Unusable(why=f"{target_of(call)} would be a file that is ignored here; choose another")


def target_of(call):
    """Return where the file of *call* would be put."""
    return call["input"].get("new_path") or call["input"]["path"]
