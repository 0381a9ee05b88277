# ruff: noqa: E501  rows of tables stay on one line
"""`suffice fix` on real files and real repositories: what it prints, writes and ends with, whatever it is given."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from suffice.edits.edit import FileChange
from suffice.edits.write import write_changes
from suffice.errors import StorageError
from suffice.providers.reply import Ended
from suffice.report import REASONS, schema
from suffice.snapshot import Snapshot
from suffice_ci.summary import summary_lines


def rows(table):
    """Return the rows of *table* (name: row) as parameters."""
    return [pytest.param(*(row if isinstance(row, tuple) else (row,)), id=name) for name, row in table.items()]


SETTINGS = '[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = ["B904", "F541", "E711"]\n'
F541 = 'title = f"hello"\n'
MENDED = 'title = "hello"\n'
B904 = "def f(x):\n    try:\n        return x()\n    except OSError as error:\n        raise ValueError(x)\n"


@pytest.fixture
def small(project):
    """A project with one safe fix of ruff."""
    return project.write({"pyproject.toml": SETTINGS, "a.py": F541})


@pytest.fixture
def tracked(repository):
    """The same in a repository, committed."""
    repository.write({"pyproject.toml": SETTINGS, "a.py": F541, "b.py": F541.replace("title", "name")})
    repository.commit()
    return repository


# --- what it does


def test_the_diff_goes_to_stdout_and_nothing_is_changed(small, suffice):
    ran = suffice("fix")

    assert ran.code == 0
    assert ran.stdout.decode() == (
        'diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-title = f"hello"\n+title = "hello"\n'
    )
    assert "1 diagnostic in 1 file" in ran.stderr
    assert small.read("a.py").decode() == F541


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_why_something_is_left_is_shown_in_words(reason, small, suffice):
    report = suffice("fix", "--json").report
    words, left = REASONS[reason], {**report["items"][0], "reason": reason, "detail": "so it is", "next_lane": {}}
    items = [{**left, "outcome": "needs-human", "attempts": []}, *[{**left, "outcome": "skipped"}] * 40]

    lines = list(summary_lines({**report, "items": items}, keys=("KEY",)))

    assert f"a.py:1:9 F541: {words}: so it is" in lines
    assert f"  F541       40: {words}" in lines
    assert f"  41 left: {words}" in lines


@pytest.mark.parametrize("ended", list(Ended))
def test_how_an_attempt_ended_is_shown_in_words(ended, small, suffice):
    report = suffice("fix", "--json").report
    attempt = {"lane": "haiku", "ended": ended, "failed_checks": [], "cost_usd": 0.0}
    item = {**report["items"][0], "outcome": "needs-human", "reason": "no-usable-reply", "attempts": [attempt]}

    (line,) = [line for line in summary_lines({**report, "items": [item]}, keys=("KEY",)) if "(haiku " in line]

    assert re.search(r"\(haiku (could not|refused|was cut off|gave no |took too long|was interrupted)", line)


def test_what_is_printed_can_be_applied_by_git(tracked, suffice):
    tracked.git("apply", "-", stdin=suffice("fix").stdout)

    assert tracked.read("a.py").decode() == MENDED
    assert suffice("fix").stdout == b""


def test_the_report_is_one_document_with_everything(small, suffice):
    report = suffice("fix", "--json").report

    (item,) = report["items"]
    assert (report["status"], report["reason"], report["command"]) == ("proposed", "patch-proposed", "fix")
    assert (item["id"], item["rule"], item["lane"], item["applicability"]) == ("i1", "F541", "linter", "safe")
    assert item["edits"] == [{"path": "a.py", "op": "replace", "start_line": 1, "end_line": 1, "new_text": MENDED}]
    assert item["verdict"]["proof"] == "the linter's own safe fix"
    assert report["files"] == [
        {"path": "a.py", "blob_sha": item_sha(small, "a.py"), "eol": "\n", "final_newline": True}
    ]


def item_sha(project, name):
    return subprocess.run(
        ["git", "hash-object", name], cwd=project.root, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_nothing_to_do_is_clean(project, suffice):
    project.write({"pyproject.toml": SETTINGS, "a.py": MENDED})

    ran = suffice("fix", "--json")

    assert (ran.code, ran.report["status"], ran.report["reason"]) == (0, "clean", "nothing-to-do")


def test_an_empty_folder_is_clean(project, suffice):
    ran = suffice("fix", "--json")

    assert (ran.code, ran.report["status"]) == (0, "clean")


def test_a_nested_folder_is_enough(tracked, suffice):
    tracked.write({"pkg/c.py": F541})

    report = suffice("fix", "--json", ".", folder=tracked.root / "pkg").report

    assert [item["path"] for item in report["items"]] == ["pkg/c.py"]


def test_a_path_outside_of_any_repository_is_served(small, suffice):
    assert suffice("fix", "--json", "a.py").only_item["outcome"] == "proposed"


def test_patch_and_report_go_to_files_too(small, suffice, valid):
    ran = suffice("fix", "--patch", "out.diff", "--output", "out.json")

    report = valid(json.loads(small.read("out.json")))
    assert small.read("out.diff").decode() == report["patch"] == ran.stdout.decode()


@pytest.mark.parametrize("unsafe", [False, True])
def test_an_unsafe_fix_is_left_out_unless_asked_for(small, suffice, unsafe):
    small.write({"a.py": "import sys\n\n\ndef f(x=sys):\n    return x == None\n"})

    ran = suffice("fix", "--json", *["--unsafe"] * unsafe)

    item = ran.only_item
    assert (item["applicability"], item["outcome"], item["in_patch"]) == ("unsafe", "proposed", unsafe)
    assert bool(ran.report["patch"]) == unsafe


def test_select_takes_other_rules(small, suffice):
    small.write({"a.py": "import os\n"})

    assert suffice("fix", "--json").report["items"] == []
    assert suffice("fix", "--json", "--select", "F401").only_item["rule"] == "F401"


# --- --apply

CONTENTS = {
    "CRLF": (b'a = f"x"\r\nb = 1\r\n', b'a = "x"\r\nb = 1\r\n'),
    "CR": (b'a = f"x"\rb = 1\r', b'a = "x"\rb = 1\r'),
    "mixed": (b'a = f"x"\r\nb = 1\nc = 2\r\n', b'a = "x"\r\nb = 1\nc = 2\r\n'),
    "no last line end": (b'b = 1\na = f"x"', b'b = 1\na = "x"'),
    "byte order mark": (b'\xef\xbb\xbfa = f"x"\n', b'\xef\xbb\xbfa = "x"\n'),
    "byte order mark and CRLF": (b'\xef\xbb\xbfa = f"x"\r\n', b'\xef\xbb\xbfa = "x"\r\n'),
    "form feed": (b'b = 1\n\x0c\na = f"x"\n', b'b = 1\n\x0c\na = "x"\n'),
    "line separator": ('b = "\u2028"\na = f"x"\n'.encode(), 'b = "\u2028"\na = "x"\n'.encode()),
    "emoji before the fix": ('b = "🙂🙂"; a = f"x"\n'.encode(), 'b = "🙂🙂"; a = "x"\n'.encode()),
    "tabs": (b'if 1:\n\ta = f"x"\n', b'if 1:\n\ta = "x"\n'),
    "trailing white space": (b'a = f"x"   \n\n\n', b'a = "x"   \n\n\n'),
}


@pytest.mark.parametrize(("before", "after"), CONTENTS.values(), ids=CONTENTS)
def test_apply_changes_nothing_but_the_fix(small, suffice, before, after):
    small.write({"a.py": before})

    ran = suffice("fix", "--json", "--apply")

    assert (ran.code, ran.report["status"], ran.report["reason"]) == (0, "fixed", "patch-applied")
    assert small.read("a.py") == after


@pytest.mark.parametrize(("before", "after"), CONTENTS.values(), ids=CONTENTS)
def test_the_patch_says_the_same_as_apply(tracked, suffice, before, after):
    tracked.write({"a.py": before, "b.py": "x = 1\n"})

    patch = suffice("fix").stdout

    tracked.git("apply", "--whitespace=nowarn", "-", stdin=patch)
    assert tracked.read("a.py") == after


@pytest.mark.parametrize("mode", [0o755, 0o640, 0o600])
def test_apply_keeps_the_mode(small, suffice, mode):
    (small.root / "a.py").chmod(mode)

    suffice("fix", "--apply")

    assert stat.S_IMODE((small.root / "a.py").stat().st_mode) == mode
    assert sorted(path.name for path in small.root.iterdir()) == ["a.py", "pyproject.toml"]


def test_apply_twice_does_nothing_more(small, suffice):
    suffice("fix", "--apply")

    ran = suffice("fix", "--apply", "--json")

    assert (ran.report["status"], small.read("a.py").decode()) == ("clean", MENDED)


def test_apply_prints_no_diff(small, suffice):
    assert suffice("fix", "--apply").stdout == b""


def test_a_link_is_never_written_through(small, suffice, tmp_path):
    outside = tmp_path / "outside.py"
    outside.write_text(F541)
    (small.root / "link.py").symlink_to(outside)

    ran = suffice("fix", "--apply", "--json")

    assert outside.read_text() == F541
    assert {item["path"] for item in ran.report["items"] if item["in_patch"]} == {"a.py"}


# --- which lines


def test_base_counts_only_changed_lines(tracked, suffice):
    base = tracked.git("rev-parse", "HEAD").strip()
    tracked.write({"a.py": F541 + 'other = f"there"\n', "new.py": F541})
    tracked.commit()
    tracked.write({"b.py": 'fresh = f"now"\n' + F541.replace("title", "name")})

    report = suffice("fix", "--json", "--base", base).report

    assert [(item["path"], item["start_line"]) for item in report["items"]] == [("a.py", 2), ("b.py", 1), ("new.py", 1)]
    assert report["base_sha"] == base
    assert report["head_sha"] == tracked.git("rev-parse", "HEAD").strip()


def test_base_is_the_merge_base(tracked, suffice):
    tracked.git("checkout", "--quiet", "-b", "topic")
    tracked.write({"a.py": F541 + 'other = f"there"\n'})
    tracked.commit()
    tracked.git("checkout", "--quiet", "main")
    tracked.write({"b.py": "x = 1\n"})
    tracked.commit()
    tracked.git("checkout", "--quiet", "topic")

    report = suffice("fix", "--json", "--base", "main").report

    assert [(item["path"], item["start_line"]) for item in report["items"]] == [("a.py", 2)]


def test_staged_reads_the_index_and_not_the_work_tree(tracked, suffice):
    tracked.write({"a.py": F541 + 'staged = f"there"\n'})
    tracked.git("add", "a.py")
    tracked.write({"a.py": "broken(\n"})

    report = suffice("fix", "--json", "--staged").report

    assert [(item["path"], item["start_line"], item["outcome"]) for item in report["items"]] == [
        ("a.py", 2, "proposed")
    ]


def test_staged_apply_refuses_a_file_that_differs_and_never_stages(tracked, suffice):
    tracked.write({"a.py": F541 + 'staged = f"there"\n'})
    tracked.git("add", "a.py")
    tracked.write({"a.py": F541 + 'staged = f"there"\nmore = 1\n'})
    staged = tracked.git("ls-files", "--stage")

    ran = suffice("fix", "--json", "--staged", "--apply")

    assert ran.code == 1
    assert ran.report["detail"] == ("a.py is not as it was staged; nothing was written, stage it or leave out --apply.")
    assert tracked.read("a.py").decode().endswith("more = 1\n")
    assert tracked.git("ls-files", "--stage") == staged


def test_staged_apply_writes_the_work_tree_alone(tracked, suffice):
    tracked.write({"a.py": 'staged = f"there"\n'})
    tracked.git("add", "a.py")
    staged = tracked.git("ls-files", "--stage")

    ran = suffice("fix", "--json", "--staged", "--apply")

    assert (ran.code, ran.report["status"]) == (0, "fixed")
    assert tracked.read("a.py").decode() == 'staged = "there"\n'
    assert tracked.git("ls-files", "--stage") == staged


def test_staged_in_a_repository_without_a_commit(repository, suffice):
    repository.write({"pyproject.toml": SETTINGS, "a.py": F541})
    repository.git("add", "--all")

    assert suffice("fix", "--json", "--staged").only_item["outcome"] == "proposed"


@pytest.mark.parametrize("source", ["file", "-"])
def test_a_diff_says_which_lines_count(tracked, suffice, source):
    tracked.write({"a.py": F541 + 'other = f"there"\n'})
    diff = tracked.git("diff")
    tracked.write({"change.diff": diff})

    ran = suffice("fix", "--json", "--diff", "change.diff" if source == "file" else "-", stdin=diff)

    assert [item["start_line"] for item in ran.report["items"]] == [2]


SARIF = {
    "version": "2.1.0",
    "runs": [
        {
            "tool": {"driver": {"name": "ruff"}},
            "results": [
                {
                    "ruleId": "F541",
                    "level": "error",
                    "message": {"text": "f-string without any placeholders"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "a.py"},
                                "region": {"startLine": 1, "startColumn": 9, "endLine": 1, "endColumn": 17},
                            }
                        }
                    ],
                }
            ],
        }
    ],
}
RDJSON = {
    "source": {"name": "ruff"},
    "diagnostics": [
        {
            "message": "f-string without any placeholders",
            "location": {
                "path": "a.py",
                "range": {"start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 17}},
            },
            "severity": "ERROR",
            "code": {"value": "F541", "url": "https://docs.astral.sh/ruff/rules/f-string-missing-placeholders"},
        }
    ],
}


@pytest.mark.parametrize("given", [SARIF, RDJSON], ids=["SARIF", "rdjson"])
def test_given_diagnostics_are_taken(small, suffice, given):
    small.write({"given.json": json.dumps(given), "b.py": F541})

    item = suffice("fix", "--json", "--diagnostics", "given.json").only_item

    assert (item["path"], item["rule"], item["start_line"], item["end_column"]) == ("a.py", "F541", 1, 17)
    assert (item["outcome"], item["lane"]) == ("proposed", "linter")


def test_a_given_diagnostic_is_mended_where_it_stands_now(small, suffice):
    small.write({"given.json": json.dumps(RDJSON), "a.py": f"x = 1\n\n\n{F541}"})

    item = suffice("fix", "--json", "--diagnostics", "given.json").only_item

    assert (item["start_line"], item["outcome"]) == (4, "proposed")


def test_for_a_given_diagnostic_that_is_gone_nobody_is_asked(small, suffice, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-never-used")
    monkeypatch.setenv("SUFFICE_ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    small.write({"given.json": json.dumps(RDJSON), "a.py": MENDED})

    ran = suffice("fix", "--json", "--yes", "--diagnostics", "given.json")

    assert (ran.only_item["outcome"], ran.only_item["reason"]) == ("skipped", "stale")
    assert (ran.only_item["attempts"], ran.code) == ([], 0)


def test_diagnostics_of_ruff_are_taken_with_their_fixes(small, suffice):
    ruff = Path(os.sys.executable).with_name("ruff")
    command = [ruff, "check", "--output-format", "json", "--no-cache"]
    found = subprocess.run(command, cwd=small.root, capture_output=True, check=False).stdout
    small.write({"given.json": found, "b.py": F541})

    item = suffice("fix", "--json", "--diagnostics", "given.json").only_item

    assert (item["path"], item["outcome"], item["lane"]) == ("a.py", "proposed", "linter")


def test_diagnostics_of_two_files_are_joined(small, suffice):
    small.write({"one.json": json.dumps(SARIF), "two.json": json.dumps(RDJSON).replace("a.py", "b.py"), "b.py": F541})

    report = suffice("fix", "--json", "--diagnostics", "one.json", "--diagnostics", "two.json").report

    assert [item["path"] for item in report["items"]] == ["a.py", "b.py"]


def test_what_another_linter_says_is_not_touched(small, suffice):
    given = json.dumps(SARIF).replace('"name": "ruff"', '"name": "pylint"')
    small.write({"given.json": given})

    item = suffice("fix", "--json", "--diagnostics", "given.json").only_item

    assert (item["outcome"], item["reason"], item["source"]) == ("skipped", "no-checker", "pylint")


@pytest.mark.parametrize("uri", ["../outside.py", "/etc/passwd", "file:///etc/passwd", "a/../../b.py", "%2e%2e/b.py"])
def test_diagnostics_of_files_outside_are_left_out(small, suffice, uri):
    small.write({"given.json": json.dumps(SARIF).replace('"a.py"', json.dumps(uri))})

    assert suffice("fix", "--json", "--diagnostics", "given.json").report["items"] == []


@pytest.mark.parametrize("form", ["ruff", "SARIF"])
def test_a_run_whose_diagnostics_are_all_of_another_place_is_not_clean_without_a_word(small, suffice, form):
    place = {"row": 1, "column": 1}
    ruff = [
        {
            "code": "F541",
            "message": "m",
            "filename": "/runner/a.py",
            "location": place,
            "end_location": place,
            "fix": None,
        }
    ]
    sarif = json.loads(json.dumps(SARIF).replace('"a.py"', '"file:///runner/a.py"'))
    small.write({"given.json": json.dumps(ruff if form == "ruff" else sarif)})

    ran = suffice("fix", "--json", "--diagnostics", "given.json")

    assert ran.code != 0 or "a.py" in str(ran.report["not_looked_at"]) + ran.stderr


PLACES = {
    "line 0": {"startLine": 0},
    "the end before the start": {"startLine": 1, "startColumn": 9, "endLine": 1, "endColumn": 2},
    "a negative line": {"startLine": -3},
    "a line that is text": {"startLine": "1"},
    "column 0": {"startLine": 1, "startColumn": 0},
    "no region": None,
}


@pytest.mark.parametrize(
    "region",
    rows(PLACES),
)
def test_a_diagnostic_at_an_impossible_place_harms_nothing(small, suffice, region):
    given = json.loads(json.dumps(SARIF))
    place = given["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    place.pop("region")
    place |= {"region": region} if region else {}
    small.write({"given.json": json.dumps(given)})

    ran = suffice("fix", "--json", "--diagnostics", "given.json")

    assert ran.code == 2
    assert ran.report["patch"] == ""
    assert "given.json is malformed" in ran.stderr


@pytest.mark.parametrize("region", [{"startLine": 999}, {"startLine": 1, "startColumn": 500}], ids=["line", "column"])
def test_a_diagnostic_past_the_end_is_mended_where_it_stands_now(small, suffice, region):
    given = json.loads(json.dumps(SARIF))
    given["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] = region
    small.write({"given.json": json.dumps(given)})

    item = suffice("fix", "--json", "--diagnostics", "given.json").only_item

    assert (item["start_line"], item["outcome"]) == (1, "proposed")


# --- --fail-on

FAIL_ON = [
    # what there is, --fail-on, exit code
    ("nothing", None, 0),
    ("nothing", "findings", 0),
    ("nothing", "unfixed", 0),
    ("fixable", None, 0),
    ("fixable", "none", 0),
    ("fixable", "findings", 1),
    ("fixable", "unfixed", 0),
    ("fixable", "degraded", 0),
    ("no key", None, 0),
    ("no key", "none", 0),
    ("no key", "findings", 1),
    ("no key", "unfixed", 1),
    ("no key", "degraded", 0),
    ("human", None, 1),
    ("human", "none", 0),
    ("human", "findings", 1),
    ("human", "unfixed", 1),
    ("human", "degraded", 0),
]
SOURCES = {"nothing": MENDED, "fixable": F541, "no key": B904, "human": "def f(:\n"}


@pytest.mark.parametrize(("source", "fail_on", "code"), FAIL_ON)
def test_fail_on_says_what_counts_as_a_failure(small, suffice, source, fail_on, code):
    small.write({"a.py": SOURCES[source]})

    assert suffice("fix", "--json", *(["--fail-on", fail_on] if fail_on else [])).code == code


# --- what cannot be used: one sentence, the right exit code, and the others are still processed


def assert_refused(ran, code, *words, reason=None):
    """Assert one sentence on standard error, and one valid document on standard output."""
    assert ran.code == code, ran.stderr
    (sentence,) = ran.sentences
    assert sentence.startswith("suffice: ")
    assert sentence.endswith(".")
    for word in words:
        assert word in sentence
    report = ran.report
    assert report["status"] == "failed"
    assert reason is None or report["reason"] == reason


REFUSED = {
    "no such path": (("nowhere.py",), 2, "nowhere.py", "usage"),
    "no such folder": (("nowhere/",), 2, "nowhere", "usage"),
    "base outside of a repository": (("--base", "main"), 2, "no git repository", "usage"),
    "staged outside of a repository": (("--staged",), 2, "no git repository", "usage"),
    "no such diff": (("--diff", "no.diff"), 2, "no.diff", "usage"),
    "no such diagnostics": (("--diagnostics", "no.json"), 2, "no.json", "usage"),
    "no such policy": (("--policy", "frugal"), 2, "frugal", "configuration"),
    "no such lane": (("--lane", "gpt-2"), 2, "gpt-2", "usage"),
    "no such highest lane": (("--max-lane", "gpt-2"), 2, "gpt-2", "usage"),
    "no such allowed lane": (("--allow", "gpt-2"), 2, "gpt-2", "usage"),
    "two ways to say which lines": (("--staged", "--base", "x"), 2, "--staged", "usage"),
    "no such rule": (("--select", "NOPE"), 2, "NOPE", "configuration"),
    "a rule that is an option": (("--select", "--fix"), 2, "", "configuration"),
}


@pytest.mark.parametrize(
    ("arguments", "code", "word", "reason"),
    rows(REFUSED),
)
def test_what_cannot_be_used_is_refused_in_one_sentence(small, suffice, arguments, code, word, reason):
    assert_refused(suffice("fix", "--json", *arguments), code, word, reason=reason)
    assert small.read("a.py").decode() == F541


USAGE = {
    "no such option": ("--turbo",),
    "no number": ("--max-cost-usd", "much"),
    "a negative cap": ("--max-cost-usd", "-1"),
    "no jobs": ("--jobs", "0"),
    "a confidence over 1": ("--min-confidence", "2"),
    "no such fail-on": ("--fail-on", "everything"),
    "no such stakes": ("--stakes", "mine"),
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_a_wrong_option_is_exit_code_2_with_a_report(small, suffice, arguments):
    ran = suffice("fix", "--json", *arguments)

    assert (ran.code, ran.report["status"], ran.report["reason"]) == (2, "failed", "usage")
    assert ran.sentences[-1].startswith("Error: ")


BAD_BASES = ["nowhere", "--output=x", "-x", "HEAD~99", "", "0" * 40, "HEAD:a.py", "@{upstream}"]


@pytest.mark.parametrize("base", BAD_BASES)
def test_a_base_that_is_no_commit_is_refused(tracked, suffice, base):
    ran = suffice("fix", "--json", f"--base={base}")

    assert_refused(ran, 2, reason="usage")


def test_a_base_in_a_repository_without_a_commit_is_refused(repository, suffice):
    repository.write({"a.py": F541})

    assert_refused(suffice("fix", "--json", "--base", "main"), 2, reason="usage")


def test_a_base_without_a_common_commit_is_refused(tracked, suffice):
    tracked.git("checkout", "--quiet", "--orphan", "other")
    tracked.commit("another start")

    assert_refused(suffice("fix", "--json", "--base", "main"), 2, "no common commit", reason="usage")


DIFFS = {
    "prose": "I changed a few lines.\n",
    "a cut hunk": "--- a/a.py\n+++ b/a.py\n@@ -1,5 +1,5 @@\n-x\n",
    "binary junk": "\x00\x01\x02",
    "a hunk without a file": "@@ -1 +1 @@\n-a\n+b\n",
}


@pytest.mark.parametrize("text", rows(DIFFS))
def test_a_malformed_diff_is_refused(small, suffice, text):
    small.write({"change.diff": text})

    assert_refused(suffice("fix", "--json", "--diff", "change.diff"), 2, reason="usage")


def test_a_diff_that_is_not_utf_8_is_refused(small, suffice):
    small.write({"change.diff": b"\xff\xfe"})

    assert_refused(suffice("fix", "--json", "--diff", "change.diff"), 2, "change.diff", reason="usage")


GIVEN = {
    "no JSON": "{",
    "nothing": "",
    "another JSON": '{"a": 1}',
    "a number": "3",
    "a list of numbers": "[1, 2]",
    "ruff without a place": '[{"code": "F541", "message": "m", "filename": "ROOT/a.py"}]',
    "SARIF without runs": '{"runs": 3}',
    "SARIF without a rule": json.dumps(SARIF).replace("ruleId", "rule"),
    "SARIF with a null": '{"runs": [null]}',
    "rdjson without a place": '{"diagnostics": [{"message": "m"}]}',
    "rdjson with a text": '{"diagnostics": "none"}',
    "deep": "[" * 100_000,
}


@pytest.mark.parametrize("text", rows(GIVEN))
def test_malformed_diagnostics_are_refused(small, suffice, text):
    small.write({"given.json": text.replace("ROOT", str(small.root))})

    assert_refused(suffice("fix", "--json", "--diagnostics", "given.json"), 2, "given.json", reason="usage")


def test_diagnostics_that_are_not_utf_8_are_refused(small, suffice):
    small.write({"given.json": b"\xff"})

    assert_refused(suffice("fix", "--json", "--diagnostics", "given.json"), 2, "given.json", reason="usage")


UNREADABLE = {
    "not UTF-8": (b'# \xff\ntitle = f"hello"\n', "not UTF-8"),
    "UTF-16": ('title = f"hello"\n'.encode("utf-16"), ""),
    "over 1 MiB": (b'title = f"hello"\n' + b"x = 1\n" * 200_000, "1 MiB"),
    "binary": (b'title = f"hello"\n\x00', ""),
}


@pytest.mark.parametrize(("content", "word"), rows(UNREADABLE))
def test_a_file_that_cannot_be_read_is_said_and_the_others_are_served(small, suffice, content, word):
    small.write({"bad.py": content})

    ran = suffice("fix", "--json")

    report = ran.report
    assert [item["path"] for item in report["items"] if item["outcome"] == "proposed"] == ["a.py"]
    told = [f"{left['path']}: {left['reason']}" for left in report["not_looked_at"]]
    told += [
        f"{item['path']}: {item['reason']}: {item['detail']}" for item in report["items"] if item["path"] == "bad.py"
    ]
    assert len(told) == 1
    assert word in told[0]
    assert ran.sentences == []


@pytest.mark.parametrize(("content", "word"), rows(UNREADABLE))
def test_a_named_file_that_cannot_be_read_is_an_error(small, suffice, content, word):
    small.write({"bad.py": content})

    ran = suffice("fix", "--json", "bad.py", "a.py")

    outcomes = {item["path"]: (item["outcome"], item["reason"]) for item in ran.report["items"]}
    assert outcomes["a.py"] == ("proposed", "sufficed")
    assert outcomes["bad.py"][0] in {"error", "needs-human"}
    assert ran.code == 1


def test_what_was_applied_is_reported_although_another_file_cannot_be_read(small, suffice):
    small.write({"big.py": b'title = f"hello"\n' + b"x = 1\n" * 200_000})

    ran = suffice("fix", "--json", "--apply", "big.py", "a.py")

    written = small.read("a.py").decode() == MENDED
    assert [item["path"] for item in ran.report["items"] if item["in_patch"]] == ["a.py"] * written


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_the_right_to_read_it_is_said(small, suffice):
    small.write({"bad.py": F541})
    (small.root / "bad.py").chmod(0)

    ran = suffice("fix", "--json")

    assert [item["path"] for item in ran.report["items"] if item["outcome"] == "proposed"] == ["a.py"]
    assert "bad.py" in ran.stdout.decode()


def test_a_syntax_error_is_for_a_human_and_the_others_are_served(small, suffice):
    small.write({"bad.py": "def f(:\n"})

    ran = suffice("fix", "--json")

    outcomes = {item["path"]: (item["outcome"], item["reason"]) for item in ran.report["items"]}
    assert outcomes == {"a.py": ("proposed", "sufficed"), "bad.py": ("needs-human", "syntax-error")}
    assert (ran.code, ran.report["status"]) == (1, "needs-human")


NEWER = {
    "PEP 695": 'type Number = int\n\n\nclass Box[T]:\n    title = f"hello"\n',
    "PEP 701": 'x = {"a": 1}\ny = f"{x["a"]}"\ntitle = f"hello"\n',
}


@pytest.mark.parametrize("source", NEWER.values(), ids=NEWER)
def test_syntax_that_is_newer_than_our_python_is_served(small, suffice, source):
    small.write({"pyproject.toml": SETTINGS.replace("3.11", "3.12"), "a.py": source})

    ran = suffice("fix", "--json", "--apply")

    assert (ran.code, ran.report["status"]) == (0, "fixed")
    assert small.read("a.py").decode() == source.replace('f"hello"', '"hello"')


BROKEN_SETTINGS = {
    "no TOML": ("[tool.ruff\n", ""),
    "no such rule": ('[tool.ruff.lint]\nselect = ["NOPE"]\n', "NOPE"),
    "no number": ("[tool.ruff]\nline-length = 'x'\n", ""),
    "no such setting": ("[tool.ruff]\nturbo = 1\n", ""),
}


@pytest.mark.parametrize(("settings", "word"), rows(BROKEN_SETTINGS))
def test_broken_settings_of_ruff_are_exit_code_2(small, suffice, settings, word):
    small.write({"pyproject.toml": settings})

    assert_refused(suffice("fix", "--json"), 2, "ruff", word, reason="configuration")


def test_a_ruff_of_another_version_than_the_settings_ask_for(small, suffice):
    small.write({"ruff.toml": "required-version = '==0.0.1'\n"})

    ran = suffice("fix", "--json")

    assert ran.code in {1, 2}
    assert ran.report["reason"] in {"linter-failed", "configuration"}
    assert len(ran.sentences) == 1


SETTINGS_FILES = {
    "a key that does not exist": ("turbo = true\n", "turbo"),
    "a wrong type": ("jobs = 'many'\n", "jobs"),
    "no TOML": ("jobs = \n", "line 1"),
    "a confidence over 1": ("min_confidence = 3\n", "min_confidence"),
    "no number": ("max_cost_usd = nan\n", "max_cost_usd"),
    "no jobs": ("jobs = 0\n", "jobs"),
    "half a job": ("jobs = 1.5\n", "jobs"),
    "no such lane": ('deny_lanes = ["gpt-2"]\n', "gpt-2"),
}


@pytest.mark.parametrize(("content", "word"), rows(SETTINGS_FILES))
def test_a_wrong_setting_of_the_user_is_named_with_its_file(small, suffice, monkeypatch, tmp_path, content, word):
    file = tmp_path / "config.toml"
    file.write_text(content)
    monkeypatch.setenv("SUFFICE_CONFIG", str(file))

    assert_refused(suffice("fix", "--json"), 2, "config.toml", word, reason="configuration")


def test_a_settings_file_that_is_named_and_not_there_is_refused(small, suffice, monkeypatch):
    monkeypatch.setenv("SUFFICE_CONFIG", "/nowhere/config.toml")

    assert_refused(suffice("fix", "--json"), 2, "/nowhere/config.toml", reason="configuration")


@pytest.mark.parametrize(
    "content", ["turbo = 1\n", 'policy = "mine.toml"\n', "jobs = 9\n"], ids=["unknown", "policy", "jobs"]
)
@pytest.mark.parametrize("file", ["suffice.toml", "pyproject.toml"])
def test_a_repository_may_not_say_more_than_to_tighten(small, suffice, content, file):
    text = content if file == "suffice.toml" else f"{SETTINGS}[tool.suffice]\n{content}"
    small.write({file: text})

    assert_refused(suffice("fix", "--json"), 2, file, content.split()[0], reason="configuration")


TIGHTER = {
    "exclude": ('exclude = ["a.py"]\n', []),
    "disabled_rules": ('disabled_rules = ["F541"]\n', []),
    "min_confidence": ("min_confidence = 1.0\n", [("skipped", "no-key")]),
}


@pytest.mark.parametrize(("content", "outcomes"), rows(TIGHTER))
def test_a_repository_tightens(small, suffice, content, outcomes):
    small.write({"suffice.toml": content})

    assert [(i["outcome"], i["reason"]) for i in suffice("fix", "--json").report["items"]] == outcomes


def test_a_proposed_change_does_not_loosen_its_own_settings(tracked, suffice):
    tracked.write({"suffice.toml": 'exclude = ["a.py"]\n'})
    base = tracked.commit()
    tracked.write({"suffice.toml": "", "a.py": F541 + 'other = f"there"\n'})
    tracked.commit()

    report = suffice("fix", "--json", "--base", base).report

    assert report["items"] == []
    assert [left["path"] for left in report["not_looked_at"]] == ["a.py"]


def test_the_settings_of_a_proposed_change_are_not_even_read(tracked, suffice):
    base = tracked.git("rev-parse", "HEAD").strip()
    tracked.write({"suffice.toml": "turbo = [", "a.py": F541 + 'other = f"there"\n'})
    tracked.commit()

    assert suffice("fix", "--json", "--base", base).code == 0


@pytest.mark.parametrize("kind", ["a file", "below a file", "a folder in the ledger's place", "no database"])
def test_an_unusable_state_folder_is_said_and_the_run_goes_on(small, suffice, monkeypatch, tmp_path, kind):
    place = tmp_path / "state"
    match kind:
        case "a file":
            place.write_text("")
        case "below a file":
            (tmp_path / "x").write_text("")
            place = tmp_path / "x" / "state"
        case "a folder in the ledger's place":
            (place / "suffice.sqlite3").mkdir(parents=True)
        case _:
            place.mkdir()
            (place / "suffice.sqlite3").write_bytes(b"no database at all" * 100)
    monkeypatch.setenv("SUFFICE_STATE_DIR", str(place))

    ran = suffice("fix", "--json")

    assert (ran.code, ran.only_item["outcome"]) == (0, "proposed")
    (sentence,) = ran.sentences
    assert ("move it away" if kind == "no database" else "SUFFICE_STATE_DIR") in sentence


def test_a_state_folder_of_ours_is_private(small, suffice):
    suffice("fix", "--json")

    folder = Path(os.environ["SUFFICE_STATE_DIR"])
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


OUTPUTS = ["--patch", "--output"]


@pytest.mark.parametrize("option", OUTPUTS)
@pytest.mark.parametrize("place", ["nowhere/out", "a.py/out"])
def test_a_result_that_cannot_be_written_is_said(small, suffice, option, place):
    ran = suffice("fix", "--json", option, place)

    assert ran.code == 1
    assert ran.report["reason"] == "storage"
    assert place in ran.sentences[0]
    assert len(ran.sentences) == 1


@pytest.mark.parametrize("option", OUTPUTS)
def test_a_failed_run_with_an_unwritable_output_is_still_one_sentence(small, suffice, option):
    ran = suffice("fix", "--json", "nowhere.py", option, "nowhere/out")

    assert_refused(ran, 2, "nowhere.py")


@pytest.mark.parametrize("arguments", [("--output", "out.json"), ("--output=out.json",)], ids=["apart", "joined"])
def test_a_failed_run_writes_its_report_too(small, suffice, valid, arguments):
    suffice("fix", "nowhere.py", *arguments)

    assert valid(json.loads(small.read("out.json")))["reason"] == "usage"


def test_a_file_that_changed_meanwhile_is_not_written(small, suffice, monkeypatch):
    small.write({"b.py": F541})
    snapshot = Snapshot.of_folder(small.root)
    changes = [FileChange(path=name, before=snapshot.text(name), after=MENDED) for name in ("a.py", "b.py")]
    small.write({"b.py": F541 + "more = 1\n"})

    with pytest.raises(StorageError, match=r"b\.py changed since it was read; nothing was written, run again\.$"):
        write_changes(changes, snapshot=snapshot, root=small.root)

    assert small.read("a.py").decode() == F541
    assert small.read("b.py").decode() == F541 + "more = 1\n"


def test_what_cannot_be_written_is_still_in_the_report(tracked, suffice):
    tracked.write({"a.py": F541 + 'staged = f"there"\n'})
    tracked.git("add", "a.py")
    tracked.write({"a.py": F541 + 'staged = f"there"\nmore = 1\n'})

    ran = suffice("fix", "--json", "--staged", "--apply")

    assert (ran.code, ran.report["status"], ran.report["reason"]) == (1, "failed", "storage")
    assert '+staged = "there"' in ran.report["patch"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_the_right_to_write_is_said(small, suffice):
    small.root.chmod(0o500)

    ran = suffice("fix", "--json", "--apply")

    small.root.chmod(0o700)
    assert (ran.code, ran.report["reason"]) == (1, "storage")


def test_a_file_that_is_too_long_to_replace_is_said(small, suffice):
    """mkstemp puts a few characters before and behind the name: with a name of 250 there is no room."""
    name = f"{'m' * 247}.py"
    small.write({name: F541})

    ran = suffice("fix", "--json", "--apply")

    assert (ran.code, ran.report["reason"]) in {(0, "patch-applied"), (1, "storage")}
    assert "Traceback" not in ran.stderr


def test_json_is_one_document_even_when_everything_is_wrong(project, command, tmp_path):
    """The console script itself, in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "SUFFICE_STATE_DIR": str(tmp_path / "s"), "HOME": str(tmp_path)}

    done = subprocess.run(
        [command, "fix", "--json", "--staged", "nowhere"],
        cwd=project.root,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )

    assert done.returncode == 2
    assert json.loads(done.stdout)["status"] == "failed"
    assert len(done.stderr.splitlines()) == 1


def test_the_printed_schema_is_the_shipped_one(suffice):
    assert json.loads(suffice("schema", "report").stdout) == schema()


@pytest.mark.parametrize(
    "command", [["--help"], ["fix", "--help"], ["explain", "lint-fix", "--json"], ["lanes", "--json"], ["doctor"]]
)
def test_the_other_commands_answer(small, suffice, command):
    ran = suffice(*command)

    assert ran.code == 0
    assert ran.stdout
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("kind", ["nonsense", "Edit"])
def test_explain_of_what_there_is_no_ladder_for_is_exit_code_2(suffice, kind):
    ran = suffice("explain", kind, "--json")

    assert ran.code == 2
    assert len(ran.sentences) == 1


def test_a_notebook_with_diagnostics_is_named_as_not_looked_at(project, suffice):
    cell = {
        "cell_type": "code",
        "id": "a",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
        "source": "x==None\n",
    }
    book = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    project.write({"book.ipynb": json.dumps(book)})

    report = suffice("fix", "book.ipynb", "--select", "E711", "--json").report

    reason = "a notebook, whose cells cannot be mended yet"
    assert (report["items"], report["not_looked_at"]) == ([], [{"path": "book.ipynb", "reason": reason}])
