# ruff: noqa: E501  rows of tables stay on one line
"""The diff that we write says exactly the bytes that we mean, to git and to ourselves.

More examples than in the default run: FUZZ_EXAMPLES=5000 pytest tests/routing/test_unified.py
"""

import os
import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from suffice.edits.edit import Edit, FileChange, LineEdit, apply_edits, edits_between, line_edits, whole_lines
from suffice.edits.line_diff import differing_runs
from suffice.edits.patch_in import parse_patch
from suffice.edits.unified import unified_diff
from suffice.errors import InputError
from suffice.positions import split_lines
from suffice.snapshot import Snapshot, SourceFile

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
LINES = [
    "a = 1",
    "b",
    "",
    "    c",
    "\tt",
    "é",
    "🙂 = 2",
    "x\u2028y",
    "x\x0cy",
    "x\x85y",
    "-- a",
    "++ b",
    "@@ -1 +1 @@",
    "\\ No",
    "diff --git a/x b/x",
    " ",
    "long " * 2000,
    "--- a/x",
    "+++ b/x",
    "-- ",
    "\x0b\x1c",
]
line = st.sampled_from(LINES)
ends = st.sampled_from(["\n", "\n", "\r\n", "\r"])
texts = st.tuples(
    st.lists(st.tuples(line, ends).map("".join), max_size=12).map("".join), st.sampled_from(["", "", "no newline"])
).map("".join)
lf_texts = st.tuples(
    st.lists(line.map(lambda text: f"{text}\n"), max_size=14).map("".join), st.sampled_from(["", "", "no newline"])
).map("".join)
FEW = settings(max_examples=EXAMPLES or 60, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=EXAMPLES or 60, deadline=None)
NAMES = [
    "a.py",
    "a b.py",
    "é.py",
    'q"q.py',
    "tab\t.py",
    "🙂/a.py",
    "pkg/deep/er/a.py",
    "x\x07\x08\x0b\x0c\x7f",
    "-- a",
]


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


def texts_near(text):
    """Return texts that share lines with *text*, and any others."""
    lines = split_lines(text)
    cuts = st.tuples(st.integers(0, len(lines)), st.integers(0, len(lines)), texts).map(
        lambda cut: "".join((*lines[: min(cut[:2])], cut[2], *lines[max(cut[:2]) :]))
    )
    return cuts | texts


@st.composite
def changes(draw):
    """Return changes of several files: replaced, created, deleted, renamed, with and without byte order mark."""
    made = []
    for number, name in enumerate(draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6))):
        path, operation = (
            f"{number}/{name}",
            draw(st.sampled_from(["replace", "replace", "create", "delete", "rename"])),
        )
        before = None if operation == "create" else draw(texts)
        after = None if operation == "delete" else draw(texts_near(before or ""))
        if operation == "replace":
            assume(before != after)
        new_path = f"{number}/to/{draw(st.sampled_from(NAMES))}" if operation == "rename" else None
        made.append(FileChange(path=path, before=before, after=after, new_path=new_path, bom=draw(st.booleans())))
    return made


def raw(text, *, bom):
    return (("\ufeff" if bom else "") + text).encode()


def laid_out(folder, made):
    """Write what *made* starts from."""
    shutil.rmtree(folder)
    folder.mkdir()
    for change in made:
        if change.before is not None:
            target = folder / change.path
            target.parent.mkdir(exist_ok=True, parents=True)
            target.write_bytes(raw(change.before, bom=change.bom))


def applied(folder, diff, *options):
    """Return the bytes of all files after `git apply`."""
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", *options, "-"],
        cwd=folder,
        input=diff.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, (done.stderr.decode(), diff)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@FEW
@given(changes())
def test_git_makes_exactly_our_bytes_of_a_patch_of_several_files(folder, made):
    laid_out(folder, made)

    files = applied(folder, unified_diff(made))

    assert files == {change.target: raw(change.after, bom=change.bom) for change in made if change.after is not None}


@MANY
@given(changes())
def test_what_we_write_of_several_files_we_read_again(made):
    snapshot = Snapshot.of_texts({c.path: raw(c.before, bom=c.bom).decode() for c in made if c.before is not None})

    read = parse_patch(unified_diff(made), snapshot=snapshot)

    assert read == tuple(made)
    for change in read:
        if change.known_edits is not None:
            assert applied_lines(change.before, change.known_edits) == change.after


