# ruff: noqa: E501  rows of tables stay on one line
"""Anybody's patch is read strictly: what git would make of it, exactly that or nothing.

More examples than in the default run: FUZZ_EXAMPLES=5000 pytest tests/routing/test_patch_in.py
"""

import os
import re
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange
from suffice.edits.patch_in import parse_patch
from suffice.edits.unified import unified_diff
from suffice.snapshot import Snapshot

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
NUMBERED = "".join(f"line {n}\n" for n in range(1, 41))
FILES = {
    "a.py": "a = 1\nb = 1\n",
    "pkg/b.py": NUMBERED,
    "crlf.py": "a\r\nb\r\n",
    "cr.py": "a\rb\nc\n",
    "empty.py": "",
    "é x.py": "1\n",
    "bom.py": "\ufeffa\nb\n",
    "open.py": "a\nb",
    "odd.py": "a\x0cb\nc\u2028d\ne\x85f\n",
    "twins.py": "x\ny\nz\n-\nx\ny\nz\n-\nx\n",
}


def lines(*rows):
    return "".join(f"{row}\n" for row in rows)


def of(path, *rows):
    return lines(f"--- a/{path}", f"+++ b/{path}", *rows)


A = of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "+a = 2", " b = 1")
A_NEXT = lines("@@ -1 +1 @@", "-a = 1", "+a = 2")


def read(text, files=FILES):
    return parse_patch(text, snapshot=Snapshot.of_texts(files))


A_TAKEN = (FileChange(path="a.py", before=FILES["a.py"], after="a = 2\nb = 1\n"),)
SAME = {
    "as git diff": "diff --git a/a.py b/a.py\nindex 1a2b3c4..5d6e7f8 100644\n" + A,
    "without git's line": A,
    "of an executable file": "diff --git a/a.py b/a.py\nindex 1a2b3c4..5d6e7f8 100755\n" + A,
    "without prefixes": A.replace("a/a.py", "a.py").replace("b/a.py", "a.py"),
    "without prefixes, by git": "diff --git a.py a.py\n" + A.replace("a/a.py", "a.py").replace("b/a.py", "a.py"),
    "with git's other prefixes": A.replace("a/a.py", "i/a.py").replace("b/a.py", "w/a.py"),
    "diff -u, with times": A.replace("a/a.py", "a.py\t2026-01-01 00:00:00.000000000 +0000").replace("b/a.py", "a.py\t2026-01-02 00:00:00.000000000 +0000"),
    "diff -u, of a kept original": A.replace("a/a.py", "a.py.orig\t2026").replace("b/a.py", "a.py\t2026"),
    "diff -ru, of two folders": "diff -ru old/a.py new/a.py\n" + A.replace("a/a.py", "old/a.py").replace("b/a.py", "new/a.py") + "Only in new: c.py\n",
    "as svn": "Index: a.py\n" + "=" * 67 + "\n" + A.replace("a/a.py", "a.py\t(revision 1)").replace("b/a.py", "a.py\t(working copy)"),
    "as a mail": "From 1a2b3c4d5e Mon Sep 17 00:00:00 2001\nFrom: Ada <ada@example.com>\nSubject: [PATCH] Two\n\n---\n a.py | 2 +-\n 1 file changed\n\ndiff --git a/a.py b/a.py\nindex 1..2 100644\n" + A + "-- \n2.39.5\n\n",
    "as a mail that lost its blank": A + "--\n2.39.5\n",
    "in a fence": "Here it is:\n```diff\n" + A + "```\nThat is all.\n",
    "without an end to the last line": A.removesuffix("\n"),
    "with blank lines after": A + "\n\n",
    "with the function's name": A.replace("@@\n", "@@ def f(): @@ é\n"),
    "saved with CRLF": A.replace("\n", "\r\n"),
    "saved with CRLF, by git": ("diff --git a/a.py b/a.py\nindex 1..2 100644\n" + A).replace("\n", "\r\n"),
}  # fmt: skip


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_the_same_change_is_read_from_every_dialect(text):
    assert read(text) == A_TAKEN


