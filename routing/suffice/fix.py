"""A whole lint-fix run: every diagnostic is an item; what was accepted is composed into one patch per file.

The linter's own fixes and the models' go the same way. The composed text of each file passes the checker again as
a whole; what spoils it is found by halving and left out, never the other items with it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.checker.target_gone import masked
from suffice.checker.verdict import State as CheckState
from suffice.edits.compose import Part, bad_parts, merged, place
from suffice.edits.edit import FileChange, LineEdit, line_edits, whole_lines
from suffice.errors import SufficeError
from suffice.fingerprint import fingerprint
from suffice.lanes import LINTER
from suffice.linters.ruff import IO_ERROR, SYNTAX_ERROR
from suffice.outcome import Attempt, Ending, Outcome
from suffice.policy import Policy
from suffice.positions import split_lines
from suffice.prefilter import Filter, cheap_lane, prefilter
from suffice.project import oldest_python
from suffice.providers.reply import Provider
from suffice.run import State, take_back_cancellation
from suffice.sifting import WORTH_MENDING, may_be_left_out, thing
from suffice.snapshot import Snapshot, SourceFile
from suffice.solve import solve
from suffice.targets import Targets
from suffice.task import Applicability, Diagnostic, Kind, Mode, Stakes, Task

_LINTER_PASSES = 4
"""How often a linter's fix is redone on the merged text: nested fixes need two, three were never seen."""


@dataclass(slots=True, kw_only=True)
class Item:
    """One diagnostic of the run and what became of it.

    `fingerprint` is that of the diagnostic as it was found, `line_edits` are of the file as it was.
    """

    number: int
    outcome: Outcome
    fingerprint: str
    in_patch: bool = False
    conflicts_with: set[int] = field(default_factory=set)
    redone: int = 0
    line_edits: tuple[LineEdit, ...] = ()

    @property
    def diagnostic(self) -> Diagnostic:
        """What the item is about."""
        return self.outcome.task.diagnostics[0]


class Fixed(NamedTuple):
    """The items of a run in the order of their places, and the files that the composed patch changes.

    `stopped_by` is the error that no rung mends, after which nobody was asked any more. `filters` is what the
    pre-filter asked.
    """

    items: tuple[Item, ...]
    changes: tuple[FileChange, ...]
    interrupted: bool = False
    stopped_by: SufficeError | None = None
    filters: tuple[Outcome, ...] = ()


class Manner(NamedTuple):
    """How the run is meant: who waits, how much is at stake, and what the composed patch may hold.

    `unsafe`: the linter's unsafe fixes too; `least_confidence` (0..1) and `proof_only`: nothing less sure.
    """

    mode: Mode = Mode.INTERACTIVE
    stakes: Stakes = Stakes.NORMAL
    unsafe: bool = False
    least_confidence: float = 0.0
    proof_only: bool = False


async def fix(
    targets: Targets, *, policy: Policy, providers: Mapping[str, Provider], state: State, manner: Manner
) -> Fixed:
    """Return what became of every diagnostic of *targets*. An interruption ends it with what was finished."""
    tasks = [_task(diagnostic, manner) for diagnostic in targets.diagnostics]
    items = [
        Item(number=number, outcome=_waiting(task), fingerprint=fingerprint(task.diagnostics[0], targets.snapshot))
        for number, task in enumerate(tasks)
    ]
    _set_aside(items, targets.stale)
    run = _Run(targets.snapshot, policy, providers, state, manner, items)
    interrupted = False
    try:
        waiting = [item for item in items if item.diagnostic not in targets.stale]
        await run.solve_all(await run.prefiltered(waiting), targets.snapshot)
        changes = await run.compose()
    except asyncio.CancelledError:
        interrupted = True
        take_back_cancellation()
        changes = await run.compose(redo=False)
    stopped_by = state.errors[0] if state.errors else None
    return Fixed(tuple(items), tuple(changes), interrupted, stopped_by, tuple(run.filters))


