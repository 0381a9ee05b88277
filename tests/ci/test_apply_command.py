"""`suffice apply` on real folders."""

import json

import pytest

from suffice_ci.main import run

CODE = "def port(settings):\n    return settings['port']\n"
REPLY = """\
pkg/a.py
```python
<<<<<<< SEARCH
    return settings['port']
=======
    return settings.get('port')
>>>>>>> REPLACE
```
"""
DIFF = """\
diff --git a/pkg/a.py b/pkg/a.py
--- a/pkg/a.py
+++ b/pkg/a.py
@@ -1,2 +1,2 @@
 def port(settings):
-    return settings['port']
+    return settings.get('port')
"""
MISSED = """\
rejected: block 1 of pkg/a.py: its lines stand nowhere in the file; send them exactly as they are there
did you mean pkg/a.py:2-2 (87% similar)
      return settings['port']
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    root = tmp_path / "project"
    (root / "pkg").mkdir(parents=True)
    (root / "pkg" / "a.py").write_text(CODE)
    monkeypatch.chdir(root)
    return root


def apply(folder, reply, *options):
    file = folder.parent / "reply.txt"
    file.write_text(reply)
    return run(["apply", str(file), *options])


def test_the_diff_is_printed_and_nothing_is_written(folder, capsys):
    code = apply(folder, REPLY)

    assert (code, capsys.readouterr()) == (0, (DIFF, ""))
    assert (folder / "pkg/a.py").read_text() == CODE


def test_with_write_the_files_are_written(folder, capsys):
    code = apply(folder, REPLY, "--write")

    assert (code, capsys.readouterr()) == (0, (DIFF, "Wrote pkg/a.py.\n"))
    assert (folder / "pkg/a.py").read_text() == CODE.replace("['port']", ".get('port')")


def test_files_are_created_moved_and_deleted_together(folder, capsys):
    (folder / "old.txt").write_text("one\ntwo\n")
    (folder / "gone.txt").write_text("gone\n")
    reply = (
        "*** Begin Patch\n*** Update File: old.txt\n*** Move to: new/name.txt\n@@\n one\n-two\n+TWO\n"
        "*** Delete File: gone.txt\n*** Add File: made.txt\n+made\n*** End Patch\n"
    )

    assert apply(folder, reply, "--write") == 0
    there = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert there == {"pkg/a.py": CODE, "new/name.txt": "one\nTWO\n", "made.txt": "made\n"}


def test_a_rejected_reply_writes_nothing_and_shows_what_was_perhaps_meant(folder, capsys):
    reply = REPLY.replace("SEARCH\n    return settings['port']", "SEARCH\n    return settings['ports'] or 80")

    code = apply(folder, reply, "--write")

    assert (code, capsys.readouterr()) == (1, ("", MISSED))
    assert (folder / "pkg/a.py").read_text() == CODE


def test_a_reply_that_fails_in_its_second_file_leaves_the_first_alone(folder, capsys):
    code = apply(folder, f"{REPLY}\nb.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n", "--write")

    assert code == 1
    assert (folder / "pkg/a.py").read_text() == CODE


def test_control_characters_of_a_hostile_file_do_not_reach_the_terminal(folder, capsys):
    (folder / "pkg/a.py").write_text("x = '\x1b[31m\x07red'\ny = 1\n")
    reply = REPLY.replace("    return settings['port']", "x = '\x1b[31m\x07rod'\ny = 1\nz = 2")

    assert apply(folder, reply) == 1
    assert "\x1b" not in capsys.readouterr().err


def test_json_is_one_document(folder, capsys):
    applied = apply(folder, REPLY.replace("    return settings['port']\n", "return settings['port']\n"), "--json")
    document = json.loads(capsys.readouterr().out)
    rejected = apply(folder, "I would rather not.", "--json")

    assert (applied, document) == (
        0,
        {
            "state": "applied",
            "step": "indent",
            "notes": [],
            "written": [],
            "files": [{"path": "pkg/a.py", "deleted": False}],
            "patch": DIFF,
        },
    )
    assert rejected == 1
    assert json.loads(capsys.readouterr().out)["state"] == "rejected"


@pytest.mark.parametrize("options", [["nothing.txt"], ["reply.txt", "--root", "nowhere"]])
def test_what_cannot_be_read_is_one_sentence(folder, capsys, options):
    assert run(["apply", *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1