def replaced(path, after, before=None):
    before = FILES[path].removeprefix("\ufeff") if before is None else before
    return FileChange(path=path, before=before, after=after, bom=FILES[path].startswith("\ufeff"))


TAKEN = {
    "a blank context line that lost its blank": (
        of("n.py", "@@ -1,3 +1,3 @@", "-a", "+b", "", " c"),
        {"n.py": "a\n\nc\n"},
        FileChange(path="n.py", before="a\n\nc\n", after="b\n\nc\n"),
    ),
    "CRLF in the file": (of("crlf.py", "@@ -1,2 +1,2 @@", "-a\r", "+c\r", " b\r"), FILES, replaced("crlf.py", "c\r\nb\r\n")),
    "CRLF in the file and in the patch": (
        of("crlf.py", "@@ -1,2 +1,2 @@", "-a", "+c", " b").replace("\n", "\r\n"),
        FILES,
        replaced("crlf.py", "c\r\nb\r\n"),
    ),
    "a lone CR": (of("cr.py", "@@ -1,2 +1,2 @@", "-a\rb", "+a\rd", " c"), FILES, replaced("cr.py", "a\rd\nc\n")),
    "what ends lines elsewhere": (
        of("odd.py", "@@ -1,3 +1,3 @@", " a\x0cb", "-c\u2028d", "+c\u2028D", " e\x85f"),
        FILES,
        replaced("odd.py", "a\x0cb\nc\u2028D\ne\x85f\n"),
    ),
    "a byte order mark": (of("bom.py", "@@ -1,2 +1,2 @@", "-\ufeffa", "+\ufeffc", " b"), FILES, replaced("bom.py", "c\nb\n")),
    "an open last line": (
        of("open.py", "@@ -1,2 +1,2 @@", " a", "-b", "\\ No newline at end of file", "+c"),
        FILES,
        replaced("open.py", "a\nc\n"),
    ),
    "a line that looks like a header": (
        of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "+++ b/a.py", " b = 1"),
        FILES,
        replaced("a.py", "++ b/a.py\nb = 1\n"),
    ),
    "without context": (
        of("pkg/b.py", "@@ -5,0 +6 @@", "+new", "@@ -7 +8 @@", "-line 7", "+x"),
        FILES,
        replaced("pkg/b.py", NUMBERED.replace("line 5\n", "line 5\nnew\n").replace("line 7\n", "x\n")),
    ),
    "an offset": (
        of("pkg/b.py", "@@ -12,3 +12,3 @@", " line 10", "-line 11", "+x", " line 12", "@@ -32,3 +32,3 @@", " line 30", "-line 31", "+y", " line 32"),
        FILES,
        replaced("pkg/b.py", NUMBERED.replace("line 11\n", "x\n").replace("line 31\n", "y\n")),
    ),
    "one hunk of two, as filters leave it": (
        of("pkg/b.py", "@@ -20,3 +25,3 @@", " line 20", "-line 21", "+x", " line 22"),
        FILES,
        replaced("pkg/b.py", NUMBERED.replace("line 21\n", "x\n")),
    ),
    "a created file": (
        "diff --git a/n.py b/n.py\nnew file mode 100644\nindex 0000000..1\n--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+a\n",
        {},
        FileChange(path="n.py", before=None, after="a\n"),
    ),
    "a created file, by diff -uN": (
        "diff -ruN old/n.py new/n.py\n--- old/n.py\t1970-01-01 00:00:00.000000000 +0000\n+++ new/n.py\t2026-01-01 00:00:00 +0000\n@@ -0,0 +1 @@\n+a\n",
        {},
        FileChange(path="n.py", before=None, after="a\n"),
    ),
    "a created file with a byte order mark": (
        "--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+\ufeffa\n",
        {},
        FileChange(path="n.py", before=None, after="a\n", bom=True),
    ),
    "a created empty file": ("diff --git a/x y.py b/x y.py\nnew file mode 100644\nindex 0000000..e69de29\n", {}, FileChange(path="x y.py", before=None, after="")),
    "a deleted file": (
        "diff --git a/a.py b/a.py\ndeleted file mode 100755\n--- a/a.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a = 1\n-b = 1\n",
        FILES,
        FileChange(path="a.py", before=FILES["a.py"], after=None),
    ),
    "a deleted empty file": (
        "diff --git a/empty.py b/empty.py\ndeleted file mode 100644\nindex e69de29..0000000\n",
        FILES,
        FileChange(path="empty.py", before="", after=None),
    ),
    "a moved file": (
        "diff --git a/a.py b/sub/c d.py\nsimilarity index 100%\nrename from a.py\nrename to sub/c d.py\n",
        FILES,
        FileChange(path="a.py", before=FILES["a.py"], after=FILES["a.py"], new_path="sub/c d.py"),
    ),
    "a moved and changed file with a quoted name": (
        'diff --git "a/\\303\\251 x.py" b/c.py\nsimilarity index 90%\nrename from "\\303\\251 x.py"\nrename to c.py\n--- "a/\\303\\251 x.py"\t\n+++ b/c.py\n@@ -1 +1 @@\n-1\n+2\n',
        FILES,
        FileChange(path="é x.py", before="1\n", after="2\n", new_path="c.py"),
    ),
    "a copy is a created file": (
        "diff --git a/a.py b/c.py\nsimilarity index 90%\ncopy from a.py\ncopy to c.py\n--- a/a.py\n+++ b/c.py\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n b = 1\n",
        FILES,
        FileChange(path="c.py", before=None, after="a = 2\nb = 1\n"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "files", "change"), TAKEN.values(), ids=TAKEN)
