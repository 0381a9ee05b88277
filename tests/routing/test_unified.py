# ruff: noqa: E501  rows of tables stay on one line
"""The diff that we write says exactly the bytes that we mean, to git and to ourselves."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from suffice.edits.edit import Edit, FileChange, LineEdit, apply_edits, edits_between, line_edits, whole_lines
from suffice.edits.unified import Rejected, parse_patch, unified_diff
from suffice.positions import split_lines
from suffice.snapshot import Snapshot, SourceFile

LINES = ["a = 1", "b", "", "    c", "\tt", "é", "🙂 = 2", "x\u2028y", "x\x0cy", "x\x85y", "-- a", "++ b", "@@ -1 +1 @@", "\\ No", "diff --git a/x b/x", " "]  # fmt: skip
line = st.sampled_from(LINES)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r"])
texts = st.tuples(
    st.lists(st.tuples(line, ends).map("".join), max_size=12).map("".join), st.sampled_from(["", "", "no newline"])
).map("".join)
lf_texts = st.tuples(
    st.lists(line.map(lambda text: f"{text}\n"), max_size=14).map("".join), st.sampled_from(["", "", "no newline"])
).map("".join)
FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=100, deadline=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("apply")


def file_of(text, *, bom=False, path="pkg/a.py"):
    return SourceFile.of_bytes(path, (("\ufeff" if bom else "") + text).encode())


@st.composite
def edited(draw, source=texts):
    """Return a file and edits of it that do not overlap."""
    file = file_of(draw(source), bom=draw(st.booleans()))
    cuts = sorted(draw(st.sets(st.integers(0, len(file.text)), max_size=6)))
    edits = []
    for start, end in zip(cuts[::2], cuts[1::2], strict=False):
        new_text = draw(st.sampled_from(["", "x", "new\n", "\n", "\r\n", "\r", "a\nb\n", "🙂", "  "]) | texts)
        edits.append(Edit(path=file.path, base_sha=file.blob_sha, start=start, end=end, new_text=new_text))
    return file, edits


def applied_by_git(folder, file, diff):
    """Return the bytes that `git apply` makes of *file*, None if they are no more."""
    target = folder / file.path
    target.parent.mkdir(exist_ok=True, parents=True)
    target.write_bytes(file.to_bytes(file.text))
    command = ["git", "apply", "--whitespace=nowarn", "--unidiff-zero", "-"]
    done = subprocess.run(command, cwd=folder, input=diff.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return target.read_bytes()


JOINING = {
    "a line end taken away": ("a = 1\nb = 2\n", [(5, 6, "")]),
    "a line end made a blank": ("a = (1,\n2)\nb\n", [(7, 8, " ")]),
    "the rest of a line": ("a = 1\na = 1\n", [(0, 1, ""), (2, 6, "")]),
}


@pytest.mark.parametrize(("text", "cuts"), JOINING.values(), ids=JOINING)
def test_an_edit_that_joins_two_lines_is_an_edit_of_both(folder, text, cuts):
    file = file_of(text)
    edits = [Edit(path=file.path, base_sha=file.blob_sha, start=a, end=b, new_text=new) for a, b, new in cuts]
    after = apply_edits(text, edits)
    change = FileChange(path=file.path, before=text, after=after, known_edits=whole_lines(file, edits))

    assert applied_by_git(folder, file, unified_diff([change])) == after.encode()


@FEW
@given(edited())
@example((file_of("a\r\nb\r\n"), [Edit("pkg/a.py", "", 0, 1, "c")]))
@example((file_of("a\rb\rc", bom=True), [Edit("pkg/a.py", "", 2, 3, "")]))
def test_git_makes_exactly_our_bytes_of_the_diff(folder, row):
    file, edits = row
    after = apply_edits(file.text, edits)
    assume(after != file.text)
    change = FileChange(path=file.path, before=file.text, after=after, known_edits=whole_lines(file, edits))

    diff = unified_diff([change], boms=frozenset({file.path} if file.bom else ()))

    assert applied_by_git(folder, file, diff) == file.to_bytes(after)


@FEW
@given(texts, texts, st.booleans())
def test_git_makes_exactly_our_bytes_of_any_two_texts(folder, before, after, bom):
    assume(before != after)
    file = file_of(before, bom=bom)
    change = FileChange(path=file.path, before=before, after=after)

    diff = unified_diff([change], boms=frozenset({file.path} if bom else ()))

    assert applied_by_git(folder, file, diff) == file.to_bytes(after)


@MANY
@given(edited())
def test_what_we_write_we_read_again(row):
    file, edits = row
    after = apply_edits(file.text, edits)
    assume(after != file.text and not file.bom)
    change = FileChange(path=file.path, before=file.text, after=after, known_edits=whole_lines(file, edits))

    read = parse_patch(unified_diff([change]), snapshot=Snapshot.of_texts({file.path: file.text}))

    assert read == (change,)


def test_a_file_with_a_byte_order_mark_is_read_again():
    file = file_of("a = 1\nb = 2\n", bom=True)
    snapshot = Snapshot.of_texts({file.path: "\ufeffa = 1\nb = 2\n"})
    change = FileChange(path=file.path, before=file.text, after="a = 2\nb = 2\n")

    read = parse_patch(unified_diff([change], boms=frozenset({file.path})), snapshot=snapshot)

    assert read == (change,)


@MANY
@given(edited())
def test_edits_of_whole_lines_say_the_same_as_edits_of_characters(row):
    file, edits = row

    lines = whole_lines(file, edits)

    assert applied_lines(file.text, lines) == apply_edits(file.text, edits)
    assert all(a.end_line < b.start_line for a, b in pairwise(lines))


@MANY
@given(texts, texts)
def test_line_edits_turn_one_text_into_the_other(before, after):
    file = file_of(before)

    assert applied_lines(before, line_edits(before, after)) == after
    assert apply_edits(before, edits_between(file, after)) == after
    assert whole_lines(file, edits_between(file, after)) == line_edits(before, after) or before != after


@MANY
@given(texts)
def test_lines_joined_are_the_text_again(text):
    assert "".join(split_lines(text)) == text


def applied_lines(text, edits):
    lines, shift = list(split_lines(text)), 0
    for edit in edits:
        assert isinstance(edit, LineEdit)
        assert edit.end_line >= edit.start_line - 1
        lines[edit.start_line - 1 + shift : edit.end_line + shift] = [edit.new_text]
        shift += 1 - (edit.end_line - edit.start_line + 1)
    return "".join(lines)


@pytest.mark.parametrize("name", ["a b.py", "é.py", 'q"q.py', "tab\t.py", "🙂/a.py", "a\\b.py"])
def test_any_name_of_a_file_survives(folder, name):
    file = file_of("a = 1\n", path=name)
    change = FileChange(path=name, before="a = 1\n", after="a = 2\n")

    diff = unified_diff([change])

    assert applied_by_git(folder, file, diff) == b"a = 2\n"


def test_the_diff_is_small_and_looks_like_gits():
    before = "".join(f"line {n}\n" for n in range(1, 31))
    after = before.replace("line 4\n", "line four\n").replace("line 25\n", "")

    assert unified_diff([FileChange(path="a.py", before=before, after=after)]) == (
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n"
        "@@ -1,7 +1,7 @@\n line 1\n line 2\n line 3\n-line 4\n+line four\n line 5\n line 6\n line 7\n"
        "@@ -22,7 +22,6 @@\n line 22\n line 23\n line 24\n-line 25\n line 26\n line 27\n line 28\n"
    )


def test_nothing_changed_is_no_diff():
    assert unified_diff([FileChange(path="a.py", before="a\n", after="a\n")]) == ""


REJECTED = {
    "prose": "I changed the file as you asked.",
    "nothing": "",
    "no hunk": "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n",
    "another text": "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-b = 1\n+b = 2\n",
    "another place": "--- a/a.py\n+++ b/a.py\n@@ -2 +2 @@\n-a = 1\n+a = 2\n",
    "no such file": "--- a/b.py\n+++ b/b.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
    "outside": "--- a/../a.py\n+++ b/../a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
    "absolute": "--- /a.py\n+++ /a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
    "renamed": "--- a/a.py\n+++ b/c.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n",
    "created again": "--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+a = 2\n",
    "deleted in part": "--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a = 1\n",
    "wrong counts": "--- a/a.py\n+++ b/a.py\n@@ -1,9 +1,9 @@\n-a = 1\n+a = 2\n",
    "short hunk": "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n",
    "a link": "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n",
    "binary": "diff --git a/a.png b/a.png\nindex 1..2 100644\nBinary files a/a.png and b/a.png differ\n",
    "the same file twice": "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-a = 1\n+a = 2\n--- a/a.py\n+++ b/a.py\n@@ -2 +2 @@\n-b = 1\n+b = 3\n",
}  # fmt: skip


@pytest.mark.parametrize("text", [pytest.param(t, id=name) for name, t in REJECTED.items()])
def test_what_does_not_fit_exactly_is_rejected(text):
    read = parse_patch(text, snapshot=Snapshot.of_texts({"a.py": "a = 1\nb = 1\n"}))

    assert isinstance(read, Rejected), read
    assert read.reason


def test_files_are_created_and_deleted(folder):
    created = FileChange(path="new.py", before=None, after="a = 1\nb")
    deleted = FileChange(path="old.py", before="x = 1\n", after=None)
    snapshot = Snapshot.of_texts({"old.py": "x = 1\n"})

    diff = unified_diff([created, deleted])

    assert parse_patch(diff, snapshot=snapshot) == (created, deleted)
    Path(folder, "old.py").write_text("x = 1\n")
    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff.encode(), check=True)
    assert (Path(folder, "new.py").read_text(), Path(folder, "old.py").exists()) == ("a = 1\nb", False)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_no_text_makes_the_reader_crash(text):
    parse_patch(text, snapshot=Snapshot.of_texts({"a.py": "a = 1\n"}))
    parse_patch(f"--- a/a.py\n+++ b/a.py\n{text}", snapshot=Snapshot.of_texts({"a.py": "a = 1\n"}))
