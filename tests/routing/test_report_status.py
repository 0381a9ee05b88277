"""Every way out of a run has one status, the worst that applies, and one reason of a closed list."""

import itertools
import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

import suffice
from suffice.outcome import Ending
from suffice.report import REASONS, Ended, Status, failure_report, schema, status_of, status_of_item

ORDER = ["clean", "skipped", "proposed", "fixed", "needs-human", "degraded", "failed"]

TABLE = [
    # ending, reason, written, status
    ("proposed", "sufficed", False, "proposed"),
    ("proposed", "sufficed", True, "fixed"),
    ("needs-human", "checks-failed", False, "needs-human"),
    ("needs-human", "cannot-fix", False, "needs-human"),
    ("needs-human", "changes-public-api", False, "needs-human"),
    ("needs-human", "low-confidence", False, "needs-human"),
    ("needs-human", "no-usable-reply", False, "needs-human"),
    ("needs-human", "no-lane", False, "needs-human"),
    ("needs-human", "syntax-error", False, "needs-human"),
    ("refused", "refused", False, "needs-human"),
    ("unchanged", "already-gone", False, "clean"),
    ("skipped", "no-key", False, "skipped"),
    ("skipped", "offline", False, "skipped"),
    ("skipped", "dry-run", False, "skipped"),
    ("skipped", "no-consent", False, "skipped"),
    ("skipped", "no-checker", False, "skipped"),
    ("skipped", "conflicts-with", False, "skipped"),
    ("skipped", "spoils-the-file", False, "skipped"),
    ("skipped", "provider-outage", False, "degraded"),
    ("skipped", "interrupted", False, "degraded"),
    ("out-of-budget", "cap-reached", False, "degraded"),
    ("error", "unreadable-file", False, "failed"),
]


@pytest.mark.parametrize(
    ("ending", "reason", "written", "status"), TABLE, ids=[f"{e}-{r}{'-written' * w}" for e, r, w, _ in TABLE]
)
def test_an_item_makes_the_status_of_its_run(ending, reason, written, status):
    item = Ended(ending=Ending(ending), reason=reason, written=written)

    assert status_of_item(item) == status
    assert status_of([item])[0] == status
    assert status_of([item])[1] in REASONS


def test_the_worst_status_wins_in_any_order():
    items = [(Ended(Ending(ending), reason, written), status) for ending, reason, written, status in TABLE]

    for (one, first), (other, second) in itertools.product(items, repeat=2):
        assert status_of([one, other])[0] == max(first, second, key=ORDER.index)


def test_the_order_of_statuses_is_that_of_the_contract():
    assert [str(status) for status in Status] == ORDER


def test_no_items_are_clean():
    assert status_of([]) == (Status.CLEAN, "nothing-to-do")


@pytest.mark.parametrize(("ending", "reason", "written", "status"), TABLE)
def test_an_interrupted_run_is_at_least_degraded(ending, reason, written, status):
    item = Ended(Ending(ending), reason, written)

    found = status_of([item], interrupted=True)

    assert found == (max(status, "degraded", key=ORDER.index), "interrupted")


RUN_REASONS = [
    ([("proposed", "sufficed", False)], "patch-proposed"),
    ([("proposed", "sufficed", True), ("skipped", "no-key", False)], "patch-applied"),
    ([("skipped", "no-key", False), ("skipped", "conflicts-with", False), ("skipped", "no-key", False)], "no-key"),
    ([("needs-human", "cannot-fix", False), ("proposed", "sufficed", False)], "left-for-human"),
    ([("out-of-budget", "cap-reached", False), ("needs-human", "cannot-fix", False)], "cap-reached"),
    ([("skipped", "provider-outage", False), ("skipped", "no-key", False)], "provider-outage"),
    ([("error", "unreadable-file", False), ("proposed", "sufficed", False)], "unreadable-file"),
]  # fmt: skip


@pytest.mark.parametrize(("items", "reason"), RUN_REASONS, ids=[reason for _, reason in RUN_REASONS])
def test_the_reason_of_a_run_is_that_of_its_worst_items(items, reason):
    assert status_of([Ended(Ending(e), r, w) for e, r, w in items])[1] == reason


def test_the_reason_codes_are_a_closed_list_that_the_schema_knows():
    properties = schema()["properties"]

    assert set(properties["reason"]["enum"]) == set(REASONS)
    assert set(properties["items"]["items"]["properties"]["reason"]["enum"]) == set(REASONS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reason) for reason in REASONS)


def test_every_reason_code_that_the_code_gives_is_in_the_closed_list():
    folder = Path(suffice.__file__).parent
    given = set()
    for file in folder.rglob("*.py"):
        given |= set(re.findall(r'(?:reason=|SKIPPED, |NEEDS_HUMAN, |\bERROR, |REFUSED, )"([\w-]+)"', file.read_text()))

    assert given
    assert given - set(REASONS) == set()


def test_the_schema_knows_exactly_the_endings_and_statuses():
    properties = schema()["properties"]

    assert properties["status"]["enum"] == ORDER
    assert set(properties["items"]["items"]["properties"]["outcome"]["enum"]) == set(Ending)


def test_the_schema_is_one():
    jsonschema_rs.meta.validate(schema())


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_report_of_a_run_that_could_not_start_is_valid(valid, reason):
    report = failure_report(command="fix", reason=reason, detail="It could not start; do this.")

    assert valid(json.loads(json.dumps(report)))["status"] == "failed"


@pytest.mark.parametrize(
    "change", [{"reason": "because"}, {"status": "green"}, {"mode": "turbo"}, {"files": [{"path": "a.py"}]}]
)
def test_the_schema_takes_nothing_else(valid, change):
    report = failure_report(command="fix", reason="usage", detail="It could not start.") | change

    with pytest.raises(jsonschema_rs.ValidationError):
        valid(report)