def test_what_fits_exactly_is_taken(text, files, change):
    assert read(text, files) == (change,)


GIT = "diff --git a/{0} b/{0}\n"
REJECTED = {
    "prose": ("I changed the file as you asked.", "names no file"),
    "nothing": ("", "names no file"),
    "no hunk": ("diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n", r"a\.py \(line 3 of the patch\) has no hunk"),
    "no hunk in the header either": (GIT.format("a.py"), r"a\.py has no hunk \(line 1"),
    "a bare @@": (of("a.py", "@@", "-a = 1", "+a = 2"), "line 3 of the patch is no hunk with line numbers"),
    "@@ with a function": (of("a.py", "@@ def f(): @@", "-a = 1", "+a = 2"), "line 3 of the patch is no hunk"),
    "a hunk of no file": (A_NEXT, r"line 1 of the patch \('@@ -1 \+1 @@'\) begins a hunk that belongs to no file"),
    "apply_patch's form": ("*** Begin Patch\n*** Update File: a.py\n-a = 1\n+a = 2\n*** End Patch\n", "names no file"),
    "an added line too many": (of("a.py", "@@ -1 +1 @@", "-a = 1", "+a = 2", "+c = 3"), r"hunk 1 of b/a\.py \(line 3 of the patch\) says 1 old and 1 new lines but has 1 and 2"),
    "a context line too many": (of("a.py", "@@ -1 +1 @@", "-a = 1", "+a = 2", " b = 1"), "but has 2 and 2"),
    "too few lines": (of("a.py", "@@ -1,9 +1,9 @@", "-a = 1", "+a = 2"), "says 9 old and 9 new lines but has 1 and 1"),
    "too few lines in the second hunk": (of("pkg/b.py", "@@ -1 +1 @@", "-line 1", "+x", "@@ -5,5 +5,5 @@", "-line 5", "+y", " line 6") + A, "hunk 2 of b/pkg/b.py .line 6 of the patch. says 5 old and 5 new lines but has 2 and 2"),
    "counts beyond reason": (of("a.py", f"@@ -1,{'9' * 5000} +1 @@", "-a = 1"), "no hunk with line numbers"),
    "prose after a hunk": (A + "Hope this helps!\n", "line 7 of the patch .'Hope this helps!'. belongs to no hunk"),
    "another text": (of("a.py", "@@ -1 +1 @@", "-b = 2", "+b = 3"), "hunk 1 of a.py .line 3 of the patch. does not fit: line 1 of the file is not 'b = 2'"),
    "another place, without context": (of("a.py", "@@ -2 +2 @@", "-a = 1", "+a = 2"), "does not fit: line 2 of the file is not 'a = 1'"),
    "past the end": (of("pkg/b.py", "@@ -40,2 +40,2 @@", " line 40", "-line 41", "+x"), "the file has 40 lines"),
    "trailing space in the context": (of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "+a = 2", " b = 1 "), "line 2 of the file is not 'b = 1 '"),
    "LF for CRLF": (of("crlf.py", "@@ -1,2 +1,2 @@", "-a", "+c", " b"), "line 1 of the file is not 'a' with that line end"),
    "two places": (of("twins.py", "@@ -3,3 +3,3 @@", " x", "-y", "+Y", " z"), "fits at several places and its line numbers are off"),
    "an insertion without a place": (of("pkg/b.py", "@@ -50,0 +51 @@", "+x"), "has no old line to find its place by"),
    "hunks out of order": (of("pkg/b.py", "@@ -20 +20 @@", "-line 20", "+x", "@@ -10 +10 @@", "-line 10", "+y"), "hunk 2 of pkg/b.py .line 6 of the patch. begins before the one above it ends"),
    "hunks that overlap": (of("pkg/b.py", "@@ -10,2 +10,2 @@", " line 10", "-line 11", "+x", "@@ -11 +11 @@", "-line 11", "+y"), "begins before the one above it ends"),
    "no such file": (of("no.py", "@@ -1 +1 @@", "-a", "+b"), "no.py is not in this snapshot"),
    "outside": (of("../a.py", "@@ -1 +1 @@", "-a", "+b"), "'../a.py' is none inside the root"),
    "far outside": (of("../../etc/passwd", "@@ -1 +1 @@", "-a", "+b"), "is none inside the root"),
    "absolute": ("--- /a.py\n+++ /a.py\n" + A_NEXT, "'/a.py' is none inside the root"),
    "absolute behind a prefix": (of("/etc/passwd", "@@ -1 +1 @@", "-a", "+b"), "'/etc/passwd' is none inside the root"),
    "with a backslash": (of("pkg\\b.py", "@@ -1 +1 @@", "-a", "+b"), "is none inside the root"),
    "moved outside": ("diff --git a/a.py b/../a.py\nrename from a.py\nrename to ../a.py\n", "is none inside the root"),
    "two files for one": ("--- a.py\n+++ pkg/b.py\n" + A_NEXT, "names a.py and pkg/b.py for one file"),
    "another file in git's line": (GIT.format("a.py") + of("pkg/b.py", "@@ -1 +1 @@", "-line 1", "+x"), "line 1 of the patch names [ab]/a.py where it means pkg/b.py"),
    "another file in the rename": ("diff --git a/a.py b/c.py\nrename from a.py\nrename to c.py\n" + of("pkg/b.py", "@@ -1 +1 @@", "-line 1", "+x"), "where it means a.py"),
    "created and not": (GIT.format("a.py") + "new file mode 100644\n" + A, "where it means /dev/null"),
    "quotes that never end": ('--- "a/a.py\n+++ "b/a.py\n' + A_NEXT, "cannot be read"),
    "quoted bytes that are no text": ('--- "a/\\377.py"\n+++ "b/\\377.py"\n' + A_NEXT, "cannot be read"),
    "created again": ("--- /dev/null\n+++ b/a.py\n@@ -0,0 +1 @@\n+a = 2\n", "a.py is to be created but is there already"),
    "moved onto another": ("diff --git a/a.py b/crlf.py\nrename from a.py\nrename to crlf.py\n", "crlf.py is to be created but is there"),
    "moved onto itself": ("diff --git a/a.py b/a.py\nrename from a.py\nrename to a.py\n", "is to become itself"),
    "deleted in part": ("--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-a = 1\n", "a.py is to be deleted but text would be left"),
    "deleted without its lines": (GIT.format("a.py") + "deleted file mode 100644\n", "text would be left"),
    "lines joined": (of("a.py", "@@ -1 +1 @@", "-a = 1", "+a = 2", "\\ No newline at end of file"), "would join two lines of a.py"),
    "a line put behind an open one": (of("open.py", "@@ -2,0 +3 @@", "+c"), "would join two lines of open.py"),
    "the end of the file in the middle": (of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "\\ No newline at end of file", "+a = 2", " b = 1"), "says in its middle that the file ends"),
    "a lost byte order mark": (of("bom.py", "@@ -1,2 +1,2 @@", "-\ufeffa", "+a", " b"), "bom.py would gain or lose its byte order mark"),
    "a gained byte order mark": (of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "+\ufeffa = 1", " b = 1"), "would gain or lose its byte order mark"),
    "another mode": (GIT.format("a.py") + "old mode 100644\nnew mode 100755\n", "a.py would get another mode"),
    "another mode and text": (GIT.format("a.py") + "old mode 100644\nnew mode 100755\nindex 1..2\n" + A, "would get another mode"),
    "an executable file": (GIT.format("n") + "new file mode 100755\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n", "n would be created with mode 100755"),
    "a link": (GIT.format("l") + "new file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n", "l is a symbolic link"),
    "a link that changes": (GIT.format("a.py") + "index 1a2b3c4..5d6e7f8 120000\n" + A, "a.py is a symbolic link"),
    "a submodule": (GIT.format("s") + "new file mode 160000\nindex 0000000..1a2b3c4\n--- /dev/null\n+++ b/s\n@@ -0,0 +1 @@\n+Subproject commit 1a2b3c4\n", "s is a submodule"),
    "a submodule that moves": ("Submodule s 1a2b3c4..5d6e7f8:\n  > More\n", "moves a submodule"),
    "binary": (GIT.format("a.png") + "index 1..2 100644\nBinary files a/a.png and b/a.png differ\n", "line 3 of the patch .* is about a binary file"),
    "a binary patch": (GIT.format("a.png") + "index 1..2 100644\nGIT binary patch\nliteral 3\nKcmabc\n\n", "is about a binary file"),
    "a merge": ("diff --cc a.py\nindex 1,2..3\n--- a/a.py\n+++ b/a.py\n@@@ -1,1 -1,1 +1,1 @@@\n- x\n", "a merge's combined diff"),
    "the same file twice": (A + A, "the patch names a.py twice"),
    "moved from and to": ("diff --git a/a.py b/c.py\nrename from a.py\nrename to c.py\n" + GIT.format("a.py") + A, "the patch names a.py twice"),
    "a NUL character": (of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "+a = '\0'", " b = 1"), "a NUL character"),
    "half a surrogate pair": (of("a.py", "@@ -1,2 +1,2 @@", "-a = 1", "+a = '\ud800'", " b = 1"), "surrogate pair"),
    "too much text": ("--- /dev/null\n+++ b/n.py\n@@ -0,0 +1 @@\n+" + "x" * (1024 * 1024 + 1) + "\n", "over the limit of 1 MiB"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REJECTED.values(), ids=REJECTED)
