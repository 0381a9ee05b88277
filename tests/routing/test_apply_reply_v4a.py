"""V4A patches: tolerant of what stands around them, strict inside, and never guessing between places."""

import pytest

from suffice import Applied, Rejected, Snapshot, apply_reply

FILES = {
    "f.py": "import os\n\n\ndef a():\n    return 1\n\n\ndef b():\n    return 1\n",
    "d/h.txt": "x\ny\nz\n",
    "g.txt": "one\ntwo\nthree",
    "crlf.txt": "a\r\nb\r\n",
}
B_RETURNS_2 = {"f.py": FILES["f.py"].removesuffix("1\n") + "2\n"}
HUNK = "*** Update File: f.py\n@@ def b():\n-    return 1\n+    return 2\n"


def apply(reply):
    return apply_reply(reply, snapshot=Snapshot.of_texts(FILES))


@pytest.mark.parametrize(
    "reply",
    [
        f"*** Begin Patch\n{HUNK}*** End Patch\n",
        f"*** Begin Patch\n{HUNK}",
        HUNK,
        f"{HUNK}\n",
        f"```\n*** Begin Patch\n{HUNK}*** End Patch\n```\n",
        f"```diff\n{HUNK}```\nDone.\n",
        f"Sure! Here:\n\n*** Begin Patch\n{HUNK}*** End Patch\n\nThat should do.\n- one\n",
        f"apply_patch <<'EOF'\n*** Begin Patch\n{HUNK}*** End Patch\nEOF\n",
        f"  *** Begin Patch  \n{HUNK}*** End Patch  \n",
        f"*** Begin Patch\n{HUNK}*** End Patch\n".replace("\n", "\r\n"),
        HUNK.replace("@@ def b():", "@@ -8,2 +8,2 @@\n def b():"),
        HUNK.replace("@@ def b():", "--- a/f.py\n+++ b/f.py\n@@\n def b():"),
        HUNK.replace("@@ def b():", "@@\n\n\n def b():"),
        HUNK.replace("@@ def b():\n", " def b():\n"),
        HUNK.replace("f.py", "a/f.py"),
    ],
)
def test_one_patch_is_read_however_it_is_wrapped(reply):
    result = apply(reply)

    assert isinstance(result, Applied), result
    assert result.files == B_RETURNS_2


def test_all_operations_of_a_patch_are_made_together():
    result = apply(
        "*** Begin Patch\n*** Add File: new.txt\n+n\n+\n+m\n*** Delete File: g.txt\n*** Update File: d/h.txt\n"
        "*** Move to: d/k.txt\n@@\n-y\n+Y\n*** Update File: crlf.txt\n@@\n a\n-b\n+B\n*** End Patch\n"
    )

    assert result.files == {
        "new.txt": "n\n\nm\n",
        "g.txt": None,
        "d/h.txt": None,
        "d/k.txt": "x\nY\nz\n",
        "crlf.txt": "a\r\nB\r\n",
    }
    assert "rename from d/h.txt\nrename to d/k.txt\n" in result.patch


@pytest.mark.parametrize(
    ("hunks", "after", "note"),
    [
        (
            "@@ def b():\n-    return 1\n+    return 2\n",
            B_RETURNS_2["f.py"],
            "hunk 1 of f.py stands at several places; @@ def b(): chose line 9",
        ),
        (
            "@@ def a():\n-    return 1\n+    return 0\n@@\n-    return 1\n+    return 2\n",
            "import os\n\n\ndef a():\n    return 0\n\n\ndef b():\n    return 2\n",
            "hunk 2 of f.py stands at several places; the order of the hunks chose line 9",
        ),
        (
            "@@\n-    return 1\n+    return 2\n*** End of File\n",
            B_RETURNS_2["f.py"],
            "hunk 1 of f.py stands at several places; *** End of File chose line 9",
        ),
        (
            "@@ -9,1 +9,1 @@\n-    return 1\n+    return 2\n",
            B_RETURNS_2["f.py"],
            "hunk 1 of f.py stands at several places; its line number chose line 9",
        ),
    ],
)
def test_between_several_places_the_reply_decides_and_it_is_said_how(hunks, after, note):
    result = apply(f"*** Update File: f.py\n{hunks}")

    assert result.files == {"f.py": after}
    assert note in result.notes


def test_hunks_may_stand_in_any_order():
    result = apply(f"{HUNK}@@ def a():\n-    return 1\n+    return 0\n")

    assert result.files == {"f.py": "import os\n\n\ndef a():\n    return 0\n\n\ndef b():\n    return 2\n"}


def test_lines_are_added_under_the_line_that_the_hunk_stands_under():
    result = apply("*** Update File: f.py\n@@ def b():\n+    # note\n")

    assert result.files == {"f.py": FILES["f.py"].replace("def b():\n", "def b():\n    # note\n")}


def test_the_end_of_the_file_keeps_its_missing_newline():
    assert apply("*** Update File: g.txt\n@@\n two\n-three\n+THREE\n").files == {"g.txt": "one\ntwo\nTHREE"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            "*** Update File: f.py\n@@\n-    return 1\n+    return 2\n",
            "hunk 1 of f.py: its lines stand at several places (lines 5, 9); send more lines around the one you mean",
        ),
        (
            "*** Update File: f.py\n@@ def b():\n-import os\n+import re\n",
            "hunk 1 of f.py: its lines stand nowhere in the file; send them exactly as they are there",
        ),
        (
            "*** Update File: f.py\n@@\n+# tail\n",
            "hunk 1 of f.py says no place for its new lines; send a line or two that stand beside them",
        ),
        (
            "*** Add File: new.py\nx = 1\n*** Delete File: g.txt\n",
            "in the patch of new.py: the line 'x = 1' begins with none of ' ', '+' and '-'; put one before every line",
        ),
        ("*** Add File: g.txt\n+new\n", "g.txt is to be created but is there already; send the lines to change"),
        ("*** Delete File: nope.txt\n", "there is no file nope.txt; name one that is there, relative to the root"),
        (
            "*** Update File: f.py\n*** Move to: g.txt\n",
            (
                "f.py is to be moved onto g.txt, which is there already;"
                " choose another path, or delete or move that file before"
            ),
        ),
        (
            "*** Begin Patch\n*** Rename File: f.py\n*** End Patch\n",
            "'*** Rename File: f.py' is no operation; there are Add File, Update File, Delete File and Move to",
        ),
        (
            "*** Begin Patch\n*** Update File: f.py\n@@\ndef b():\n-    return 1\n*** End Patch\n",
            "in the patch of f.py: the line 'def b():' begins with none of ' ', '+' and '-'; put one before every line",
        ),
        (
            "*** Delete File: g.txt\n*** Add File: g.txt\n+x\n",
            "g.txt is created twice; send one edit of it",
        ),
        (
            "*** Update File: d/h.txt\n@@\n-y\n+Y\n*** Update File: f.py\n@@\n-nope\n+x\n",
            "hunk 1 of f.py: its lines stand nowhere in the file; send them exactly as they are there",
        ),
    ],
)
def test_what_is_wrong_with_a_patch_is_said(reply, reason):
    result = apply(reply)

    assert isinstance(result, Rejected), result
    assert result.reason == reason


def test_a_file_can_be_moved_to_the_place_of_one_that_is_deleted():
    result = apply("*** Delete File: g.txt\n*** Update File: f.py\n*** Move to: g.txt\n")

    assert result.files == {"f.py": None, "g.txt": FILES["f.py"]}
    assert apply_reply(result.patch, snapshot=Snapshot.of_texts(FILES)).files == result.files
