"""Where a task would go before anybody is asked: what an editor says beside an action, and what it stands on."""

import math

import pytest

from suffice.climb import first_step
from suffice.constraints import Failure
from suffice.lanes import LINTER, Usage, catalogue
from suffice.outcome import Attempt
from suffice.policy import Policy
from suffice.providers.reply import Ended
from suffice.rejection import is_settled, note_rejection
from suffice.run import State
from suffice.snapshot import Snapshot
from suffice.solve import solve
from suffice.state.budget import Budget, OverCap
from suffice.state.ledger import Call, Feedback, Ledger, Work
from suffice.task import Applicability, Diagnostic, Kind, LinterFix, Span, Task
from suffice.testing import ScriptedModel

TEXT = "import os\nimport sys\nprint(sys)\n"
SPAN = Span(1, 8, 1, 10)
FIX = LinterFix(edits=(), applicability=Applicability.SAFE)
PLAIN = Diagnostic("F401", "`os` imported but unused", "a.py", SPAN)
WORK = Work("lint-fix", "F401", "r", "f" * 32)


@pytest.fixture
def snapshot():
    return Snapshot.of_texts({"a.py": TEXT})


@pytest.fixture
def state(snapshot):
    return State.of(snapshot)


@pytest.fixture
def first(snapshot, state):
    providers = {"anthropic": ScriptedModel([])}

    def step(diagnostic=PLAIN, tried=()):
        task = Task(Kind.LINT_FIX, paths=("a.py",), diagnostics=(diagnostic,))
        policy = Policy.load("guide")
        return first_step(task, snapshot=snapshot, policy=policy, providers=providers, state=state, tried=tried)

    return step


def test_the_linters_own_fix_comes_first_until_it_was_tried(first):
    tried = Attempt(LINTER, "ruff", "ruff", Ended.ANSWERED, failure=Failure.CHECK_FAILED)

    assert first(PLAIN._replace(fix=FIX)).first == LINTER
    assert first(PLAIN._replace(fix=FIX), (tried,)).first == "haiku"


def test_a_model_that_rests_for_a_moment_is_still_the_one_that_is_meant(first, state):
    for lane in catalogue().lanes.values():
        state.health.failed(lane.provider, lane.model, None)

    assert first().first == "haiku"


async def test_nobody_is_asked_and_what_is_cached_does_not_change_the_answer(first, snapshot, state):
    task = Task(Kind.LINT_FIX, paths=("a.py",), diagnostics=(PLAIN,))
    asked = ScriptedModel([{"replacement": "", "extra_import": None, "cannot_fix": "no"}] * 2)
    before = first().first
    outcome = await solve(
        task, snapshot=snapshot, policy=Policy.load("guide"), providers={"anthropic": asked}, state=state
    )

    state.storage.memory.refresh()

    assert (before, first().first) == ("haiku", "haiku")
    assert outcome.attempts[0].lane == before


async def test_runs_that_share_a_budget_each_keep_their_own_cap():
    together = Budget(math.inf)
    together.spent_usd = 0.4

    small = await together.reserve_in_run(0.2, cap_usd=0.5)
    large = await together.reserve_in_run(0.2, cap_usd=1.0)

    assert small == OverCap("run", 0.5, 0.4)
    assert not isinstance(large, OverCap)


def test_a_snapshot_that_names_files_lists_them_beside_the_texts_over_it(tmp_path):
    (tmp_path / "a.py").write_text("a = 1\n", "utf-8")
    (tmp_path / "b.py").write_text("b = 1\n", "utf-8")

    seen = Snapshot.of_folder(tmp_path).naming(["a.py"]).with_texts({"c.py": "c = 1\n"})

    assert sorted(seen.listed) == ["a.py", "c.py"]
    assert (seen.text("a.py"), seen.text("c.py")) == ("a = 1\n", "c = 1\n")
    assert seen.exists("b.py")


def test_calls_are_counted_from_a_moment_on(state):
    at = iter([10.0, 20.0, 30.0])
    ledger = Ledger(state.store, clock=lambda: next(at))
    call = Call("haiku", "anthropic", "m", "", "1", "answered", None, None, 0.1, Usage(), 1.0)
    for _ in range(3):
        ledger.record_call(WORK, call)

    assert [ledger.calls_since(moment) for moment in (0, 20.0, 31.0)] == [3, 2, 0]


async def test_a_rejection_is_noted_once_and_only_when_somebody_else_was_asked(first, snapshot, state):
    task = Task(Kind.LINT_FIX, paths=("a.py",), diagnostics=(PLAIN,))
    policy = Policy.load("guide")
    state.wishes = state.wishes._replace(no_calls="dry-run")
    planned = await solve(task, snapshot=snapshot, policy=policy, providers={}, state=state)
    asked = planned._replace(attempts=(Attempt("sonnet", "anthropic", "m", Ended.ANSWERED),))

    note_rejection(planned, WORK, rejected="haiku", ledger=state.ledger)
    for _ in range(2):
        note_rejection(asked, WORK, rejected="haiku", ledger=state.ledger)

    assert (is_settled(planned), is_settled(asked)) == (False, True)
    assert [(row.lane, row.word) for row in state.ledger.feedback_since(0)] == [("haiku", Feedback.REJECTED)]
