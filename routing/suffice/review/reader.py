"""One group of hunks on its way: found, found again, held against the text, merged, refuted, settled.

What a stage drops says why, and what a stage could not do is noted; a finding that nobody could refute stays, less
sure than others.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from suffice.lanes import HUMAN
from suffice.outcome import Ending, Outcome
from suffice.review.claims.anchor import Ambiguous
from suffice.review.claims.finding import Dropped, Finding
from suffice.review.claims.gate import gate
from suffice.review.claims.memory import Said, suppressed
from suffice.review.claims.merge import merged
from suffice.review.claims.reason import Reason
from suffice.review.decided import has_its_turn, wants_settling, why_dropped
from suffice.review.expected import Doing
from suffice.review.hunks.change import Change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import labels_of
from suffice.review.progress import Progress
from suffice.review.questions import find, reanchor, refute
from suffice.review.questions.asker import Asker, Rungs, one_by_one
from suffice.review.questions.beside import MayShow
from suffice.review.questions.readers import refuters, second_readers, settlers
from suffice.review.sorting.level import Level, rank
from suffice.review.sorting.order import Group
from suffice.task import Diagnostic, Kind, Mode, Stakes, Task


class Material(NamedTuple):
    """What is read, without secrets, and what is known of it.

    `settled` is what linters said of the text after the change, `said` what the developer said of earlier findings;
    `shown` and `beside` give a hunk under a label, and what stands beside a claim.
    """

    change: Change
    settled: tuple[Diagnostic, ...]
    said: tuple[Said, ...]
    shown: Callable[[Hunk, str], str]
    beside: Callable[[Finding, Hunk, MayShow], tuple[str, ...]]


class Reader:
    """Reads groups; several may be under way at once."""

    def __init__(self, material: Material, *, asker: Asker, progress: Progress, mode: Mode, stakes: Stakes) -> None:
        self._material = material
        self._asker = asker
        self._progress = progress
        self._like = Task(kind=Kind.REVIEW, mode=mode, stakes=stakes)
        self._rules = asker.policy.of(Kind.REVIEW)
        self._numbers = itertools.count()
        self._looking_up = asyncio.Lock()

    def would_ask(self, group: Group) -> Iterator[tuple[Doing, Task, Rungs | None]]:
        """Yield what finding in *group* asks, and of whom: None are those on the ladder of a review."""
        task = self._finding(group.hunks)
        yield Doing.READ, task, None
        if rank(group.level) >= rank(Level.RISKY):
            finder = self._asker.decided(task).first
            rungs = () if finder == HUMAN else second_readers(self._rules, finder, self._asker.provider)
            yield Doing.READ_AGAIN, self._finding(in_another_order(group.hunks)), rungs

    async def read(self, group: Group) -> None:
        """Read *group* to its end; what came of it stands in the progress."""
        found = await self._found(group)
        if found is None:
            return
        hunks = {hunk.id: hunk for hunk in group.hunks}
        gated = await self._gated(found, hunks)
        self._progress.read |= hunks.keys()  # from here on what was found is delivered, whatever comes
        await self._sift(gated, hunks, group.level)

    async def _sift(self, found: Sequence[Finding], hunks: Mapping[str, Hunk], level: Level) -> None:
        """Make one of those of *found* that say the same, leave out what was dismissed, and decide on the rest.

        Two claims about one place count as one, the longer; if that is refuted the other, in other words, has its turn.
        """
        kept, duplicates = merged(found)
        told = suppressed(kept, self._material.said)
        self._progress.dropped += told.dropped
        numbered = {self._entered(finding): finding for finding in (*told.kept, *told.folded)}
        self._progress.folded |= {number for number, finding in numbered.items() if finding in told.folded}
        refuted = await asyncio.gather(
            *(self._decide(number, finding, hunks[finding.hunk], level) for number, finding in numbered.items())
        )
        decided = tuple(zip(numbered.values(), refuted, strict=True))
        others = [left.finding for left in duplicates if has_its_turn(left.finding, decided)]
        self._progress.dropped += (left for left in duplicates if left.finding not in others)
        if others:
            await self._sift(others, hunks, level)

    def _entered(self, finding: Finding) -> int:
        number = next(self._numbers)
        self._progress.findings[number] = finding
        return number

    # --- find

    async def _found(self, group: Group) -> Sequence[Finding] | None:
        """Return what one reader, and for what is risky a second one, found; None if nobody could read it."""
        if self._progress.stopped:
            self._progress.leave(group.hunks, self._progress.stopped)
            return None
        outcome = await self._asker.ask(self._finding(group.hunks))
        if outcome.ending is not Ending.PROPOSED or outcome.lane is None:
            self._not_read(group.hunks, outcome)
            return None
        found = self._claims(outcome, group.hunks)
        if rank(group.level) < rank(Level.RISKY):
            return found
        return (*found, *await self._found_again(group.hunks, outcome.lane))

    async def _found_again(self, hunks: Sequence[Hunk], finder: str) -> Sequence[Finding]:
        rungs = second_readers(self._rules, finder, self._asker.provider)
        mixed = in_another_order(hunks)
        task = self._finding(mixed)
        if why := self._why_nobody(task, rungs, self._rules.second):
            self._progress.note(f"second reader skipped: {why}", hunks=len(hunks))
            return ()
        outcome = await self._asker.ask(task, rungs)
        if outcome.ending is not Ending.PROPOSED:
            self._progress.note(f"second reader skipped: {outcome.detail}", hunks=len(hunks))
            return ()
        return self._claims(outcome, mixed)

    def _claims(self, outcome: Outcome, hunks: Sequence[Hunk]) -> Sequence[Finding]:
        ids = {label: hunk.id for label, hunk in labels_of(tuple(hunks)).items()}
        answer = _answer(outcome) or {}
        if answer.get("left_out"):
            self._progress.note(f"{outcome.lane}: {answer['left_out']} claims in one answer were too many or no claims")
        return find.findings(answer, ids, lane=outcome.lane or "")

    def _finding(self, hunks: Sequence[Hunk]) -> Task:
        items = tuple(self._material.shown(hunk, label) for label, hunk in labels_of(tuple(hunks)).items())
        title = self._material.change.title
        return self._like._replace(stage="find", paths=_paths(hunks), items=items, instruction=title)

    def _not_read(self, hunks: Sequence[Hunk], outcome: Outcome) -> None:
        why = _why(outcome)
        self._progress.leave(hunks, why)
        if outcome.ending in {Ending.OUT_OF_BUDGET, Ending.ERROR, Ending.SKIPPED}:
            self._progress.stopped = self._progress.stopped or why
        self._progress.note(f"not read: {outcome.detail}", hunks=len(hunks))

    def _why_nobody(self, task: Task, rungs: Rungs, named: Sequence[object]) -> str | None:
        """Return why nobody of *rungs* may be asked, None if somebody may."""
        if not rungs:
            return "the policy names nobody else for it" if named else "the policy names nobody for it"
        decision = self._asker.decided(task, rungs)
        if decision.first != HUMAN:
            return None
        why = dict.fromkeys(excluded.constraint for excluded in decision.excluded)
        return "; ".join(why) or f"all are above --max-lane {self._asker.state.wishes.max_lane}"

    # --- gate

    async def _gated(self, found: Sequence[Finding], hunks: Mapping[str, Hunk]) -> tuple[Finding, ...]:
        """Return those of *found* that may be shown; a quote that stands several times is asked about once more."""
        change, settled = self._material.change, self._material.settled
        gated = gate(found, hunks.values(), change, settled)
        self._progress.dropped += gated.dropped
        if not gated.ambiguous:
            return gated.kept
        told = await self._anchored(gated.ambiguous, hunks)
        again = gate(told, hunks.values(), change, settled)
        unclear = (Dropped(left.finding, Reason.NOT_ANCHORED) for left in again.ambiguous)
        self._progress.dropped += (*again.dropped, *unclear)
        return (*gated.kept, *again.kept)

    async def _anchored(self, unclear: Sequence[Ambiguous], hunks: Mapping[str, Hunk]) -> Sequence[Finding]:
        by_lane: dict[str, list[Ambiguous]] = defaultdict(list)
        for left in unclear:
            by_lane[left.finding.seen_by[0]].append(left)
        told = await asyncio.gather(*(self._told_above(lane, left, hunks) for lane, left in by_lane.items()))
        return [finding for findings in told for finding in findings]

    async def _told_above(
        self, lane: str, unclear: Sequence[Ambiguous], hunks: Mapping[str, Hunk]
    ) -> Sequence[Finding]:
        """Return the findings of *unclear* with the line above that *lane*, which made them, names."""
        shown = labels_of(tuple({left.finding.hunk: hunks[left.finding.hunk] for left in unclear}.values()))
        labels = {hunk.id: label for label, hunk in shown.items()}
        remarks = [
            reanchor.remark(left.finding, number, label=labels[left.finding.hunk], times=len(left.spots))
            for number, left in enumerate(unclear, 1)
        ]
        items = tuple(self._material.shown(hunk, label) for label, hunk in shown.items())
        task = self._like._replace(
            stage="anchor", paths=_paths(shown.values()), items=items, instruction="\n".join(remarks)
        )
        outcome = await self._asker.ask(task, one_by_one([lane]))
        return reanchor.anchored([left.finding for left in unclear], _answer(outcome))

    # --- refute, settle

    async def _decide(self, number: int, finding: Finding, hunk: Hunk, level: Level) -> bool:
        """Have *finding* refuted, and settled where it is grave; tell whether it is refuted.

        It stays as it is while nobody said anything.
        """
        finding = await self._judged(
            "refute", finding, hunk, refuters(self._rules, finding.seen_by, self._asker.provider)
        )
        if wants_settling(finding, level):
            asked = (*finding.seen_by, *([finding.refutation.lane] if finding.refutation else ()))
            rungs = settlers(self._rules, asked, self._asker.provider)
            finding = await self._judged("settle", finding, hunk, rungs)
        reason = why_dropped(finding)
        if reason is None:
            self._progress.findings[number] = finding
        else:
            del self._progress.findings[number]
            self._progress.dropped.append(Dropped(finding, reason))
        return reason is Reason.REFUTED

    async def _judged(self, stage: str, finding: Finding, hunk: Hunk, rungs: Rungs) -> Finding:
        """Return *finding* with the word of the first of *rungs* that gives one."""
        task = self._like._replace(stage=stage, paths=_paths([hunk]), instruction=refute.claim(finding))
        why = self._why_nobody(task, rungs, self._rules.refute if stage == "refute" else self._rules.settle)
        outcome = None if why else await self._asker.ask(await self._with_material(task, finding, hunk, rungs), rungs)
        answer = _answer(outcome) if outcome else None
        if answer is None or outcome is None or outcome.lane is None:
            done = {"refute": "refuted", "settle": "settled"}[stage]
            self._progress.note(f"not every finding was {done}: {why or (outcome.detail if outcome else '')}")
            return finding
        return finding._replace(refutation=refute.refutation(answer, lane=outcome.lane))

    async def _with_material(self, task: Task, finding: Finding, hunk: Hunk, rungs: Rungs) -> Task:
        """Return *task* with what is shown beside its claim, nothing of it from files that who is asked may not see."""
        order = self._asker.decided(task, rungs).order

        def may_show(path: str) -> bool:
            return self._asker.decided(task._replace(paths=(*task.paths, path)), rungs).order == order

        async with self._looking_up:  # one at a time: the first of a repository parses files
            items = await asyncio.to_thread(self._material.beside, finding, hunk, may_show)
        return task._replace(items=items)


def in_another_order(hunks: Sequence[Hunk]) -> tuple[Hunk, ...]:
    """Return *hunks* in an order that is always the same, and another one than theirs where there are two."""
    mixed = tuple(sorted(hunks, key=lambda hunk: sha256(f"second {hunk.id}".encode()).digest()))
    return mixed[::-1] if mixed == tuple(hunks) else mixed


def _answer(outcome: Outcome) -> Mapping[str, object] | None:
    return outcome.attempts[-1].answer if outcome.ending is Ending.PROPOSED and outcome.attempts else None


def _paths(hunks: Iterable[Hunk]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for hunk in hunks for path in (hunk.path, hunk.old_path)))


def _why(outcome: Outcome) -> str:
    if outcome.ending is Ending.OUT_OF_BUDGET:
        return "time" if outcome.reason == "time-budget" else "budget"
    return outcome.reason
