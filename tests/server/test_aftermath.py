import pytest
from front_doubles import quiet

from suffice.state.ledger import Feedback
from suffice_server.front.applying.aftermath import Aftermath
from suffice_server.front.applying.applied import Again, Applied, Followed, Word
from suffice_server.front.applying.rebasing import moved_order, rebased
from suffice_server.front.applying.workspace_edit import edited
from suffice_server.front.commands.retries import retries
from suffice_server.front.text.documents import Document
from suffice_server.front.text.hunk import Fate, Hunk, fate, hunk_between, hunks_between
from suffice_server.messages import Change, Fix, Remember, Span
from suffice_server.values import Changed, Part, Replacement, Work

URI = "file:///a.py"
WORK = Work("lint-fix", "B904", "r", "f")
BEFORE = "a = 1\nb = 2\nc = 3\n"
AFTER = "a = 1\nb = 20\nb += 1\nc = 3\n"
TWICE = "a = 10\nb = 2\nc = 30\n"
FIX = Fix(1, "/root", "a.py", BEFORE, "B904", "m", Span(2, 1, 2, 2))


def document(text, version=1):
    return Document.of_text(text, uri=URI, version=version)


def applied(before=BEFORE, after=AFTER, **more):
    again = Again(order=FIX, sent=document(before), lane="haiku", next_lane="sonnet", next_usd=0.002)
    made = {"id": "1", "uri": URI, "title": "fix B904", "parts": (Part(WORK, "haiku"),), "again": again}
    return Applied(**{**made, "hunks": hunks_between(document(before), document(after)), **more})