def test_what_does_not_fit_exactly_is_rejected_and_why(text, said):
    rejected = read(text)

    assert isinstance(rejected, Rejected), rejected
    assert re.search(said, rejected.reason), rejected.reason


def test_two_mails_of_two_files_are_one_patch():
    mail = "From 1a2b3c4 Mon Sep 17 00:00:00 2001\nSubject: [PATCH {0}/2] x\n\nWhy.\n---\n x | 1 +\n\n"
    other = of("crlf.py", "@@ -2 +2 @@", "-b\r", "+c\r")

    both = read(mail.format(1) + A + "-- \n2.39.5\n\n" + mail.format(2) + other + "-- \n2.39.5\n\n")

    assert both == (*A_TAKEN, replaced("crlf.py", "a\r\nc\r\n"))


OPTIONS = [
    [],
    ["--no-prefix"],
    ["-c", "diff.mnemonicPrefix=true"],
    ["--unified=0"],
    ["--unified=10"],
    ["--find-renames"],
    ["--find-copies-harder"],
    ["--full-index"],
    ["--binary"],
    ["--src-prefix=old/", "--dst-prefix=new/"],
    ["--minimal"],
    ["--stat", "--patch"],
    ["--function-context"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
def test_whatever_git_diff_prints_is_read(repository, options):
    """Two states of a tree: files edited, created, deleted, moved, with odd names and line ends."""
    repository.write(FILES).commit()
    after = {
        "a.py": "a = 2\nb = 1\n",
        "crlf.py": "a\r\nc\r\nd\r\n",
        "moved/b.py": NUMBERED.replace("line 20\n", "line twenty\n"),
        "bom.py": "\ufeffa\nc\n",
        "open.py": "a\nb\n",
        "cr.py": "a\rb\nc",
        "odd.py": "a\x0cb\nc\u2028D\ne\x85f\n",
        "new é.py": "",
        "newer é.py": "1\n",
    }
    for name in ("pkg/b.py", "empty.py", "é x.py"):
        (repository.root / name).unlink()
    repository.write(after).git("add", "--all")
    settings_, flags = (options[:2], options[2:]) if options[:1] == ["-c"] else ([], options)

    changes = read(repository.git(*settings_, "diff", "--cached", *flags))

    assert not isinstance(changes, Rejected), changes
    texts = {path: text for path, text in FILES.items() if path not in {c.path for c in changes}}
    texts |= {c.target: ("\ufeff" if c.bom else "") + c.after for c in changes if c.after is not None}
    assert texts == {
        path: repository.read(path).decode() for path in repository.git("ls-files", "-z").split("\0") if path
    }


def test_a_series_by_format_patch_is_read(repository):
    repository.write(FILES).commit()
    repository.write({"a.py": "a = 2\nb = 1\n"}).commit("Say two\n\n@ is a sign, and --- a line")
    repository.write({"crlf.py": "a\r\nc\r\n"}).commit("Say c")

    changes = read(repository.git("format-patch", "--stdout", "-2"))

    assert changes == (*A_TAKEN, replaced("crlf.py", "a\r\nc\r\n"))


def test_what_diff_and_svn_print_of_two_folders_is_read(tmp_path):
    for side, files in {
        "old": {"a.py": FILES["a.py"], "gone.py": "x\n"},
        "new": {"a.py": "a = 2\nb = 1\n", "n.py": "n\n"},
    }.items():
        for name, text in files.items():
            (tmp_path / side).mkdir(exist_ok=True)
            (tmp_path / side / name).write_text(text)
    done = subprocess.run(["diff", "-ruN", "old", "new"], cwd=tmp_path, capture_output=True, text=True, check=False)

    changes = read(done.stdout, {"a.py": FILES["a.py"], "gone.py": "x\n"})

    gone, new = FileChange(path="gone.py", before="x\n", after=None), FileChange(path="n.py", before=None, after="n\n")
    assert changes == (*A_TAKEN, gone, new)


ALPHABET = ["a", "b", "c", "", "a", "b"]
mutations = st.sampled_from(["drop", "double", "swap", "mark", "number", "text", "cr"])


@st.composite
def spoiled_patches(draw):
    """Return a text and a diff of it with something changed in the diff."""
    before = draw(st.lists(st.sampled_from(ALPHABET), min_size=3, max_size=25))
    after = list(before)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(after) - 1))
        after[at : at + draw(st.integers(0, 2))] = draw(st.lists(st.sampled_from(["x", "y", "a"]), max_size=2))
        after = after or ["x"]
    change = FileChange(path="f", before=lines(*before), after=lines(*after))
    rows = unified_diff([change]).splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 2)) if len(rows) > 3 else 0):
        _spoil(rows, draw(st.integers(3, len(rows) - 1)), draw(mutations), draw(st.integers(-3, 3)))
    return change.before, "".join(rows)