def _set_aside(items: Sequence[Item], stale: frozenset[Diagnostic]) -> None:
    """Give the items whose diagnostic is not found any more their outcome: no lane is paid for them."""
    for item in items:
        if item.diagnostic in stale:
            detail = "ruff does not find it any more; nobody was asked"
            item.outcome = item.outcome._replace(ending=Ending.SKIPPED, reason="stale", detail=detail)


def _task(diagnostic: Diagnostic, manner: Manner) -> Task:
    return Task(
        kind=Kind.LINT_FIX,
        paths=(diagnostic.path,),
        diagnostics=(diagnostic,),
        mode=manner.mode,
        stakes=manner.stakes,
    )


def _waiting(task: Task) -> Outcome:
    return Outcome(task=task, ending=Ending.SKIPPED, reason="interrupted", detail="the run was interrupted first")


class _Run:
    """The moving parts of one run: the items, and the text of each file as it is composed."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy: Policy,
        providers: Mapping[str, Provider],
        state: State,
        manner: Manner,
        items: Sequence[Item],
    ) -> None:
        self.snapshot = snapshot
        self.policy = policy
        self.providers = providers
        self.state = state
        self.manner = manner
        self.items = items
        self.filters: list[Outcome] = []

    async def prefiltered(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return *items* without those that a cheap lane leaves out, where the policy asks for that."""
        many = [i for i in items if may_be_left_out(i.diagnostic) and not unfixable(i.diagnostic)]
        if not self.policy.of(Kind.LINT_FIX).prefilter or len(many) < 2:  # noqa: PLR2004 - one needs no filter
            return items
        first = many[0].outcome.task
        lane = cheap_lane(first, policy=self.policy, providers=self.providers, state=self.state)
        if lane is None:
            return items
        filtered = await prefilter(
            [thing(item.diagnostic, self.snapshot) for item in many],
            Filter(WORTH_MENDING, lane, self.manner.mode, self.filters.append),
            snapshot=self.snapshot,
            policy=self.policy,
            providers=self.providers,
            state=self.state,
        )
        for number, why in filtered.left_out.items():
            item = many[number]
            item.outcome = item.outcome._replace(ending=Ending.SKIPPED, reason="filtered", detail=why)
        left_out = {many[number].number for number in filtered.left_out}
        return [item for item in items if item.number not in left_out]

    async def solve_all(self, items: Iterable[Item], snapshot: Snapshot) -> None:
        """Give every one of *items* its outcome."""
        async with asyncio.TaskGroup() as group:
            for item in sorted(items, key=lambda item: item.diagnostic.fix is None):
                why_not = unfixable(item.diagnostic)
                if why_not:
                    ending, reason, detail = why_not
                    item.outcome = item.outcome._replace(ending=ending, reason=reason, detail=detail)
                else:
                    group.create_task(self._solve(item, snapshot))

    async def _solve(self, item: Item, snapshot: Snapshot) -> None:
        earlier = item.outcome.attempts

        def tell(task: Task, attempt: Attempt) -> None:  # what was paid stays known if the run is interrupted
            item.outcome = item.outcome._replace(attempts=(*item.outcome.attempts, attempt))
            self.state.tell(task, attempt)

        outcome = await solve(
            item.outcome.task,
            snapshot=snapshot,
            policy=self.policy,
            providers=self.providers,
            state=replace(self.state, tell=tell),
        )
        item.outcome = outcome._replace(attempts=(*earlier, *outcome.attempts))
        item.in_patch = outcome.ending is Ending.PROPOSED and self._is_wanted(outcome)

    def _is_wanted(self, outcome: Outcome) -> bool:
        verdict = outcome.verdict
        if verdict is None or (outcome.applicability is Applicability.UNSAFE and not self.manner.unsafe):
            return False
        proven = verdict.proof is not None or not self.manner.proof_only
        return proven and verdict.confidence >= self.manner.least_confidence

    async def compose(self, *, redo: bool = True) -> list[FileChange]:
        """Merge what was accepted, redo what collides on the merged text, and check each file as a whole."""
        by_path: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            if item.in_patch:
                by_path[item.diagnostic.path].append(item)
        layers = {path: [_layer(self.snapshot.file(path), items)] for path, items in by_path.items()}
        for path, (base,) in layers.items():
            for part in base.parts:
                self.items[part.item].line_edits = whole_lines(self.snapshot.file(path), part.edits)
        while colliding := self._colliding(layers):
            again = [item for item in colliding if redo and item.redone < _most_redone(item)]
            for item in colliding:
                if item not in again:
                    rival = layers[item.diagnostic.path][-1].conflicts[item.number]
                    _leave_out(item, "conflicts-with", rival)
            if again:
                await self._redo(again, layers)
        return await asyncio.to_thread(self._checked_changes, layers)

    def _colliding(self, layers: Mapping[str, list[_Layer]]) -> list[Item]:
        """Return the items in the patch whose edits ran into another's in the last layer of their file."""
        numbers = {number for stack in layers.values() for number in stack[-1].conflicts}
        return [self.items[number] for number in sorted(numbers) if self.items[number].in_patch]

    async def _redo(self, items: Sequence[Item], layers: dict[str, list[_Layer]]) -> None:
        paths = sorted({item.diagnostic.path for item in items})
        snapshot = self.snapshot.with_texts({path: layers[path][-1].text for path in paths})
        files = [snapshot.file(path) for path in paths]
        found = await asyncio.to_thread(self.state.checking.linting.diagnostics_of, files)
        waiting = {path: list(diagnostics) for path, diagnostics in zip(paths, found, strict=True)}
        again = [item for item in items if self._is_still_there(item, waiting, layers[item.diagnostic.path][-1])]
        await self.solve_all(again, snapshot)
        for path, file in zip(paths, files, strict=True):
            redone = [item for item in again if item.diagnostic.path == path and item.in_patch]
            layer = _layer(file, redone)
            layers[path].append(layer)
            for part in layer.parts:
                self.items[part.item].line_edits = _edits_on_original(self.snapshot.text(path), layer, part)

    def _is_still_there(self, item: Item, waiting: Mapping[str, list[Diagnostic]], layer: _Layer) -> bool:
        """Point *item* at its diagnostic in the merged text; one that went with another item's patch is settled."""
        same = [d for d in waiting[item.diagnostic.path] if masked(d) == masked(item.diagnostic)]
        rival = layer.conflicts[item.number]
        item.conflicts_with.add(rival)
        if not same:
            item.in_patch = False
            detail = f"gone with the patch of item {rival + 1}"
            item.outcome = item.outcome._replace(ending=Ending.UNCHANGED, reason="already-gone", detail=detail)
            return False
        nearest = min(same, key=lambda d: abs(d.span.start_line - item.diagnostic.span.start_line))
        waiting[item.diagnostic.path].remove(nearest)
        item.redone += 1
        item.outcome = item.outcome._replace(task=item.outcome.task._replace(diagnostics=(nearest,)))
        return True

    def _checked_changes(self, layers: Mapping[str, list[_Layer]]) -> list[FileChange]:
        """Return the composed files that pass as a whole, all in one wave; the others are halved until they do."""
        linting = self.state.checking.linting
        stacks = {path: stack for path, stack in layers.items() if any(layer.parts for layer in stack)}
        several = {path: stack for path, stack in stacks.items() if sum(len(layer.parts) for layer in stack) > 1}
        subjects = [self._whole(path, stack) for path, stack in several.items()]
        verdicts = dict(zip(several, check_wave(subjects, linting=linting), strict=True))
        changes = []
        for path, stack in stacks.items():
            good = path not in verdicts or verdicts[path].state is CheckState.PASSED
            text = stack[-1].text if good else self._without_bad_parts(path, stack, linting)
            if text != self.snapshot.text(path):
                whole = self._change(path, stack)
                changes.append(whole if good else replace(whole, after=text, known_edits=None))
        return changes

    def _without_bad_parts(self, path: str, stack: Sequence[_Layer], linting: Linting) -> str:
        for layer in stack[1:]:  # what was redone stands on all the rest
            for part in layer.parts:
                _leave_out(self.items[part.item], "conflicts-with", None)
        base = stack[0]

        def is_good(parts: Sequence[Part]) -> bool:
            text = merged(base.file.text, parts)
            subject = self._whole(path, [base._replace(parts=tuple(parts), text=text)])
            return not parts or check_wave([subject], linting=linting)[0].state is CheckState.PASSED

        bad = bad_parts(base.parts, is_good)
        for part in bad:
            _leave_out(self.items[part.item], "spoils-the-file", None)
        return merged(base.file.text, [part for part in base.parts if part not in bad])

    def _whole(self, path: str, stack: Sequence[_Layer]) -> Subject:
        parts = [part for layer in stack for part in layer.parts]
        items = [self.items[part.item] for part in parts]
        return Subject(
            kind=Kind.LINT_FIX,
            changes=(self._change(path, stack),),
            snapshot=self.snapshot,
            diagnostics=tuple(item.diagnostic for item in items),
            from_linter=all(item.outcome.lane == LINTER for item in items),
            oldest_python=oldest_python(self.snapshot.root, path),
        )

    def _change(self, path: str, stack: Sequence[_Layer]) -> FileChange:
        file, text = self.snapshot.file(path), stack[-1].text
        edits = [edit for part in stack[0].parts for edit in part.edits] if len(stack) == 1 else None
        known = None if edits is None else whole_lines(file, {(e.start, e.end, e.new_text): e for e in edits}.values())
        return FileChange(path=path, before=file.text, after=text, bom=file.bom, known_edits=known)


