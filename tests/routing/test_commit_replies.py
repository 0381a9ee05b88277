"""Real commits as replies in each form, and files that are deleted and renamed by any of them."""

import json
import sys
from pathlib import Path

import pytest

from suffice import Applied, Rejected, Snapshot, apply_reply
from suffice.edits.apply import apply_calls
from suffice.edits.write import write_changes

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from careful_replies import FORMS, Changed, replacements, unsaid
from commits import contents, fault_of

COMMITS = json.loads(Path(__file__).with_name("commits.json").read_text("utf-8"))
FILES = {"f.py": "def a():\n    return 1\n", "d/g.txt": "one\ntwo\n"}


def fault(form, *files):
    before = {file.path: file.before.encode() for file in files if file.before is not None}
    return fault_of(FORMS[form](files), files, before)


def apply(*calls, files=None):
    return apply_calls(calls, snapshot=Snapshot.of_texts(FILES if files is None else files))


def replace(path, old, new):
    return {
        "name": "str_replace_based_edit_tool",
        "input": {"command": "str_replace", "path": path, "old_str": old, "new_str": new},
    }


def create(path, text):
    return {"name": "str_replace_based_edit_tool", "input": {"command": "create", "path": path, "file_text": text}}


def delete(path, **more):
    return {"type": "tool_use", "id": "t", "name": "delete_file", "input": {"path": path, **more}}


def rename(path, new_path):
    return {"type": "tool_use", "id": "t", "name": "rename_file", "input": {"path": path, "new_path": new_path}}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "commit", COMMITS, ids=[commit["source"].partition("github.com/")[2][:40] for commit in COMMITS]
)
def test_a_real_commit_is_applied_byte_for_byte(commit, form):
    assert fault(form, *(Changed(**file) for file in commit["files"])) is None


def test_the_texts_that_are_replaced_stand_once_and_lead_to_the_commit():
    for file in (Changed(**file) for commit in COMMITS for file in commit["files"]):
        text = file.before or ""
        for old, new in replacements(text, file.after) if text and file.after else ():
            assert text.count(old) == 1
            text = text.replace(old, new)
        assert not file.before or not file.after or text == file.after


@pytest.mark.parametrize("form", FORMS)
def test_another_text_than_the_commits_is_told(form):
    said, made = (Changed("f.txt", "a\nb\n", after) for after in ("a\nc\n", "a\nd\n"))

    assert fault_of(FORMS[form]([said]), [made], {"f.txt": b"a\nb\n"}) == "different: f.txt"


@pytest.mark.parametrize("form", FORMS)
def test_a_real_commit_whose_files_move_is_applied_byte_for_byte(form):
    files = [Changed(**file) for commit in COMMITS for file in commit["files"]]
    moved = [file._replace(new_path=f"moved/{file.path}") for file in files if file.before and file.after]

    assert len(moved) >= 5
    assert fault(form, *moved) is None
    assert fault(form, *(file._replace(after=file.before) for file in moved)) is None


ENDS = {
    "CRLF": ("a\r\nb\r\nc\r\n", "a\r\nB\r\nnew\r\nc\r\n"),
    "byte order mark": ("\ufeffa\nb\n", "\ufeffa\nB\n"),
    "no final newline": ("a\nb", "a\nB"),
    "final newline gone": ("a\nb\n", "a\nb"),
    "final newline put": ("a\nb", "A\nb\n"),
    "blank line at the end": ("a\nb", "a\nb\n\n"),
    "blank line at the end gone": ("a\nb\n\n", "a\nb\n"),
    "created without final newline": (None, "a\nb"),
    "created with byte order mark": (None, "\ufeffa\n"),
    "created with CRLF": (None, "a\r\nb\r\n"),
    "created empty": (None, ""),
    "emptied": ("a\n", ""),
    "filled": ("", "a\n"),
    "deleted": ("a\nb", None),
}


@pytest.mark.parametrize(
    ("name", "form"),
    [(name, form) for name, texts in ENDS.items() for form in FORMS if not unsaid(form, Changed("f.txt", *texts))],
)
def test_the_ends_of_lines_and_files_are_kept_or_made_as_said(name, form):
    assert fault(form, Changed("f.txt", *ENDS[name])) is None


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("return f(1)", "x = (\n        2\n    )", "def a():\n    x = (\n        2\n    )\n"),
        ("return f(1)", "if x:\n    return 2", "def a():\n    if x:\n        return 2\n"),
        ("return f(1)", "x = (\n  2\n)", "def a():\n    x = (\n      2\n    )\n"),
        ("return f(1)\n", "", "def a():\n    pass\n"),
        ("(1)\n", "(2)", "def a():\n    return f(2)"),
    ],
    ids=["as the file", "would not parse", "less deep", "gone", "end of the file"],
)
def test_a_text_without_its_indentation_is_replaced_to_the_letter_where_that_fits(old, new, after):
    before = "def a():\n    pass\n    return f(1)\n" if not new else "def a():\n    return f(1)\n"

    result = apply(replace("f.py", old, new), files={"f.py": before})

    assert isinstance(result, Applied), result
    assert result.files == {"f.py": after}


