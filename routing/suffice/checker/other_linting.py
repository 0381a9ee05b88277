"""What linters besides ruff say of a wave of patches, before and after; what held before is asked once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.checker.subject import Linted
from suffice.linters.linter import Linter, Look, NotLooked, Report, Text
from suffice.snapshot import SourceFile
from suffice.task import Diagnostic

_Word = Report | NotLooked
_Key = tuple[Linter, str, str]


class OtherLinting:
    """Keeps what *linters* said of unpatched versions. `notes` are sentences on why one could not look."""

    def __init__(self, linters: Sequence[Linter]) -> None:
        self.linters = linters
        self.notes: dict[str, None] = {}
        self._before: dict[_Key, _Word] = {}

    def begin(self, texts: Sequence[Text]) -> OtherWave:
        """Start to look at *texts*, and at their files as they are where nobody has yet."""
        files = [file for file, _ in texts]
        return OtherWave(self, [self._started(linter, files, texts) for linter in self.linters])

    def said_of(self, files: Sequence[SourceFile]) -> list[list[Diagnostic]]:
        """Return what the linters say of each of *files* as it is."""
        runs = [self._started(linter, files, ()) for linter in self.linters]
        OtherWave(self, runs).finish()
        words = [[self._before.get(_key(linter, file)) for linter in self.linters] for file in files]
        return [[d for word in own if isinstance(word, Report) for d in word.said] for own in words]

    def could_look(self, file: SourceFile) -> bool:
        """Whether each linter that takes *file* has a word on it as it is: asked again, one without may have one."""
        return all(isinstance(word, Report) for word in self._words(file))

    def why_not_looked(self, file: SourceFile) -> tuple[str, ...]:
        """Return why linters that take *file* have no word on it as it is."""
        return tuple(word.why for word in self._words(file) if isinstance(word, NotLooked) and word.why)

    def _words(self, file: SourceFile) -> Iterator[_Word | None]:
        return (self._before.get(_key(linter, file)) for linter in self.linters if linter.takes(file.path))

    def _started(self, linter: Linter, files: Sequence[SourceFile], texts: Sequence[Text]) -> _Run:
        unknown = {_key(linter, file): file for file in files if linter.takes(file.path)}
        new = [file for key, file in unknown.items() if key not in self._before]
        mine = {number: text for number, text in enumerate(texts) if linter.takes(text[0].path)}
        wanted = [*((file, file.text) for file in new), *mine.values()]
        return _Run(linter, new, mine, linter.start(wanted) if wanted else None)

    def keep(self, linter: Linter, file: SourceFile, word: _Word) -> None:
        """Remember what *linter* said of *file* as it is."""
        self._before[_key(linter, file)] = word

    def linted(self, linter: Linter, file: SourceFile, after: _Word) -> Linted | None:
        """Return *after* beside what *linter* said before, None where it has no word on one of them."""
        before = self._before[_key(linter, file)]
        for word in (before, after):
            if isinstance(word, NotLooked):
                self.notes.update({word.why: None} if word.why else {})
        if isinstance(before, NotLooked) or isinstance(after, NotLooked):
            return None
        # What a comment silences is still there: otherwise a directive would pass for a fix.
        return Linted(
            before=(*before.said, *before.silenced),
            after=(*after.said, *after.silenced),
            hard_before=before.hard,
            hard_after=after.hard,
        )


class _Run(NamedTuple):
    """A look of one linter: at `new` files as they are, then at the `texts` (by their number in the wave)."""

    linter: Linter
    new: list[SourceFile]
    texts: dict[int, Text]
    look: Look | None


class OtherWave:
    """Looks over a wave that go on while the texts are looked at here."""

    def __init__(self, linting: OtherLinting, runs: Sequence[_Run]) -> None:
        self._linting = linting
        self._runs = runs

    def is_done(self) -> bool:
        """Whether `finish` would not have to wait."""
        return all(run.look is None or run.look.is_done() for run in self._runs)

    def finish(self) -> list[tuple[int, Linted]]:
        """Return what was found in each text, by its number; a text that two linters take is there twice."""
        found = []
        for run in self._runs:
            words = run.look.finish() if run.look else []
            for file, word in zip(run.new, words, strict=False):
                self._linting.keep(run.linter, file, word)
            for (number, (file, _)), word in zip(run.texts.items(), words[len(run.new) :], strict=True):
                if linted := self._linting.linted(run.linter, file, word):
                    found.append((number, linted))
        return found


def _key(linter: Linter, file: SourceFile) -> _Key:
    return linter, file.path, file.blob_sha
