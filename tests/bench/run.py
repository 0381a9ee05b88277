"""`make bench`: what suffice costs in time and memory, as ratios within one run, since machines are noisy.

    python tests/bench/run.py [startup] [rung-zero] [calls] [decide]

Everything runs against released packages (kept in the user's cache folder) and the provider double.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suffice import Facts, Task

RULES = "B904,BLE001,B018,PTH,TRY,SIM,PERF,PLW2901,RUF012,S110,B028,ARG,A,N818,UP"
SUFFICE = Path(sys.executable).with_name("suffice")
RUFF = Path(sys.executable).with_name("ruff")
PACKAGES = ("rich==13.9.4", "click==8.1.7", "requests==2.32.3", "flask==2.0.0")
RUNS = 7

Command = Sequence[str | Path]


def main(chosen: Sequence[str]) -> None:
    """Print the tables that are *chosen*, or all."""
    tables: dict[str, Callable[[Path], None]] = {
        "startup": startup,
        "rung-zero": rung_zero,
        "calls": calls,
        "decide": decisions,
    }
    for name in chosen or tables:
        with tempfile.TemporaryDirectory(prefix="suffice-bench-") as folder:
            print(f"\n## {name}\n", flush=True)
            tables[name](Path(folder))


def startup(folder: Path) -> None:
    """Time `--help` and `explain` beside a bare Python."""
    environment = _environment(folder)
    rows = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "suffice --help": [SUFFICE, "--help"],
        "suffice explain lint-fix --json": [SUFFICE, "explain", "lint-fix", "--json"],
    }
    for name, command in rows.items():
        wall_ms, peak_mib = _measured(command, folder, environment)
        print(f"{name:34} {wall_ms:7.0f} ms  {peak_mib:6.1f} MiB")


def rung_zero(folder: Path) -> None:
    """Time a run without a key against `ruff check --fix --unsafe-fixes` on a copy."""
    environment = _environment(folder)
    for name in PACKAGES:
        project = unpacked(name, folder)
        copy = folder / "copy"
        ruff, ours, more = [], [], []
        for _ in range(RUNS):
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(project, copy)
            ruff.append(
                _wall_ms(
                    [RUFF, "check", "-q", "--fix", "--unsafe-fixes", "--select", RULES, "."],
                    copy,
                    environment,
                )
            )
            ours.append(_wall_ms([SUFFICE, "fix", "--select", RULES], project, environment))
            more.append(ours[-1] - ruff[-1])
        _, peak = _measured([SUFFICE, "fix", "--select", RULES], project, environment)
        _, bare = _measured([sys.executable, "-c", "pass"], project, environment)
        print(
            f"{name:14} ruff --fix {statistics.median(ruff):5.0f} ms, suffice fix {statistics.median(ours):5.0f} ms,"
            f" {statistics.median(more):+5.0f} ms (min {min(more):+.0f}, max {max(more):+.0f});"
            f" peak {peak - bare:.1f} MiB over bare Python"
        )


def calls(folder: Path) -> None:
    """Time 132 diagnostics, and ten times as many, with 1 s a reply and 16 calls in flight."""
    from suffice.testing import double_process

    script = {
        "repeat_last": True,
        "models": {
            "claude-haiku-5-5": [
                {"answer": {"replacement": _RIGHT, "extra_import": None, "cannot_fix": None}, "delay_s": 1.0}
            ]
        },
    }
    with double_process(script) as double:
        walls = {}
        for number in (132, 1320):
            project = folder / f"p{number}"
            project.mkdir()
            for file in range(number // 12):
                (project / f"m{file}.py").write_text(_HEAD + _WRONG * 12, "utf-8")
            environment = _environment(folder / str(number)) | {
                "ANTHROPIC_API_KEY": "scripted",
                "SUFFICE_ANTHROPIC_BASE_URL": double.anthropic_base_url,
            }
            command = [
                SUFFICE,
                "fix",
                "--select",
                "B904",
                "--yes",
                "--json",
                "--max-cost-usd",
                "50",
                "--jobs",
                "16",
            ]
            start = time.perf_counter()
            done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
            walls[number] = time.perf_counter() - start
            totals = json.loads(done.stdout)["totals"]
            ideal_s = -(-number // 16)
            print(
                f"{number} diagnostics: {walls[number]:.2f} s, {walls[number] / ideal_s:.3f} x the ideal {ideal_s} s;"
                f" {totals['by_outcome']}"
            )
        print(f"ten times the diagnostics: {walls[1320] / walls[132]:.2f} x the time")


def decisions(_: Path) -> None:
    """Time `decide` in process over mixed tasks: all kinds, modes and stakes, histories, deadlines, caps, memory.

    What was decided is kept for tasks that are alike; the last row is what a decision costs where none was. Each is
    the best of `RUNS`, which leaves out what else the machine did.
    """
    from suffice import Policy, decide

    policy, tasks = Policy.load("guide"), mixed_tasks(10_000)
    kept = [import_module(f"suffice.{name}") for name in ("constraints", "decide", "judges")]
    everything = [cache for module in kept for cache in vars(module).values() if hasattr(cache, "cache_clear")]
    decided = [kept[1]._decided, kept[1]._outlooks]
    for name, before_all, before_each in (
        ("cold", everything, []),
        ("warm", [], []),
        ("every decision worked out anew", [], decided),
    ):
        best_us = [math.inf] * len(tasks)
        for _run in range(RUNS):
            _forget(before_all)
            for place, (task, facts) in enumerate(tasks):
                _forget(before_each)
                start = time.perf_counter()
                decide(task, policy=policy, state=facts)
                best_us[place] = min(best_us[place], (time.perf_counter() - start) * 1e6)
        best_us.sort()
        print(f"decide, {name}: p50 {best_us[5000]:.1f} us, p99 {best_us[9900]:.1f} us")


def _forget(caches: Iterable[Any]) -> None:
    for cache in caches:
        cache.cache_clear()


def mixed_tasks(number: int) -> list[tuple[Task, Facts]]:
    """Return *number* different tasks, each with what is known when it is decided on; a third with memory."""
    from suffice import Facts, Kind, Mode, Stakes, Task
    from suffice.constraints import Failure, Tried
    from suffice.lane_record import LaneRecord

    draw = random.Random(1)
    found = []
    for place in range(number):
        task = Task(
            kind=draw.choice(list(Kind)),
            paths=(f"src/module_{place}.py",),
            mode=draw.choice(list(Mode)),
            stakes=draw.choice(list(Stakes)),
            deadline_s=draw.choice([None, None, None, 30.0]),
        )
        failed = draw.choice([(), (), (), ("sonnet",), ("haiku", "haiku")])
        seen = LaneRecord(n=draw.choice([5, 20, 40]), sufficed=5, cost_usd=0.01)
        facts = Facts(
            with_key=frozenset({"anthropic", "openai"}),
            tried=tuple(Tried(lane, Failure.CHECK_FAILED) for lane in failed),
            budget_left_usd=draw.choice([None, None, 0.3]),
            records=draw.choice([{}, {}, {"haiku": seen, "sonnet": seen}]),
        )
        found.append((task, facts))
    return found


_HEAD = "settings = {}\n"
_WRONG = """
try:
    port = int(settings["port"])
