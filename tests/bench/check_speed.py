"""How long the checker takes: one lint fix, a wave of sixteen, and 500 patches in one call.

    python tests/bench/check_speed.py DATA_FOLDER

The folder holds patches/{model_patches,base_files,edits}.jsonl.gz. The linter's rules are its default ones. Wall-clock
figures are medians, beside a bare linter run in the same minute; time in this process is processor time, which a busy
machine lengthens less. Ends with 1 if a bar is missed.
"""

from __future__ import annotations

import gc
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from patches_and_bases import labelled, prefixed, rows

from suffice.checker.check import check_patches
from suffice.checker.linting import Linting
from suffice.checker.pipeline import check_wave
from suffice.checker.subject import Subject
from suffice.edits.edit import apply_to_file, linter_edits
from suffice.linters import ruff
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Diagnostic, Kind

LINES = range(900, 1200)
WAVE = 16
CALL = 500

IN_PROCESS_MS, WHOLE_MS, OF_WAVE_MS, TIMES_BARE, A_SECOND = 10.0, 18.0, 8.0, 3.0, 100.0


class Fix(NamedTuple):
    """A file of about a thousand lines and one of ruff's fixes for it."""

    file: SourceFile
    diagnostic: Diagnostic
    project: tuple[Snapshot, Linting]

    def subject(self) -> Subject:
        """Return the fix as a model's patch, as if it were looked at for the first time."""
        assert self.diagnostic.fix
        change = apply_to_file(self.file, linter_edits(self.diagnostic.fix, self.file))
        snapshot = self.project[0]
        return Subject(
            kind=Kind.LINT_FIX,
            changes=(change,),
            snapshot=snapshot,
            diagnostics=(self.diagnostic,),
            oldest_python=(3, 8),
        )


def main(folder: Path) -> int:
    """Print all figures; return 1 if a bar is missed."""
    with tempfile.TemporaryDirectory() as place:
        fixes = list(_fixes(folder, Path(place)))
        good = [*_one_by_one(fixes), _in_waves(fixes)]
    return int(not all([*good, _one_call(folder)]))


def _fixes(folder: Path, place: Path) -> Iterator[Fix]:
    """Yield three fixes each of the files that have the right length."""
    (place / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "0"\nrequires-python = ">=3.8"\n', "utf-8")
    for row in rows(folder, "base_files"):
        if row["text"].count("\n") not in LINES:
            continue
        snapshot = Snapshot.of_texts({"m.py": row["text"]}, root=place)
        linting = Linting(root=place)
        found = [d for d in linting.diagnostics_of([snapshot.file("m.py")])[0] if d.fix]
        for diagnostic in found[:: max(1, len(found) // 3)][:3]:
            yield Fix(snapshot.file("m.py"), diagnostic, (snapshot, linting))


def _one_by_one(fixes: Sequence[Fix]) -> list[bool]:
    """Check each fix alone, what held before known, and run the bare linter beside it."""
    whole, own, bare = [], [], []
    for fix in fixes:
        subject = fix.subject()
        start, cpu = time.perf_counter(), time.process_time()
        check_wave([subject], linting=fix.project[1])
        own.append((time.process_time() - cpu) * 1000)
        whole.append((time.perf_counter() - start) * 1000)
        bare.append(_timed(_bare, fix.file.text))
    print(f"## {len(fixes)} lint fixes in files of {LINES.start} to {LINES.stop} lines, one by one (ms: p50, p90)")
    times = statistics.median(whole) / statistics.median(bare)
    print(f"  the bare linter         {_told(bare)}")
    return [
        _bar("in this process", own, IN_PROCESS_MS),
        _bar("the whole check", whole, WHOLE_MS),
        _say("the whole check / bare", times, TIMES_BARE, at_most=True),
    ]


def _in_waves(fixes: Sequence[Fix]) -> bool:
    """Check sixteen fixes of one file at once."""
    by_file: dict[str, list[Fix]] = {}
    for fix in fixes:
        linting = fix.project[1]
        others = [d for d in linting.diagnostics_of([fix.file])[0] if d.fix]
        if len(others) >= WAVE:
            by_file[fix.file.blob_sha] = [fix._replace(diagnostic=d) for d in others[:WAVE]]
    took = []
    for own in by_file.values():
        subjects = [fix.subject() for fix in own]
        took.append(_timed(check_wave, subjects, linting=own[0].project[1]) / WAVE)
    print(f"## waves of {WAVE} in one file, {len(took)} files (ms a patch: p50, p90)")
    return _bar("a patch of a wave", took, OF_WAVE_MS)


def _one_call(folder: Path) -> bool:
    """Give 500 patches to one call of the command, on one core; then the same in this process, to see its own part."""
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        names = _written(folder, root)
        core = ["taskset", "-c", "0"] if shutil.which("taskset") else []
        command = [*core, "suffice", "check", *names, "--root", str(root / "root"), "--kind", "debug", "--json"]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, check=False, env=_environment(root))
        wall_s = time.perf_counter() - start
        static_s = _static_s([Path(name).read_bytes().decode("utf-8") for name in names], root / "root")
    documents = done.stdout.splitlines()
    print(f"## {len(documents)} patches in one call on one core, {len(names)} given (exit {done.returncode})")
    print(f"  whole: {wall_s:.1f} s = {len(documents) / wall_s:.0f} patches a second, linter and start in it")
    return _say("patches a second, the static part", len(documents) / static_s, A_SECOND, at_most=False)


def _static_s(patches: Sequence[str], root: Path) -> float:
    """Return how long this process works at *patches*, without the linter's processes."""
    gc.set_threshold(50_000, 20, 20)  # as the command has it
    start = time.process_time()
    list(check_patches(patches, snapshot=Snapshot.of_folder(root), kind=Kind.DEBUG))
    return time.process_time() - start


def _written(folder: Path, root: Path) -> list[str]:
    """Write patches and base files, all tasks under one root; return the patches' names."""
    names = []
    for number, one in enumerate([one for one in labelled(folder) if one.base is not None][:CALL]):
        for path in one.touched:
            file = root / "root" / one.instance / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((one.base or {})[path].encode("utf-8"))
        name = root / f"{number}.diff"
        name.write_bytes(prefixed(one).encode("utf-8"))
        names.append(str(name))
    return names


def _environment(root: Path) -> dict[str, str]:
    """Return where the command finds itself, and nothing of the user's."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"PATH": path, "HOME": str(root), "SUFFICE_STATE_DIR": str(root / "state")}


def _bare(text: str) -> None:
    command = [ruff.executable(), "check", "-", "--isolated", "--output-format", "json"]
    subprocess.run(command, input=text.encode("utf-8"), capture_output=True, check=False)


def _timed(work: Callable[..., object], *given: object, **named: object) -> float:
    start = time.perf_counter()
    work(*given, **named)
    return (time.perf_counter() - start) * 1000


def _bar(name: str, took: Sequence[float], most: float) -> bool:
    return _say(f"{name:23} {_told(took)}", statistics.median(took), most, at_most=True)


def _told(took: Sequence[float]) -> str:
    return f"{statistics.median(took):6.1f} {statistics.quantiles(took, n=10)[-1]:6.1f}"


def _say(name: str, value: float, bar: float, *, at_most: bool) -> bool:
    good = value <= bar if at_most else value >= bar
    print(f"  {name}: {value:.1f} ({'at most' if at_most else 'at least'} {bar:g}: {'yes' if good else 'NO'})")
    return good


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
