"""ruff: diagnostics and fixes of Python files, and the rules' own explanations.

ruff is only ever pointed at the user's files to read them, or at a mirror; it never writes into the project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from suffice.errors import ConfigError, ToolError
from suffice.linters.mirror import mirrored
from suffice.processes import Started, run
from suffice.snapshot import SourceFile
from suffice.task import Applicability, Diagnostic, LinterFix, Span, SpanEdit

HARD_RULES = "E9,F70,F811,F821,F822,F823,FA102"
"""What no patch may add, whatever the project selects: syntax, undefined names, and annotations that the
oldest declared Python cannot evaluate; for a patch that mends or rebuilds, F811 too, a definition made twice.
Syntax errors come with every selection."""

SYNTAX_ERROR = "invalid-syntax"
IO_ERROR = "E902"

_SEARCH = Lock()
"""Python 3.11 gives a second thread half of what the first one reads of its own folders, and ruff's search then fails.

https://github.com/python/cpython/issues/92452
"""

_Text = tuple[SourceFile, str]

_IN_MIRROR = re.compile(r"[^\s`'\"]*/suffice-\w+/\d+/")
"""Where the throw-away copy of a settings file lies: another place each time."""

_APPLICABILITY = {"safe": Applicability.SAFE, "unsafe": Applicability.UNSAFE}


@cache
def executable() -> str:
    """Return the path of ruff. Raises ToolError if it is not installed."""
    from ruff import find_ruff_bin

    try:
        with _SEARCH:
            return str(find_ruff_bin())
    except FileNotFoundError as error:
        raise ToolError("ruff is not installed beside suffice; reinstall suffice.") from error


@cache
def version() -> str:
    """Return ruff's version, such as `0.17.6`."""
    return run([executable(), "--version"]).stdout.strip().removeprefix("ruff ")


@cache
def rule_explanation(rule: str) -> str | None:
    """Return ruff's own explanation of *rule* as Markdown, None if it does not know the rule."""
    done = run([executable(), "rule", rule, "--output-format", "json"])
    if done.code != 0:
        return None
    text = json.loads(done.stdout).get("explanation")
    return text if isinstance(text, str) else None


@cache
def _is_preview(select: str) -> bool:
    """Whether *select* is a single rule that ruff has in preview: who names it wants to hear of it."""
    if not select.isalnum():
        return False
    done = run([executable(), "rule", select, "--output-format", "json"])
    return done.code == 0 and bool(json.loads(done.stdout).get("preview"))


def lint_in_place(
    paths: Sequence[Path],
    *,
    root: Path,
    select: str | None = None,
    meanwhile: Callable[[], object] = lambda: None,
    program: str | None = None,
) -> list[Diagnostic]:
    """Return the diagnostics of the files and folders *paths*, found as ruff itself would find them.

    *meanwhile* is called while ruff looks; *program* is the project's own ruff, None: ours.
    """
    started = _start([*paths], cwd=root, select=select, program=program)
    meanwhile()
    return parse(_finished(started), root=root)


def lint_texts(
    files: Sequence[_Text],
    *,
    root: Path | None,
    select: str | None = None,
    program: str | None = None,
    arguments: Sequence[str] = (),
) -> list[list[Diagnostic]]:
    """Return the diagnostics of each (file, text) pair under the project's own settings, in one run."""
    with mirrored(files, root=root) as places:
        started = _start(places, cwd=places[0].parent, select=select, arguments=arguments, program=program)
        return _by_place(_finished(started), places, files)


def lint_hard(files: Sequence[_Text], *, root: Path | None, targets: Sequence[str]) -> list[list[Diagnostic]]:
    """Return what `HARD_RULES` say of each (file, text) pair, deaf to the project's settings and its noqa.

    *targets* are the oldest Python of each file (`py38`).
    """
    with mirrored(files, root=root) as places:
        started = _start_hard(places, targets)
        return _hard(started, places, files, targets)


class Lints:
    """Two looks at texts that go on at the same time: by the project's settings, and by `HARD_RULES`."""

    def __init__(
        self,
        files: Sequence[_Text],
        *,
        root: Path | None,
        select: str | None,
        targets: Sequence[str],
        program: str | None = None,
        arguments: Sequence[str] = (),
    ) -> None:
        self._files = files
        self._targets = targets
        self._mirror = mirrored(files, root=root)
        self._places = self._mirror.__enter__()
        cwd = self._places[0].parent if files else None
        own = _start(self._places, cwd=cwd, select=select, arguments=arguments, program=program) if cwd else None
        self._own = own
        self._hard = _start_hard(self._places, targets)

    def is_done(self) -> bool:
        """Whether `finish` would not have to wait."""
        return all(started.is_done() for started in (self._own, *self._hard.values()) if started)

    def finish(self) -> tuple[list[list[Diagnostic]], list[list[Diagnostic]]]:
        """Return what the project's settings, and what `HARD_RULES` find in each text."""
        try:
            own = _by_place(_finished(self._own), self._places, self._files) if self._own else []
            return own, _hard(self._hard, self._places, self._files, self._targets)
        finally:
            for started in (self._own, *self._hard.values()):
                if started:
                    started.drop()  # what another's failure left running
            self._mirror.__exit__(None, None, None)