class _Layer(NamedTuple):
    """One version of a file, the parts made on it, the text they give, and what ran into what."""

    file: SourceFile
    parts: tuple[Part, ...]
    text: str
    conflicts: Mapping[int, int]


def _layer(file: SourceFile, items: Sequence[Item]) -> _Layer:
    placed = place(
        [
            Part(
                item=item.number,
                edits=item.outcome.edits,
                confidence=item.outcome.verdict.confidence if item.outcome.verdict else 0.0,
            )
            for item in items
        ]
    )
    return _Layer(file=file, parts=placed.parts, text=merged(file.text, placed.parts), conflicts=placed.conflicts)


def _edits_on_original(original: str, layer: _Layer, part: Part) -> tuple[LineEdit, ...]:
    """Return the edits of *original* that hold those of *part*, which was made on a later version of it.

    They hold what they share lines with too: a part that was redone stands on others.
    """
    after = merged(layer.file.text, [part])
    wanted = {line for edit in line_edits(layer.file.text, after) for line in split_lines(edit.new_text)}
    edits = line_edits(original, after)
    return tuple(edit for edit in edits if wanted.intersection(split_lines(edit.new_text)) or not edit.new_text)


def _most_redone(item: Item) -> int:
    return _LINTER_PASSES if item.outcome.lane == LINTER else 1


