import asyncio
from pathlib import Path

import pytest
from front_doubles import Screen, ScriptedWorker, quiet
from lsprotocol import types

from suffice.task import Span
from suffice_server.capabilities import Command
from suffice_server.front.abilities import Abilities
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.delivery import Delivered, Ending, Landed
from suffice_server.front.commands.explain import Explain
from suffice_server.front.commands.orders import FolderOrder, PlaceOrder, ResultOrder
from suffice_server.front.commands.reviews import Folders, Reviews, summary_of
from suffice_server.front.commands.suggestions import Suggestions
from suffice_server.front.commands.usage import ShowUsage
from suffice_server.front.jobs.asking import Asking
from suffice_server.front.jobs.jobs import Jobs
from suffice_server.front.shown.claims import Claims
from suffice_server.front.shown.publishing import Publishing
from suffice_server.front.shown.store import Findings, Store
from suffice_server.front.text.documents import Document, Documents
from suffice_server.front.text.places import Place
from suffice_server.messages import Failed, Remember, Reviewed, Told
from suffice_server.values import Changed, Claim, Found, Offer, Replacement, Work

ROOT = Path("/project")
URI = "file:///project/a.py"
CLAIM = Claim(
    path="a.py",
    start_line=2,
    end_line=2,
    first_line="two",
    last_line="two",
    title="It is two",
    body="",
    category="correctness",
    severity="high",
    lanes=("reader", "writer"),
    why=("the test fails before and passes after",),
    work=Work("review", None, "sample", "f"),
    confidence=0.9,
)


def reviewed(*claims, detail="", cost_usd=0.08, markdown="# Review\n", ending="proposed", reason="proposed"):
    return lambda request: Reviewed(
        request.id, ending, reason, detail, claims=claims, markdown=markdown, cost_usd=cost_usd
    )


class Front:
    """The part of the front that reviews."""

    def __init__(self, answer, folders=("file:///project",)):
        self.screen, self.worker = Screen(), ScriptedWorker(answer)
        self.documents, self.store, self.claims = Documents(), Store(), Claims()
        self.jobs = Jobs(self.screen)
        self.publishing = Publishing(documents=self.documents, store=self.store, claims=self.claims, editor=self.screen)
        asking = Asking(link=self.worker, editor=self.screen)
        named = Folders(self.documents, lambda: folders)
        parts = {"folders": named, "asking": asking, "editor": self.screen, "jobs": self.jobs}
        self.reviews = Reviews(documents=self.documents, claims=self.claims, publishing=self.publishing, **parts)
        self.usage = ShowUsage(**parts)
        self.explain = Explain(documents=self.documents, store=self.store, claims=self.claims, editor=self.screen)

    def open(self, text, uri=URI, path="a.py", version=1):
        item = types.TextDocumentItem(uri=uri, language_id="python", version=version, text=text)
        return self.documents.open(item, Place(root=ROOT, path=path))

    async def review(self, uri="", command=Command.REVIEW):
        self.reviews.start(command, FolderOrder(uri))
        await self.end()

    async def end(self):
        async with asyncio.timeout(20):
            while self.jobs.count:  # noqa: ASYNC110 - a job has nothing to wait for
                await asyncio.sleep(0)


async def test_a_review_reads_what_is_open_and_shows_claims_report_and_one_sentence():
    front = Front(reviewed(CLAIM, detail="1 finding; 1 refuted"))
    front.open("one\ntwo\n")

    await front.review()

    (request,) = front.worker.asked
    assert (request.root, request.buffers, request.architecture) == ("/project", {"a.py": "one\ntwo\n"}, False)
    assert front.screen.published == [(URI, 1, ["It is two"])]
    assert front.screen.pages == [("Review", "# Review\n")]
    assert front.screen.messages == ["suffice: review: 1 finding; 1 refuted; $0.0800."]
    assert front.screen.ended[0] == "1 finding; 1 refuted; $0.0800"


async def test_an_editor_that_shows_no_documents_has_the_report_in_its_log():
    front = Front(reviewed(CLAIM))
    front.screen.abilities = Abilities()

    await front.review()

    assert front.screen.logged == ["# Review\n"]
    assert front.screen.messages == ["suffice: review: 1 finding; $0.0800 (the report is in the log)."]


async def test_an_architecture_review_is_one():
    front = Front(reviewed())

    await front.review(command=Command.ARCHITECTURE_REVIEW)

    assert front.worker.asked[0].architecture


