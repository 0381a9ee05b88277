"""Calls of the providers' own edit tools, one after the other, each on what the earlier ones left."""

import json

import pytest
from anthropic.types import ToolUseBlock
from openai.types.responses import ResponseApplyPatchToolCall

from suffice import Applied, Rejected, Snapshot, apply_reply
from suffice.edits.apply import apply_calls

CODE = "def a():\n    return 1\n\n\ndef b():\n    return 1\n"


def apply(*calls, files=None):
    return apply_calls(calls, snapshot=Snapshot.of_texts({"f.py": CODE} if files is None else files))


def replace(old, new, path="f.py"):
    return {"command": "str_replace", "path": path, "old_str": old, "new_str": new}


def test_each_call_sees_what_the_earlier_ones_left():
    result = apply(
        replace("def a():\n    return 1", "def a():\n    return 2"),
        replace("return 2", "return 3"),
        {"command": "create", "path": "new.py", "file_text": "x = 1\n"},
        replace("x = 1", "x = 2", "new.py"),
        {"command": "insert", "path": "new.py", "insert_line": 0, "insert_text": '"""New."""\n'},
    )

    assert isinstance(result, Applied), result
    assert result.files == {"f.py": CODE.replace("1", "3", 1), "new.py": '"""New."""\nx = 2\n'}


def test_anthropics_own_type_is_understood():
    call = ToolUseBlock(
        id="t", name="str_replace_based_edit_tool", type="tool_use", input=replace("def a()", "def z()")
    )

    assert apply(call.model_dump()).files == {"f.py": CODE.replace("def a()", "def z()")}


def test_openais_own_type_is_understood():
    operations = [
        {"type": "update_file", "path": "f.py", "diff": "@@ def b():\n-    return 1\n+    return 2\n"},
        {"type": "create_file", "path": "n.txt", "diff": "+one\n+two"},
        {"type": "delete_file", "path": "g.txt"},
    ]
    calls = [
        ResponseApplyPatchToolCall.model_validate(
            {"id": "i", "call_id": "c", "status": "completed", "type": "apply_patch_call", "operation": operation}
        ).model_dump()
        for operation in operations
    ]

    result = apply(*calls, files={"f.py": CODE, "g.txt": "g\n"})

    assert result.files == {"f.py": CODE.removesuffix("1\n") + "2\n", "g.txt": None, "n.txt": "one\ntwo\n"}


def test_calls_may_come_as_json_text():
    text = json.dumps([replace("def a()", "def z()")])
    snapshot = Snapshot.of_texts({"f.py": CODE})

    assert apply_reply(text, snapshot=snapshot) == apply_reply(f"```json\n{text}\n```", snapshot=snapshot)
    assert apply_reply(text, snapshot=snapshot).files == {"f.py": CODE.replace("def a()", "def z()")}


EDIT = replace("def a()", "def z()")
PATCH = "*** Begin Patch\n*** Update File: f.py\n@@\n-def a():\n+def z():\n*** End Patch\n"
OPERATION = {"type": "update_file", "path": "f.py", "diff": "@@\n-def a():\n+def z():\n"}
EDITOR = "str_replace_based_edit_tool"


def function(arguments, name="apply_patch"):
    return {"name": name, "arguments": json.dumps(arguments)}


@pytest.mark.parametrize(
    "answer",
    [
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {"type": "text", "text": "So:"},
                {"type": "tool_use", "id": "t", "name": EDITOR, "input": EDIT},
            ],
        },
        {
            "object": "response",
            "output": [
                {"type": "reasoning", "summary": []},
                {"type": "message", "content": [{"type": "output_text", "text": "So:"}]},
                {"type": "function_call", "call_id": "c", **function({"input": PATCH})},
            ],
        },
        [{"type": "reasoning", "summary": []}, {"type": "apply_patch_call", "operation": OPERATION}],
        {"type": "function_call", **function({"operation": OPERATION})},
        {"type": "function_call", **function(EDIT, EDITOR)},
        {"type": "custom_tool_call", "name": "apply_patch", "input": PATCH},
        {"choices": [{"message": {"content": None, "tool_calls": [{"type": "function", "function": function(EDIT)}]}}]},
        {"choices": [{"message": {"tool_calls": [{"type": "function", "function": function({"input": PATCH})}]}}]},
    ],
    ids=[
        "Anthropic message",
        "Responses",
        "Responses output",
        "operation",
        "editor",
        "free-form",
        "chat editor",
        "chat patch",
    ],
)
def test_a_providers_whole_answer_is_read_for_its_calls(answer):
    result = apply_reply(json.dumps(answer), snapshot=Snapshot.of_texts({"f.py": CODE}))

    assert isinstance(result, Applied), result
    assert result.files == {"f.py": CODE.replace("def a()", "def z()")}


