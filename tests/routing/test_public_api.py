"""What `from suffice import …` gives, used as a program would use it."""

import subprocess
import sys

import suffice
from suffice import Diagnostic, Kind, Policy, Snapshot, State, Task, check, decide, solve
from suffice.task import Span
from suffice.testing import ScriptedModel

CODE = """\
def port(settings):
    try:
        return settings['port']
    except KeyError:
        raise LookupError('no port')
"""
GOOD = CODE.replace("except KeyError:", "except KeyError as error:").replace("no port')", "no port') from error")
SILENCED = CODE.replace("LookupError('no port')", "LookupError('no port')  # noqa: B904")


def answer(text):
    return {"replacement": text, "extra_import": None, "cannot_fix": None}


def b904():
    span = Span(start_line=5, start_column=9, end_line=5, end_column=37)
    message = (
        "Within an `except` clause, raise exceptions with `raise ... from err` or `raise ... from None` to"
        " distinguish them from errors in exception handling"
    )
    diagnostic = Diagnostic(rule="B904", message=message, path="a.py", span=span)
    return Task(kind=Kind.LINT_FIX, paths=("a.py",), diagnostics=(diagnostic,))


def test_all_names_what_can_be_imported():
    assert list(suffice.__all__) == sorted(suffice.__all__)
    assert set(suffice.__all__) == set(suffice._HOMES)
    assert all(getattr(suffice, name) for name in suffice.__all__)


def test_a_name_that_is_also_a_module_is_the_function():
    code = "import suffice.decide, suffice.solve, suffice; print(callable(suffice.decide), callable(suffice.solve))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "True True\n"


def test_a_task_needs_no_more_than_its_kind_to_be_decided():
    assert decide(Task(kind=Kind.LINT_FIX, paths=("a.py",)), policy=Policy.load("guide")).order[-1] == "human"


async def test_a_task_is_solved_by_the_smallest_model_that_suffices():
    snapshot = Snapshot.of_texts({"a.py": CODE})
    model = ScriptedModel([answer(SILENCED), answer(GOOD)])

    outcome = await solve(
        b904(),
        snapshot=snapshot,
        policy=Policy.load("guide"),
        providers={"anthropic": model},
        state=State.of(snapshot, select="B904"),
    )

    tried = [(attempt.lane, attempt.failure) for attempt in outcome.attempts]
    assert (outcome.ending, outcome.lane) == ("proposed", "haiku")
    assert tried == [("haiku", "check-failed"), ("haiku", None)]
    assert "suppression" in model.requests[1].prompt


def test_anybodys_patch_is_checked_against_a_snapshot():
    patch = "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = (\n"

    verdict = check(patch, snapshot=Snapshot.of_texts({"a.py": "x = 1\n"}))

    assert [failed.name for failed in verdict.failed] == ["syntax", "hard-diagnostics"]


def test_what_is_no_patch_fails_with_the_reason():
    verdict = check("I would change line 3.", snapshot=Snapshot.of_texts({"a.py": "x = 1\n"}))

    assert (verdict.state, verdict.checks[0].evidence) == ("failed", "the text names no file to change")
