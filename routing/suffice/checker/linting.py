"""Linter runs for the checker: one run for a whole wave of patches, what held before kept per file version.

Python files are ruff's, by the project's own ruff and, for the rules that hold everywhere, by ours. Other files, and
Python for whom that is not enough, are for the linters of `linters.chosen`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from suffice.checker.file_roles import is_python
from suffice.checker.other_linting import OtherLinting
from suffice.checker.subject import Linted, Subject
from suffice.edits.edit import FileChange
from suffice.linters import ruff
from suffice.linters.chosen import Linters
from suffice.linters.mirror import has_settings
from suffice.project import oldest_python
from suffice.snapshot import SourceFile
from suffice.task import Diagnostic

_NEWEST = "py314"
"""Without a declared range nothing is too new; the newest version that our ruff knows."""

_BEFORE_LAZY_ANNOTATIONS = "py313"
"""Where nothing is declared a rule is looked for as of here: from 3.14 on some find nothing, as annotations wait."""

_RUFF_RULES = re.compile(r"[A-Z]+\d*(?:,\s*[A-Z]+\d*)*")

_Version = tuple[str, str]
_Text = tuple[SourceFile, str]


class Linting:
    """Runs the linters on texts of one project. Diagnostics of unpatched versions are asked for once.

    *select* are ruff's rules; the name of another linter's rule selects nothing. Without *linters* only our ruff runs.
    """

    def __init__(self, *, root: Path | None, select: str | None = None, linters: Linters | None = None) -> None:
        self.root = root
        self.select = select if select and _RUFF_RULES.fullmatch(select) else None
        self.arguments: tuple[str, ...] = ()
        self.ruff = (linters or Linters.only_ours()).ruff
        self.others = OtherLinting(linters.others if linters else ())
        self.before: dict[_Version, list[Diagnostic]] = {}
        self.hard_before: dict[_Version, list[Diagnostic]] = {}

    @classmethod
    def for_rule(cls, rule: str | None, *, root: Path | None, linters: Linters | None = None) -> Linting:
        """Return what looks for *rule* in anybody's patch; where no settings say otherwise, as ruff's newest would."""
        linting = cls(root=root, select=rule, linters=linters)
        if linting.select and not has_settings(root):
            linting.arguments = ("--preview", "--target-version", _BEFORE_LAZY_ANNOTATIONS)
        return linting

    @property
    def notes(self) -> list[str]:
        """Sentences on linters that could not look, each once."""
        return list(self.others.notes)

    def remember(self, file: SourceFile, diagnostics: Iterable[Diagnostic]) -> None:
        """Keep what a run over the whole project said of *file*."""
        self.before[_version(file)] = list(diagnostics)

    def diagnostics_of(self, files: Sequence[SourceFile]) -> list[list[Diagnostic]]:
        """Return what the project's rules say of each of *files* as it is."""
        self.look_as_is(files)
        others = self.others.said_of(files)
        return [[*self.before.get(_version(file), ()), *said] for file, said in zip(files, others, strict=True)]

    def look_as_is(self, files: Sequence[SourceFile]) -> None:
        """Ask ruff by the project's rules of those Python files among *files* that it was not asked of yet."""
        new = [(file, file.text) for file in files if is_python(file.path) and _version(file) not in self.before]
        if new:
            linted = ruff.lint_texts(
                new, root=self.root, select=self.select, program=self.ruff.program, arguments=self.arguments
            )
            self.before.update({_version(f): d for (f, _), d in zip(new, linted, strict=True)})

    def look_before(self, files: Sequence[SourceFile]) -> None:
        """Ask what `ruff.HARD_RULES` say of *files* as they are: only those of which they say something patched."""
        new = [(file, file.text) for file in {_version(f): f for f in files}.values()]
        new = [text for text in new if _version(text[0]) not in self.hard_before]
        if new:
            found = ruff.lint_hard(new, root=self.root, targets=self.targets(new))
            self.hard_before.update({_version(f): d for (f, _), d in zip(new, found, strict=True)})

    def targets(self, texts: Sequence[_Text]) -> list[str]:
        """Return the oldest Python of each of *texts*, as ruff names it."""
        return [_target(oldest_python(self.root, file.path)) for file, _ in texts]

    def begin(self, subjects: Sequence[Subject]) -> LintWave:
        """Start to lint the files of *subjects*, before and after."""
        return LintWave(self, subjects)


class LintWave:
    """Linter runs over a wave that go on while the texts are looked at here."""

    def __init__(self, linting: Linting, subjects: Sequence[Subject]) -> None:
        self._linting = linting
        self._count = len(subjects)
        self._patched = [
            (number, (_before(subject, change), change.after))
            for number, subject in enumerate(subjects)
            for change in subject.changes
            if change.after is not None
        ]
        self._others = linting.others.begin([text for _, text in self._patched])
        self._python = [(number, text) for number, text in self._patched if is_python(text[0].path)]
        linting.look_as_is(list({_version(file): file for _, (file, _) in self._python}.values()))
        texts = [text for _, text in self._python]
        self._lints = ruff.Lints(
            texts,
            root=linting.root,
            select=linting.select,
            targets=linting.targets(texts),
            program=linting.ruff.program,
            arguments=linting.arguments,
        )

    def is_done(self) -> bool:
        """Whether `finish` would not have to wait."""
        return self._lints.is_done() and self._others.is_done()

    def finish(self) -> list[dict[str, Linted]]:
        """Return for each subject what the linters say of its files, by path."""
        try:
            linted = self._of_ruff()
        finally:
            others = self._others.finish()
        for number, found in others:
            subject, (file, _) = self._patched[number]
            known = linted[subject].get(file.path, Linted((), (), (), ()))
            linted[subject][file.path] = Linted(*(mine + more for mine, more in zip(known, found, strict=True)))
        return linted

    def _of_ruff(self) -> list[dict[str, Linted]]:
        own, hard = self._lints.finish()
        files = [file for _, (file, _) in self._python]
        self._linting.look_before([file for file, found in zip(files, hard, strict=True) if found])
        linted: list[dict[str, Linted]] = [{} for _ in range(self._count)]
        for (number, (file, _)), after, hard_after in zip(self._python, own, hard, strict=True):
            linted[number][file.path] = Linted(
                before=tuple(self._linting.before[_version(file)]),
                after=tuple(after),
                hard_before=tuple(self._linting.hard_before.get(_version(file), ())),
                hard_after=tuple(hard_after),
            )
        return linted


def _version(file: SourceFile) -> _Version:
    return file.path, file.blob_sha


def _before(subject: Subject, change: FileChange) -> SourceFile:
    return subject.snapshot.file(change.path) if change.before is not None else SourceFile.of_bytes(change.path, b"")


def _target(oldest: tuple[int, int] | None) -> str:
    return f"py3{max(oldest[1], 7)}" if oldest else _NEWEST  # 3.7 is the oldest that ruff knows
