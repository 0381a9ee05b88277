import asyncio

import pytest
from front_doubles import Screen, quiet
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from suffice_server.front.jobs.asking import ALLOW, NOBODY_AGREED, NOT_NOW, STOP, Asking
from suffice_server.front.jobs.jobs import Job, Jobs
from suffice_server.front.jobs.progress import Progress
from suffice_server.front.worker_link import WorkerEnded
from suffice_server.messages import Attempted, Consent, Failed, Finished, Fix, NeedsConsent, RaiseCap, Span, Spent

URI = "file:///a.py"


class Work:
    """Work that waits until it is let go."""

    def __init__(self, ends="done"):
        self.gate = asyncio.Event()
        self.ends = ends
        self.cancelled = False

    async def __call__(self, _progress):
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if isinstance(self.ends, Exception):
            raise self.ends
        return self.ends

    def job(self, key="fix", about=URI):
        return Job(key, about, "suffice: B904", self)


class Shown(Screen):
    """A screen whose progresses have tokens."""

    def __init__(self, *, agrees=True):
        super().__init__()
        self.sent = []
        self.agrees = agrees
        self.open = asyncio.Event()
        self.open.set()
        self.answers = []
        self.questions = []

    def progress(self, title):
        return Progress(title, token=title, create=self._create, notify=lambda _token, value: self.sent.append(value))

    async def _create(self, _token):
        await self.open.wait()
        if not self.agrees:
            raise JsonRpcException("no")

    async def ask(self, question, answers):
        self.questions.append(question)
        await quiet()
        chosen = self.answers.pop(0)
        return chosen if chosen in answers else None

    @property
    def kinds(self):
        return [(value.kind, value.title if value.kind == "begin" else value.message) for value in self.sent]


async def test_the_newest_of_two_same_wishes_wins():
    jobs, older, newer, other = Jobs(Screen()), Work(), Work(), Work()

    jobs.start(older.job())
    jobs.start(other.job("other"))
    await quiet()
    jobs.start(newer.job())
    await quiet()

    assert (older.cancelled, newer.cancelled, other.cancelled, jobs.count) == (True, False, False, 2)
    await jobs.stop()
    assert jobs.count == 0


@pytest.mark.parametrize(
    "cancel",
    [
        lambda jobs: jobs.cancel_progress("suffice: B904"),
        lambda jobs: jobs.cancel_request(7),
        lambda jobs: jobs.cancel_about(URI),
        lambda jobs: jobs.cancel_all(),
    ],
    ids=["progress", "request", "document", "all"],
)
async def test_a_progress_ends_with_the_very_call_that_cancels_its_job(cancel):
    screen, work = Shown(), Work()
    jobs = Jobs(screen)
    jobs.start(work.job(), request=7)
    await quiet()

    cancel(jobs)

    assert screen.kinds[-1] == ("end", "cancelled")
    await quiet()
    assert (work.cancelled, jobs.count, screen.messages) == (True, 0, [])


@pytest.mark.parametrize("other", ["suffice: F401", 8, "file:///b.py"])
async def test_what_concerns_another_job_cancels_none(other):
    jobs, work = Jobs(Shown()), Work()
    jobs.start(work.job(), request=7)
    await quiet()

    jobs.cancel_progress(other)
    jobs.cancel_request(other)
    jobs.cancel_about(other)
    await quiet()

    assert (work.cancelled, jobs.count) == (False, 1)
    await jobs.stop()


async def test_work_does_not_wait_for_an_editor_that_is_slow_to_show_its_progress():
    screen, work = Shown(), Work()
    screen.open.clear()
    jobs = Jobs(screen)
    work.gate.set()

    jobs.start(work.job())
    await quiet()

    assert (jobs.count, screen.sent) == (0, [])
    screen.open.set()
    await quiet()
    assert screen.kinds == [("begin", "suffice: B904"), ("end", "done")]


async def test_an_editor_that_will_not_show_a_progress_is_sent_none():
    screen, work = Shown(agrees=False), Work()
    work.gate.set()
    jobs = Jobs(screen)

    jobs.start(work.job())
    await quiet()

    assert (jobs.count, screen.sent) == (0, [])


async def test_a_bug_is_told_without_what_its_error_says(caplog):
    screen, work = Screen(), Work(ValueError("secret = 1"))
    work.gate.set()
    jobs = Jobs(screen)

    jobs.start(work.job())
    await quiet()

    assert screen.messages == ["suffice: B904 failed: a bug in suffice (ValueError); see the server's log."]
    assert "secret" not in caplog.text
    assert "ValueError" in caplog.text


async def test_the_end_of_the_worker_ends_a_job_and_is_told_in_the_words_of_the_link():
    screen, work = Shown(), Work(WorkerEnded("suffice's worker ended."))
    jobs = Jobs(screen)
    jobs.start(work.job())
    await quiet()

    work.gate.set()
    await quiet()

    assert (screen.kinds[-1], screen.messages) == (("end", "not done"), ["suffice's worker ended."])


