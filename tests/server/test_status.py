import asyncio

import pytest
from front_doubles import ScriptedWorker, quiet

from suffice_server.front.offers import Offers
from suffice_server.front.status import Standing, State, Status, state_of
from suffice_server.front.trust import is_trusted
from suffice_server.messages import Described, Spent
from suffice_server.values import Offer

SPENT = Spent(today_usd=0.5, calls=7, cache_hits=2, session_usd=0.1, cap_usd=1.0, day_cap_usd=5.0)


class Told:
    """What an editor is told, and what is looked at for it."""

    def __init__(self):
        self.standing = Standing()
        self.notes = []
        self.status = Status(look=lambda: self.standing, notify=lambda method, note: self.notes.append((method, note)))

    async def next(self):
        """Return the newest after all that is under way was told."""
        await asyncio.sleep(0.15)
        return self.notes[-1][1] if self.notes else None


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (Standing(), State.IDLE),
        (Standing(running=1), State.WORKING),
        (Standing(has_key=False), State.NO_KEY),
        (Standing(running=1, has_key=False), State.WORKING),
        (Standing(keeps_dying=True, has_key=False), State.OFFLINE),
        (Standing(is_trusted=False, keeps_dying=True), State.UNTRUSTED),
    ],
)
def test_what_keeps_from_working_comes_first(standing, expected):
    assert state_of(standing) == expected


async def test_an_editor_that_asks_is_told_everything():
    told = Told()
    told.status.want(wanted=True)
    told.status.spent(SPENT)
    told.status.failed("B904 was not fixed.")

    await told.next()

    expected = {
        "state": "idle",
        "inFlight": 0,
        "today": {"usd": 0.5, "calls": 7, "cacheHits": 2},
        "session": {"usd": 0.1, "capUsd": 1.0},
        "budget": {"dayUsd": 5.0},
        "lastError": "B904 was not fixed.",
    }
    assert told.notes == [("suffice/status", expected)]


async def test_an_editor_that_does_not_ask_is_told_nothing():
    told = Told()
    told.status.spent(SPENT)
    told.status.changed()

    assert await told.next() is None


async def test_it_is_told_when_something_changes_and_only_then():
    told = Told()
    told.status.want(wanted=True)
    await told.next()

    told.status.changed()
    await told.next()
    assert len(told.notes) == 1

    told.standing = Standing(running=2)
    told.status.changed()
    note = await told.next()
    assert (note["state"], note["inFlight"]) == ("working", 2)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (None, True),
        ({}, True),
        ({"untrusted": False}, True),
        ({"untrusted": None}, True),
        ("text", True),
        ({"untrusted": True}, False),
        ({"settings": {"suffice": {"untrusted": True}}}, False),
        ({"untrusted": "yes"}, False),
        ({"untrusted": 1}, False),
        ({"untrusted": 0}, False),
    ],
)
def test_a_workspace_is_trusted_unless_the_editor_says_otherwise(options, expected):
    assert is_trusted(options) is expected


def described(**offers):
    return lambda request: Described(request.id, offers)


async def test_a_folder_is_asked_about_once():
    worker = ScriptedWorker(described(edit=Offer(lane="small")))
    offers = Offers(worker)

    offers.know("/project")
    offers.know("/project")
    await quiet()
    offers.know("/project")

    assert [request.root for request in worker.asked] == ["/project"]
    assert offers.of("/project", "edit") == Offer(lane="small")
    assert offers.of("/project", "debug") is None
    assert offers.of("/other", "edit") is None


async def test_what_a_dead_worker_said_stands_until_the_next_is_asked():
    worker, changes = ScriptedWorker(described(edit=Offer(lane="small"))), []
    offers = Offers(worker, on_change=lambda: changes.append(True))
    offers.know("/project")
    await quiet()

    offers.doubt()
    assert offers.of("/project", "edit") == Offer(lane="small")
    worker.answer = described(edit=Offer(lane="large"))
    offers.know("/project")
    await quiet()

    assert offers.of("/project", "edit") == Offer(lane="large")
    assert len(changes) == 2


async def test_a_folder_is_asked_about_again_when_the_worker_died_meanwhile():
    worker = ScriptedWorker()
    offers = Offers(worker)
    offers.know("/project")
    await quiet()

    worker.answer = described(edit=Offer(lane="small"))
    offers.know("/project")
    await quiet()

    assert offers.of("/project", "edit") == Offer(lane="small")


async def test_nothing_is_asked_of_a_worker_that_keeps_dying():
    worker = ScriptedWorker()
    worker.keeps_dying = True
    offers = Offers(worker)

    offers.know("/project")
    await quiet()

    assert worker.asked == []


async def test_a_folder_without_documents_is_forgotten():
    offers = Offers(ScriptedWorker(described(edit=Offer(lane="small"))))
    for root in ("/project", "/other"):
        offers.know(root)
    await quiet()

    offers.keep_only({"/other"})

    assert (offers.of("/project", "edit"), offers.of("/other", "edit")) == (None, Offer(lane="small"))


async def test_texts_are_to_be_linted_again_when_their_diagnostics_go_elsewhere_and_not_when_the_price_is_another():
    small = Offer(lane="small", estimate_usd=0.1)
    worker, moved = ScriptedWorker(described(**{"lint-fix": small})), []
    offers = Offers(worker, on_moved=moved.append)

    for offer in (small, small._replace(estimate_usd=0.2), small._replace(refused="no key is set"), small):
        worker.answer = described(**{"lint-fix": offer})
        offers.refresh("/project")
        await quiet()

    assert moved == ["/project", "/project"]


async def test_many_changes_at_once_ask_once_more():
    worker = ScriptedWorker(described())
    offers = Offers(worker)
    offers.know("/project")
    await quiet()

    for _ in range(5):
        offers.refresh_soon()
    await asyncio.sleep(0.6)

    assert len(worker.asked) == 2


async def test_the_end_of_a_job_at_the_very_end_asks_no_more():
    worker = ScriptedWorker(described())
    offers = Offers(worker)
    offers.know("/project")
    await quiet()

    offers.stop()
    offers.refresh_soon()
    await asyncio.sleep(0.6)

    assert len(worker.asked) == 1


@pytest.mark.parametrize(
    ("offers", "expected"),
    [
        ({}, True),
        ({"edit": Offer(lane="small")}, True),
        ({"edit": Offer(lane="small", refused="no key is set: A or B")}, False),
        ({"edit": Offer(lane="small", refused="no lane may be used for it")}, True),
        ({"lint-fix": Offer(lane="linter", free=True), "edit": Offer(lane="x", refused="no key is set")}, False),
    ],
)
async def test_without_a_key_no_model_can_be_asked(offers, expected):
    known = Offers(ScriptedWorker(described(**offers)))
    known.know("/project")
    await quiet()

    assert known.has_key is expected