def _spoil(rows, at, mutation, by):
    row = rows[at]
    match mutation:
        case "drop" if len(rows) > 5:
            del rows[at]
        case "double":
            rows.insert(at, row)
        case "swap":
            rows[at - 1], rows[at] = rows[at], rows[at - 1]
        case "mark":
            rows[at] = " -+"[by % 3] + row[1:]
        case "number":
            rows[at] = "".join(str(max(0, int(c) + by)) if c.isdigit() else c for c in row)
        case "text":
            rows[at] = row[0] + "z" + row[1:]
        case "cr":
            rows[at] = row.replace("\n", "\r\n")


@settings(max_examples=EXAMPLES or 100, deadline=None, suppress_health_check=list(HealthCheck))
@given(spoiled_patches())
def test_what_we_and_git_both_take_comes_out_the_same(tmp_path_factory, row):
    before, patch = row
    changes = read(patch, {"f": before})
    if isinstance(changes, Rejected):
        return
    folder = tmp_path_factory.getbasetemp() / "both"
    folder.mkdir(exist_ok=True)
    (folder / "f").write_bytes(before.encode())

    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", "-"], cwd=folder, input=patch.encode(), capture_output=True, check=False
    )

    if done.returncode == 0:
        assert [(folder / change.path).read_bytes().decode() for change in changes] == [
            change.after for change in changes
        ]


