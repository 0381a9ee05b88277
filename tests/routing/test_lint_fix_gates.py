# ruff: noqa: E501  rows of tables stay on one line
"""What a lint fix may do beside mending: how much it may lose, where, and what proves it right."""

import gzip
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from suffice.checker import loss, scope, suppression, target_gone, tool_fix, weakened_types
from suffice.checker.allowance import FIELDS, allowance, is_layout_only
from suffice.checker.check import check
from suffice.checker.lexing import comment_words, without_strings
from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.trees import regions
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange, apply_to_file, linter_edits
from suffice.shipped import shipped_text
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Kind, Span

ROOT = Path(__file__).resolve().parents[2]


def subject(before, after, *, path="mod.py", kind=Kind.EDIT, **more):
    change = FileChange(path=path, before=before, after=after)
    return Subject(kind=kind, changes=(change,), snapshot=Snapshot.of_texts({path: before}), **more)


def lint_fix(rule, before, after, **more):
    """Return the subject of a fix of the first diagnostic of *rule*, and its verdict."""
    linting = Linting(root=None, select=rule)
    fix = subject(before, after, kind=Kind.LINT_FIX, **more)
    found = linting.diagnostics_of([fix.snapshot.file("mod.py")])[0]
    fix.diagnostics = tuple(d for d in found if d.rule == rule)[:1]
    return fix, check_wave([fix], linting=linting, run_all=True)[0]


def failed(verdict):
    return [check.name for check in verdict.failed]


# --- loss.toml and the script that derives it

ROWS = [
    # before, after, rule, message: (row, column) to (row, column), new text
    ("x = a\nif x == None:\n    x = b\n", "E711", "Comparison to `None`", (2, 6), (2, 8), "is"),
    ("if x == None:\n    x = b\n", "E711", "Comparison to `None`", (1, 6), (1, 8), "is"),
    ("y = 2 \n", "W291", "Trailing whitespace", (1, 6), (1, 7), ""),
    ("z = 2\t\n", "W291", "Trailing whitespace", (1, 6), (1, 7), ""),
    ("def f():\n    return 2 \n", "W291", "Trailing whitespace", (2, 13), (2, 14), ""),
    ("import a, b\nb()\n", "F401", "`a` imported but unused", (1, 8), (1, 11), ""),
]


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "corpus.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for number, (before, rule, message, start, end, content) in enumerate(ROWS):
            place = [dict(zip(("row", "column"), point, strict=True)) for point in (start, end)]
            edit = {"location": place[0], "end_location": place[1], "content": content}
            row = {"id": f"{rule}/{number}", "language": "python", "tool": "ruff 0", "rule": rule, "message": message}
            row |= {"before": before, "fix": {"edits": [edit]}, "licence": "ours"}
            row["source"] = {"repo": "ours", "commit": "0" * 40}
            lines.write(json.dumps(row) + "\n")
    return path


def derive(corpus, *modes):
    command = [sys.executable, ROOT / "tools" / "derive_loss.py", corpus, *modes]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_another_corpus_gives_another_table(corpus):
    done = derive(corpus, "--check")

    assert done.returncode == 1
    assert "loss.toml is not what" in done.stderr


def test_the_table_is_validated_on_what_it_was_not_derived_from(corpus):
    lines = derive(corpus, "--validate").stdout.splitlines()

    assert [line.split("%")[0].split()[:2] for line in lines] == [
        ["in", "sample"],
        ["leave", "one"],
        ["even", "from"],
        ["odd", "from"],
    ]
    assert all("% of" in line for line in lines)