def test_calls_may_come_one_a_line():
    text = "\n".join(json.dumps(call) for call in (EDIT, {"type": "function_call", **function(replace("z()", "y()"))}))

    result = apply_reply(text, snapshot=Snapshot.of_texts({"f.py": CODE}))

    assert result.files == {"f.py": CODE.replace("def a()", "def y()")}


@pytest.mark.parametrize("answer", [{"content": [{"type": "text", "text": "No."}]}, {"choices": []}, {"output": [1]}])
def test_an_answer_without_a_call_is_no_edit(answer):
    result = apply_reply(json.dumps(answer), snapshot=Snapshot.of_texts({}))

    assert result.reason.startswith("the reply holds no edit")


@pytest.mark.parametrize(
    ("old", "new", "after"),
    [
        ("a()", "a(x)", CODE.replace("a()", "a(x)")),
        ("def a():\n    ret", "def a(x):\n    ret", CODE.replace("a()", "a(x)")),
        ("def b():\n    return 1\n", "", CODE.split("def b", maxsplit=1)[0]),
        ("\n\n\ndef b", "\ndef b", CODE.replace("\n\n\n", "\n")),
    ],
    ids=["part of a line", "across lines", "deletion", "blank lines"],
)
def test_whole_lines_or_parts_of_them_are_replaced(old, new, after):
    result = apply(replace(old, new))

    assert isinstance(result, Applied), result
    assert result.files == {"f.py": after}


def test_part_of_a_line_keeps_the_files_line_ends():
    result = apply(replace("two", "2\nand", "c.txt"), files={"c.txt": "one two three\r\nfour\r\n"})

    assert result.files == {"c.txt": "one 2\r\nand three\r\nfour\r\n"}


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (replace("n 1", "n 2"), "call 1: old_str stands at several places (lines 2, 6); send more around it"),
        (replace("", "x"), "call 1: old_str is empty; send the lines to replace, or create the file"),
        (replace("a():", "a(:"), "call 1: f.py would no longer parse; replace whole lines"),
        (
            {"command": "create", "path": "f.py", "file_text": ""},
            "f.py is to be created but is there already; send the",
        ),
        ({"command": "create", "path": "n.py"}, "call 1: file_text is no text; send it as a string"),
        ({"command": "create", "path": "../n.py", "file_text": ""}, "the path '../n.py' leads outside the root; name"),
        ({"command": "create", "path": "n.py", "file_text": "\ud800"}, "'n.py' would hold half a surrogate pair"),
        ({"command": "create", "path": "n.py", "file_text": "\0"}, "'n.py' would hold a NUL character"),
        (
            {"command": "insert", "path": "f.py", "insert_line": 99, "insert_text": "x"},
            "call 1: f.py has 6 lines, none",
        ),
        (
            {"command": "insert", "path": "f.py", "insert_line": True, "insert_text": "x"},
            "call 1: insert_line is no line",
        ),
        ({"command": "undo_edit", "path": "f.py"}, "call 1: it is none of str_replace, create, insert, view"),
        ({"command": "view", "path": "f.py"}, "no call edits a file; call the tool with the change"),
        ({"command": "str_replace"}, "call 1: it names no path; send the path of the file"),
        (
            {"type": "create_file", "path": "n.py", "diff": "x\n"},
            "call 1: the line 'x' of a new file begins without '+'",
        ),
        ({"type": "delete_file", "path": "nope.py"}, "there is no file nope.py; name one that is there"),
        (None, "call 1: it names no path; send the path of the file"),
    ],
)
def test_what_is_wrong_with_a_call_is_said(call, reason):
    result = apply(call)

    assert isinstance(result, Rejected), result
    assert result.reason.startswith(reason)


def test_a_file_and_a_folder_of_one_name_are_said():
    created = [{"command": "create", "path": path, "file_text": ""} for path in ("n", "n/m")]

    assert apply(*created).reason == "n/m cannot be created, n is a file; choose another path"


def test_a_later_call_that_fails_undoes_the_earlier_ones():
    result = apply(replace("def a()", "def z()"), {"type": "delete_file", "path": "nope.py"})

    assert isinstance(result, Rejected)


def test_only_one_file_can_have_been_moved_from_a_path():
    result = apply(
        {"name": "rename_file", "input": {"path": "f.py", "new_path": "g.py"}},
        {"command": "create", "path": "f.py", "file_text": "x = 1\n"},
        {"name": "rename_file", "input": {"path": "f.py", "new_path": "h.py"}},
    )

    assert result.files == {"f.py": None, "g.py": CODE, "h.py": "x = 1\n"}
    assert apply_reply(result.patch, snapshot=Snapshot.of_texts({"f.py": CODE})).files == result.files