def test_calls_may_leave_a_file_broken_in_between():
    result = apply(replace("f.py", "return 1", "return (\n        1"), replace("f.py", "        1", "        1\n    )"))

    assert isinstance(result, Applied), result
    assert result.files == {"f.py": "def a():\n    return (\n        1\n    )\n"}


def test_calls_that_leave_a_file_broken_at_last_are_rejected():
    result = apply(replace("f.py", "return 1", "return (1"), replace("f.py", "def a", "def b"))

    assert isinstance(result, Rejected)
    assert (
        result.reason == "f.py would no longer parse after call 1; check the indentation and brackets of the new lines"
    )


def test_a_file_that_calls_create_and_break_is_rejected():
    result = apply(create("n.py", "x = 1\n"), replace("n.py", "x = 1", "x = ("))

    assert isinstance(result, Rejected)


@pytest.mark.parametrize(
    ("calls", "files"),
    [
        ([delete("f.py")], {"f.py": None}),
        ([replace("f.py", "1", "2"), delete("f.py")], {"f.py": None}),
        ([rename("f.py", "n/h.py")], {"f.py": None, "n/h.py": FILES["f.py"]}),
        ([rename("f.py", "h.py"), replace("h.py", "1", "2")], {"f.py": None, "h.py": "def a():\n    return 2\n"}),
        ([replace("f.py", "1", "2"), rename("f.py", "h.py")], {"f.py": None, "h.py": "def a():\n    return 2\n"}),
        ([rename("f.py", "h.py"), rename("h.py", "i.py")], {"f.py": None, "i.py": FILES["f.py"]}),
        ([rename("f.py", "h.py"), delete("h.py")], {"f.py": None}),
        ([rename("f.py", "h.py"), create("f.py", "x = 1\n")], {"f.py": "x = 1\n", "h.py": FILES["f.py"]}),
        ([create("n.py", "x = 1\n"), rename("n.py", "m.py")], {"m.py": "x = 1\n"}),
        ([delete("f.py"), create("f.py", "x = 1\n")], {"f.py": "x = 1\n"}),
        ([rename("f.py", "a/f.py"), create("a/g.txt", "")], {"f.py": None, "a/f.py": FILES["f.py"], "a/g.txt": ""}),
    ],
    ids=[
        "delete",
        "delete what was edited",
        "rename",
        "rename, then edit",
        "edit, then rename",
        "rename twice",
        "delete what was renamed",
        "another file in its place",
        "rename what was created",
        "delete, then create",
        "into a folder a",
    ],
)
def test_files_are_deleted_and_renamed_by_calls(calls, files, tmp_path):
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    snapshot = Snapshot.of_folder(tmp_path)

    result = apply_calls(calls, snapshot=snapshot)

    assert isinstance(result, Applied), result
    assert result.files == files
    write_changes(result.changes, snapshot=snapshot, root=tmp_path)
    expected = {path: text for path, text in {**FILES, **files}.items() if text is not None}
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path).as_posix(): path.read_text("utf-8") for path in written} == expected


def test_a_renamed_file_keeps_its_byte_order_mark():
    result = apply(rename("f.txt", "g.txt"), create("f.txt", "b\n"), files={"f.txt": "\ufeffa\n"})

    assert contents(result) == {"f.txt": "\ufeffb\n".encode(), "g.txt": "\ufeffa\n".encode()}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (delete("nope.py"), "there is no file nope.py; name one that is there, relative to the root"),
        (delete("../f.py"), "the path '../f.py' leads outside the root; name the file relative to it"),
        (delete(".git/config"), ".git/config is never patched: "),
        (delete("f.py", new_path="g.py"), "call 1: a deletion takes no new_path; call rename_file to move the file"),
        (delete(None), "call 1: it names no path; send the path of the file, relative to the root"),
        (delete("d"), "d "),
        (rename("f.py", "d/g.txt"), "f.py is to be moved onto d/g.txt, which is there already; choose another path"),
        (rename("f.py", "d"), "f.py is to be moved onto d, which is there already; choose another path"),
        (rename("f.py", "../g.py"), "the path '../g.py' leads outside the root; name the file relative to it"),
        (rename("f.py", "/etc/passwd"), "the path '/etc/passwd' leads outside the root; name the file relative to it"),
        (rename("f.py", ".git/hooks/pre-commit"), ".git/hooks/pre-commit is never patched: "),
        (rename("f.py", "g\n.py"), "the path 'g\\n.py' holds characters that no name should; write it plainly"),
        (rename("f.py", "d/g.txt/h.py"), "d/g.txt/h.py cannot be created, d/g.txt is a file; choose another path"),
        (rename("f.py", "f.py/g.py"), "f.py/g.py cannot be created, f.py is a file; choose another path"),
        (rename("f.py", ""), "call 1: it names no new_path; send where the file goes, relative to the root"),
        (rename("f.py", ["g.py"]), "call 1: it names no new_path; send where the file goes, relative to the root"),
        (rename("f.py", "f.py"), "the reply changes nothing; send the lines as they are to be"),
        (rename("nope.py", "g.py"), "there is no file nope.py; name one that is there, relative to the root"),
    ],
)
def test_a_file_that_cannot_be_deleted_or_renamed_is_said(call, reason, tmp_path):
    (tmp_path / "d").mkdir()
    for path, text in FILES.items():
        (tmp_path / path).write_text(text, "utf-8")

    result = apply_calls([call], snapshot=Snapshot.of_folder(tmp_path))

    assert isinstance(result, Rejected), result
    assert result.reason.startswith(reason)