except KeyError:
    raise LookupError("no port is set")
"""
_RIGHT = _WRONG.strip().replace("except KeyError:", "except KeyError as error:").replace('set")', 'set") from error')


def unpacked(requirement: str, folder: Path) -> Path:
    """Return *requirement*'s modules as a project that declares the package's own Python range."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "suffice-demo"
    name, version = requirement.split("==")
    if not list(cache.glob(f"*{version}-*.whl")):
        options = ["--no-deps", "--only-binary", ":all:", "--quiet", "--dest", cache]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, requirement], check=True, capture_output=True
        )
    wheel = next(w for w in cache.glob("*.whl") if w.name.lower().startswith(f"{name}-{version}-"))
    project = folder / name
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(project)
        metadata = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        lines = archive.read(metadata).decode("utf-8").splitlines()
    requires = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("Requires-Python:"))
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "{name}"\nversion = "{version}"\nrequires-python = "{requires}"\n', "utf-8"
    )
    return project


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {"SUFFICE_STATE_DIR": str(folder / "state")}


def _wall_ms(command: Command, cwd: Path, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=False)
    return (time.perf_counter() - start) * 1000


def _measured(command: Command, cwd: Path, environment: dict[str, str]) -> tuple[float, float]:
    """Return the median wall time (ms) and the peak memory (MiB) of *command*."""
    walls = [_wall_ms(command, cwd, environment) for _ in range(RUNS)]
    probe = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], capture_output=True);"
        " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return statistics.median(walls), int(done.stdout) / (1 << (20 if sys.platform == "darwin" else 10))


if __name__ == "__main__":
    main(sys.argv[1:])
