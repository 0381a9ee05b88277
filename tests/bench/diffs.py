"""Unified diffs in and out on real edits and real models' patches, with git itself as the judge.

    python tests/bench/diffs.py DATA_FOLDER

The folder holds edits.jsonl.gz (a text before and after), mutated_unified.jsonl.gz (diffs of them, an error put in),
model_patches.jsonl.gz, base_files.jsonl.gz (texts by commit and path) and search_replace_hunks.jsonl.gz (which commit a
task is about). Their licences let us measure, not ship them: they are never part of this project.
"""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from suffice.edits.applied import Rejected
from suffice.edits.edit import FileChange
from suffice.edits.patch_in import parse_patch
from suffice.edits.unified import unified_diff
from suffice.snapshot import Snapshot

Row = Mapping[str, Any]
_OLD_NAME = re.compile(r"^--- a/(.*?)[ \t\r]*$", re.MULTILINE)


def main(folder: Path) -> None:
    """Print all tables."""
    edits = _rows(folder, "edits")
    _print_out(edits)
    patches = _rows(folder, "model_patches")
    _print_all(patches)
    _print_mutated(_rows(folder, "mutated_unified"), edits)
    _print_against_git(patches, _bases([*edits, *_rows(folder, "search_replace_hunks")], _rows(folder, "base_files")))


def _rows(folder: Path, name: str) -> list[Row]:
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _print_out(edits: Sequence[Row]) -> None:
    same = read = 0
    ms = []
    for row in edits:
        path = row["base_ref"]["path"]
        change = FileChange(path=path, before=row["before"], after=row["after"])
        start = time.perf_counter()
        diff = unified_diff([change])
        ms.append((time.perf_counter() - start) * 1000)
        read += parse_patch(diff, snapshot=Snapshot.of_texts({path: row["before"]})) == (change,)
        same += _by_git(diff, path, row["before"]) == row["after"].encode()
    print(f"## Out: {len(edits)} edits of real files")
    print(f"git apply makes exactly the same bytes: {same}; we read the same change again: {read}; {_spread(ms)}")


def _by_git(diff: str, path: str, before: str) -> bytes | None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, path)
        target.parent.mkdir(parents=True)
        target.write_bytes(before.encode())
        done = _git_apply(diff, Path(folder))
        return target.read_bytes() if done is None else None


def _git_apply(diff: str, folder: Path, *options: str) -> str | None:
    """Return what `git apply` says against *diff* in *folder*; None if it takes it."""
    done = subprocess.run(
        ["git", "apply", "--whitespace=nowarn", *options, "-"],
        cwd=folder,
        input=diff.encode(),
        capture_output=True,
        check=False,
    )
    return done.stderr.decode().strip().replace("\n", "; ")[:100] if done.returncode else None


def _print_all(patches: Sequence[Row]) -> None:
    """Read every patch against no file at all: what is left is what is said of its form."""
    nowhere = Snapshot.of_texts({})
    reasons: Counter[str] = Counter()
    ms = []
    for row in patches:
        start = time.perf_counter()
        read = parse_patch(row["patch"], snapshot=nowhere)
        ms.append((time.perf_counter() - start) * 1000)
        reasons[_form(read.reason) if isinstance(read, Rejected) else "taken whole: only creates files"] += 1
    print(f"\n## In, without files: {len(patches)} patches by models, none raised; {_spread(ms)}")
    for reason, count in reasons.most_common():
        print(f"  {count:5} {reason}")


def _form(reason: str) -> str:
    if reason.endswith("name one of its files"):
        return "well formed: asks for a file"
    return re.sub(r"\(.*|[\w./-]*/[\w./-]+|[0-9]+|'.*'", "…", reason)[:90]


def _print_mutated(rows: Sequence[Row], edits: Sequence[Row]) -> None:
    """Read diffs with one error put in: what is taken must come out right, whatever git makes of it."""
    texts = {row["edit_id"]: row for row in edits}
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        edit = texts[row["edit_id"]]
        read = parse_patch(row["text"], snapshot=Snapshot.of_texts({row["path"]: edit["before"]}))
        ours = "refused" if isinstance(read, Rejected) else "right" if _is_right(read, edit) else "wrong"
        name = row["content_mutation"] if row["syntax_mutation"] == "ok" else f"syntax: {row['syntax_mutation']}"
        table[name][f"we {ours}"] += 1
        table[name][f"git {row['oracle']['git apply'][0]}"] += 1
    print(f"\n## In, with one error put in: {len(rows)} diffs")
    for name, counts in sorted(table.items()):
        print(f"  {name:40} {'  '.join(f'{said} {n}' for said, n in sorted(counts.items(), reverse=True))}")


def _is_right(changes: Sequence[FileChange], edit: Row) -> bool:
    return [(c.path, c.after) for c in changes] == [(edit["base_ref"]["path"], edit["after"])]


def _bases(tasks: Sequence[Row], files: Sequence[Row]) -> Mapping[str, tuple[str, Mapping[str, str]]]:
    """Return the commit of each task and the texts that are at hand of it."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for file in files:
        texts[file["commit"]][file["path"]] = file["text"]
    commits = {_task(row): row["base_ref"]["commit"] for row in tasks}
    return {task: (commit, texts[commit]) for task, commit in commits.items()}


def _task(row: Row) -> str:
    return str(row.get("instance_id") or row["edit_id"].rsplit("/", 1)[-1])


def _print_against_git(patches: Sequence[Row], bases: Mapping[str, tuple[str, Mapping[str, str]]]) -> None:
    """Hold our word on each patch whose files are at hand against that of `git apply --check`."""
    table: Counter[tuple[bool, bool]] = Counter()
    told = []
    ms = []
    with tempfile.TemporaryDirectory() as top:
        folders = {commit: _checkout(Path(top, commit), texts) for commit, texts in bases.values()}
        for row in patches:
            commit, texts = bases.get(row["instance_id"], ("", {}))
            if not texts or any(name not in texts for name in _OLD_NAME.findall(row["patch"])):
                continue
            snapshot = Snapshot.of_texts(texts)
            for text in texts:
                snapshot.file(text)
            start = time.perf_counter()
            read = parse_patch(row["patch"], snapshot=snapshot)
            ms.append((time.perf_counter() - start) * 1000)
            said = _git_apply(row["patch"], folders[commit], "--check")
            ours = read.reason if isinstance(read, Rejected) else None
            table[ours is None, said is None] += 1
            if (ours is None) != (said is None):
                told.append(f"{row['id']}\n    we: {ours or 'taken'}\n    git: {said or 'taken'}")
    print(f"\n## In, against git apply --check: {len(ms)} patches whose files are at hand; {_spread(ms)}")
    print(f"both take {table[True, True]}, both refuse {table[False, False]}, ", end="")
    print(f"only we take {table[True, False]}, only git takes {table[False, True]}")
    print("\n".join(told))


def _checkout(folder: Path, texts: Mapping[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for path, text in texts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    return folder


def _spread(ms: Sequence[float]) -> str:
    return f"{median(ms):.2f} ms p50, {quantiles(ms, n=20)[-1]:.2f} ms p95"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
