"""Unified diffs as models type them: found by their lines, never by their numbers."""

import pytest

from suffice import Applied, Rejected, Snapshot, apply_reply
from suffice.edits.patch_in import parse_patch

CODE = "def a():\n    return 1\n\n\ndef b():\n    x = 0\n\n    return 1\n\n\ndef c():\n    return 1\n"
AFTER = CODE.replace("x = 0", "x = 2")
DIFF = """\
--- a/f.py
+++ b/f.py
@@ -5,4 +5,4 @@
 def b():
-    x = 0
+    x = 2
\x20
     return 1
"""


def apply(reply, files=None):
    return apply_reply(reply, snapshot=Snapshot.of_texts({"f.py": CODE} if files is None else files))


@pytest.mark.parametrize(
    "reply",
    [
        DIFF,
        f"diff --git a/f.py b/f.py\nindex 123..456 100644\n{DIFF}",
        DIFF.replace("-5,4 +5,4", "-5,9 +5,2"),
        DIFF.replace("-5,4 +5,4", "-500,4 +500,4"),
        DIFF.replace("-5,4 +5,4", "..."),
        DIFF.replace("@@ -5,4 +5,4 @@", "@@"),
        DIFF.replace("\n \n", "\n\n"),
        DIFF.replace("\n", "\r\n"),
        DIFF.removesuffix("\n"),
        f"```diff\n{DIFF}```\n",
        f"Here it is:\n\n{DIFF}\nThis should do:\n- it returns 2\n",
        DIFF.replace("a/f.py", "f.py").replace("b/f.py", "f.py"),
        DIFF.replace("\n \n     return 1\n", "\n     return 1\n"),
    ],
)
def test_a_diff_is_found_by_its_lines_whatever_is_wrong_around_them(reply):
    result = apply(reply)

    assert isinstance(result, Applied), result
    assert result.files == {"f.py": AFTER}


@pytest.mark.parametrize(("number", "line"), [(2, 2), (8, 8), (12, 12), (11, 12)])
def test_a_line_number_decides_only_between_places_to_the_letter(number, line):
    reply = f"--- a/f.py\n+++ b/f.py\n@@ -{number},3 +{number},3 @@\n-    return 1\n+    return 2\n"

    result = apply(reply)

    lines = CODE.splitlines()
    lines[line - 1] = "    return 2"
    assert result.files == {"f.py": "\n".join([*lines, ""])}


def test_a_line_number_that_is_near_none_decides_nothing():
    reply = "--- a/f.py\n+++ b/f.py\n@@ -5,3 +5,3 @@\n-    return 1\n+    return 2\n"

    assert [candidate.start_line for candidate in apply(reply).candidates] == [2, 8, 12]


def test_what_git_writes_is_read_as_anybodys_patch():
    patch = (
        "diff --git a/f.py b/g.py\nsimilarity index 90%\nrename from f.py\nrename to g.py\n"
        + DIFF.replace("b/f", "b/g")
        + "diff --git a/gone.txt b/gone.txt\ndeleted file mode 100644\n"
        "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
        "diff --git a/new.txt b/new.txt\nnew file mode 100644\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1 @@\n+n\n"
        "\\ No newline at end of file\n"
    )
    snapshot = Snapshot.of_texts({"f.py": CODE, "gone.txt": "x\n"})

    result = apply_reply(patch, snapshot=snapshot)

    assert result.files == {"f.py": None, "g.py": AFTER, "gone.txt": None, "new.txt": "n"}
    assert result.changes == parse_patch(patch, snapshot=snapshot)


def test_files_come_and_go_with_wrong_counts_too():
    created = "--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,9 @@\n+n\n+m\n"
    deleted = "--- a/gone.txt\n+++ /dev/null\n@@ -1,7 +0,0 @@\n-x\n-y\n"

    assert apply(created + deleted, {"gone.txt": "x\ny\n"}).files == {"new.txt": "n\nm\n", "gone.txt": None}


def test_a_missing_final_newline_is_as_the_diff_has_it():
    reply = "--- a/g.txt\n+++ b/g.txt\n@@ ... @@\n one\n-two\n\\ No newline at end of file\n+TWO\n"

    assert apply(reply, {"g.txt": "one\ntwo"}).files == {"g.txt": "one\nTWO\n"}
    assert apply(f"{reply}\\ No newline at end of file\n", {"g.txt": "one\ntwo"}).files == {"g.txt": "one\nTWO"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            "--- a/f.py\n+++ b/f.py\n@@ -3,0 +4 @@\n+import os\n",
            "hunk 1 of f.py says no place for its new lines; send a line or two that stand beside them",
        ),
        ("@@ -1,2 +1,2 @@\n-x\n+y\n", "a hunk belongs to no file; send --- a/PATH and +++ b/PATH above the hunks"),
        (
            "diff --git a/f.py b/f.py\nold mode 100644\nnew mode 100755\n",
            "'old mode 100644' is more than a change of text lines, which is never applied; take it out",
        ),
        (
            "--- a/f.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-def a():\n",
            "f.py is to be deleted but holds other lines than the diff says; delete it by name",
        ),
        (
            DIFF.replace("     return 1\n", "return 1\n+    y = 1\n"),
            "the line 'return 1' begins with none of ' ', '+' and '-'; put one before every line",
        ),
    ],
)
def test_what_is_wrong_with_a_diff_is_said(reply, reason):
    result = apply(reply)

    assert isinstance(result, Rejected), result
    assert result.reason == reason
