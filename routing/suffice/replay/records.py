"""Recorded outcomes: which model solved which task, and at what cost. Read from CSV or JSON lines, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.errors import InputError

_INSTANCE = ("instance_id", "instance")
_COST = ("cost_usd", "cost")
_RESOLVED = {"1": True, "true": True, "1.0": True, "0": False, "false": False, "0.0": False}


class Record(NamedTuple):
    """How one model did on one task. `cost_usd` is None where it was not recorded; `columns` is the whole row."""

    instance: str
    model: str
    resolved: bool
    cost_usd: float | None = None
    repo: str = ""
    columns: Mapping[str, str] = {}


class ModelSummary(NamedTuple):
    """One model in the records: `n` tasks, the share (0..1) it solved, and the mean of the costs that are known.

    `without_cost` rows have none, and `repeated` rows are of a task that it has an earlier row for.
    """

    model: str
    n: int
    solved: float
    cost_usd: float | None
    without_cost: int
    repeated: int


def read_records(files: Iterable[str | Path], *, where: Sequence[tuple[str, str]] = ()) -> tuple[Record, ...]:
    """Return the rows of *files* that have, in each column of *where* that their file has, one of its values.

    Rows whose `resolved` is empty are left out: nothing is known of them.
    Raises InputError for a file, a column or a value that cannot be used.
    """
    wanted: dict[str, set[str]] = defaultdict(set)
    for column, value in where:
        wanted[column].add(value)
    records: list[Record] = []
    known: set[str] = set()
    for file in files:
        for line, row in _rows(Path(file)):
            known.update(row)
            kept = all(row[column] in values for column, values in wanted.items() if column in row)
            if kept and (record := _record(row, f"{file}, line {line}")):
                records.append(record)
    missing = sorted(set(wanted) - known)
    if missing and known:
        raise InputError(f"No file has a column {missing[0]}; columns are: {', '.join(sorted(known))}.")
    if not records:
        raise InputError("No row is left to replay; name files with rows, and values for --where that stand in them.")
    return tuple(records)


def _rows(file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with the number, from 1, of the line it ends at."""
    try:
        content = file.read_bytes()
        text = (gzip.decompress(content) if file.suffix == ".gz" else content).decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"There is no file {file}; name CSV or JSONL files of recorded outcomes.") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read ({error}); expected UTF-8 text, plain or gzipped.") from error
    name = file.name.removesuffix(".gz")
    if name.endswith((".jsonl", ".ndjson")):
        yield from _json_rows(text, file)
    elif name.endswith(".csv"):
        yield from _csv_rows(text, file)
    else:
        raise InputError(f"{file} is of no known form; expected a name that ends with .csv, .jsonl or one of them .gz.")


def _csv_rows(text: str, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    try:
        for row in reader:
            yield reader.line_num, {name: value or "" for name, value in row.items() if name is not None}
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num}: {error}; expected CSV with a header line.") from error


def _json_rows(text: str, file: Path) -> Iterator[tuple[int, dict[str, str]]]:
    for line, document in enumerate(text.split("\n"), 1):
        if document.strip():
            yield line, _json_row(document, f"{file}, line {line}")


def _json_row(document: str, place: str) -> dict[str, str]:
    try:
        row = json.loads(document)
        if isinstance(row, dict):
            return {name: _text(value) for name, value in row.items()}
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: {error}; expected a JSON object on each line.") from error
    raise InputError(f"{place} is no JSON object; expected one on each line.")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _record(row: Mapping[str, str], place: str) -> Record | None:
    """Return what *row* says; None if it says nothing of the result."""
    said = _cell(row, ("resolved",), place).strip().lower()
    resolved = _RESOLVED.get(said)
    if not said:
        return None
    if resolved is None:
        raise InputError(f"{place}: resolved is {row['resolved']!r}; expected 0, 1, true or false.")
    instance, model = _cell(row, _INSTANCE, place), _cell(row, ("model",), place)
    if not instance or not model:
        raise InputError(f"{place} names no {'model' if instance else 'instance'}; each row needs both.")
    return Record(instance, model, resolved, _cost_usd(row, place), row.get("repo", ""), row)


def _cell(row: Mapping[str, str], names: Sequence[str], place: str) -> str:
    found = next((row[name] for name in names if name in row), None)
    if found is None:
        raise InputError(
            f"{place}: there is no column {' or '.join(names)} among {', '.join(row)}; name the columns "
            f"{_INSTANCE[0]}, model, resolved and {_COST[0]}."
        )
    return found


def _cost_usd(row: Mapping[str, str], place: str) -> float | None:
    text = next((row[name] for name in _COST if name in row), "").strip()
    if not text:
        return None
    try:
        cost_usd = float(text)
    except ValueError:
        cost_usd = math.nan
    if not 0 <= cost_usd < math.inf:
        raise InputError(f"{place}: the cost is {text!r}; expected US dollars, 0 or more.")
    return cost_usd


def summaries(records: Iterable[Record]) -> tuple[ModelSummary, ...]:
    """Return what each model in *records* did, by name."""
    rows: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        rows[record.model].append(record)
    return tuple(_summary(model, rows[model]) for model in sorted(rows, key=str.lower))


def _summary(model: str, rows: Sequence[Record]) -> ModelSummary:
    costs = [row.cost_usd for row in rows if row.cost_usd is not None]
    solved = sum(row.resolved for row in rows) / len(rows)
    repeated = len(rows) - len(Counter(row.instance for row in rows))
    mean_usd = sum(costs) / len(costs) if costs else None
    return ModelSummary(model, len(rows), solved, mean_usd, len(rows) - len(costs), repeated)
