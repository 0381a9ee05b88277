"""The very same task: known again when it moves, another one when its text changes or another stands beside it."""

import pytest

from suffice import edit_task
from suffice.fingerprint import fingerprint
from suffice.positions import Span
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind, Place, Task

TEXT = """\
import os


def first():
    try:
        return os.stat("a")
    except:
        return None


def second():
    try:
        return os.stat("b")
    except:
        return None
"""
FIRST, SECOND = 7, 14


def diagnosed(line, *, message="Do not use bare `except`"):
    return Diagnostic(rule="E722", message=message, path="a.py", span=Span(line, 5, line, 12))


def name(text, line, **more):
    return fingerprint(diagnosed(line, **more), Snapshot.of_texts({"a.py": text}))


MOVED = {
    "a blank line above the file": ("\n" + TEXT, 1),
    "a blank line above the place": (TEXT.replace("    except", "\n    except"), 1),
    "a function above": ("def zero():\n    return 0\n\n\n" + TEXT, 4),
    "a comment in the other function": (TEXT.replace('"b"', '"b"  # why'), 0),
}


@pytest.mark.parametrize(("text", "further"), MOVED.values(), ids=MOVED)
def test_a_place_that_moves_is_known_again(text, further):
    assert name(text, FIRST + further) == name(TEXT, FIRST)


def test_places_that_read_the_same_are_told_apart_by_the_lines_around_them():
    assert name(TEXT, FIRST) != name(TEXT, SECOND)


def test_a_line_that_changes_makes_another_task():
    assert name(TEXT.replace("except:", "except:  # all"), FIRST) != name(TEXT, FIRST)


def test_two_that_say_the_same_of_one_line_are_two_wherever_the_line_is_indented():
    def named(text, column):
        one = Diagnostic("F541", "f-string without placeholders", "a.py", Span(1, column, 1, column + 4))
        return fingerprint(one, Snapshot.of_texts({"a.py": text}))

    line = 'print(f"a", f"b")\n'

    assert named(line, 7) != named(line, 13)
    assert named(f"    {line}", 11) == named(line, 7)


def test_copies_beyond_telling_apart_share_a_name():
    text = "def f():\n    try:\n        g()\n    except:\n        pass\n" * 4

    assert name(text, 9) == name(text, 14)


def test_a_place_on_a_blank_line_is_known_by_its_neighbours():
    assert name(TEXT, 2) != name(TEXT, 9)
    assert name("\n" + TEXT, 10) == name(TEXT, 9)


def test_another_line_that_a_message_names_may_move():
    message = "Redefinition of unused `os` from line {}"

    assert name("\n" + TEXT, FIRST + 1, message=message.format(2)) == name(TEXT, FIRST, message=message.format(1))


def called(text, *, first=4, last=8, instruction="log what failed"):
    place = Place("a.py", first, last)
    task = Task(kind=Kind.EDIT, paths=("a.py",), instruction=instruction, places=(place,))
    return edit_task.work(task, Snapshot.of_texts({"a.py": text})).fingerprint


def test_an_edit_of_lines_is_known_again_where_they_stand_now():
    assert called("\n" + TEXT, first=5, last=9) == called(TEXT)
    assert called(TEXT.replace('"b"', '"c"')) == called(TEXT)


OTHER_EDITS = {
    "other lines": {"first": 11, "last": 15},
    "a changed text": {"text": TEXT.replace('"a"', '"c"')},
    "another instruction": {"instruction": "log it"},
}


@pytest.mark.parametrize("changes", OTHER_EDITS.values(), ids=OTHER_EDITS)
def test_an_edit_of_something_else_is_another_one(changes):
    assert called(**{"text": TEXT} | changes) != called(TEXT)


def test_an_edit_of_a_whole_file_is_another_one_when_the_file_changes():
    task = Task(kind=Kind.EDIT, paths=("a.py", "b.py"), instruction="log", places=(Place("a.py"), Place("b.py")))

    names = {edit_task.work(task, Snapshot.of_texts({"a.py": text})).fingerprint for text in (TEXT, TEXT + "\n")}

    assert len(names) == 2
