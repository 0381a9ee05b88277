"""Any linter that writes SARIF: a command from the user's own settings, run on a copy of the texts.

    [[linters]]
    name = "semgrep"
    command = ["semgrep", "scan", "--sarif", "--quiet", "{files}"]
    files = ["*.go"]
    settings = [".semgrep.yml"]

The command is the user's, but what it loads is the repository's: `linters.chosen` makes one for trusted workspaces
only. Columns are taken as the linter counts them.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from suffice.errors import ConfigError, ToolError
from suffice.globs import flaw_of, matches
from suffice.linters.formats import read_sarif
from suffice.linters.linter import Look, NotLooked, Report, Text
from suffice.linters.mirror import mirrored
from suffice.processes import Started
from suffice.task import Diagnostic
from suffice.toml_source import TomlSource

FILE, FILES, OUTPUT = "{file}", "{files}", "{output}"
"""In a command: one text (the command is run for each), all of them, and where SARIF is to be written if not to
standard output."""

TIMEOUT_S = 60.0


class SarifCommand(NamedTuple):
    """A command for the texts whose paths *files* (gitignore's syntax) mean, in the project at *root*."""

    name: str
    command: tuple[str, ...]
    files: tuple[str, ...]
    settings: tuple[str, ...] = ()
    root: Path | None = None

    def takes(self, path: str) -> bool:
        """Whether it is for *path*."""
        return matches(path, self.files)

    def start(self, texts: Sequence[Text]) -> Look:
        """Begin to look at *texts*: at all of them at once, or at the first."""
        return _Look(self, texts)


class _Look:
    """Runs over a mirror, one for all texts or one after the other."""

    def __init__(self, linter: SarifCommand, texts: Sequence[Text]) -> None:
        self._linter = linter
        self._texts = texts
        self._open = ExitStack()
        self._places = self._open.enter_context(mirrored(texts, root=linter.root, settings=linter.settings))
        self._output = Path(self._open.enter_context(tempfile.TemporaryDirectory(prefix="suffice-")), "sarif")
        groups = [self._places] if FILES in linter.command else [[place] for place in self._places]
        self._left = groups[1:]
        self._run = self._started(groups[0])

    def is_done(self) -> bool:
        return not self._left and (isinstance(self._run, NotLooked) or self._run.is_done())

    def finish(self) -> list[Report | NotLooked]:
        with self._open:
            words = [self._word(self._run)]
            words += [self._word(self._started(group)) for group in self._left]
            if FILES in self._linter.command:
                return [self._of_place(words[0], number) for number in range(len(self._texts))]
            return [self._of_place(word, number) for number, word in enumerate(words)]

    def _started(self, places: Sequence[Path]) -> Started | NotLooked:
        arguments: list[str] = []
        for word in self._linter.command:
            if word == FILES:
                arguments += map(str, places)
            else:
                arguments.append(word.replace(FILE, str(places[0])).replace(OUTPUT, str(self._output)))
        self._output.unlink(missing_ok=True)  # what was said of one text is no word on the next
        try:
            return Started(arguments, cwd=self._folder(0), own_group=True)
        except ToolError as error:
            return NotLooked(str(error))

    def _folder(self, number: int) -> Path:
        """Return the folder that stands for the root around text *number*."""
        return self._places[number].parents[len(PurePosixPath(self._texts[number][0].path).parts) - 1]

    def _word(self, started: Started | NotLooked) -> Report | NotLooked:
        """Return what a run said of all its texts; the exit code is each linter's own affair."""
        if isinstance(started, NotLooked):
            return started
        try:
            done = started.finish(timeout_s=TIMEOUT_S)
            has_file = any(OUTPUT in word for word in self._linter.command)
            said = self._output.read_text("utf-8") if has_file else done.stdout
            return read_sarif(said, root=self._folder(0))
        except ToolError as error:
            return NotLooked(str(error))
        except (ValueError, OSError) as error:
            reason = " ".join(f"{type(error).__name__}: {error}"[:200].split())
            return NotLooked(f"{self._linter.name} wrote no SARIF ({reason}); run its command by hand to see more")

    def _of_place(self, word: Report | NotLooked, number: int) -> Report | NotLooked:
        if isinstance(word, NotLooked):
            return word
        said, silenced = (self._those_of(diagnostics, number) for diagnostics in (word.said, word.silenced))
        return Report(said, silenced)

    def _those_of(self, diagnostics: Sequence[Diagnostic], number: int) -> tuple[Diagnostic, ...]:
        place, path = str(self._places[number]), self._texts[number][0].path
        mine = [d for d in diagnostics if os.path.normpath(self._folder(0) / d.path) == place]
        return tuple(d._replace(path=path, source=self._linter.name) for d in mine)


def own_linters(source: TomlSource, *, root: Path | None) -> tuple[SarifCommand, ...]:
    """Return the linters of the tables [[linters]] in the user's settings. Raises ConfigError."""
    tables = source.data.get("linters", [])
    if not isinstance(tables, list):
        raise ConfigError(f"{source.where('linters')} is to hold tables [[linters]].")
    return tuple(_own_linter(source, number, table, root) for number, table in enumerate(tables))


def _own_linter(source: TomlSource, number: int, table: Any, root: Path | None) -> SarifCommand:
    where = source.where("linters", number)
    if not isinstance(table, Mapping) or not table.keys() <= {"name", "command", "files", "settings"}:
        raise ConfigError(f"{where} is to hold name, command, files and perhaps settings.")
    name = table.get("name")
    lists = {key: table.get(key, [] if key == "settings" else None) for key in ("command", "files", "settings")}
    for key, value in lists.items():
        if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
            raise ConfigError(f"{where} has {key} = {value!r}; expected a list of strings.")
    command, files, settings = (tuple(value) for value in lists.values())
    if not isinstance(name, str) or not name:
        raise ConfigError(f"{where} has name = {name!r}; expected a name.")
    if not command or sum(FILE in word or word == FILES for word in command) != 1:
        raise ConfigError(f"{where} has a command without {FILE} or {FILES}; say once where the paths go.")
    if flaw := flaw_of(files):
        raise ConfigError(f"{where} {flaw}")
    if any(PurePosixPath(setting).name != setting for setting in settings):
        raise ConfigError(f"{where} has settings with a folder; give names of files.")
    return SarifCommand(name, command, files, settings, root)