def test_a_rule_is_about_layout_when_all_of_its_fixes_are(corpus, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    import derive_loss

    rows, _, _ = derive_loss.read(corpus)
    table = derive_loss.derived(list(map(derive_loss.case_of, rows)))

    assert table["layout_only"] == ["W291"]
    assert table["rules"]["E711"] == {"cases": 2, "signs": 1}
    assert table["rules"]["F401"] == {"cases": 1}


def test_every_allowance_is_of_a_known_field():
    table = tomllib.loads(shipped_text("checker/loss.toml"))

    used = {field for group in ("families", "rules") for entry in table[group].values() for field in entry}
    used |= {*table["default"], *table["beside"]}

    assert used - {"cases"} <= set(FIELDS)


@pytest.mark.parametrize(
    ("rule", "field", "most"),
    [
        ("B904", "uses", 0),  # read of the very rule
        ("ZZZ999", "uses", 2),  # the default
        ("S602", "keywords", 1),  # its family
        ("E711", "signs", 2),  # measured
        ("SIM115", "statements", 3),  # the longest prefix, not SIM1
        ("W291", "comments", 0),  # about layout: comments do not go with it
        ("ZZZ999", "comments", 8),
    ],
)
def test_the_nearest_entry_says_how_much_may_be_lost(rule, field, most):
    assert allowance(rule)[field] == most


@pytest.mark.parametrize(("rule", "expected"), [("W291", True), ("E225", True), ("E501", False), ("E711", False)])
def test_rules_about_layout_are_known(rule, expected):
    assert is_layout_only(rule) is expected


# --- layout and the linter's own fix


def test_a_layout_fix_that_changes_more_is_blocked():
    _, verdict = lint_fix(
        "W291", "def f(x):\n    y = x \n    return y + 2\n", "def f(x):\n    y = x\n    return y - 2\n"
    )

    assert "layout" in failed(verdict)


def test_a_layout_fix_takes_no_comment_away():
    _, verdict = lint_fix("W291", "y = 2 \n# of great moment\nz = 3\n", "y = 2\nz = 3\n")

    assert failed(verdict) == ["loss"]


def test_white_space_in_a_docstring_is_layout_and_no_proof():
    before = 'def f():\n    """One.\n    \n    Two.\n    """\n'

    _, verdict = lint_fix("W293", before, before.replace("    \n", "\n"))

    assert (failed(verdict), verdict.state, verdict.proof) == ([], State.PASSED, None)


@pytest.mark.parametrize(
    ("rule", "before", "after", "proof"),
    [
        ("F541", 'x = f"a"\n', "x = 'a'\n", "the same as the linter's own safe fix"),
        ("E711", "x = abs\ny = x == None\n", "x = abs\ny = x is None\n", None),  # its own, but unsafe
        ("UP032", 'x = "{}".format(1)\n', 'x = f"{1}"\n', "the same as the linter's own safe fix"),
        ("PLR1714", "x = 2\ny = x == 2 or x == 3\n", "x = 2\ny = x in {2, 3}\n", None),
    ],
)
def test_what_the_linter_would_have_written_too_is_proven_where_it_is_safe(rule, before, after, proof):
    fix, verdict = lint_fix(rule, before, after)

    assert (failed(verdict), verdict.proof) == ([], proof)
    assert tool_fix.look(fix).state is State.PASSED


@pytest.mark.parametrize(
    ("after", "state", "proof"),
    [
        ("x = 1\n", State.PASSED, "equal syntax trees"),
        ("x =1\n", State.FAILED, None),
        ("x= 1\n", State.FAILED, None),
        ("x=1 \n", State.FAILED, None),
    ],
)
def test_only_layout_that_ends_the_complaint_is_proven(tmp_path, after, state, proof):
    (tmp_path / "ruff.toml").write_text('preview = true\nlint.select = ["E225"]\n', "utf-8")
    snapshot = Snapshot.of_texts({"mod.py": "x=1\n"}, root=tmp_path)
    patch = f"--- a/mod.py\n+++ b/mod.py\n@@ -1 +1 @@\n-x=1\n+{after}"

    verdict = check(patch, snapshot=snapshot, rule="E225")

    assert (verdict.state, verdict.proof, failed(verdict)) == (state, proof, [] if proof else ["target-gone"])


def test_another_fix_than_the_linters_own_lowers_and_does_not_block():
    fix, verdict = lint_fix("E711", "x = abs\ny = x == None\n", "x = abs\ny = None is x\n")

    assert (verdict.state, tool_fix.look(fix)) == (
        State.PASSED,
        tool_fix.failed("another fix than the linter's own", amount=1),
    )


def test_all_edits_at_one_place_are_made_in_their_order(tmp_path):
    (tmp_path / "ruff.toml").write_text('target-version = "py312"\n', "utf-8")
    before = "from typing import Generic, TypeVar\n\nT = TypeVar('T')\n\n\nclass Box(Generic[T]):\n    one: T\n"
    file = Snapshot.of_texts({"mod.py": before}).file("mod.py")

    (found,) = Linting(root=tmp_path, select="UP046").diagnostics_of([file])[0]

    assert "class Box[T]:" in apply_to_file(file, linter_edits(found.fix, file)).after


def test_what_the_linters_own_fix_loses_may_be_lost():
    fix, verdict = lint_fix(
        "SIM222", "def f(a, b, d):\n    return a or True or b.c or d.e\n", "def f(a, b, d):\n    return a or True\n"
    )

    assert failed(verdict) == []

    fix.diagnostics = tuple(d._replace(fix=None) for d in fix.diagnostics)

    assert loss.look(fix).state is State.FAILED


@pytest.mark.parametrize("after", ["x.a is not None", "x.b is None", "None is None"])
def test_names_in_the_message_are_kept_where_the_linter_keeps_them(after):
    _, verdict = lint_fix("E711", "def f(x):\n    return x.a == None\n", f"def f(x):\n    return {after}\n")

    assert failed(verdict) == ["loss"]


# --- suppressions

SILENCERS = {
    "app.js": ["// eslint-disable-next-line no-eval", "/* eslint-disable */", "/* eslint no-eval: 0 */", "// eslint-disable-line", "// biome-ignore lint: x", "// oxlint-disable-next-line", "// prettier-ignore", "/* istanbul ignore next */", "/* c8 ignore next */", "/* v8 ignore start */", "// @ts-nocheck", "// $FlowFixMe"],
    "app.ts": ["// @ts-ignore", "// @ts-expect-error later", "{/* @ts-ignore */}", "// deno-lint-ignore no-eval", "// tslint:disable"],
    "app.css": ["/* stylelint-disable */"],
    "App.java": ['@SuppressWarnings("all")', "// NOSONAR", "// CHECKSTYLE:OFF", "// @formatter:off", "// spotless:off"],
    "App.kt": ['@Suppress("X")', "// ktlint-disable"],
    "app.go": ["//nolint", "// nolint:errcheck", "// #nosec G101", "//lint:ignore SA1019 x"],
    "app.c": ["// NOLINT", "/* NOLINTNEXTLINE(x) */", '#pragma GCC diagnostic ignored "-Wall"', "// clang-format off", "// cppcheck-suppress x", "// LCOV_EXCL_LINE"],
    "App.cs": ["#pragma warning disable CS0168", "[ExcludeFromCodeCoverage]"],
    "app.rs": ["#[allow(dead_code)]", "#![allow(clippy::all)]", "#[cfg_attr(test, allow(x))]", "#[expect(unused)]"],
    "app.rb": ["# rubocop:disable Style/X", "# rubocop:todo all"],
    "app.php": ["// phpcs:ignore", "// @phpstan-ignore-next-line", "/** @psalm-suppress All */", "// @codeCoverageIgnoreStart"],
    "app.swift": ["// swiftlint:disable all"],
    "run.sh": ["# shellcheck disable=SC2086"],
    "app.tf": ["# tfsec:ignore:x", "#checkov:skip=CKV"],
    "a.yaml": ["# yamllint disable", "# noqa"],
    "mod.py": ["# nosemgrep", "x = 2  # nosec B1", "# pyre-fixme[1]", "@typing.no_type_check", "x = y or True", "if False:", "assert 1, x", "raise unittest.SkipTest"],
}  # fmt: skip


@pytest.mark.parametrize(("path", "line"), [(path, line) for path, lines in SILENCERS.items() for line in lines])
def test_a_suppression_is_found_in_every_language(path, line):
    found = suppression.look(subject("a\n", f"a\n{line}\n", path=path))

    assert (found.state, found.evidence[:18]) == (State.FAILED, "adds a suppression")


MENTIONS = [
    ("mod.py", 'x = "# noqa"'),
    ("mod.py", 'x = """\n// eslint-disable\n# type: ignore\n"""'),
    ("mod.py", "# this would be `x or True`"),
    ("mod.py", "assert 1 in x"),
    ("mod.py", "assert True_"),
    ("app.js", 'x = "eslint-disable"'),
    ("README.md", "Write eslint-disable where you must."),
    ("mod.py", "x = allowed or trueish"),
]


@pytest.mark.parametrize(("path", "line"), MENTIONS)
def test_what_only_speaks_of_a_suppression_passes(path, line):
    assert suppression.look(subject("a\n", f"a\n{line}\n", path=path)).state is State.PASSED


def test_a_string_that_cannot_be_read_hides_no_suppression():
    after = "a\nx = f\"{'\"'}\"  # noqa\ny = 'never ended\n"

    assert suppression.look(subject("a\n", after)).state is State.FAILED


def test_a_lint_fix_writes_no_suppression_into_a_docstring_either():
    after = 'def f():\n    """One.  # noqa: D1"""\n'

    assert suppression.look(subject(after.replace("  # noqa: D1", ""), after, kind=Kind.LINT_FIX)).state is State.FAILED


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("# type: ignore", "# type: ignore[misc]", State.PASSED),
        ("# type: ignore[misc]", "# type: ignore", State.FAILED),
        ("# noqa", "# noqa: E711", State.PASSED),
        ("# noqa E711", "# noqa: E711", State.PASSED),
        ("# noqa: E711", "# noqa E711", State.FAILED),
        ("# noqa: E711, F401", "# noqa: F401", State.PASSED),
        ("# noqa: E711", "# noqa: F401", State.FAILED),
        ("// eslint-disable-line no-eval, no-var", "// eslint-disable-line no-var", State.PASSED),
    ],
)
def test_a_suppression_may_say_less(old, new, state):
    assert suppression.look(subject(f"x = 2  {old}\n", f"x = 2  {new}\n", path="mod.py")).state is state


