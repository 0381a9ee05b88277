"""What the applier makes of models' replies: real ones, and real edits with one kind of mistake put in.

    python tests/bench/applier.py DATA_FOLDER

DATA_FOLDER/patches holds the cases. Their licences let us measure, not ship them. "right" is the text that the edit is
to give, or the same syntax tree; "wrong" is any other; all else was rejected, with the reason.
"""

from __future__ import annotations

import ast
import gzip
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median, quantiles
from time import process_time
from typing import Any

from suffice.edits.applied import Applied, Rejected
from suffice.edits.apply import apply_reply
from suffice.edits.forms.form import Form, form_of_lines
from suffice.edits.forms.search_replace import parse_search_replace
from suffice.edits.forms.tagged import parse_tagged
from suffice.edits.operation import plain_lines
from suffice.edits.write import write_changes
from suffice.outline import parse
from suffice.snapshot import Snapshot

Rows = Sequence[Mapping[str, Any]]
Bases = Mapping[tuple[str, str, str], str]

RECOVERABLE = (
    "clean",
    "uniform-dedent-4",
    "first-line-indent-lost",
    "trailing-ws-on-context",
    "blank-context-line-dropped",
    "comment-context-line-dropped",
    "smart-quotes-in-context",
    "context-typo-1-char",
)
NEVER = ("code-context-line-dropped", "context-elided-dots", "hallucinated-context")


def main(folder: Path) -> None:
    """Print all tables."""
    patches = folder / "patches"
    edits = {row["edit_id"]: row for row in read(patches, "edits")}
    bases = {(row["repo"], row["commit"], row["path"]): row["text"] for row in read(patches, "base_files")}
    for name in ("mutated_search_replace", "mutated_v4a", "mutated_unified"):
        print_mutated(name, read(patches, name), edits)
    print_edge_cases(read(patches, "v4a_edge_cases"))
    print_hunks(read(patches, "search_replace_hunks"), bases)
    print_attempts(read(patches, "search_replace_attempts"))
    print_chats(read(patches, "chat_edits"))


