"""Replies as SEARCH/REPLACE or tags, applied in memory: all of a reply on the file's own lines, or nothing."""

import pytest

from suffice import Applied, Rejected, Snapshot, apply_reply
from suffice.edits.applied import Step
from suffice.edits.forms.form import Form

CODE = "class Cart:\n    def total(self):\n        return 1\n\n    def empty(self):\n        return not self.items\n"


def block(old, new, path="a.py", width=7):
    return f"{path}\n```python\n{'<' * width} SEARCH\n{old}{'=' * width}\n{new}{'>' * width} REPLACE\n```\n"


TAGGED = """\
# modification 1
```python
<file>a.py</file>
<original>        return 1
</original>
<patched>        return {}
</patched>
```
"""


def applied(reply, files=None, **more):
    result = apply_reply(reply, snapshot=Snapshot.of_texts({"a.py": CODE} if files is None else files), **more)
    assert isinstance(result, Applied), result
    return result


def rejected(reply, files=None, **more):
    result = apply_reply(reply, snapshot=Snapshot.of_texts({"a.py": CODE} if files is None else files), **more)
    assert isinstance(result, Rejected), result
    return result


def test_a_reply_becomes_new_texts_and_a_diff():
    result = applied(block("        return 1\n", "        return 2\n"))

    assert result.files == {"a.py": CODE.replace("return 1", "return 2")}
    assert result.patch == (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1,6 +1,6 @@\n class Cart:\n     def total(self):\n"
        "-        return 1\n+        return 2\n \n     def empty(self):\n         return not self.items\n"
    )
    assert (result.step, result.notes) == (Step.EXACT, ())


@pytest.mark.parametrize(
    "reply",
    [
        "a.py\n```python\n{}```\n",
        "```python a.py\n{}```\n",
        "```python:a.py\n{}```\n",
        '```python title="a.py"\n{}```\n',
        "```\na.py\n{}```\n",
        "a.py\n{}",
        "**`a.py`**:\n\n```\n{}```\n",
        "### a.py\n~~~\n{}~~~\n",
        "Change `a.py` so:\n```\n{}```\n",
        "File: a.py\n<source>python\n{}</source>\n",
    ],
)
def test_the_path_stands_above_the_block_or_in_its_fence(reply):
    lines = "<<<<<<< SEARCH\n        return 1\n=======\n        return 2\n>>>>>>> REPLACE\n"

    assert applied(reply.format(lines)).files == {"a.py": CODE.replace("return 1", "return 2")}


@pytest.mark.parametrize("width", [5, 7, 9])
def test_markers_have_five_to_nine_signs(width):
    assert applied(block("        return 1\n", "        return 2\n", width=width)).step == Step.EXACT


def test_a_file_with_a_line_of_equals_signs_takes_longer_markers():
    files = {"a.rst": "Title\n=======\n\ntext\n"}

    short = rejected(block("Title\n=======\n", "Other\n=======\n", "a.rst"), files)
    long = applied(block("Title\n=======\n", "Other\n=======\n", "a.rst", width=9), files)

    assert short.reason == ("block 1 has 3 lines of =======; give its three markers another length, such as nine")
    assert long.files == {"a.rst": "Other\n=======\n\ntext\n"}


def test_several_blocks_of_one_file_are_all_found_in_the_original():
    reply = block("        return 1\n", "        return not self.items\n") + block(
        "        return not self.items\n", "        return False\n"
    )

    assert applied(reply).files == {
        "a.py": CODE.replace("not self.items", "False").replace("return 1", "return not self.items")
    }