@given(st.text(max_size=300))
@settings(max_examples=EXAMPLES or 60, deadline=None)
def test_no_text_makes_the_reader_crash(text):
    read(text)
    read(f"--- a/a.py\n+++ b/a.py\n{text}")
    read(f"--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n{text}")
    read(f"diff --git {text}\nnew file mode 100644\n")


def many_hunks(count, *, off=0):
    rows = (f"@@ -{3 * n + 1 + off},3 +{3 * n + 1 + off},3 @@\n a{n}\n-b{n}\n+c\n d{n}\n" for n in range(count))
    return of("big.py") + "".join(rows), {"big.py": "".join(f"a{n}\nb{n}\nd{n}\n" for n in range(count))}


HOSTILE = {
    "very many hunks": (*many_hunks(20_000), None),
    "very many hunks elsewhere": (*many_hunks(20_000, off=3), "over 100 hunks of big.py are elsewhere than they say"),
    "a hunk that nearly fits everywhere": (of("big.py", "@@ -9,20001 +9,20001 @@", *[" x"] * 20_000, "-y", "+z"), {"big.py": "x\n" * 200_000}, "line 20009 of the file is not 'y'"),
    "very many files": ("".join(f"--- /dev/null\n+++ b/{n}.py\n@@ -0,0 +1 @@\n+x\n" for n in range(8_000)), {}, None),
    "a very long line": (of("a.py", "@@ -1 +1 @@", "-" + "a" * 1_000_000, "+b"), FILES, "line 1 of the file is not 'aaa"),
    "a very long name": ("--- /dev/null\n+++ b/" + "d/" * 500_000 + "\n@@ -0,0 +1 @@\n+x\n", {}, "is too long"),
    "quotes and backslashes": ('--- "' + "\\" * 500_000 + "\n+++ b\n@@ -1 +1 @@\n-a\n+b\n", FILES, "cannot be read"),
    "blanks in git's line": ("diff --git " + "a " * 500_000 + "\nnew file mode 100644\n", FILES, "names no file that can be told"),
    "binary files that never differ": ("Binary files " + "differ and " * 100_000, FILES, "names no file to change"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "files", "said"), HOSTILE.values(), ids=HOSTILE)