def read(folder: Path, name: str) -> Rows:
    """Return the rows of one file."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def print_mutated(name: str, rows: Rows, edits: Mapping[str, Mapping[str, Any]]) -> None:
    """Print right, wrong and rejected for each mistake."""
    table: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    steps: dict[str, Counter[str]] = defaultdict(Counter)
    times: list[float] = []
    for row in rows:
        edit = edits[row["edit_id"]]
        snapshot = Snapshot.of_texts({row["path"]: edit["before"]})
        begun = process_time()
        result = apply_reply(row["text"], snapshot=snapshot)
        times.append(process_time() - begun)
        word = judged(result, row["path"], edit["after"])
        table[row["content_mutation"], row["syntax_mutation"]][word] += 1
        if isinstance(result, Applied):
            steps[row["content_mutation"]][result.step] += 1
    print(f"\n## {name}: right (same tree but another text) / wrong / rejected, in percent")
    for content in (*RECOVERABLE, *NEVER):
        print_line(content, table[content, "ok"], ", ".join(f"{k} {n}" for k, n in steps[content].most_common(4)))
    for (content, syntax), words in sorted(table.items()):
        if syntax != "ok":
            print_line(f"{content}, {syntax}", words)
    print_times(times)


def judged(result: Applied | Rejected, path: str, after: str) -> str:
    """Return whether *result* is what the edit is to give."""
    if isinstance(result, Rejected):
        return "rejected"
    made = result.files.get(path) or ""
    if made == after:
        return "right"
    return "same tree" if tree(made) == tree(after) is not None else "wrong"


def tree(text: str) -> str | None:
    """Return the syntax tree of *text* as text, None if it has none."""
    parsed = parse(text)
    return ast.dump(parsed) if parsed else None


def print_line(name: str, words: Counter[str], more: str = "") -> None:
    """Print one line of a table of shares."""
    n = sum(words.values())
    if not n:
        return
    right = words["right"] + words["same tree"]
    shares = [100 * count / n for count in (right, words["same tree"], words["wrong"], words["rejected"])]
    print(f"{name:36} n {n:4}  {shares[0]:5.1f} ({shares[1]:5.1f}) / {shares[2]:4.1f} / {shares[3]:5.1f}   {more}")


def print_times(times: Sequence[float]) -> None:
    """Print how long an application took."""
    print(f"CPU ms per apply: median {1000 * median(times):.1f}, p95 {1000 * quantiles(times, n=20)[-1]:.1f}")


def print_edge_cases(rows: Rows) -> None:
    """Run every case on a real folder, written where it is applied, and count what should never happen."""
    print(f"\n## v4a_edge_cases, n {len(rows)}, in real folders with a link that leads out")
    escapes = partial = 0
    for row in rows:
        with tempfile.TemporaryDirectory() as name:
            result, outside, made = in_folder(Path(name), row)
        escapes += outside
        partial += isinstance(result, Rejected) and bool(made)
        word = f"rejected: {result.reason[:95]}" if isinstance(result, Rejected) else f"applied, {result.step}"
        agrees = "as codex" if made == row["oracle"]["changed_files"] else "not as codex"
        print(f"{row['id'].removeprefix('v4a-edge/'):32} {agrees:13} {word}")
    print(f"escapes {escapes}, partial writes {partial}")


def in_folder(top: Path, row: Mapping[str, Any]) -> tuple[Applied | Rejected, bool, Mapping[str, str | None]]:
    """Return what became of the case in a folder under *top*: the result, whether it escaped, and the changed files."""
    root = top / "w"
    (top / "outside.txt").parent.mkdir(exist_ok=True)
    (top / "outside.txt").write_text("secret\n", "utf-8")
    for path, text in row["input_files"].items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    (root / "link.txt").symlink_to(top / "outside.txt")
    before = contents(root)
    snapshot = Snapshot.of_folder(root)
    result = apply_reply(row["patch"], snapshot=snapshot)
    if isinstance(result, Applied):
        write_changes(result.changes, snapshot=snapshot, root=root.resolve())
    after = contents(root)
    outside = (top / "outside.txt").read_text("utf-8") != "secret\n" or len(list(top.iterdir())) != 2
    made = {path: after.get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    return result, outside, made


def contents(root: Path) -> Mapping[str, str]:
    """Return all texts under *root*."""
    files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in files}


def print_hunks(rows: Rows, bases: Bases) -> None:
    """Print how many real hunks are applied, and whether the file still parses."""
    words: Counter[str] = Counter()
    layers: dict[str, Counter[str]] = defaultdict(Counter)
    steps: Counter[str] = Counter()
    missing = elided = parsed_before = parsed_after = 0
    times: list[float] = []
    for row in rows:
        base = row["base_ref"]
        text = bases.get((base["repo"], base["commit"], base["path"])) if base else None
        if text is None:
            missing += 1
            continue
        begun = process_time()
        result = applied_hunk(row, base["path"], text)
        times.append(process_time() - begun)
        word = "applied"
        if isinstance(result, Rejected):
            word = "changes nothing" if "changes nothing" in result.reason else "rejected"
        if isinstance(result, Applied):
            steps[result.step] += 1
            elided += result.step == "elision"
            if parse(text) is not None:
                parsed_before += 1
                parsed_after += parse(result.files[base["path"]] or "") is not None
        words[word] += 1
        layers[row["layer"]][word] += 1
    n = sum(words.values())
    print(f"\n## search_replace_hunks, n {n} ({missing} without base)")
    print(f"applied {words['applied']} = {words['applied'] / n:.1%}, of them {elided} by paired elision;", end=" ")
    print(f"{words['changes nothing']} more were found but change nothing")
    print(f"syntax kept in {parsed_after} of {parsed_before} that parsed before")
    print("by step:", ", ".join(f"{step} {count}" for step, count in steps.most_common()))
    for layer, own in sorted(layers.items()):
        print(f"  first layer that matches: {layer:18} {dict(own)}")
    print_times(times)


def applied_hunk(row: Mapping[str, Any], path: str, text: str) -> Applied | Rejected:
    """Return what one hunk makes of *text*."""
    old, new = ("\n".join(plain_lines(row[side])) for side in ("search", "replace"))
    reply = f"<file>{path}</file>\n<original>\n{old}\n</original>\n<patched>\n{new}\n</patched>\n"
    return apply_reply(reply, snapshot=Snapshot.of_texts({path: text}), expected=Form.TAGGED)


def print_attempts(rows: Rows) -> None:
    """Print how many raw replies can be read, against what was recorded."""
    print(f"\n## search_replace_attempts, n {len(rows)}: which can be read as edits (no files at hand)")
    read_as: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        form = form_of_lines(plain_lines(row["raw"]))
        parsed = parse_tagged(row["raw"]) if form is Form.TAGGED else form
        word = parsed.reason[:70] if isinstance(parsed, Rejected) else "read" if form is Form.TAGGED else str(form)
        read_as[row["expected_status"]][word] += 1
    print_outcomes(read_as)


def print_chats(rows: Rows) -> None:
    """Print how many replies from daily use can be read, against what was recorded."""
    print(f"\n## chat_edits, n {len(rows)}: which can be read as edits (no files at hand)")
    read_as: dict[str, Counter[str]] = defaultdict(Counter)
    same = blocks = 0
    for row in rows:
        parsed = parse_search_replace(row["text"], known=lambda _: False)
        word = parsed.reason[:70] if isinstance(parsed, Rejected) else "read" if parsed.rounds[0] else "no block"
        read_as[row["expected"]][word] += 1
        recorded = [block[0] for block in row["blocks"] or [] if block[0]]
        if not isinstance(parsed, Rejected) and recorded and not any(name.startswith("<") for name in recorded):
            blocks += 1
            same += [operation.path for operation in parsed.rounds[0]] == recorded
    print_outcomes(read_as)
    print(f"the same files in the same order: {same} of {blocks} where files were recorded")


def print_outcomes(read_as: Mapping[str, Counter[str]]) -> None:
    """Print a table of outcomes."""
    for status, words in sorted(read_as.items()):
        for word, count in words.most_common():
            print(f"{status:26} {count:5}  {word}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