async def test_what_was_typed_during_a_review_moves_its_claims():
    front = Front(reviewed(CLAIM))
    front.worker.open.clear()
    front.open("one\ntwo\n")
    front.reviews.start(Command.REVIEW, FolderOrder())
    await quiet()
    front.open("zero\none\ntwo\n", version=2)

    front.worker.open.set()
    await front.end()

    (held,) = front.claims.of(front.documents.get(URI))
    assert (held.first, held.last) == (3, 3)


async def test_a_file_that_is_closed_during_a_review_shows_its_claims_all_the_same():
    front = Front(reviewed(CLAIM))
    front.worker.open.clear()
    front.open("one\ntwo\n")
    front.reviews.start(Command.REVIEW, FolderOrder())
    await quiet()
    front.documents.close(URI)

    front.worker.open.set()
    await front.end()

    assert front.screen.published == [(URI, None, ["It is two"])]


async def test_of_two_reviews_of_a_folder_the_newest_wins():
    front = Front(reviewed(CLAIM))
    front.worker.open.clear()
    front.reviews.start(Command.REVIEW, FolderOrder())
    await quiet()

    front.reviews.start(Command.REVIEW, FolderOrder())
    await quiet()
    front.worker.open.set()
    await front.end()

    assert front.worker.cancelled == front.worker.asked[:1]
    assert len(front.screen.pages) == 1


async def test_a_review_replaces_the_claims_of_the_last():
    front = Front(reviewed(CLAIM))
    await front.review()
    front.worker.answer = reviewed()

    await front.review()

    assert front.screen.published == [(URI, None, ["It is two"]), (URI, None, [])]


async def test_a_review_that_failed_leaves_the_claims_of_the_last():
    front = Front(reviewed(CLAIM))
    await front.review()
    front.worker.answer = lambda request: Failed(request.id, "git is not installed; install it.")

    await front.review()

    assert list(front.claims.closed()) == [URI]
    assert front.screen.messages[-1] == "suffice: the review did not come to an end: git is not installed; install it."


async def test_nothing_to_review_is_said_plainly():
    nothing = reviewed(detail="nothing is changed.", cost_usd=0, markdown="", ending="unchanged", reason="no-changes")
    front = Front(nothing)

    await front.review()

    assert front.screen.messages == ["suffice: review: nothing is changed."]
    assert front.screen.pages == []


async def test_a_budget_that_is_spent_is_no_review():
    spent = reviewed(detail="the cap for a day is reached", ending="out-of-budget", reason="cap-reached", markdown="")
    front = Front(spent)

    await front.review()

    assert front.screen.messages == ["suffice: the review did not come to an end: the cap for a day is reached."]


async def test_of_several_folders_one_is_to_be_named():
    front = Front(reviewed(), folders=("file:///project", "file:///other"))

    await front.review()
    assert front.worker.asked == []
    message = "suffice: it is not clear which folder is meant; run the review from a file in it."
    assert front.screen.messages == [message]

    await front.review(uri="file:///other/b.py")
    assert front.worker.asked[0].root == "/other"


async def test_without_folders_it_is_that_of_the_only_project_that_is_open():
    front = Front(reviewed(), folders=())
    front.open("one\n")

    await front.review()

    assert front.worker.asked[0].root == "/project"


@pytest.mark.parametrize(
    ("claims", "detail", "cost_usd", "expected"),
    [
        ((CLAIM, CLAIM), "", 0.08, "2 findings; $0.0800"),
        ((), "", 0.01, "no findings; $0.0100"),
        ((CLAIM,), "1 finding; 3 refuted.", 0.01, "1 finding; 3 refuted; $0.0100"),
        ((CLAIM,), "", 0.0, "1 finding"),
        ((), "nothing is changed", 0.0, "nothing is changed"),
    ],
)
def test_a_review_in_one_line(claims, detail, cost_usd, expected):
    assert summary_of(Reviewed(1, "proposed", "", detail, claims=claims, cost_usd=cost_usd)) == expected


async def test_usage_is_shown_as_a_page():
    front = Front(lambda request: Told(request.id, "proposed", "", "", markdown="# Usage\n"))

    front.usage.start(FolderOrder())
    await front.end()

    assert front.screen.pages == [("Usage", "# Usage\n")]


def at(first, last):
    return PlaceOrder(URI, types.Range(start=types.Position(first, 0), end=types.Position(last, 0)))