async def test_whoever_shows_the_status_hears_of_each_change():
    counts = []
    jobs = Jobs(Screen(), on_change=lambda: counts.append(jobs.count))

    work = Work()
    jobs.start(work.job())
    work.gate.set()
    await quiet()

    assert counts == [1, 0]


class Worker:
    """Answers requests in turn."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.said = []

    def next_id(self):
        return len(self.asked) + 1

    async def ask(self, request, *, tell):
        self.asked.append(request)
        tell(Attempted(request.id, "haiku", "target-gone", 0.0002, 900.0))
        tell(Attempted(request.id, "sonnet", None, 0.003, 2100.0))
        await quiet(2)
        return self.answers.pop(0)

    async def say(self, word):
        self.said.append(word)


def fix(number):
    return Fix(number, "/root", "a.py", "x\n", "B904", "m", Span(1, 1, 1, 2))


DONE = Finished(1, "proposed", "sufficed", "")
NEEDS = NeedsConsent(1, "anthropic", "haiku", 0.0003)
OVER = Finished(1, "out-of-budget", "cap-reached", "the cap leaves no room", cap="session")


def asked(screen, worker):
    return Asking(link=worker, editor=screen), Progress("t", token=None, create=None, notify=None)


async def test_consent_is_asked_once_however_many_commands_wait():
    screen, worker = Shown(), Worker(*[NEEDS] * 5, *[DONE] * 5)
    screen.answers = [ALLOW]
    asking, progress = asked(screen, worker)

    answers = await asyncio.gather(*(asking.answer(fix, progress, sends="The lines") for _ in range(5)))

    assert answers == [DONE] * 5
    assert screen.questions == ["Send code to anthropic? The lines, about $0.0003 this time. You are asked once."]
    assert worker.said == [Consent("anthropic")]


async def test_without_consent_nothing_is_asked_again():
    screen, worker = Shown(), Worker(NEEDS)
    screen.answers = [NOT_NOW]
    asking, progress = asked(screen, worker)

    assert await asking.answer(fix, progress, sends="The lines") == Failed(1, NOBODY_AGREED)
    assert (len(worker.asked), worker.said) == (1, [])


async def test_a_question_stays_for_the_others_when_one_job_is_cancelled():
    screen, worker = Shown(), Worker(NEEDS, NEEDS, DONE)
    screen.answers = [ALLOW]
    asking, progress = asked(screen, worker)
    first = asyncio.create_task(asking.answer(fix, progress, sends="The lines"))
    second = asyncio.create_task(asking.answer(fix, progress, sends="The lines"))
    while not screen.questions:
        await quiet(1)

    first.cancel()

    assert await second == DONE
    assert len(screen.questions) == 1


async def test_a_cap_that_is_reached_is_raised_once_for_all_and_the_work_goes_on():
    screen, worker = Shown(), Worker(OVER, OVER, DONE, DONE)
    screen.answers = ["Raise by $0.50"]
    asking, progress = asked(screen, worker)
    asking.spent(Spent(0.5, 3, 0, 0.4961, 0.5, raise_usd=0.5))

    answers = await asyncio.gather(*(asking.answer(fix, progress, sends="") for _ in range(2)))

    assert answers == [DONE, DONE]
    assert screen.questions == ["suffice has spent $0.50 in this session, its cap is $0.50. Go on?"]
    assert worker.said == [RaiseCap("/root")]


async def test_a_cap_below_a_cent_is_not_told_as_nothing():
    screen, worker = Shown(), Worker(OVER)
    screen.answers = [STOP]
    asking, progress = asked(screen, worker)
    asking.spent(Spent(0.0, 0, 0, 0.0, 0.002, raise_usd=0.002))

    await asking.answer(fix, progress, sends="")

    assert screen.questions == ["suffice has spent $0.00 in this session, its cap is $0.0020. Go on?"]


async def test_a_cap_that_is_not_raised_is_asked_about_again_only_by_a_later_command():
    screen, worker = Shown(), Worker(*[OVER] * 4)
    screen.answers = [STOP, STOP]
    asking, progress = asked(screen, worker)

    together = await asyncio.gather(*(asking.answer(fix, progress, sends="") for _ in range(3)))
    assert (together, len(screen.questions)) == ([OVER] * 3, 1)
    await asking.answer(fix, progress, sends="")

    assert (len(screen.questions), worker.said) == (2, [])


async def test_a_cap_that_cannot_be_raised_here_is_not_asked_about():
    screen, worker = Shown(), Worker(OVER._replace(cap="day"))
    asking, progress = asked(screen, worker)

    assert (await asking.answer(fix, progress, sends="")).cap == "day"
    assert screen.questions == []


async def test_the_attempts_are_reported_as_they_end():
    screen, worker = Shown(), Worker(DONE)
    asking, _ = asked(screen, worker)
    progress = screen.progress("suffice: B904")
    await quiet()

    await asking.answer(fix, progress, sends="")

    said = [value.message for value in screen.sent if isinstance(value, types.WorkDoneProgressReport)]
    assert said == ["haiku failed target-gone", "haiku failed target-gone, sonnet 2.1 s $0.0030"]