CASES = {
    "nothing typed": (BEFORE, AFTER, [], Fate.STANDING, Word.KEPT),
    "typed above": (BEFORE, AFTER, ["x\n" + AFTER], Fate.STANDING, Word.KEPT),
    "typed below": (BEFORE, AFTER, [AFTER + "x\n"], Fate.STANDING, Word.KEPT),
    "typed above and below": (BEFORE, AFTER, ["x\n" + AFTER + "x\n"], Fate.STANDING, Word.KEPT),
    "undone": (BEFORE, AFTER, [BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
    "undone after typing above": (BEFORE, AFTER, ["x\n" + AFTER, "x\n" + BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
    "undone at once with typing above": (BEFORE, AFTER, ["x\n" + BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
    "undone and redone": (BEFORE, AFTER, [BEFORE, AFTER], Fate.STANDING, Word.KEPT),
    "one line of two rewritten": (BEFORE, AFTER, [AFTER.replace("+= 1", "+= 2")], Fate.REWRITTEN, Word.REWRITTEN),
    "all rewritten": (BEFORE, AFTER, ["a = 1\nb = 7\nc = 3\n"], Fate.REWRITTEN, Word.REWRITTEN),
    "its lines gone": (BEFORE, AFTER, ["a = 1\nc = 3\n"], Fate.REWRITTEN, Word.UNDONE),
    "everything gone": (BEFORE, AFTER, [""], Fate.REWRITTEN, Word.UNDONE),
    "the line above rewritten": (BEFORE, AFTER, [AFTER.replace("a = 1", "a = 9")], Fate.STANDING, Word.KEPT),
    "typed between": (BEFORE, TWICE, [TWICE.replace("b = 2", "b = 3")], Fate.STANDING, Word.KEPT),
    "both undone": (BEFORE, TWICE, [BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
    "both undone after typing between": (
        BEFORE,
        TWICE,
        [TWICE.replace("b = 2", "b = 3"), BEFORE.replace("b = 2", "b = 3")],
        Fate.TAKEN_BACK,
        Word.UNDONE,
    ),
    "one of two undone": (BEFORE, TWICE, [TWICE.replace("a = 10", "a = 1")], Fate.REWRITTEN, Word.REWRITTEN),
    "one of two gone": (BEFORE, TWICE, [TWICE.replace("c = 30\n", "")], Fate.REWRITTEN, Word.REWRITTEN),
    "lines put in": (BEFORE, "new\n" + BEFORE, ["new\n" + BEFORE + "x\n"], Fate.STANDING, Word.KEPT),
    "lines put in, undone": (BEFORE, "a = 1\nnew\nb = 2\nc = 3\n", [BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
    "lines taken away": (BEFORE, "a = 1\nc = 3\n", ["x\na = 1\nc = 3\n"], Fate.STANDING, Word.KEPT),
    "lines taken away, undone": (BEFORE, "a = 1\nc = 3\n", [BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
    "all taken away, undone": (BEFORE, "", [BEFORE], Fate.TAKEN_BACK, Word.UNDONE),
}


@pytest.mark.parametrize(("before", "after", "later", "expected", "word"), CASES.values(), ids=CASES)
def test_what_became_of_an_edit_is_recognised(before, after, later, expected, word):
    followed = Followed(applied(before, after), document(after))

    for text in later:
        followed.look(document(text))

    assert (followed.fate, followed.word) == (expected, word)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["x\n", "old\n", "z\n"], Fate.TAKEN_BACK),
        (["x\n", "1\n", "old\n", "2\n", "z\n"], Fate.STANDING),
        (["X\n", "1\n", "old\n", "2\n", "Z\n"], Fate.STANDING),
        (["x\n", "1\n", "2\n", "z\n"], Fate.REWRITTEN),
    ],
)
def test_new_lines_around_the_old_ones_are_not_taken_for_them(lines, expected):
    hunk = Hunk(1, ["old\n"], ["1\n", "old\n", "2\n"], ["x\n"], ["z\n"])

    assert fate(hunk, lines) is expected


def test_the_words_are_those_of_the_ledger():
    assert set(Word) <= set(Feedback)


class Told:
    def __init__(self):
        self.said = []

    async def __call__(self, word):
        self.said.append(word)


def following(after=AFTER, **more):
    told = Told()
    aftermath = Aftermath(told)
    aftermath.follow(applied(after=after, **more), document(after), newest=document(after))
    return aftermath, told


async def test_a_saved_edit_was_kept_and_that_is_said_once():
    aftermath, told = following()

    for version in range(2, 5):
        aftermath.saw(document("x\n" * version + AFTER, version))
        aftermath.settle(URI)
    await quiet()

    assert told.said == [Remember(WORK, "haiku", "kept")]


async def test_the_latest_word_counts():
    aftermath, told = following()
    aftermath.settle(URI)

    aftermath.saw(document(BEFORE, 2))
    aftermath.close(URI)
    await quiet()

    assert [word.word for word in told.said] == ["kept", "undone"]
    assert aftermath.find(document(BEFORE, 2), "") is None


async def test_an_undone_edit_is_noticed_when_the_text_rests():
    aftermath, told = following()

    aftermath.saw(document(BEFORE, 2))
    aftermath._look(URI)
    await quiet()

    assert told.said == [Remember(WORK, "haiku", "undone")]


async def test_an_edit_that_still_stands_at_the_end_was_kept():
    aftermath, told = following()

    await aftermath.stop()

    assert told.said == [Remember(WORK, "haiku", "kept")]


async def test_of_what_the_ledger_does_not_know_nothing_is_said():
    aftermath, told = following(parts=())

    await aftermath.stop()

    assert told.said == []


async def test_documents_without_an_edit_of_ours_cost_nothing():
    aftermath, _ = following()
    other = Document.of_text(AFTER, uri="file:///b.py", version=1)

    aftermath.saw(other)

    assert list(aftermath._newest) == [URI]
    assert list(aftermath._looking) == [URI]


async def test_try_harder_is_offered_while_an_edit_stands():
    aftermath, _ = following()
    below = document("x\n" + AFTER, 2)

    (offered,) = retries(aftermath, below)

    assert (offered.id, offered.done, offered.first, offered.last) == ("1", "fix B904", 3, 4)
    assert (offered.offer.lane, offered.offer.estimate_usd) == ("sonnet", 0.002)
    assert retries(aftermath, document(BEFORE, 3)) == []


async def test_trying_harder_asks_about_the_text_without_the_edit():
    aftermath, _ = following()
    now = document("x\n" + AFTER + "y\n", 2)

    followed = aftermath.find(now, "")
    base = followed.without
    asked = moved_order(FIX, document(BEFORE), base)

    assert base.text == "x\n" + BEFORE + "y\n"
    assert (asked.text, asked.span) == (base.text, Span(3, 1, 3, 2))


async def test_the_better_edit_takes_the_place_of_the_weaker_one():
    now, base = document("x\n" + AFTER), document("x\n" + BEFORE)
    start = base.text.index("b = 2")
    better = Changed("a.py", edits=(Replacement(start, start + 5, "b = 300"),))

    (moved,) = rebased((better,), "a.py", base, now)

    assert edited(now.text, moved.edits) == "x\na = 1\nb = 300\nc = 3\n"


def test_an_order_whose_lines_were_changed_is_gone():
    change = Change(1, "/root", "a.py", 2, 2, "do it")

    assert moved_order(change, document(BEFORE), document("x\n" + BEFORE)).first == 3
    assert moved_order(change, document(BEFORE), document(AFTER)) is None
    assert moved_order(FIX, document(BEFORE), document(AFTER)) is None


async def test_what_was_undone_is_asked_about_as_it_is():
    aftermath, _ = following()

    followed = aftermath.find(document(BEFORE, 2), "1")

    assert followed.without is followed.document
    assert aftermath.find(document(BEFORE, 2), "2") is None


async def test_a_stronger_result_leads_back_to_the_text_that_was_asked_about():
    stronger = document("a = 1\nb = 300\nc = 3\n")
    again = Again(FIX, document(BEFORE), "sonnet", restores=hunk_between(document(BEFORE).lines, stronger.lines))
    aftermath = Aftermath(Told())
    weaker_gone = hunks_between(document(AFTER), stronger)
    aftermath.follow(applied(hunks=weaker_gone, again=again), stronger, newest=stronger)

    assert aftermath.find(stronger, "").without.text == BEFORE


async def test_what_was_typed_before_the_editor_answered_is_part_of_what_is_tried_harder():
    aftermath = Aftermath(Told())
    typed = document("mine\n" + AFTER, 2)
    aftermath.follow(applied(), document(AFTER), newest=typed)

    aftermath.settle(URI)

    assert aftermath.find(typed, "").without.text == "mine\n" + BEFORE


async def test_several_runs_of_lines_are_all_taken_back_to_try_harder():
    aftermath, _ = following(TWICE)

    followed = aftermath.find(document("mine\n" + TWICE.replace("b = 2", "b = 3"), 2), "")

    assert followed.without.text == "mine\n" + BEFORE.replace("b = 2", "b = 3")


async def test_each_task_of_one_result_is_told():
    parts = (Part(WORK, "linter"), Part(WORK._replace(fingerprint="g"), "haiku"))
    aftermath, told = following(TWICE, parts=parts)

    aftermath.settle(URI)
    await quiet()

    assert told.said == [Remember(part.work, part.lane, "kept") for part in parts]


async def test_the_oldest_of_very_many_edits_is_told_before_it_is_forgotten():
    aftermath, told = following()

    for number in range(2, 18):
        aftermath.follow(applied(id=str(number)), document(AFTER), newest=document(AFTER))
    await quiet()

    assert (len(told.said), len(aftermath.standing(document(AFTER)))) == (1, 16)