def test_a_block_without_path_is_of_the_file_above():
    one = block("        return 1\n", "        return 2\n")
    other = block("    def empty(self):\n", "    def is_empty(self):\n").removeprefix("a.py\n")

    assert applied(f"{one}\nAnd then:\n\n{other}").files["a.py"].count("is_empty") == 1


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (
            "I would change line 3.",
            (
                "the reply holds no edit; send SEARCH/REPLACE blocks, <file> <original> <patched> tags, a V4A patch, a"
                " unified diff or, as JSON, calls of an edit tool or the provider's answer that holds them"
            ),
        ),
        (
            block("        return 1\n", "        return 2\n").replace(">>>>>>> REPLACE\n", ""),
            "block 1 has no end; end it with >>>>>>> REPLACE on a line of its own",
        ),
        (
            block("        return 1\n", "").replace(">>>>>>> REPLACE\n", "") + block("x\n", "y\n"),
            "block 1 has no end before the next begins; end it with >>>>>>> REPLACE",
        ),
        (
            block("        return 1\n", "        return 2\n").removeprefix("a.py\n"),
            "block 1 names no file; write its path on the line above the block",
        ),
        (block("x\n", "y\n", "b.py"), "there is no file b.py; name one that is there, relative to the root"),
        (block("", "x = 1\n"), "a.py is to be created but is there already; send the lines to change"),
        (
            block("        return 1\n", "        return 1\n"),
            "the reply changes nothing; send the lines as they are to be",
        ),
        (
            block("        return 1\n", "        # ... rest\n        return 2\n"),
            "block 1 of a.py leaves lines out ('# ... rest'); write them all",
        ),
        (
            block("        return 1\n", "        return (\n"),
            "a.py would no longer parse after block 1; check the indentation and brackets of the new lines",
        ),
        (
            block("        return 1\n", "        return 2\n") + block("    def total(self):\n        return 1\n", ""),
            "block 2 and block 1 change the same lines of a.py; send them as one edit",
        ),
        (
            block("    def empty(self):\n", "    def is_empty(self):\n")
            + block("        return 1\n", "        return 2\n")
            + block("        return 2\n", "        return 3\n"),
            (
                "block 3 of a.py: its lines stand nowhere in the file; each block is held against the file as it was;"
                " join it with block 2"
            ),
        ),
        (
            block("        return 1\n", "        return 2\n") + "\n*** Begin Patch\n*** Delete File: a.py\n",
            "the reply mixes search-replace and v4a; send all edits in one form",
        ),
    ],
)
def test_what_is_wrong_with_a_reply_is_said_in_words_to_act_on(reply, reason):
    assert rejected(reply) == Rejected(reason)


def test_another_form_than_was_asked_for_is_rejected():
    reason = "the reply is written as search-replace where v4a was asked for; send it so"

    assert rejected(block("        return 1\n", "        return 2\n"), expected=Form.V4A) == Rejected(reason)


def test_a_text_at_several_places_is_rejected_with_them():
    result = rejected(block("x\n", "y\n", "a.txt"), {"a.txt": "x\n\nx\n"})

    assert result.reason == (
        "block 1 of a.txt: its lines stand at several places (lines 1, 3); send more lines around the one you mean"
    )
    assert [(c.start_line, c.text) for c in result.candidates] == [(1, "x"), (3, "x")]


def test_an_edit_that_is_sent_once_for_each_of_its_places_is_made_at_each():
    result = applied(block("x\n", "y\n", "a.txt") * 2, {"a.txt": "x\n\nx\n"})

    assert result.files == {"a.txt": "y\n\ny\n"}
    assert result.notes[0] == "block 1 of a.txt is there 2 times, once for each of its places"


def test_a_text_that_stands_nowhere_is_rejected_with_what_was_perhaps_meant():
    result = rejected(block("    def empty(self):\n        return not self.things\n", "x\n"))

    assert [(c.path, c.start_line, c.end_line) for c in result.candidates] == [("a.py", 5, 6)]


def test_the_files_own_lines_stay_and_new_ones_get_its_indentation():
    code = "class A:\n\tdef f(self):\n\t\tx = “a”  \n\t\treturn x\n"
    old = 'def f(self):\n    x = "a"\n    return x\n'
    new = 'def f(self):\n    x = "a"\n    if x:\n        x = 2\n    return x\n'

    result = applied(block(old, new, "a.txt"), {"a.txt": code})

    assert result.files == {"a.txt": "class A:\n\tdef f(self):\n\t\tx = “a”  \n\t\tif x:\n\t\t\tx = 2\n\t\treturn x\n"}
    assert result.step == Step.PUNCTUATION


def test_dropped_blank_lines_and_comments_of_the_file_are_kept():
    code = "def f():\n    # why\n    a = 1\n\n    b = 2\n"

    result = applied(block("def f():\n    a = 1\n    b = 2\n", "def f():\n    a = 1\n    b = 3\n"), {"a.py": code})

    assert result.files == {"a.py": code.replace("b = 2", "b = 3")}
    assert result.step == Step.SKIPPED_COMMENT