@FEW
@given(edited())
@example((file_of("a\r\nb\r\n"), [Edit("pkg/a.py", "", 0, 1, "c")]))
@example((file_of("a\rb\rc", bom=True), [Edit("pkg/a.py", "", 2, 3, "")]))
def test_git_makes_exactly_our_bytes_of_edits(folder, row):
    file, edits = row
    after = apply_edits(file.text, edits)
    assume(after != file.text)
    change = FileChange(
        path=file.path, before=file.text, after=after, bom=file.bom, known_edits=whole_lines(file, edits)
    )
    laid_out(folder, [change])

    diff = unified_diff([change])

    assert applied(folder, diff) == {file.path: file.to_bytes(after)}


@MANY
@given(edited())
def test_edits_that_are_known_make_the_same_kind_of_diff(row):
    file, edits = row
    after = apply_edits(file.text, edits)
    assume(after != file.text)
    change = FileChange(
        path=file.path, before=file.text, after=after, bom=file.bom, known_edits=whole_lines(file, edits)
    )

    read = parse_patch(
        unified_diff([change]), snapshot=Snapshot.of_texts({file.path: file.to_bytes(file.text).decode()})
    )

    assert read == (change,)


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
    change = FileChange(path=file.path, before=text, after=after, bom=file.bom, known_edits=whole_lines(file, edits))

    laid_out(folder, [change])

    assert applied(folder, unified_diff([change])) == {file.path: after.encode()}


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


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=("Cs",)), min_size=1, max_size=12)


@settings(max_examples=EXAMPLES or 12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(names, min_size=1, max_size=40))
def test_names_are_quoted_as_git_quotes_them(tmp_path_factory, found):
    """Everything that git prints of created files, but for its `index` lines."""
    root = tmp_path_factory.mktemp("names")
    paths = sorted({f"n{name}" for name in found}, key=str.encode)
    git(root, "init", "--quiet")
    blob = git(root, "hash-object", "-w", "--stdin", stdin=b"x\n").strip().decode()
    entries = b"".join(f"100644 {blob}\t{path}\0".encode() for path in paths)
    git(
        root,
        "-c",
        "core.protectNTFS=false",
        "-c",
        "core.protectHFS=false",
        "update-index",
        "-z",
        "--index-info",
        stdin=entries,
    )

    said = git(root, "diff", "--cached", "--no-color").decode()

    ours = unified_diff([FileChange(path=path, before=None, after="x\n") for path in paths])
    assert ours == "".join(line for line in said.splitlines(keepends=True) if not line.startswith("index "))


def git(root, *arguments, stdin=None):
    return subprocess.run(["git", *arguments], cwd=root, input=stdin, capture_output=True, check=True).stdout


@pytest.mark.parametrize(("old", "new"), [("a.py", "b.py"), ("a b.py", "c d/é.py"), ('q"q', "t\tt")])
def test_a_rename_is_said_as_git_says_it(repository, old, new):
    repository.write({old: "a = 1\n"}).commit()
    (repository.root / new).parent.mkdir(exist_ok=True)
    repository.git("mv", old, new)

    ours = unified_diff([FileChange(path=old, before="a = 1\n", after="a = 1\n", new_path=new)])

    assert ours == repository.git("diff", "--cached", "--find-renames")


def test_an_executable_file_stays_executable(folder):
    """No line of the diff speaks of modes, and git keeps them: of an edited file, of a moved one."""
    made = [
        FileChange(path="1/run", before="a\n", after="b\n"),
        FileChange(path="2/run", before="a\n", after="a\n", new_path="2/go"),
    ]
    laid_out(folder, made)
    for name in ("1/run", "2/run"):
        (folder / name).chmod(0o755)

    applied(folder, unified_diff(made))

    assert [(folder / name).stat().st_mode & 0o777 for name in ("1/run", "2/go")] == [0o755, 0o755]


