"""The project before and after a patch, each in a copy of its own that is made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Event

from suffice.checker.executed.commands import Command, parse_command
from suffice.checker.executed.copies import Copy, copied, sweep
from suffice.checker.executed.results import Results, results_of
from suffice.checker.executed.sandbox import DEFAULT_TIMEOUT_S, KEPT_BYTES, Ran, run_confined
from suffice.checker.executed.stopped import unwound_when_stopped
from suffice.checker.executed.surroundings import package_folders, program, projects_own, source_folders, surroundings
from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.edits.edit import FileChange
from suffice.errors import InputError
from suffice.snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Executed:
    """What may be run of one project: its tests and its type checker, in `folder`, with `environment` to choose from.

    `timeout_s` is the limit of each single run; tests that take no longer than `quick_s` are not run in part first.
    Whoever sets `stop` ends what is running. `seen` and `typed` are runs on the project as it is, of its tests and of
    its type checker, which serve every patch.
    """

    folder: Path
    environment: Mapping[str, str]
    tests: str | None = None
    types: str | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    quick_s: float = 10.0
    stop: Event = field(default_factory=Event, compare=False, repr=False)
    seen: dict[tuple[Snapshot, Command, tuple[str, ...]], Results] = field(
        default_factory=dict, compare=False, repr=False
    )
    typed: dict[tuple[Snapshot, tuple[str, ...]], Ran] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def imports_from(self) -> tuple[str, ...]:
        """The folders, relative to `folder`, that its environment imports from. Raises ConfigError: no program."""
        names = [parse_command(self.tests).words[0]] if self.tests else []
        programs = [program(name, root=self.folder, copy=self.folder, environment=self.environment) for name in names]
        return source_folders(programs, root=self.folder, environment=self.environment)


class Side:
    """A copy of the project in which commands run."""

    def __init__(self, copy: Copy, executed: Executed, imports_from: tuple[str, ...]) -> None:
        self.copy = copy
        self.executed = executed
        self.imports_from = imports_from
        self._reports = 0

    def run(
        self,
        words: Sequence[str],
        *,
        own_first: bool = False,
        timeout_s: float | None = None,
        kept_bytes: int = KEPT_BYTES,
    ) -> Ran:
        """Run the command *words*; with *own_first* the project's environment is looked in before PATH.

        The last *kept_bytes* of what it prints are returned.
        """
        root, environment = self.executed.folder, self.executed.environment
        name = projects_own(words[0], root=root, environment=environment) if own_first else words[0]
        path = program(name, root=root, copy=self.copy.folder, environment=environment)
        sources = tuple(self.copy.folder / folder for folder in self.imports_from)
        return run_confined(
            [path, *words[1:]],
            folder=self.copy.folder,
            writable=(self.copy.top, self.copy.home),
            environment=surroundings(environment, home=self.copy.home, sources=sources),
            timeout_s=timeout_s or self.executed.timeout_s,
            kept_bytes=kept_bytes,
            is_stopped=self.executed.stop.is_set,
        )

    def test(self, command: Command, *, timeout_s: float | None = None) -> Results:
        """Run the tests of *command* and return what became of each."""
        self._reports += 1
        report = self.copy.home / f"report-{self._reports}.xml"
        ran = self.run(command.reporting(report), timeout_s=timeout_s)
        return results_of(ran, report if command.own is not None else None)


class Sides:
    """Both sides of the patch of `subject`."""

    def __init__(self, subject: Subject, executed: Executed, stack: ExitStack) -> None:
        self.subject = subject
        self.executed = executed
        self._stack = stack

    @cached_property
    def before(self) -> Side:
        """The project as it is."""
        return self._side(())

    @cached_property
    def after(self) -> Side:
        """The project with the patch."""
        return self._side(self.changes)

    @cached_property
    def changes(self) -> tuple[FileChange, ...]:
        """The changes of the patch, their paths relative to the folder in which commands run."""
        root = self.subject.snapshot.root
        if root is None or not root.is_relative_to(self.executed.folder):
            raise InputError(f"Tests of {self.executed.folder} say nothing of {root}; name the folder of the patch.")
        inner = root.relative_to(self.executed.folder)
        return tuple(_moved(change, inner) for change in self.subject.changes)

    @cached_property
    def imports_from(self) -> tuple[str, ...]:
        """The folders, relative to that of the command, that modules are imported from before all others."""
        sources = [change.path for change in self.changes if role(change.path) is Role.SOURCE]
        own = package_folders(sources, root=self.executed.folder)
        return tuple(dict.fromkeys((*self.executed.imports_from, *own)))

    @property
    def renamed(self) -> dict[str, str]:
        """Where each file that the patch moves stands afterwards."""
        return {change.path: change.new_path for change in self.changes if change.new_path}

    def tested_before(self, command: Command) -> Results:
        """Return what became of the tests of *command* without any patch; they run once for all patches."""
        key = self.subject.snapshot, command, self.imports_from
        if key not in self.executed.seen:
            self.executed.seen[key] = self.before.test(command)
        return self.executed.seen[key]

    def typed_before(self, run: Callable[[Side], Ran]) -> Ran:
        """Return how the type checker, which *run* runs, ended without any patch; once for all patches."""
        key = self.subject.snapshot, self.imports_from
        if key not in self.executed.typed:
            self.executed.typed[key] = run(self.before)
        return self.executed.typed[key]

    def _side(self, changes: Sequence[FileChange]) -> Side:
        copy = self._stack.enter_context(copied(self.subject.snapshot, self.executed.folder))
        copy.write(changes)
        return Side(copy, self.executed, self.imports_from)


def _moved(change: FileChange, inner: Path) -> FileChange:
    new_path = (inner / change.new_path).as_posix() if change.new_path else None
    return replace(change, path=(inner / change.path).as_posix(), new_path=new_path)


@contextmanager
def both_sides(subject: Subject, executed: Executed) -> Iterator[Sides]:
    """Yield both sides of the patch of *subject*; their copies are gone however the block ends, by a signal too."""
    sweep(executed.folder)
    with unwound_when_stopped(), ExitStack() as stack:
        yield Sides(subject, executed, stack)