def test_a_line_that_lost_its_indent_keeps_that_of_the_file():
    reply = block("def empty(self):\n        return not self.items\n", "def empty(self, now):\n        return True\n")

    assert applied(reply).files == {
        "a.py": CODE.replace("empty(self)", "empty(self, now)").replace("not self.items", "True")
    }


def test_new_python_lines_are_indented_so_that_the_file_parses():
    reply = block("return not self.items\n", "if self.items:\n            return False\n        return True\n")

    result = applied(reply)

    assert result.files["a.py"].endswith("        if self.items:\n            return False\n        return True\n")
    assert result.notes == ("new lines of a.py got another indentation to parse",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\r\nb\r\nc\r\n", "a\r\nX\r\nY\r\nc\r\n"),
        ("a\rb\rc\r", "a\rX\rY\rc\r"),
        ("a\nb", "a\nX\nY"),
        ("b", "X\nY"),
        ("a\x0c\nb\u2028\nb\n", "a\x0c\nb\u2028\nX\nY\n"),
    ],
    ids=["CRLF", "CR", "no final newline", "one line", "odd characters"],
)
def test_line_ends_and_the_end_of_the_file_stay_as_they_are(before, after):
    assert applied(block("b\n", "X\nY\n", "a.txt"), {"a.txt": before}).files == {"a.txt": after}


def test_a_reply_with_crlf_and_a_byte_order_mark_is_read_alike():
    reply = "\ufeff" + block("        return 1\n", "        return 2\n").replace("\n", "\r\n")

    assert applied(reply).files == {"a.py": CODE.replace("return 1", "return 2")}


def test_a_byte_order_mark_of_the_file_stays_in_the_diff():
    result = applied(block("a\n", "A\n", "a.txt"), {"a.txt": "\ufeffa\nb\n"})

    assert result.files == {"a.txt": "A\nb\n"}
    assert "-\ufeffa\n+\ufeffA\n" in result.patch


def test_one_file_under_two_names_is_one_file():
    reply = block("        return 1\n", "        return 2\n") + block(
        "        return 1\n", "        return 3\n", "./a.py"
    )

    assert rejected(reply).reason.endswith("change the same lines of a.py; send them as one edit")


def test_an_empty_search_creates_a_file_that_is_not_there():
    result = applied(block("", "x = 1\n", "pkg/new.py"))

    assert result.files == {"pkg/new.py": "x = 1\n"}
    assert result.patch.startswith("diff --git a/pkg/new.py b/pkg/new.py\nnew file mode 100644\n--- /dev/null\n")


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("Makefile", "Makefile"),
        ("### `Dockerfile`", "Dockerfile"),
        ("**`my notes`**:", "my notes"),
        ("my docs/a file.md", "my docs/a file.md"),
    ],
)
@pytest.mark.parametrize("lines", ["{}", "```\n{}```\n"], ids=["bare", "fenced"])
def test_a_file_to_create_may_have_no_ending_or_spaces_in_its_name(line, path, lines):
    created = lines.format("<<<<<<< SEARCH\n=======\nx\n>>>>>>> REPLACE\n")

    assert applied(f"{line}\n{created}").files == {path: "x\n"}


@pytest.mark.parametrize(
    "line", ["Here is the change:", "Here is the change", "Done.", "Create docs/a.md", "I/O is slow"]
)
def test_a_sentence_is_no_name_of_a_file_to_create(line):
    reply = f"{line}\n" + block("", "x\n", "")

    assert rejected(reply).reason.startswith("block 1 names no file")


@pytest.mark.parametrize("code", [CODE, CODE + "\n\nx = 1\n"], ids=["one place", "several places"])
def test_blank_lines_to_find_are_no_empty_search(code):
    result = rejected(block("\n", "x = 1\n"), {"a.py": code})

    assert result.reason == "block 1 of a.py has only blank lines to find; send a line with text beside the change"


def test_blank_lines_to_find_fill_an_empty_file():
    assert applied(block("\n", "x = 1\n"), {"a.py": ""}).files == {"a.py": "x = 1\n"}


def test_one_edit_that_cannot_be_made_keeps_all_others_from_being_made():
    reply = block("        return 1\n", "        return 2\n") + block("x\n", "y\n", "b.py")

    assert rejected(reply).reason.startswith("there is no file b.py")


