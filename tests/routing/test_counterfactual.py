"""What always asking the top lane would have cost: each attempted task once, with the tokens of its first reply."""

import pytest

from suffice.counterfactual import counterfactual
from suffice.lanes import LINTER, Usage
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.providers.reply import Ended
from suffice.task import Kind, Task

GUIDE = Policy.load("guide")
RULES = GUIDE.of(Kind.LINT_FIX)
FIRST, SECOND = Usage(input_tokens=2000, output_tokens=300), Usage(input_tokens=9000, output_tokens=900)
TYPICAL = Usage(input_tokens=RULES.typical_input_tokens, output_tokens=RULES.typical_output_tokens)

ANSWERED = Attempt("haiku", "anthropic", "m", Ended.ANSWERED, usage=FIRST)
AGAIN = ANSWERED._replace(usage=SECOND)
CACHED = ANSWERED._replace(usage=Usage(), saved_usage=FIRST, from_cache=True)
OUT_OF_REACH = Attempt("haiku", "anthropic", "m", Ended.UNAVAILABLE)
BY_THE_LINTER = Attempt(LINTER, "ruff", "ruff", Ended.ANSWERED)


def ended(*attempts):
    return Outcome(Task(kind=Kind.LINT_FIX), Ending.PROPOSED, "sufficed", "", attempts)


@pytest.mark.parametrize(
    ("attempts", "usage"),
    [
        ((ANSWERED, AGAIN), FIRST),
        ((OUT_OF_REACH, AGAIN), SECOND),
        ((BY_THE_LINTER, AGAIN), SECOND),
        ((CACHED,), FIRST),
        ((BY_THE_LINTER,), TYPICAL),
        ((OUT_OF_REACH,), TYPICAL),
    ],
    ids=["first of two", "nobody reached at first", "linter first", "cached", "linter alone", "nobody reached"],
)
def test_a_task_counts_with_the_tokens_of_its_first_reply(attempts, usage):
    found = counterfactual([ended(*attempts), ended()], GUIDE)

    assert found == {
        "lane": "sonnet",
        "cost_usd": pytest.approx(GUIDE.lanes["sonnet"].cost_usd(usage), abs=1e-6),
        "how": "sonnet asked once about each of 1 attempted tasks; tokens of the first reply, else typical",
    }
