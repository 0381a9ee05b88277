"""A review: hunks, sorted by a cheap lane, read by a better one, each claim tested before it is shown.

Money is spent from the top, and where it ends, or is interrupted, what was finished is delivered and all that was not
read is named. No hunk is ever cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.lanes import estimate_tokens
from suffice.policy import Policy
from suffice.providers.reply import Provider
from suffice.review.claims.finding import Category, Finding
from suffice.review.claims.memory import Said, record_of, with_ids
from suffice.review.claims.rank import confident, ranked
from suffice.review.claims.suggestion import suggestion
from suffice.review.expected import Doing, Expected, expected
from suffice.review.hunks.change import Change, hunks_of
from suffice.review.hunks.hidden import hidden_change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import shown_hunk
from suffice.review.progress import Progress
from suffice.review.questions.asker import Asker, Rungs
from suffice.review.questions.beside import NOTHING_RELATED, MayShow, Related, beside
from suffice.review.reader import Material, Reader
from suffice.review.reviewed import Reviewed, Suggestion, Unread, unread
from suffice.review.sorting.affordable import affordable, bare
from suffice.review.sorting.drop import dropped, evidence_hunks
from suffice.review.sorting.level import Level
from suffice.review.sorting.order import Group, groups
from suffice.review.sorting.triage import Triaged, leveled, looks, triage
from suffice.run import State, take_back_cancellation
from suffice.task import Diagnostic, Kind, Mode, Stakes, Task

_AT_ONCE = 4
"""Groups under way: enough to keep the calls busy, few enough that the later do not spend what the earlier need."""

_MOST_FOR_TRIAGE = 0.5
"""So much of the money that is left triage may take; a change for which it would take more is sorted by heads."""


class Manner(NamedTuple):
    """How the review is meant: who waits, how much is at stake, and how many findings are shown inline."""

    mode: Mode = Mode.INTERACTIVE
    stakes: Stakes = Stakes.NORMAL
    inline: int = 5


class Known(NamedTuple):
    """What is known before: diagnostics of the text after the change, what the developer said of earlier findings.

    `is_ignored` tells which paths are never sent; `related` is what the repository knows of a name.
    """

    settled: tuple[Diagnostic, ...] = ()
    said: tuple[Said, ...] = ()
    is_ignored: Callable[[str], bool] = lambda _path: False
    related: Related = NOTHING_RELATED


Done = Callable[[int, int], None]
"""Told how many of how many hunks are done with: read, or left for a reason."""

_AS_USUAL = Manner()
_NOTHING_KNOWN = Known()


def _tell_nobody(_done: int, _of: int) -> None:
    pass


async def review(
    change: Change,
    *,
    policy: Policy,
    providers: Mapping[str, Provider],
    state: State,
    manner: Manner = _AS_USUAL,
    known: Known = _NOTHING_KNOWN,
    done: Done = _tell_nobody,
) -> Reviewed:
    """Return what came of reviewing *change*. An interruption ends it with what was finished.

    *done* is told how far the reading is, from when it begins.
    """
    asker = Asker(snapshot=change.after, policy=policy, providers=providers, state=state)
    run = _Run(change, asker, manner, known, done)
    interrupted = False
    try:
        await run.look()
        await run.sort()
        await run.read()
        await run.suggest()
    except asyncio.CancelledError:
        interrupted = True
        take_back_cancellation()
    return run.reviewed(interrupted=interrupted)


class _Run:
    """The moving parts of one review."""

    def __init__(self, change: Change, asker: Asker, manner: Manner, known: Known, done: Done) -> None:
        self._change = change
        self._seen = change
        self._asker = asker
        self._manner = manner
        self._known = known
        self._done = done
        self._progress = Progress()
        self._hunks: tuple[Hunk, ...] = ()
        self._source: tuple[Hunk, ...] = ()
        self._tests: tuple[Hunk, ...] = ()
        self._files: tuple[Unread, ...] | None = None
        self._levels: dict[str, Triaged] = {}
        self._sorted_out: frozenset[str] = frozenset()
        self._suggestions: dict[int, Suggestion | str] = {}
        self._expected: tuple[Expected, ...] = ()

    async def look(self) -> None:
        """Find the hunks, and leave out what no lane need look at, or may."""
        ignored = {f.path for f in self._change.files if self._is_ignored(f.path, f.old_path)}
        change = self._change._replace(files=tuple(f for f in self._change.files if f.path not in ignored))
        self._seen = await asyncio.to_thread(hidden_change, change)
        self._hunks, left_out = await asyncio.to_thread(hunks_of, self._seen)
        reasons = await asyncio.to_thread(dropped, self._hunks, self._seen)
        self._files = (
            *(Unread(path, "ignored") for path in sorted(ignored)),
            *(Unread(left.path, left.reason) for left in left_out),
        )
        self._source = tuple(hunk for hunk in self._hunks if hunk.id not in reasons)
        self._tests = evidence_hunks(self._hunks, reasons)
        self._progress.unread.update({id_: str(why) for id_, why in reasons.items()})

    def _is_ignored(self, path: str, old_path: str | None) -> bool:
        return self._known.is_ignored(path) or (old_path is not None and self._known.is_ignored(old_path))

    async def sort(self) -> None:
        """Have a cheap lane say how much attention each hunk gets; floors are the program's own."""
        mode, stakes = self._manner.mode, self._manner.stakes
        lane = self._asker.policy.lanes.get(self._asker.decided(Task(kind=Kind.TRIAGE, mode=mode, stakes=stakes)).first)
        most_usd = _MOST_FOR_TRIAGE * self._asker.state.budget.left_usd
        seen = await asyncio.to_thread(affordable, self._source, self._seen, lane=lane, most_usd=most_usd)
        ids = {hunk.id for hunk in seen.hunks}
        self._progress.leave([hunk for hunk in self._source if hunk.id not in ids], "budget")
        said = await triage(seen.hunks, seen.shown, asker=self._asker, mode=mode, stakes=stakes)
        self._levels = await asyncio.to_thread(leveled, seen.hunks, said, self._seen)
        trivial = [hunk for hunk in seen.hunks if self._levels[hunk.id].level is Level.TRIVIAL]
        if seen.in_full:
            self._sorted_out = frozenset(hunk.id for hunk in trivial)
        elif seen.hunks:
            self._progress.note("sorted by the heads of the hunks alone: the cap leaves too little for all of them")
            self._progress.leave(trivial, "trivial by its head")

    async def read(self) -> None:
        """Read what is not trivial, in groups, the riskiest first, as far as the money goes."""
        levels = {id_: triaged.level for id_, triaged in self._levels.items() if triaged.level is not Level.TRIVIAL}
        waiting = [hunk for hunk in self._source if hunk.id in levels]
        tokens = {hunk.id: estimate_tokens(shown_hunk(hunk, self._seen, "h1")) for hunk in waiting}
        material = Material(self._seen, self._known.settled, self._known.said, self._shown, self._beside)
        mode, stakes = self._manner.mode, self._manner.stakes
        reader = Reader(material, asker=self._asker, progress=self._progress, mode=mode, stakes=stakes)
        slots = asyncio.Semaphore(_AT_ONCE)
        done = 0

        async def one(group: Group) -> None:
            nonlocal done
            async with slots:
                await reader.read(group)
            done += len(group.hunks)
            self._done(done, len(waiting))

        self._done(done, len(waiting))
        reading = groups(waiting, levels, tokens=lambda hunk: tokens[hunk.id])
        async with asyncio.TaskGroup() as together:
            for group in reading:
                together.create_task(one(group))
        if self._asker.state.wishes.no_calls:
            left = [group for group in reading if not {hunk.id for hunk in group.hunks} <= self._progress.read]
            self._expected = expected(self._would_ask(left, reader), asker=self._asker)

    def _would_ask(self, left: Sequence[Group], reader: Reader) -> Iterator[tuple[Doing, Task, Rungs | None]]:
        unsorted = [hunk for group in left for hunk in group.hunks if not self._levels[hunk.id].by]
        shown = {hunk.id: bare(hunk, self._seen) for hunk in unsorted}
        mode, stakes = self._manner.mode, self._manner.stakes
        for look in looks(unsorted, shown, asker=self._asker, mode=mode, stakes=stakes):
            yield Doing.SORT, look.task, look.rungs
        for group in left:
            yield from reader.would_ask(group)

    def _shown(self, hunk: Hunk, label: str) -> str:
        return shown_hunk(hunk, self._seen, label)

    def _beside(self, finding: Finding, hunk: Hunk, may_show: MayShow) -> tuple[str, ...]:
        related = self._known.related
        return beside(finding, hunk, self._seen, tests=self._tests, related=related, may_show=may_show)

    async def suggest(self) -> None:
        """Keep the replacements that the whole checker passes."""
        after, state = self._change.after, self._asker.state

        async def one(number: int, finding: Finding) -> None:
            self._suggestions[number] = await suggestion(finding, after=after, state=state)

        found = self._progress.findings.items()
        await asyncio.gather(*(one(number, finding) for number, finding in found if finding.replacement is not None))

    def reviewed(self, *, interrupted: bool) -> Reviewed:
        """Return what came of it so far."""
        progress = self._progress
        found = self._identified()
        inline, folded = self._ranked(found)
        known = {*progress.read, *progress.unread, *self._sorted_out}
        rest = [hunk for hunk in self._source if hunk.id not in known]
        progress.leave(rest, "interrupted" if interrupted else "unread")
        suggested = {found[number].id: made for number, made in self._suggestions.items() if number in found}
        return Reviewed(
            inline=inline,
            folded=folded,
            dropped=tuple(progress.dropped),
            looked_at=tuple(hunk for hunk in self._source if hunk.id in progress.read),
            sorted_out=tuple(hunk for hunk in self._source if hunk.id in self._sorted_out),
            not_looked_at=(*unread(self._hunks, progress.unread), *self._unread_files()),
            levels=self._levels,
            suggestions={id_: made for id_, made in suggested.items() if isinstance(made, Suggestion)},
            no_suggestion={id_: made for id_, made in suggested.items() if isinstance(made, str)},
            outcomes=self._asker.outcomes,
            notes=tuple(_noted(text, hunks) for text, hunks in progress.notes.items()),
            expected=self._expected,
            interrupted=interrupted,
        )

    def _unread_files(self) -> tuple[Unread, ...]:
        """Return the files that cannot be looked at, or all of them where the review ended before that was known."""
        if self._files is not None:
            return self._files
        return tuple(Unread(file.path, "interrupted") for file in self._change.files)

    def _identified(self) -> dict[int, Finding]:
        """Return the findings by number, with ids that stay the same over runs, without what did not pass."""
        numbers = sorted(self._progress.findings, key=self._place_of)
        plain = [self._without_flaw(number) for number in numbers]
        return dict(zip(numbers, with_ids(plain), strict=True))

    def _place_of(self, number: int) -> tuple[str, int, str]:
        finding = self._progress.findings[number]
        return finding.path, finding.start_line, finding.title

    def _without_flaw(self, number: int) -> Finding:
        """Return a finding without a replacement that did not pass, or that nobody came to check."""
        finding, made = self._progress.findings[number], self._suggestions.get(number)
        return finding if isinstance(made, Suggestion) else finding._replace(replacement=None)

    def _ranked(self, found: Mapping[int, Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
        families = {name: lane.provider for name, lane in self._asker.policy.lanes.items()}
        record = {Category(name): kept for name, kept in record_of(self._known.said).items() if name in set(Category)}
        sure = dict(zip(found, confident(found.values(), families=families, record=record), strict=True))
        aside = self._progress.folded
        shown = ranked((sure[number] for number in sure if number not in aside), cap=self._manner.inline)
        hidden = ranked((sure[number] for number in sure if number in aside), cap=0)
        return shown.inline, (*shown.folded, *hidden.folded)


def _noted(text: str, hunks: int) -> str:
    return f"{text} ({hunks} hunk{'s' * (hunks != 1)})" if hunks else text