@pytest.mark.parametrize(
    "path",
    [
        "../evil.py",
        "/etc/evil.py",
        "pkg/../../evil.py",
        "..\\evil.py",
        "C:/evil.py",
        ".git/hooks/pre-commit",
        "sub/.GIT/config",
        ".git\u200c/config",
        ".github/workflows/ci.yml",
        ".env",
        "x" * 300,
        "a\x1b.py",
        "a.py/b.py",
    ],
)
def test_no_path_leads_outside_or_to_what_is_never_patched(path):
    assert rejected(f"*** Begin Patch\n*** Add File: {path}\n+x\n*** End Patch\n").candidates == ()


def test_no_link_is_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.txt").write_text("b\n")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.txt").symlink_to(tmp_path / "outside" / "b.txt")
    (root / "folder").symlink_to(tmp_path / "outside")
    (root / "loop").symlink_to("loop")
    snapshot = Snapshot.of_folder(root)

    results = [
        apply_reply("*** Delete File: loop\n", snapshot=snapshot),
        apply_reply(block("", "c\n", "loop/new.txt"), snapshot=snapshot),
        apply_reply(block("b\n", "c\n", "link.txt"), snapshot=snapshot),
        apply_reply(block("b\n", "c\n", "folder/b.txt"), snapshot=snapshot),
        apply_reply(block("", "c\n", "folder/new.txt"), snapshot=snapshot),
    ]

    assert all("leads through a symbolic link" in result.reason for result in results)


def test_a_name_that_no_disk_takes_is_rejected(tmp_path):
    snapshot = Snapshot.of_folder(tmp_path)
    paths = ["x" * 300, "d/" * 3000 + "x", "d/" * 3000 + "\\ud800"]
    replies = [f'{{"command": "create", "path": "{path}", "file_text": ""}}' for path in paths]
    replies.append(f"--- /dev/null\n+++ b/{'x' * 300}\n@@ -0,0 +1 @@\n+x\n")

    reasons = [apply_reply(reply, snapshot=snapshot).reason for reply in replies]

    assert all(reason.endswith("is too long; name a file of this project") for reason in reasons)


MANY = 600


@pytest.mark.parametrize(
    "reply",
    [
        block("x\n", "y\n") * MANY,
        TAGGED.format("2") * MANY,
        "".join(f"*** Add File: {n}\n+x\n" for n in range(MANY)),
        "".join(f"--- /dev/null\n+++ b/{n}\n@@ ... @@\n+x\n" for n in range(MANY)),
        '{"command": "create", "path": "n", "file_text": ""}' * MANY,
    ],
    ids=["search-replace", "tagged", "v4a", "unified", "calls"],
)
def test_no_reply_has_more_edits_than_an_honest_one(reply):
    assert rejected(reply) == Rejected("the reply has 600 edits, more than 500; send fewer and larger ones")


def test_an_absolute_path_inside_the_root_is_the_one_relative_to_it(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "b.txt").write_text("b\n")
    (root / "folder").symlink_to(root / "sub")
    snapshot = Snapshot.of_folder(root)

    inside = apply_reply(block("b\n", "c\n", f"{root}/sub/b.txt"), snapshot=snapshot)
    linked = apply_reply(block("b\n", "c\n", f"{root}/folder/b.txt"), snapshot=snapshot)
    outside = [
        apply_reply(block("", "c\n", path), snapshot=snapshot)
        for path in (f"{root}/../b.txt", f"{tmp_path}/rooted/b.txt", "/etc/b.txt")
    ]

    assert inside.files == {"sub/b.txt": "c\n"}
    assert "leads through a symbolic link" in linked.reason
    assert all("leads outside the root" in result.reason for result in outside)


def test_tags_are_search_and_replace_too():
    assert applied(TAGGED.format("2")).files == {"a.py": CODE.replace("return 1", "return 2")}


def test_tags_escaped_as_xml_are_read_so():
    files = {"a.py": "if a > 1:\n    b = c < 2\n"}
    reply = TAGGED.replace("        return 1\n", "if a &gt; 1:\n").replace("        return {}", "if a &gt;= 1:")

    assert applied(reply, files).files == {"a.py": "if a >= 1:\n    b = c < 2\n"}


def test_a_missing_tag_is_rejected():
    assert rejected(TAGGED.replace("</original>", "")).reason.startswith("modification 1 lacks one of its tags;")
