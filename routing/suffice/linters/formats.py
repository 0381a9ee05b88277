"""Diagnostics that another run wrote to a file: ruff's JSON, SARIF, or rdjson."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from suffice.errors import InputError
from suffice.linters import ruff
from suffice.linters.linter import Report
from suffice.snapshot import safe_path
from suffice.task import Diagnostic, Span


def read_diagnostics(content: str, *, name: str, root: Path) -> list[Diagnostic]:
    """Return the diagnostics in *content*, detected by its shape. Raises InputError if it is none of the forms."""
    expected = "give ruff's JSON, SARIF or rdjson"
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is no JSON ({error}); {expected}.") from error
    try:
        found = _read(data, content, root)
        if found is not None:
            return [_with_right_place(diagnostic) for diagnostic in found]
    except (KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise InputError(f"{name} is malformed ({type(error).__name__}: {error}); {expected}.") from error
    raise InputError(f"{name} holds no diagnostics in a known form; {expected}.")


def read_sarif(content: str, *, root: Path) -> Report:
    """Return what a linter wrote as SARIF, with what is silenced. Raises ValueError if it is not SARIF."""
    try:
        found = list(_sarif(json.loads(content), root, no_region=_WHOLE_FILE))
        said, silenced = ([_with_right_place(d) for d, own in found if own is wanted] for wanted in (False, True))
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
    return Report(tuple(said), tuple(silenced))


def _read(data: Any, content: str, root: Path) -> list[Diagnostic] | None:
    if isinstance(data, list):
        return ruff.parse(content, root=root)
    if isinstance(data, Mapping) and "runs" in data:
        return [diagnostic for diagnostic, is_silenced in _sarif(data, root) if not is_silenced]
    if isinstance(data, Mapping) and "diagnostics" in data:
        return list(_rdjson(data, root))
    return None


def _with_right_place(diagnostic: Diagnostic) -> Diagnostic:
    """Return *diagnostic*. Raises ValueError for lines or columns that are no numbers from 1, or in wrong order."""
    span = diagnostic.span
    if not all(type(number) is int and number >= 1 for number in span):
        raise ValueError(f"a place is {tuple(span)}, expected numbers from 1")
    if (span.end_line, span.end_column) < (span.start_line, span.start_column):
        raise ValueError(f"a place ends before it starts: {tuple(span)}")
    return diagnostic


_WHOLE_FILE: Mapping[str, Any] = {"startLine": 1}
"""What a result without a region is about. It can be counted, but not mended: given ones need a region."""


def _sarif(
    data: Mapping[str, Any], root: Path, *, no_region: Mapping[str, Any] | None = None
) -> Iterator[tuple[Diagnostic, bool]]:
    """Yield the results with a place, each with whether something in the code or in the settings silences it.

    *no_region* is the region of one without; None: there must be one.
    """
    for one_run in data["runs"]:
        source = one_run["tool"]["driver"]["name"]
        for result in one_run.get("results") or ():
            for location in (result.get("locations") or ())[:1]:
                place = {"region": no_region, **location["physicalLocation"]}
                yield _of_result(result, place, source, root), bool(result.get("suppressions"))


def _of_result(result: Mapping[str, Any], place: Mapping[str, Any], source: object, root: Path) -> Diagnostic:
    region = place["region"]
    first = region["startLine"]
    return Diagnostic(
        rule=str(result.get("ruleId") or result["rule"]["id"]),
        message=str(result["message"].get("text") or result["message"]["id"]),
        path=_inside(place["artifactLocation"]["uri"], root),
        span=Span(
            start_line=first,
            start_column=region.get("startColumn", 1),
            end_line=region.get("endLine", first),
            end_column=region.get("endColumn", region.get("startColumn", 1) + 1),
        ),
        source=str(source),
        severity=str(result.get("level", "warning")),
    )


def _rdjson(data: Mapping[str, Any], root: Path) -> Iterator[Diagnostic]:
    source = (data.get("source") or {}).get("name", "linter")
    for entry in data["diagnostics"]:
        path = _inside(entry["location"]["path"], root)
        start = entry["location"]["range"]["start"]
        end = entry["location"]["range"].get("end", start)
        yield Diagnostic(
            rule=str((entry.get("code") or {}).get("value", "unknown")),
            message=str(entry["message"]),
            path=path,
            span=Span(
                start_line=start["line"],
                start_column=start.get("column", 1),
                end_line=end["line"],
                end_column=end.get("column", start.get("column", 1) + 1),
            ),
            source=str((entry.get("source") or {}).get("name", source)),
            severity=str(entry.get("severity", "WARNING")).lower(),
            url=(entry.get("code") or {}).get("url"),
        )


def _inside(name: str, root: Path) -> str:
    """Return *name* (a path or a file URI) relative to *root*, as it is where it lies outside."""
    from urllib.parse import unquote, urlparse

    path = unquote(urlparse(name).path) if name.startswith("file:") else unquote(name)
    if PurePosixPath(path).is_absolute() and Path(path).is_relative_to(root):
        return Path(path).relative_to(root).as_posix()
    return safe_path(path) or path