@pytest.mark.parametrize(
    ("path", "line", "amount"),
    [
        ("mod.py", "x = cast(Any, y)", 1),
        ("mod.py", "def f(x: Any) -> Any: ...", 2),
        ("mod.py", "x = Anything", 0),
        ("app.ts", "const x = y as any;", 1),
        ("app.ts", "let x: any = y!.z;", 2),
    ],
)
def test_types_that_say_nothing_lower_the_confidence(path, line, amount):
    assert weakened_types.look(subject("a\n", f"a\n{line}\n", path=path)).amount == amount
    assert not weakened_types.BLOCKS


# --- places

LONG = "x = abs\n# The limit (in rows)\n\n\ny = x == None\n" + "z = 2\n" * 30


def at(line):
    return (Diagnostic(rule="E711", message="m", path="mod.py", span=Span(line, 1, line, 2)),)


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("x == None", "x is None", State.PASSED),
        ("# The limit (in rows)", "# The limit in rows)", State.FAILED),
        ("# The limit (in rows)\n", "", State.FAILED),
        ("y = x == None", "# a word on it\ny = x is None", State.PASSED),
    ],
)
def test_a_lint_fix_rewords_no_comment_that_is_not_diagnosed(old, new, state):
    assert scope.look(subject(LONG, LONG.replace(old, new), kind=Kind.LINT_FIX, diagnostics=at(5))).state is state


