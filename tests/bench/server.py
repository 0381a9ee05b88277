"""The language server beside a bare pygls server, ruff's and pylsp: one table, in one run, with alternated spawns.

    python tests/bench/server.py [spawns]

Machines are noisy: the ratios to the bare pygls server are the result, the figures beside them are this machine's.
Ends with 1 if a bound does not hold. pylsp comes with the extra `bench`; Linux only, for what /proc says of memory.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from server_busy import busy_rows
from server_client import Client, framed

LINES = 10_000
DIAGNOSTICS = 100
SMALL_LINES = 500
SPAWNS = 9
REQUESTS = 500
LOOP_S = 8.0
EDITS_IN_ONE = 200

SETTINGS = """\
[project]
name = "bench"
version = "0"
requires-python = ">=3.11"

[tool.ruff.lint]
select = ["B904", "UP018"]
"""
BLOCK = """\
def load_{0}(text):
    try:
        return int(text)
    except ValueError:
        raise KeyError("{0}")
"""


class Subject(NamedTuple):
    """A server under test."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]


class Bound(NamedTuple):
    """What is to hold, in the unit that the name says."""

    name: str
    value: float
    most: float

    @property
    def holds(self) -> bool:
        """Whether it does."""
        return self.value <= self.most


class Latency(NamedTuple):
    """Percentiles of one kind of request, in milliseconds."""

    p50_ms: float
    p99_ms: float

    @classmethod
    def of(cls, times_s: Iterable[float]) -> Latency:
        """Return the percentiles of *times_s*."""
        times_ms = sorted(one * 1000 for one in times_s)
        return cls(statistics.median(times_ms), times_ms[len(times_ms) * 99 // 100])

    def __str__(self) -> str:
        """Both percentiles."""
        return f"{self.p50_ms:.2f} / {self.p99_ms:.2f}"


def document(lines: int, diagnostics: int) -> str:
    """Return a Python file of *lines* lines, with as many *diagnostics* spread over it."""
    every = lines // diagnostics
    blocks = []
    for number in range(diagnostics):
        filler = "".join(f"VALUE_{number}_{line} = {line}\n" for line in range(every - BLOCK.count("\n")))
        blocks.append(BLOCK.format(number) + filler)
    return "".join(blocks)


def subjects(folder: Path) -> list[Subject]:
    """Return the servers that are installed; ours is the first, the bare one the second."""
    scripts = sysconfig.get_path("scripts")
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    found = [
        Subject("suffice", [Path(scripts, "suffice"), "lsp"], plain | _own_variables(folder)),
        Subject("bare pygls", [sys.executable, Path(__file__).with_name("bare_pygls.py")], plain),
        Subject("ruff server", [Path(scripts, "ruff"), "server"], plain),
    ]
    pylsp = shutil.which("pylsp", path=os.pathsep.join([scripts, os.environ.get("PATH", "")]))
    if pylsp is None:
        print("pylsp is left out: pip install 'suffice[bench]' brings it.")
    else:
        found.append(Subject("pylsp", [pylsp], plain))
    return found


def _own_variables(folder: Path) -> dict[str, str]:
    (folder / "config.toml").write_text("jobs = 32\n", "utf-8")
    return {
        "SUFFICE_STATE_DIR": str(folder / "state"),
        "SUFFICE_CONFIG": str(folder / "config.toml"),
        "ANTHROPIC_API_KEY": "scripted",
        "CI": "true",  # so nobody is asked for consent
    }


def main(spawns: int) -> int:
    """Print all tables; return 1 if a bound does not hold."""
    with tempfile.TemporaryDirectory(prefix="suffice-bench-") as name:
        folder = Path(name)
        project = folder / "project"
        project.mkdir()
        (project / "pyproject.toml").write_text(SETTINGS, "utf-8")
        servers = subjects(folder)
        bounds = [
            *_starts(servers, project, spawns),
            *_latencies(servers, project),
            *(Bound(*row) for row in busy_rows(servers[0], project)),
        ]
    print("\n## bounds\n")
    for bound in bounds:
        print(f"{'holds ' if bound.holds else 'MISSES'} {bound.name:76} {bound.value:8.2f}  (at most {bound.most:g})")
    return int(not all(bound.holds for bound in bounds))


def _starts(servers: Sequence[Subject], project: Path, spawns: int) -> list[Bound]:
    """Start all servers in turn, several times."""
    text = document(SMALL_LINES, 10)
    uri = (project / "small.py").as_uri()
    (project / "small.py").write_text(text, "utf-8")
    seen: dict[str, list[tuple[float, float, float]]] = {one.name: [] for one in servers}
    for _ in range(spawns):
        for one in servers:
            client = Client(one.command, folder=project, environment=one.environment)
            try:
                initialized_s = client.initialize()
                client.open(uri, text)
                shown_s = client.diagnostics(uri).at_s - client.started_s
                seen[one.name].append((initialized_s * 1000, shown_s * 1000, client.peak_mib()))
            finally:
                client.stop()
    print(f"\n## start, {spawns} alternated spawns: median (least to most), ratio to the bare pygls server\n")
    medians = {name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in seen.items()}
    print(f"{'':14}{'spawn to initialize, ms':>32}{'spawn to diagnostics, ms':>32}{'peak of the front, MiB':>32}")
    for name, rows in seen.items():
        cells = []
        for place, column in enumerate(zip(*rows, strict=True)):
            ratio = medians[name][place] / medians["bare pygls"][place]
            cells.append(f"{medians[name][place]:.0f} ({min(column):.0f} to {max(column):.0f}) {ratio:.2f}x")
        print(f"{name:14}" + "".join(f"{cell:>32}" for cell in cells))
    ratios = [a / b for a, b in zip(medians["suffice"], medians["bare pygls"], strict=True)]
    return [
        Bound("spawn to initialize, ratio (the goal is 0.25)", ratios[0], 1.1),
        Bound("peak memory of the front, ratio", ratios[2], 1.2),
    ]


class Listed(NamedTuple):
    """What one server took with the large document; `named`: the whole of it, the editor naming all diagnostics.

    Servers that hold none themselves list nothing where none is named.
    """

    line: Latency
    whole: Latency
    named: Latency
    actions: int
    edit_ms: float
    edits_ms: float
    peak_mib: float


def _latencies(servers: Sequence[Subject], project: Path) -> list[Bound]:
    """Ask each server for the code actions of a large document, and edit that."""
    text = document(LINES, DIAGNOSTICS)
    (project / "large.py").write_text(text, "utf-8")
    print(f"\n## {LINES} lines, {DIAGNOSTICS} diagnostics: p50 / p99 in ms\n")
    print(
        f"{'':14}{'actions, one line':>20}{'whole document':>20}{'and all named':>20}{'(actions)':>11}"
        f"{'didChange':>12}{f'{EDITS_IN_ONE} in one':>12}{'peak, MiB':>12}"
    )
    listed = {}
    for one in servers:
        row = listed[one.name] = _listed(one, project, text)
        print(
            f"{one.name:14}{row.line!s:>20}{row.whole!s:>20}{row.named!s:>20}{row.actions:>11}"
            f"{row.edit_ms:>12.2f}{row.edits_ms:>12.2f}{row.peak_mib:>12.1f}",
            flush=True,
        )
    ours, bare = listed["suffice"], listed["bare pygls"]
    return [
        Bound("code actions of one line, p50 ms", ours.line.p50_ms, 0.4),
        Bound("code actions of one line, p99 ms", ours.line.p99_ms, 2.0),
        Bound("code actions of the whole document, p50 ms", ours.whole.p50_ms, 1.2),
        Bound("code actions of the whole document, p99 ms", ours.whole.p99_ms, 5.0),
        Bound("didChange with one edit, p50 ms", ours.edit_ms, 0.4),
        Bound(f"didChange with {EDITS_IN_ONE} edits, ms", ours.edits_ms, 8.0),
        Bound("peak memory of the front with the large document, ratio", ours.peak_mib / bare.peak_mib, 1.2),
    ]


def _listed(one: Subject, project: Path, text: str) -> Listed:
    uri = (project / "large.py").as_uri()
    client = Client(one.command, folder=project, environment=one.environment)
    try:
        client.initialize()
        client.open(uri, text)
        found = client.diagnostics(uri).message["params"]["diagnostics"]
        client.pump(1.0)
        named, actions = listing(client, uri, [(_everywhere(), found)])
        whole, _ = listing(client, uri, [(_everywhere(), [])])
        line, _ = listing(client, uri, [(diagnostic["range"], [diagnostic]) for diagnostic in found])
        edit_ms, edits_ms = _edited(client, uri)
        return Listed(line, whole, named, actions, edit_ms, edits_ms, client.peak_mib())
    finally:
        client.stop()


def _everywhere() -> dict[str, dict[str, int]]:
    return {"start": {"line": 0, "character": 0}, "end": {"line": LINES, "character": 0}}


def listing(
    client: Client, uri: str, places: Sequence[tuple[object, Sequence[object]]], number: int = REQUESTS
) -> tuple[Latency, int]:
    """Return what asking for the code actions at *places*, in turn, took, and how many came at the first."""
    times: list[float] = []
    actions = 0
    for turn in range(number + 10):
        place, diagnostics = places[turn % len(places)]
        context = {"diagnostics": diagnostics, "triggerKind": 1}
        params = {"textDocument": {"uri": uri}, "range": place, "context": context}
        took_s, result = client.timed("textDocument/codeAction", params)
        actions = actions or len(result or ())
        if turn >= 10:
            times.append(took_s)
        if sum(times) > LOOP_S:
            break
    return Latency.of(times), actions


def _edited(client: Client, uri: str) -> tuple[float, float]:
    """Return what a message of one edit costs, and one of many, by the request behind it (median, ms)."""
    numbers = iter(range(2, 1_000_000))

    def change(edits: int) -> bytes:
        version = next(numbers)
        place = {"line": version * 37 % LINES, "character": 0}
        content = [{"range": {"start": place, "end": place}, "text": "x"} for _ in range(edits)]
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": content}
        return framed({"method": "textDocument/didChange", "params": params})

    barrier = statistics.median(_behind(client, b"", number) for number in range(100))
    one = statistics.median(_behind(client, change(1), number) for number in range(100))
    many = statistics.median(_behind(client, change(EDITS_IN_ONE), number) for number in range(10))
    return (one - barrier) * 1000, (many - barrier) * 1000


def _behind(client: Client, frame: bytes, number: int) -> float:
    """Return the seconds until the reply to a request that stands behind *frame*."""
    name = f"barrier {number}"
    both = frame + framed({"id": name, "method": "bench/barrier", "params": {}})
    start = time.perf_counter()
    client.write(both)
    return client.reply(name).at_s - start


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SPAWNS))