def test_the_largest_patches_are_read_to_their_end(text, files, said):
    """How long that takes is measured by hand, by tests/bench/fuzz_applier.py; what is not linear would not end."""
    changes = read(text, files)

    assert isinstance(changes, Rejected) == (said is not None), changes
    assert said is None or said in changes.reason


CLASHES = {
    "in a file that is there": "--- /dev/null\n+++ b/a.py/n\n@@ -0,0 +1 @@\n+x\n",
    "moved into one": "diff --git a/crlf.py b/a.py/n\nrename from crlf.py\nrename to a.py/n\n",
    "in one that is created": "--- /dev/null\n+++ b/n/m\n@@ -0,0 +1 @@\n+x\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
    "where a folder is": "--- /dev/null\n+++ b/pkg\n@@ -0,0 +1 @@\n+x\n",
}  # fmt: skip


@pytest.mark.parametrize("text", CLASHES.values(), ids=CLASHES)
def test_no_file_is_put_where_it_cannot_stand(text):
    assert re.search(r" (a\.py|n) is a file; choose|pkg is to be created but is there", read(text).reason)


def test_a_file_may_become_a_folder():
    deleted = "--- a/a.py\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a = 1\n-b = 1\n"
    created = "--- /dev/null\n+++ b/a.py/n\n@@ -0,0 +1 @@\n+x\n"

    assert [change.target for change in read(deleted + created)] == ["a.py", "a.py/n"]
