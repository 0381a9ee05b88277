import json

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from suffice.report import Status
from suffice_ci.github_step import Annotation, command, output
from suffice_ci.published import Entry, LaneTotal, Published, clean, visible
from suffice_ci.step_summary import MOST_BYTES, code, step_summary

SETTINGS = (
    '[project]\nname = "s"\nversion = "0"\nrequires-python = ">=3.11"\n[tool.ruff.lint]\nselect = ["B904", "F"]\n'
)
FOR_RUFF = "import os\n\n\ndef load(text):\n    return int(text)\n"
FOR_A_MODEL = 'try:\n    x = int("1")\nexcept ValueError:\n    raise RuntimeError("bad")\n'
CODES = {"clean": 0, "skipped": 0, "proposed": 0, "fixed": 0, "needs-human": 1, "degraded": 1, "failed": 1}
HOSTILE = "x\r\n::set-output name=status::clean\n##[add-mask]y%0A::error::z"


class Step:
    """The files that a runner gives a step, and what the step leaves in them."""

    def __init__(self, folder, suffice):
        self.report_file = folder / "report.json"
        self.patch_file = folder / "report.patch"
        self._outputs, self._summary = folder / "outputs", folder / "summary.md"
        self._suffice = suffice

    def publish(self, report=None, *, name=None):
        if report is not None:
            text = report if isinstance(report, str) else json.dumps(report)
            self.report_file.write_text(text, "utf-8")
        self.ran = self._suffice("ci", "publish", name or self.report_file)
        return self

    @property
    def lines(self):
        return self.ran.stdout.decode().splitlines()

    @property
    def summary(self):
        return self._summary.read_text("utf-8")

    @property
    def outputs(self):
        """The outputs as the runner reads them."""
        lines = iter(self._outputs.read_text("utf-8").splitlines())
        found = {}
        for line in lines:
            name, mark = line.split("<<", 1)
            found[name] = "\n".join(iter(lambda mark=mark: next(lines), mark))
        return found

    @property
    def ended(self):
        return (self.ran.code, self.outputs["status"], self.outputs["reason"])


@pytest.fixture
def step(tmp_path, suffice, monkeypatch):
    folder = tmp_path / "runner"
    folder.mkdir()
    monkeypatch.setenv("GITHUB_OUTPUT", str(folder / "outputs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    return Step(folder, suffice)


@pytest.fixture
def fix(project, suffice, step, valid):
    """Run `suffice fix --json` on a project with these files and return the report."""

    def run(files, *arguments):
        project.write({"pyproject.toml": SETTINGS, **files})
        patch = ("--patch", step.patch_file)
        return valid(suffice("fix", "--json", *patch, *arguments).report)

    return run


def test_a_real_report_gives_remarks_a_summary_outputs_and_an_exit_code(fix, step):
    report = fix({"a.py": FOR_RUFF, "b.py": FOR_A_MODEL})

    step.publish(report)

    assert step.ended == (0, "proposed", "patch-proposed")
    assert step.outputs["report-file"] == str(step.report_file)
    assert step.outputs["patch-file"] == str(step.patch_file)
    ruffs, models, last = step.lines
    assert ruffs.startswith("::notice file=a.py,line=1,endLine=1,col=8,endColumn=10,title=suffice%3A F401::")
    assert ruffs.endswith("a checked fix by linter is in the patch")
    assert models.startswith("::notice file=b.py,line=4,endLine=4,col=5,endColumn=30,title=suffice%3A B904::")
    assert last == "suffice: proposed (patch-proposed)"
    assert "| diagnostics | 2 |" in step.summary
    assert "| `B904` | 1 | no-key |" in step.summary
    assert "```diff\ndiff --git a/a.py b/a.py\n" in step.summary


def test_nothing_to_do_says_so(fix, step):
    step.publish(fix({"a.py": "x = 1\n"}))

    assert step.ended == (0, "clean", "nothing-to-do")
    assert step.lines == ["suffice: clean (nothing-to-do)"]
    assert step.summary.startswith("## suffice: clean\n")


def test_a_run_that_could_not_start_is_an_error_with_its_reason(suffice, step):
    report = suffice("fix", "--json", "--select", "NONSENSE").stdout.decode()

    step.publish(report)

    code_, status, _ = step.ended
    assert (code_, status) == (1, "failed")
    assert step.lines[0].startswith("::error title=suffice%3A failed::")


@pytest.mark.parametrize(("status", "expected"), CODES.items())
def test_the_exit_code_is_that_of_the_status(fix, step, status, expected):
    report = fix({"a.py": "x = 1\n"})

    assert step.publish({**report, "status": status}).ran.code == expected


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"schema": "suffice.report/1"}',
        "[" * 100_000,
        '{"schema": "suffice.report/1", "status": "great"}',
    ],
    ids=["empty", "cut", "list", "null", "no schema", "no status", "deep", "unknown status"],
)
def test_a_report_that_cannot_be_used_is_a_bug_and_a_failure(step, broken):
    step.publish(broken)

    assert step.ended == (1, "failed", "bug")
    assert "report.json" in step.lines[0]
    assert "## suffice: failed" in step.summary