HEADERS = {
    "an empty file is created": (FileChange(path="a b", before=None, after=""), "diff --git a/a b b/a b\nnew file mode 100644\n"),
    "an empty file is deleted": (FileChange(path="é", before="", after=None), 'diff --git "a/\\303\\251" "b/\\303\\251"\ndeleted file mode 100644\n'),
    "a name with a blank ends with a tab": (FileChange(path="a b", before="x", after=None), "diff --git a/a b b/a b\ndeleted file mode 100644\n--- a/a b\t\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n"),
    "a moved file that changes": (FileChange(path="a", before="1\n2\n3\n4\n", after="1\n2\n3\nx\n", new_path="b"), "diff --git a/a b/b\nsimilarity index 75%\nrename from a\nrename to b\n--- a/a\n+++ b/b\n@@ -1,4 +1,4 @@\n 1\n 2\n 3\n-4\n+x\n"),
    "a created file with a byte order mark": (FileChange(path="a", before=None, after="1\n", bom=True), "diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+\ufeff1\n"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "diff"), HEADERS.values(), ids=HEADERS)
def test_what_has_no_lines_to_show_is_said_in_the_header(folder, change, diff):
    assert unified_diff([change]) == diff
    laid_out(folder, [change])
    applied(folder, diff)


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


def test_only_what_differs_is_shown_though_the_edits_say_more():
    before = "a\nb\nc\n"
    sloppy = (LineEdit(start_line=1, end_line=3, new_text="a\nx\nc\n"),)
    change = FileChange(path="a.py", before=before, after="a\nx\nc\n", known_edits=sloppy)

    assert unified_diff([change]).endswith("@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n")


NO_TEXT = {
    "NUL": ("a.py", "a\0b\n", "a NUL character"),
    "half a surrogate pair": ("a.py", "\ud800\n", "surrogate"),
    "NUL in a name": ("a\0.py", "a\n", "a NUL character"),
    "too large": ("a.py", "x" * (1024 * 1024 + 1), "over the limit of 1 MiB"),
}


@pytest.mark.parametrize(("path", "text", "said"), NO_TEXT.values(), ids=NO_TEXT)
def test_what_text_cannot_say_is_refused(path, text, said):
    with pytest.raises(InputError, match=said):
        unified_diff([FileChange(path=path, before=None, after=text)])


def test_a_file_that_is_not_utf_8_never_becomes_a_change():
    with pytest.raises(InputError, match=r"a\.py is not UTF-8 \(byte 1\)"):
        SourceFile.of_bytes("a.py", b"a\xff\n")


def twice(between):
    return between + "".join(f"\n{n % 9_000}\n{between} {n}" for n in range(18_000)) + "\n"


HOSTILE = {
    "many equal lines, moved": ("x\n" * 60_000 + "y\n" * 60_000, "y\n" * 60_000 + "x\n" * 60_000),
    "blank lines between": ("".join(f"{n}\n\n" for n in range(60_000)), "".join(f"{-n}\n\n" for n in range(60_000))),
    "two letters": ("".join("ab"[n * n % 7 % 2] + "\n" for n in range(90_000)), "".join("ab"[n * n % 5 % 2] + "\n" for n in range(90_000))),
    "lines that stand twice, with others between": (twice("old"), twice("new")),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), HOSTILE.values(), ids=HOSTILE)
def test_what_would_take_long_to_compare_is_one_run(before, after):
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)

    runs = differing_runs(old, new)

    assert len(runs) == 1
    assert made_of(runs, old, new) == new


def test_where_lines_stand_once_in_both_texts_the_largest_are_compared():
    old = [line for n in range(10_000) for line in (f"{n}\n", f"old {n}\n")]
    new = [line for n in range(10_000) for line in (f"{n}\n", f"new {n}\n")]

    runs = differing_runs(old, new)

    assert runs == tuple((2 * n + 1, 2 * n + 2, 2 * n + 1, 2 * n + 2) for n in range(10_000))


@MANY
@given(st.lists(st.sampled_from("abcd"), max_size=30), st.lists(st.sampled_from("abcd"), max_size=30))
def test_runs_turn_one_text_into_the_other(old, new):
    runs = differing_runs(old, new)

    assert made_of(runs, old, new) == new
    assert all(before.a2 < after.a1 or before.b2 < after.b1 for before, after in pairwise(runs))


def made_of(runs, old, new):
    made, end = [], 0
    for run in runs:
        made += [*old[end : run.a1], *new[run.b1 : run.b2]]
        end = run.a2
    return [*made, *old[end:]]
