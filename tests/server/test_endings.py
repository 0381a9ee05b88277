"""How a task ended, in the words of an editor."""

import pytest

from suffice.providers.connect import KEY_VARIABLES
from suffice_server.front.jobs.endings import KEYS, why_not
from suffice_server.messages import Finished

NO_EDIT = "the reply holds no edit; send SEARCH/REPLACE blocks, a V4A patch or, as JSON, calls; tried sonnet, opus"


@pytest.mark.parametrize(
    ("reason", "detail", "expected"),
    [
        ("no-key", "no key is set for a model; it would go to haiku", f"set {KEYS} in the environment"),
        (
            "checks-failed",
            "loss: a call is lost; tried haiku.",
            "so it is left to you: loss: a call is lost; tried haiku",
        ),
        ("no-usable-reply", NO_EDIT, "no model gave a usable answer: the reply holds no edit; tried sonnet, opus"),
        ("cannot-fix", "haiku: the cause is not at hand; tried haiku", "haiku: the cause is not at hand; tried haiku"),
    ],
)
def test_why_nothing_came_of_it_says_whose_turn_it_is(reason, detail, expected):
    assert expected in why_not(Finished(1, "needs-human", reason, detail))


def test_who_has_no_key_is_told_the_variables_that_hold_one():
    assert " or ".join(sorted(KEY_VARIABLES.values())) == KEYS