def test_a_rule_that_nobody_finds_leaves_the_patch_unchecked():
    fix = subject("x = 2\n", "x = 3\n", kind=Kind.LINT_FIX, rule="E711")

    verdict = check_wave([fix], linting=Linting(root=None, select="E711"))[0]

    assert target_gone.look(fix).state is State.SKIPPED
    assert verdict.state is not State.PASSED


INSIDE = {
    "a call of several lines": ("f(\n    a=b,\n    c=d,\n)\n", "f(\n    e=b,\n    c=d,\n)\n"),
    "a docstring": ('"""\nx = 2\ny = 3\n"""\n', '"""\nx = 3\ny = 3\n"""\n'),
    "a signature": ("def f(\n    a=2,\n    b=3,\n):\n    return a\n", "def f(\n    a=4,\n    b=3,\n):\n    return a\n"),
}


@pytest.mark.parametrize(("before", "after"), INSIDE.values(), ids=INSIDE)
def test_a_line_within_a_statement_is_no_statement_of_its_own(before, after):
    (region,) = regions(FileChange(path="mod.py", before=before, after=after))

    assert (region.before, region.parsed) == (before, True)


# --- hostile texts

NASTY = {
    # the text, and how many characters of it are neither string nor comment
    "quotes": ('"' + '\\"' * 100_000, 2),
    "triple quotes": ("'''\"\"\"" * 30_000, 40_000),
    "hashes": ("#" * 200_000, 0),
    "openers": ("/* eslint " * 20_000, 200_000),
    "attributes": ("#[cfg_attr(" * 20_000, 0),
    "imports": ("from pytest import " * 15_000, 285_000),
    "blanks": ("#" + " " * 200_000, 0),
    "asserts": ("assert " * 30_000, 210_000),
}


@pytest.mark.slow
@pytest.mark.parametrize(("text", "code"), NASTY.values(), ids=NASTY)
def test_hostile_text_is_read_and_hides_no_suppression(text, code):
    """A pattern that looks back would never come to its end here."""
    assert len(without_strings(text).code) == code
    assert comment_words(f"{text}\n# noted") <= {"noted", "cfg_attr"}
    assert suppression.look(subject("a\n", f"a\n{text}\n")).state is State.PASSED
    assert suppression.look(subject("a\n", f"a\n{text}\nx = 2  # noqa\n")).state is State.FAILED


def test_losses_are_named():
    fix, verdict = lint_fix("E711", "def f(x):\n    g(x)\n    return x == None\n", "def f(x):\n    return x is None\n")

    assert loss.look(fix).evidence == "mod.py loses 1 of its steps"
    assert verdict.confidence == 0