@pytest.mark.parametrize(
    "wrong",
    [{"items": 3}, {"items": [{}]}, {"reason": "because\n::error::x"}, {"patch": None}, {"totals": []}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_report_with_a_wrong_part_is_a_bug_and_a_failure(fix, step, wrong):
    report = fix({"a.py": FOR_RUFF})

    assert step.publish({**report, **wrong}).ended == (1, "failed", "bug")


def test_a_missing_report_is_a_bug_and_a_failure(step, tmp_path):
    step.publish(name=tmp_path / "none.json")

    assert step.ended == (1, "failed", "bug")
    assert step.outputs["report-file"] == ""
    assert "none.json cannot be read" in step.lines[0]


def test_outside_of_a_job_only_the_log_is_written(fix, step, monkeypatch):
    report = fix({"a.py": "x = 1\n"})
    monkeypatch.delenv("GITHUB_OUTPUT")
    monkeypatch.delenv("GITHUB_STEP_SUMMARY")

    assert step.publish(report).ran.code == 0


def hostile(report, text):
    """Return *report* with *text* wherever a repository, a linter or a model may put one."""
    item = {
        **report["items"][0],
        "path": text,
        "rule": text,
        "message": text,
        "detail": text,
        "lane": text,
        "outcome": "needs-human",
    }
    left = {"path": text, "reason": text}
    totals = {
        **report["totals"],
        "by_lane": {text: {"attempts": 1, "sufficed": 0, "cost_usd": 0.0}},
        "counterfactual": {"lane": text, "cost_usd": 1.0, "how": text},
    }
    return {
        **report,
        "detail": text,
        "items": [item],
        "not_looked_at": [left],
        "totals": totals,
        "patch": text,
        "status": "degraded",
    }


def test_no_text_of_a_report_becomes_a_workflow_command(fix, step):
    step.publish(hostile(fix({"a.py": FOR_RUFF}), HOSTILE))

    assert step.ended[:2] == (1, "degraded")
    assert len(step.lines) == 3
    assert [line.split(" ")[0] for line in step.lines] == ["::warning", "::warning", "suffice:"]
    assert all(
        line.count("::") - line.partition("::")[2].partition("::")[2].count("::") == 2 for line in step.lines[:2]
    )


def summary_of(text):
    """Return the summary of a run in which every foreign text is *text*."""
    line = clean(text)
    place = {"start_line": 1, "start_column": 1, "end_line": 1, "end_column": 2}
    kind = {"reason": "cannot-fix", "lane": line, "in_patch": False}
    texts = {"path": line, "rule": line, "message": line, "detail": line}
    entries = [Entry(**texts, **kind, **place, outcome=outcome) for outcome in ("needs-human", "skipped")]
    published = Published(
        status=Status.DEGRADED,
        reason="provider-outage",
        detail=line,
        entries=tuple(entries),
        lanes=(LaneTotal(lane=line, attempts=1, sufficed=0, cost_usd=0.0),),
        otherwise=(line, 1.0),
        not_looked_at=((line, line),),
        patch=visible(text),
    )
    return step_summary(published, patch_name="report.patch")


def shape(tokens):
    """Return the kinds of all parts of a rendered text but the runs of plain text and code inside a line."""
    return [token.type for token in tokens], [token.content for token in tokens if token.type == "html_block"]


@given(st.text(st.sampled_from("`|\\<>&[]()!*_~@:/#-=+\"' \t\r\na\u2028\u202e"), min_size=1, max_size=40))
@example("a`b``c```\n```\n</details><img src=x>|\\|\\\\| @you **b** https://example.com")
@settings(deadline=None)
def test_no_text_of_a_report_leaves_its_code_span_or_fence(text):
    assume(clean(text) and visible(text).strip("\n"))
    markdown = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    tokens = markdown.parse(summary_of(text))

    assert shape(tokens) == shape(markdown.parse(summary_of("plain")))
    inside = {child.type for token in tokens for child in token.children or ()}
    assert inside <= {"text", "code_inline"}
    foreign = {child.content.strip() for token in tokens for child in token.children or () if child.type == "text"}
    ours = {child.content.strip() for t in markdown.parse(summary_of("plain")) for child in t.children or ()}
    assert foreign <= ours


@pytest.mark.parametrize("secret", ["sk-ant-api03-abcdefghijklmnop", "ghp_abcdefghijklmnopqrstuvwx"])
def test_a_secret_in_a_report_is_not_shown(fix, step, secret):
    step.publish(hostile(fix({"a.py": FOR_RUFF}), f"key {secret} end"))

    assert secret not in step.summary
    assert secret not in step.ran.stdout.decode()


def test_more_remarks_than_are_shown_are_counted(fix, step):
    report = fix({"a.py": FOR_RUFF})
    items = report["items"] * 12 + [{**report["items"][0], "outcome": "needs-human"}] * 11

    step.publish({**report, "items": items})

    assert sum(line.startswith("::notice") for line in step.lines) == 10
    assert sum(line.startswith("::warning") for line in step.lines) == 10
    assert "3 more remarks" in step.summary


def test_a_long_report_stays_below_what_the_runner_takes(fix, step):
    report = hostile(fix({"a.py": FOR_RUFF}), "\U0001f600`|" * 300)
    items = [{**report["items"][0], "outcome": outcome} for outcome in ("needs-human", "skipped")] * 120
    long = {**report, "items": items, "not_looked_at": report["not_looked_at"] * 120}
    long["totals"] = {
        **report["totals"],
        "by_lane": {str(n): v for n in range(120) for v in report["totals"]["by_lane"].values()},
    }

    step.publish({**long, "patch": "+é``\n" * 250_000})

    assert MOST_BYTES // 2 < len(step.summary.encode()) < 1 << 20
    assert "\n```\n\nThe rest is in `report.patch`.\n\n</details>\n" in step.summary
    assert "more are in the report." in step.summary


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("a:b,c%d", "a%3Ab%2Cc%25d"),
        ("a\r\nb", "a%0D%0Ab"),
        ("::error::x", "%3A%3Aerror%3A%3Ax"),
    ],
)
def test_a_property_is_escaped(value, expected):
    written = command(Annotation("warning", "t", "m", {"file": value}))

    assert written == f"::warning file={expected},title=t::m"


