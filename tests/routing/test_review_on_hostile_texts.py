"""Texts and findings may be anything: every stage that asks no model comes to an end, and nothing escapes from it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.review.claims.finding import Category, Finding, Severity
from suffice.review.claims.gate import gate
from suffice.review.claims.memory import rule_of, suppressed
from suffice.review.claims.merge import merged
from suffice.review.claims.rank import confident, ranked
from suffice.review.hunks.change import Change, ChangedFile, change_of_texts, hunks_of
from suffice.review.hunks.shown import quotable, shown_hunk
from suffice.review.sorting.drop import dropped
from suffice.review.sorting.floors import floor_of
from suffice.review.sorting.order import groups
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Span

PIECES = st.sampled_from(
    [
        *(
            "def f(a):\n",
            "class C:\n",
            "    return a\n",
            "    if a:\n",
            '"""',
            "'''",
            "# x\n",
            "@a\n",
            "\r",
            "\r\n",
            "\n",
        ),
        *(
            "function f() {\n",
            "}\n",
            "`",
            "/*",
            "*/",
            "// y\n",
            "export const a = 1;\n",
            "\x0c",
            "\u2028",
            "\ufeff",
            "\0",
        ),
        *(
            "__old__\n",
            "## h2: x\n",
            "    1 +|a\n",
            "+++ b/x\n",
            "@generated\n",
            "é",
            "\U0001f600",
            "assert a\n",
            " " * 70,
        ),
    ]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)
PATHS = st.sampled_from(
    [
        "a.py",
        "a.ts",
        "a.rs",
        "a.go",
        "A.java",
        "a.json",
        "a.toml",
        "tests/test_a.py",
        "a\u202e.py",
        "a b/c.zig",
        "-x.yaml",
    ]
)


def reviewed(change, words):
    """Send *change* through all stages, with findings that say *words* of each hunk, and return what comes out."""
    hunks, left_out = hunks_of(change)
    reasons = dropped(hunks, change)
    levels = {hunk.id: floor[0] for hunk in hunks if (floor := floor_of(hunk, change))}
    shown = [shown_hunk(hunk, change, "h1") for group in groups(hunks, levels) for hunk in group.hunks]
    findings = [
        Finding(Category.OTHER, Severity.LOW, words, words, words, hunk.id, line.text, words, before_line=words)
        for hunk in hunks[:20]
        for line in quotable(hunk, change)[:3]
    ]
    findings += [finding._replace(last_line=finding.first_line, title="wrong") for finding in findings]
    gated = gate(findings, hunks, change, [Diagnostic("X", words, hunk.path, Span(1, 1, 9, 1)) for hunk in hunks])
    kept, duplicates = merged(gated.kept)
    left = suppressed(confident(kept, families={}), ())
    assert all(rule_of(finding) for finding in left.kept)
    found = ranked(left.kept)
    total = len(found.inline) + len(found.folded) + len(duplicates) + len(gated.dropped) + len(gated.ambiguous)
    assert total == len(findings)
    assert set(reasons) <= {hunk.id for hunk in hunks}
    assert len(shown) == len(hunks)
    return hunks, left_out


@settings(max_examples=150, deadline=None)
@given(PATHS, TEXTS, TEXTS, st.text(max_size=60))
def test_whatever_a_text_holds_every_line_of_it_is_accounted_for(path, before, after, words):
    hunks, left_out = reviewed(change_of_texts({path: before}, {path: after}), words)

    assert hunks or left_out or before == after


ENDLESS = {
    "one line": ("a.py", "x = " + "(" * 100_000),
    "open brackets": ("a.ts", "{\n" * 10_000),
    "conditions": ("a.py", "if a:\n    pass\n" + "elif b:\n    pass\n" * 1000),
    "blank lines": ("a.go", "\n" * 60_000),
    "equal lines": ("a.py", "x = 1\n" * 30_000),
    "the same test again and again": ("tests/test_a.py", "def test_a():\n    assert f()\n" * 1500),
    "comments": ("a.rs", "/* x */\n" * 15_000),
    "carriage returns": ("a.ts", "f();\r" * 15_000),
    "words of SQL": ("a.py", ("select " * 120 + "\n") * 500),
}


@pytest.mark.slow
@pytest.mark.parametrize(("path", "text"), ENDLESS.values(), ids=ENDLESS)
def test_endless_texts_come_to_an_end(path, text):
    reviewed(change_of_texts({path: "x = 1\n"}, {path: text}), "words " * 1000)


def test_hostile_names_are_named_and_never_read(project):
    names = (
        "../secret.py",
        "/etc/passwd",
        "a\0b.py",
        "a\nb.py",
        "\udce9.py",
        "x" * 5000,
        "",
        ".",
        "C:\\x.py",
        "gone/../..",
    )
    change = Change(Snapshot.of_texts({}), Snapshot.of_folder(project.root), tuple(map(ChangedFile, names)))

    hunks, left_out = reviewed(change, "words")

    assert hunks == ()
    assert [left.path for left in left_out] == list(names)


def test_a_file_behind_a_link_is_not_read(project, tmp_path):
    (tmp_path / "secret.py").write_text("key = 1\n")
    (project.root / "link.py").symlink_to(tmp_path / "secret.py")
    change = Change(Snapshot.of_texts({}), Snapshot.of_folder(project.root), (ChangedFile("link.py"),))

    (left,) = hunks_of(change)[1]

    assert left.reason == "it leads through a symbolic link"