def test_a_file_that_was_renamed_is_no_longer_at_its_old_path():
    result = apply(rename("f.py", "h.py"), replace("f.py", "1", "2"))

    assert result.reason == "f.py is gone by then; change it before it is deleted or moved"


def test_deletions_and_renames_may_come_as_a_providers_answer():
    content = [{"type": "text", "text": "So:"}, delete("d/g.txt"), rename("f.py", "h.py")]
    arguments = [{"name": call["name"], "arguments": json.dumps(call["input"])} for call in content[1:]]
    output = [{"type": "function_call", **each} for each in arguments]
    snapshot = Snapshot.of_texts(FILES)

    by_answer = [
        apply_reply(json.dumps(each), snapshot=snapshot) for each in ({"content": content}, {"output": output})
    ]

    assert [made.files for made in by_answer] == [{"d/g.txt": None, "f.py": None, "h.py": FILES["f.py"]}] * 2


def test_a_patch_call_may_move_its_file():
    diff = "*** Move to: h.py\n@@ def a():\n-    return 1\n+    return 2\n"

    result = apply({"type": "update_file", "path": "f.py", "diff": diff})

    assert result.files == {"f.py": None, "h.py": "def a():\n    return 2\n"}


BLOCK = "{}\n<<<<<<< SEARCH\n    return 1\n=======\n    return 2\n>>>>>>> REPLACE\n"


@pytest.mark.parametrize(
    ("reply", "files"),
    [
        ("DELETE FILE: f.py\n", {"f.py": None}),
        (
            "Done.\n\nDELETE FILE: `d/g.txt`\n\n" + BLOCK.format("f.py"),
            {"d/g.txt": None, "f.py": "def a():\n    return 2\n"},
        ),
        ("RENAME FILE: f.py -> h.py\n" + BLOCK.format("h.py"), {"f.py": None, "h.py": "def a():\n    return 2\n"}),
        (BLOCK.format("f.py") + "\nRENAME FILE: f.py -> h\n", {"f.py": None, "h": "def a():\n    return 2\n"}),
        ("RENAME FILE: `f.py` -> `n/h.py`", {"f.py": None, "n/h.py": FILES["f.py"]}),
    ],
)
def test_lines_beside_blocks_delete_and_rename_files(reply, files):
    result = apply_reply(reply, snapshot=Snapshot.of_texts(FILES))

    assert isinstance(result, Applied), result
    assert result.files == files


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("DELETE FILE:\n", "'DELETE FILE:' cannot be read; send DELETE FILE: path, or RENAME FILE: path -> new path"),
        ("RENAME FILE: f.py\n", "'RENAME FILE: f.py' cannot be read; send"),
        ("RENAME FILE: f.py -> a -> b\n", "'RENAME FILE: f.py -> a -> b' cannot be read; send"),
        ("RENAME FILE: f.py -> d/g.txt\n", "f.py is to be moved onto d/g.txt, which is there already; choose"),
        ("RENAME FILE: f.py -> ../g\n", "the path '../g' leads outside the root"),
        ("DELETE FILE: f.py\n" + BLOCK.format("f.py"), "f.py is named twice; send one edit of it"),
        ("DELETE FILE: f.py\n*** Begin Patch\n*** Delete File: f.py\n", "the reply mixes search-replace and v4a"),
    ],
)
def test_a_line_beside_blocks_that_cannot_be_done_is_said(reply, reason):
    result = apply_reply(reply, snapshot=Snapshot.of_texts(FILES))

    assert isinstance(result, Rejected), result
    assert result.reason.startswith(reason)


def test_a_line_in_a_block_that_looks_like_a_deletion_is_text():
    reply = "n.md\n<<<<<<< SEARCH\n=======\nDELETE FILE: f.py\n>>>>>>> REPLACE\n"

    result = apply_reply(reply, snapshot=Snapshot.of_texts(FILES))

    assert result.files == {"n.md": "DELETE FILE: f.py\n"}


def test_a_bare_comment_of_dots_is_code_where_only_lines_are_added():
    reply = "f.py\n<<<<<<< SEARCH\n{}=======\n{}>>>>>>> REPLACE\n"
    body = '    """A."""\n    # ...\n    return 1\n'

    added = apply_reply(reply.format("    return 1\n", body), snapshot=Snapshot.of_texts(FILES))
    lazy = apply_reply(
        reply.format("def a():\n    return 1\n", "def a():\n    # ...\n"), snapshot=Snapshot.of_texts(FILES)
    )

    assert added.files == {"f.py": f"def a():\n{body}"}
    assert lazy.reason == "block 1 of f.py leaves lines out ('# ...'); write them all"