def test_a_message_is_escaped():
    assert command(Annotation("error", "t", "50%: a,\r\nb")) == "::error title=t::50%25: a,%0D%0Ab"


@pytest.mark.parametrize("value", ["", "a", "a\nb", "x\nsuffice_0\nstatus=clean"])
def test_an_output_cannot_end_itself(value):
    first, *inside, last = output("status", value).splitlines()

    assert first == f"status<<{last}"
    assert "\n".join(inside) == value
    assert last not in value
    assert output("status", value) != output("status", value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`a", "`` `a ``"),
        ("a|b", r"`a\|b`"),
        (r"a\|b", r"`a\|b`"),
        (r"a\\|b", r"`a\|b`"),
        ("<b>@you", "`<b>@you`"),
    ],
)
def test_a_code_span_holds_any_text(text, expected):
    assert code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\tb\n", "a\tb\n"),
        ("a\r\nb\rc", "a\nb\\u000dc"),
        ("if x:\u202e # y", "if x:\\u202e # y"),
        ("\x1b[31m\u200b\u2028", "\\u001b[31m\\u200b\\u2028"),
        ("\ud800", "?"),
    ],
    ids=["tab and line", "line ends", "reordered", "unseen", "lone surrogate"],
)
def test_unseen_characters_are_shown(text, expected):
    assert visible(text) == expected


def test_a_text_is_one_line_and_not_long():
    assert clean("a\n\n  b ") == "a b"
    assert len(clean("x" * 1000)) == 300