def _leave_out(item: Item, reason: str, rival: int | None) -> None:
    item.in_patch = False
    if rival is not None:
        item.conflicts_with.add(rival)
    detail = f"its patch runs into that of item {rival + 1}" if rival is not None else _LEFT_OUT[reason]
    item.outcome = item.outcome._replace(ending=Ending.SKIPPED, reason=reason, detail=f"{detail}; run again to get it")


_LEFT_OUT = {
    "conflicts-with": "it stands on a patch that was left out",
    "spoils-the-file": "the file with all accepted patches did not pass the checker with this one",
}


def unfixable(diagnostic: Diagnostic) -> tuple[Ending, str, str] | None:
    """Return why no lane is asked about *diagnostic*, None if one is."""
    if diagnostic.rule == IO_ERROR:
        return Ending.ERROR, "unreadable-file", diagnostic.message
    if diagnostic.rule == SYNTAX_ERROR:
        detail = f"{diagnostic.path} cannot be parsed ({diagnostic.message}); mend it by hand first"
        return Ending.NEEDS_HUMAN, "syntax-error", detail
    if diagnostic.source.lower() != "ruff":
        detail = f"a fix of {diagnostic.source} {diagnostic.rule} cannot be checked yet; only ruff's can"
        return Ending.SKIPPED, "no-checker", detail
    return None