async def test_an_explanation_says_who_would_be_asked_of_each_line_and_asks_nobody():
    front = Front(reviewed(CLAIM))
    document = front.open("one\ntwo\nthree\n")
    await front.review()
    front.screen.pages.clear()
    small = Offer(lane="small", estimate_usd=0.0003, next_lane="large", next_usd=0.004)
    found = [Found(rule="B904", message="m", span=Span(line, 1, line, 2), offer=small) for line in (1, 3)]
    front.store.keep(Findings(document, tuple(found)))

    front.explain.start(at(0, 1))
    await quiet()

    ((title, text),) = front.screen.pages
    assert title == "Where it would go"
    assert [line for line in text.splitlines() if line.startswith("###")] == ["### Line 1", "### Line 2"]
    assert "- It goes to **small**, for about $0.0003" in text
    assert "Found by **reader, writer**" in text
    assert len(front.worker.asked) == 1


async def test_nothing_reported_is_nothing_to_explain():
    front = Front(None)
    front.open("one\n")

    front.explain.start(at(0, 0))
    await quiet()

    assert front.screen.pages == []
    assert front.screen.messages == ["suffice: nothing to explain: nothing is reported there."]


async def test_who_asks_about_a_notebook_is_told_that_it_is_left_alone():
    front = Front(None)
    front.open("x", uri="file:///project/a.ipynb", path="a.ipynb")

    front.explain.start(PlaceOrder("file:///project/a.ipynb", None))

    assert front.screen.messages[0].startswith("suffice: nothing to explain: suffice leaves notebooks alone")


class Post:
    """Delivers as *ending* says, and keeps what it was given."""

    def __init__(self, ending, why=""):
        self.delivered = Delivered(ending, why)
        self.parcels = []

    async def deliver(self, parcel, *, on_landed):
        self.parcels.append(parcel)
        if self.delivered.ending is Ending.APPLIED:
            before = parcel.sent["a.py"]
            on_landed((Landed(before, Document.of_text("one\n2\n", uri=before.uri, version=2)),))
        return self.delivered


EDIT = Replacement(start=4, end=7, new_text="2")


async def suggested(front, post):
    """Review a file, and return the commands on the only finding, and its id."""
    front.open("one\ntwo\n")
    front.worker.answer = reviewed(CLAIM._replace(edits=(EDIT,)))
    await front.review()
    front.screen.messages.clear()
    (held,) = front.claims.of(front.documents.get(URI))
    parts = {"documents": front.documents, "claims": front.claims, "publishing": front.publishing}
    front.aftermath = Aftermath(front.worker.say)
    commands = Suggestions(delivery=post, aftermath=front.aftermath, editor=front.screen, jobs=front.jobs, **parts)
    return commands, ResultOrder(URI, held.id)


@pytest.mark.parametrize(("later", "word"), [("one\n2\nthree\n", "kept"), ("one\ntwo\n", "undone")])
async def test_an_applied_suggestion_takes_its_finding_away_and_is_followed(later, word):
    front, post = Front(None), Post(Ending.APPLIED)
    commands, order = await suggested(front, post)

    commands.apply(order)
    await front.end()
    front.aftermath.saw(Document.of_text(later, uri=URI, version=3))
    front.aftermath.settle(URI)
    await quiet()

    (parcel,) = post.parcels
    assert parcel.changes == (Changed("a.py", edits=(EDIT,)),)
    assert parcel.sent["a.py"].text == "one\ntwo\n"
    assert front.worker.said == [Remember(CLAIM.work, "reader", word), Remember(CLAIM.work, "writer", word)]
    assert front.screen.published[-1] == (URI, 1, [])


async def test_a_suggestion_that_does_not_fit_any_more_stays_and_says_why():
    front = Front(None)
    commands, order = await suggested(front, Post(Ending.CHANGED, "the lines changed meanwhile"))

    commands.apply(order)
    await front.end()

    assert front.screen.messages == ["suffice: the suggestion was not applied: the lines changed meanwhile."]
    assert front.worker.said == []
    assert front.claims.get(order.id) is not None


async def test_a_dismissed_finding_is_gone_and_remembered():
    front = Front(None)
    commands, order = await suggested(front, Post(Ending.APPLIED))

    commands.dismiss(order)
    await quiet()

    assert [word.word for word in front.worker.said] == ["dismissed", "dismissed"]
    assert front.screen.published[-1] == (URI, 1, [])
    commands.dismiss(order)
    commands.apply(order)
    assert front.screen.messages == ["suffice: that finding is no longer there; review again."] * 2