def _start_hard(places: Sequence[Path], targets: Sequence[str]) -> dict[str, Started]:
    started = {}
    for target in set(targets):
        own = [place for place, its in zip(places, targets, strict=True) if its == target]
        arguments = ["--isolated", "--ignore-noqa", "--target-version", target]
        started[target] = _start(own, cwd=own[0].parent, select=HARD_RULES, arguments=arguments)
    return started


def _hard(
    started: Mapping[str, Started], places: Sequence[Path], files: Sequence[_Text], targets: Sequence[str]
) -> list[list[Diagnostic]]:
    found = {target: _by_place(_finished(run), places, files) for target, run in started.items()}
    return [found[target][position] for position, target in enumerate(targets)]


def parse(output: str, *, root: Path) -> list[Diagnostic]:
    """Return the diagnostics in ruff's JSON *output*, with paths relative to *root* where they lie inside.

    Those of a notebook are places in one of its cells.
    """
    return [_diagnostic(entry, root) for entry in json.loads(output)]


def _start(
    paths: Sequence[Path],
    *,
    cwd: Path,
    select: str | None,
    arguments: Sequence[str] = (),
    program: str | None = None,
) -> Started:
    command = [program or executable(), "check", "--output-format", "json", "--no-cache", "--quiet", *arguments]
    if select:
        command += [
            f"--select={select}",
            *(["--preview"] if "--preview" not in arguments and _is_preview(select) else []),
        ]
    if "--isolated" not in arguments:
        command += ["--extend-select", IO_ERROR]  # without it an unreadable file is passed over
    return Started([*command, "--", *map(str, paths)], cwd=cwd)


def _finished(started: Started) -> str:
    """Return ruff's JSON. Raises ConfigError for settings that it cannot use, else ToolError."""
    done = started.finish()
    if done.code in {0, 1} and done.stdout:
        return done.stdout
    causes = [line.removeprefix("  Cause: ") for line in done.stderr.splitlines() if line.startswith("  Cause: ")]
    said = _IN_MIRROR.sub("", "; ".join(causes[-2:]) or done.stderr)
    reason = " ".join(said[:300].split()) or f"exit code {done.code}"
    if any(word in done.stderr for word in ("configuration", "selector", "Failed to parse", "invalid value")):
        raise ConfigError(f"ruff cannot use its settings ({reason}); mend them and try again.")
    raise ToolError(f"ruff failed ({reason}); run ruff check by hand to see more.")


def _entries(output: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(output)
    except ValueError as error:
        raise ToolError("ruff says what is no JSON; run ruff check by hand to see more.") from error
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _by_place(output: str, places: Sequence[Path], files: Sequence[_Text]) -> list[list[Diagnostic]]:
    number = {str(place): position for position, place in enumerate(places)}
    found: list[list[Diagnostic]] = [[] for _ in places]
    for entry in _entries(output):
        position = number.get(entry.get("filename", ""))
        if position is not None and entry.get("cell") is None:
            found[position].append(_of_entry(entry, files[position][0].path))
    return found


def _diagnostic(entry: Mapping[str, Any], root: Path) -> Diagnostic:
    path = Path(entry["filename"])
    return _of_entry(entry, path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix())


def _of_entry(entry: Mapping[str, Any], path: str) -> Diagnostic:
    return Diagnostic(
        rule=entry.get("code") or SYNTAX_ERROR,
        message=entry["message"],
        path=path,
        span=_span(entry["location"], entry["end_location"]),
        severity=entry.get("severity") or "error",
        url=entry.get("url"),
        fix=_fix(entry.get("fix")),
    )


def _span(start: Mapping[str, int], end: Mapping[str, int]) -> Span:
    return Span(start_line=start["row"], start_column=start["column"], end_line=end["row"], end_column=end["column"])


def _fix(fix: Mapping[str, Any] | None) -> LinterFix | None:
    applicability = _APPLICABILITY.get(str((fix or {}).get("applicability")))
    if fix is None or applicability is None:  # "display" fixes are not meant to be applied
        return None
    edits = tuple(
        SpanEdit(span=_span(edit["location"], edit["end_location"]), new_text=edit["content"]) for edit in fix["edits"]
    )
    return LinterFix(edits=edits, applicability=applicability, message=fix.get("message") or "")
