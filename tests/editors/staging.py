"""Real editors over our server: each is driven by a script of its own, which prints what it saw as one JSON document.

Where an editor is missing its tests are skipped, unless EDITORS_REQUIRED is set: then they fail.
"""

import json
import os
import re
import shutil
import subprocess
import sysconfig
import time
from contextlib import suppress
from pathlib import Path

import pytest

from suffice.lanes import catalogue
from suffice.state.ledger import Ledger
from suffice.state.store import FILE_NAME, Store
from suffice.testing import ScriptedCalls, ScriptedHang

SCRIPTS = sysconfig.get_path("scripts")
HERE = Path(__file__).parent
GUIDE = HERE.parents[1] / "docs" / "editors.md"
PATIENCE_S = 60

LOAD = """\
def load(text):
    try:
        return int(text)
    except ValueError:
        raise KeyError("🙂", text)
"""
MENDED = """\
def load(text):
    try:
        return int(text)
    except ValueError as error:
        raise KeyError("🙂", text) from error
"""

READ, READ_MENDED = (text.replace("load", "read") for text in (LOAD, MENDED))

SETTINGS = """\
[project]
name = "sample"
version = "0"
requires-python = ">=3.11"

[tool.ruff.lint]
select = ["B904", "UP018"]
"""

SHOP = """\
def pages(items, size):
    return -(-len(items) // size)


# suffice: let total take a tax
def total(prices):
    return sum(prices)
"""
TAXED = """\
def pages(items, size):
    return -(-len(items) // size)


def total(prices, tax=0):
    return sum(prices) * (1 + tax)
"""


def fixed(text):
    """Return the answer of a model that replaces what it was shown by *text*."""
    return {"replacement": text, "extra_import": None, "cannot_fix": None}


LANES = catalogue().lanes
HAIKU, SONNET, OPUS, GPT = (LANES[name].model for name in ("haiku", "sonnet", "opus", "gpt-5.4:low"))


def snippets(language):
    """Return the code blocks of *language* in docs/editors.md, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def required(name, how, *, path=None):
    """Return where the program *name* is; without it the test ends here."""
    found = shutil.which(name, path=path)
    if found is None:
        missing(f"{name} is not installed here: {how}")
    return found


def missing(why):
    """End the test: it cannot run."""
    if os.environ.get("EDITORS_REQUIRED"):
        pytest.fail(f"{why} (and EDITORS_REQUIRED is set)")
    pytest.skip(why)


LOST_PAGE = {
    "hunk": "h1",
    "category": "correctness",
    "severity": "high",
    "title": "The last page is never counted.",
    "trigger": "a list that does not fill its last page",
    "consequence": "the items of the last page are lost",
    "first_line": "    return len(items) // size",
    "last_line": "    return len(items) // size",
    "replacement": "    return -(-len(items) // size)",
    "score": 0.9,
}


def _read_or_judged(body):
    """Return what a model says in a review: as the one that sorts, that reads, or that tests a claim."""
    text = json.dumps(body)
    if "What stands where" in text or "# The claim" in text or '"verdict"' in text:
        return {"verdict": "holds", "because": "it divides down", "quote": LOST_PAGE["first_line"]}
    if body["model"] == HAIKU:
        return {"items": [{"number": n, "label": "risky", "why": ""} for n in range(1, text.count("# Item ") + 1)]}
    return {"findings": [LOST_PAGE]}


class Stage:
    """A project with one file, and a model that plays its part when the editor's script says so.

    The two agree through files: the model makes `asked` when it is, and a script makes `go` when it may answer.
    """

    def __init__(self, base, double):
        self.base = base
        self.double = double
        self.root = base / "sample"
        self.file = self.root / "sample.py"
        self.root.mkdir()
        (self.root / "pyproject.toml").write_text(SETTINGS, "utf-8")
        self._consent()

    def _consent(self):
        state = self.base / "state"
        state.mkdir()
        ledger = Ledger(Store(state / FILE_NAME))
        ledger.record_consent("anthropic")
        ledger.store.close()

    @property
    def environment(self):
        """Only this: nothing of this machine's settings or keys counts, and nothing but the double is reached."""
        return {
            "PATH": os.pathsep.join([SCRIPTS, os.environ["PATH"]]),
            "HOME": str(self.base),
            "TERM": "xterm",
            "LANG": "C.UTF-8",
            "STAGE": str(self.base),
            "SUFFICE_STATE_DIR": str(self.base / "state"),
            "SUFFICE_ANTHROPIC_BASE_URL": self.double.anthropic_base_url,
            "ANTHROPIC_API_KEY": "sk-ant-test-4711",
        }

    def says(self, *answers):
        """Let haiku give *answers*, in order."""
        self.double.script(HAIKU, list(answers))

    def says_when_told(self, answer, *then):
        """Let haiku give *answer* once the script has made `go`, and what comes *then* at once."""
        self.double.script(HAIKU, [lambda _body: self._wait(answer), *then])

    def hangs(self):
        """Let haiku never answer."""
        self.double.script(HAIKU, [lambda _body: self._hang()])

    def edits_the_shop(self, head="# suffice: let total take a tax\ndef total(prices):"):
        """Let whoever is asked tax the shop's total, whose *head* is replaced, and call that right."""
        pairs = (
            (head, "def total(prices, tax=0):"),
            ("    return sum(prices)", "    return sum(prices) * (1 + tax)"),
        )
        calls = [
            {"command": "str_replace", "path": self.file.name, "old_str": old, "new_str": new} for old, new in pairs
        ]
        for model in (SONNET, OPUS):
            self.double.script(model, [ScriptedCalls(calls=calls)], repeat_last=True)
        self.double.script(HAIKU, [{"verdict": "right", "why": ""}], repeat_last=True)

    def finds_the_lost_page(self):
        """Let every reader find what is wrong with the shop, and every judge agree."""
        for model in (HAIKU, SONNET, GPT, OPUS):
            self.double.script(model, [_read_or_judged], repeat_last=True)

    def commit(self, text):
        """Commit the file with *text*, as all that there is."""
        self.file.write_text(text, "utf-8")
        for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "state"]):
            subprocess.run(["git", *command], cwd=self.root, check=True)

    def _wait(self, answer):
        (self.base / "asked").touch()
        for _ in range(PATIENCE_S * 200):
            if (self.base / "go").exists():
                break
            time.sleep(0.005)
        return answer

    def _hang(self):
        (self.base / "asked").touch()
        return ScriptedHang(hang_s=PATIENCE_S)

    def saw(self, command, **variables):
        """Return what the script behind *command* saw; *variables* are added to its environment."""
        done = subprocess.run(
            command,
            env=self.environment | variables,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self._wait_until_all_have_left()
        told = self.base / "seen.json"
        assert told.exists() or done.stdout.strip(), done.stdout + done.stderr
        return json.loads(told.read_text("utf-8") if told.exists() else done.stdout.strip().splitlines()[-1])

    def _wait_until_all_have_left(self):
        """Wait for the end of the server's processes: an editor that leaves takes them along (Linux)."""
        for _ in range(PATIENCE_S * 20):
            if not any(map(self._is_at_work_here, Path("/proc").glob("[0-9]*"))):
                return
            time.sleep(0.05)
        raise AssertionError("a process of the server has outlived its editor")

    def _is_at_work_here(self, process):
        with suppress(OSError):
            return (process / "cwd").readlink() == self.root
        return False
