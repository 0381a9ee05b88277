"""Mutated replies in every form against a real folder: nothing is ever raised, led outside, or half written.

    python tests/bench/fuzz_applier.py [COUNT [SEED]]

The default test run does 500 of them with a fixed seed.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import process_time
from typing import NamedTuple

from suffice.checker.protected import as_seen, never_patched
from suffice.edits.applied import Applied, Rejected
from suffice.edits.apply import apply_reply
from suffice.edits.patch_in import parse_patch
from suffice.edits.write import write_changes
from suffice.errors import SufficeError
from suffice.snapshot import MAX_FILE_BYTES, Snapshot, safe_path

MOST_SECONDS = 5.0
"""CPU time that no reply may take in a run by hand, the huge ones included."""

FILES: Mapping[str, str] = {
    "pkg/shop.py": (
        '"""A shop."""\n\nimport os\n\n\nclass Cart:\n    def total(self, items):\n        # sum them up\n'
        "        result = 0\n\n        for item in items:\n            result += item.price\n        return result\n\n"
        "    def empty(self):\n        return not self.items\n\n\n"
        "def main():\n    cart = Cart()\n    return cart.total([])\n"
    ),
    "web/app.js": "function a() {\n\treturn 1;\n}\n\n// two\nfunction b() {\n\treturn 1;\n}\n",
    "notes.md": "# Notes\n\nSome ``` text\n=======\nmore — “quoted”\n",
    "crlf.txt": "one\r\ntwo\r\nthree\r\n",
    "unended.txt": "one\ntwo\nthree",
    "empty.txt": "",
    "setup.cfg": "[metadata]\nname = shop\n",
}

SEARCH_REPLACE = """\
Here it is:

pkg/shop.py
```python
<<<<<<< SEARCH
        for item in items:
            result += item.price
=======
        for item in items:
            if item:
                result += item.price
>>>>>>> REPLACE
```

`crlf.txt`
<<<<<<< SEARCH
two
=======
TWO
>>>>>>> REPLACE

new/file.py
```
<<<<<<< SEARCH
=======
x = 1
>>>>>>> REPLACE
```
"""
ELIDED = """\
pkg/shop.py
<<<<<<< SEARCH
    def total(self, items):
        ...
        return result
=======
    def total(self, items):
        ...
        return result or None
>>>>>>> REPLACE
"""
TAGGED = """\
# modification 1
<file>pkg/shop.py</file>
<original>def empty(self):
        return not self.items
</original>
<patched>def empty(self):
        return len(self.items) == 0
</patched>
"""
V4A = """\
*** Begin Patch
*** Update File: web/app.js
@@ function b() {
-\treturn 1;
+\treturn 2;
*** Add File: new/other.txt
+hello
*** Delete File: empty.txt
*** Update File: unended.txt
*** Move to: moved.txt
@@
 two
-three
+THREE
*** End of File
*** End Patch
"""
UNIFIED = """\
```diff
--- a/pkg/shop.py
+++ b/pkg/shop.py
@@ -9,4 +9,5 @@
         result = 0

         for item in items:
-            result += item.price
+            result -= item.price
+            print(item)
diff --git a/notes.md b/notes.md
--- a/notes.md
+++ b/notes.md
@@ ... @@
 # Notes
+added
--- /dev/null
+++ b/made.txt
@@ -0,0 +1 @@
+made
```
"""
EDITOR = json.dumps(
    [
        {"command": "str_replace", "path": "pkg/shop.py", "old_str": "cart = Cart()", "new_str": "cart = Cart(1)"},
        {"command": "insert", "path": "notes.md", "insert_line": 1, "insert_text": "inserted\n"},
        {"command": "create", "path": "made/by.py", "file_text": "y = 2\n"},
        {"command": "str_replace", "path": "made/by.py", "old_str": "y = 2", "new_str": "y = 3"},
    ]
)
PATCH_CALLS = json.dumps(
    [
        {
            "type": "apply_patch_call",
            "operation": {"type": "update_file", "path": "crlf.txt", "diff": "@@\n one\n-two\n+zwei\n"},
        },
        {"type": "apply_patch_call", "operation": {"type": "create_file", "path": "c.txt", "diff": "+c\n"}},
        {"type": "apply_patch_call", "operation": {"type": "delete_file", "path": "empty.txt"}},
    ]
)
SEEDS = (SEARCH_REPLACE, ELIDED, TAGGED, V4A, UNIFIED, EDITOR, PATCH_CALLS)

PATHS = (
    "../evil.txt", "/etc/passwd", "a/../../evil.txt", "link.txt", "folder/evil.txt", "folder/secret.txt",
    ".git/hooks/pre-commit", ".GIT/config", ".git\u200c/config", "C:\\evil.txt", "..\\evil.txt", "setup.cfg",
    "pyproject.toml", "pkg", "pkg/shop.py/x.py", "x" * 300, "d/" * 600 + "x", "nul\0.txt",
    "\ud800.txt", "d/" * 3_000 + "\ud800", "loop", "loop/x",
    "unended.txt", "empty.txt", "~/evil.txt", "./pkg/../pkg/shop.py", "",
)  # fmt: skip
MARKERS = ("<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "*** Begin Patch", "*** End Patch", "@@", "@@ -1,2 +1,2 @@", "*** End of File", "*** Move to: x", "--- a/x", "+++ b/x", "```", "...", "+...", "", " ", "<original>", "</patched>", "\\ No newline at end of file", "new file mode 120000", "rename from x")  # fmt: skip  # noqa: E501
NAMES = tuple(path for path in (*FILES, "new/file.py", "new/other.txt", "made/by.py", "made.txt", "moved.txt", "c.txt"))

Mutation = Callable[[random.Random, str], str]


def flip(chance: random.Random, text: str) -> str:
    """Return *text* with a few characters replaced by any."""
    chars = list(text)
    for _ in range(chance.randint(1, 4)):
        chars[chance.randrange(len(chars))] = chr(chance.choice([*range(1, 128), 0, 0x2028, 0xFEFF, 0xD800, 0x1F642]))
    return "".join(chars)


def drop_line(chance: random.Random, text: str) -> str:
    """Return *text* without one line."""
    lines = text.split("\n")
    del lines[chance.randrange(len(lines))]
    return "\n".join(lines)


def repeat_line(chance: random.Random, text: str) -> str:
    """Return *text* with one line some more times."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    return "\n".join([*lines[:at], *[lines[at]] * chance.choice([2, 2, 3, 50]), *lines[at + 1 :]])


def swap_lines(chance: random.Random, text: str) -> str:
    """Return *text* with two lines changed about."""
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def put_marker(chance: random.Random, text: str) -> str:
    """Return *text* with one line that is a marker of some form, in the place of another or beside it."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at : at + chance.randint(0, 1)] = [chance.choice(MARKERS)]
    return "\n".join(lines)


def other_path(chance: random.Random, text: str) -> str:
    """Return *text* with one of its paths replaced by a bad one, or by one of another file."""
    there = [name for name in NAMES if name in text]
    path = chance.choice([*PATHS, *PATHS, *NAMES])
    return text.replace(chance.choice(there), json.dumps(path)[1:-1] if text[:1] == "[" else path) if there else text


def cut(chance: random.Random, text: str) -> str:
    """Return the start of *text*, as where a reply was cut off."""
    return text[: chance.randrange(1, len(text) + 1)]


def join(chance: random.Random, text: str) -> str:
    """Return *text* and another seed, or the same once more."""
    return text + chance.choice(["", "\n", "\n\nAnd then:\n\n"]) + chance.choice([*SEEDS, text])


def reindent(chance: random.Random, text: str) -> str:
    """Return *text* with the indentation of all lines changed."""
    old, new = chance.choice([("    ", ""), ("    ", "\t"), ("        ", "    "), ("\t", "  "), (" ", "\u00a0")])
    return text.replace(old, new)


def crlf(_: random.Random, text: str) -> str:
    """Return *text* with CRLF, as saved elsewhere."""
    return text.replace("\n", "\r\n")


MUTATIONS: Sequence[Mutation] = (
    flip, flip, drop_line, drop_line, repeat_line, swap_lines, put_marker, put_marker, other_path, other_path,
    cut, join, reindent, crlf,
)  # fmt: skip


def elided(line: str) -> str:
    """Return very many lines with others left out between them."""
    return f"...\n{line}" * 2_000


def alternating(word: str) -> str:
    """Return lines that every such text has, with others between them."""
    return "".join(f"{n}\n{word} {n}\n" for n in range(30_000))


HUGE: Sequence[Callable[[str], str]] = (
    lambda line: f"pkg/shop.py\n<<<<<<< SEARCH\n{line * 10_000}=======\nx\n>>>>>>> REPLACE\n",
    lambda line: "pkg/shop.py\n<<<<<<< SEARCH\n" + line * 5_000 + "=======\n" + line * 5_001 + ">>>>>>> REPLACE\n",
    lambda line: (
        "*** Begin Patch\n*** Update File: big.py\n" + f"@@ {line} {line}-{line}+y\n" * 2_000 + "*** End Patch"
    ),
    lambda line: "*** Add File: " + " " * 200_000 + f"x\n+{line}",
    lambda line: "--- a/big.py\n+++ b/big.py\n" + f"@@ -1 +1 @@\n {line}-{line}+x\n" * 400,
    lambda line: f"big.py\n<<<<<<< SEARCH\n{elided(line)}=======\n{elided(line)}z\n>>>>>>> REPLACE\n",
    lambda line: "big.py\n<<<<<<< SEARCH\n" + f"{line}\n# c\n" * 3_000 + "=======\nx\n>>>>>>> REPLACE\n",
    lambda line: "[" * 100_000 + line,
    lambda line: "<original>" * 20_000 + line,
    lambda line: f"{' ' * 100_000}{line}" * 10 + SEARCH_REPLACE,
    lambda line: "x.py\n<<<<<<< SEARCH\n=======\n" + line * 400_000 + ">>>>>>> REPLACE\n",
    lambda line: (
        "big.py\n<<<<<<< SEARCH\n" + line * 40 + "no such line\n" + line * 40 + "=======\nx\n>>>>>>> REPLACE\n"
    ),
    lambda line: "big.py\n" + f"<<<<<<< SEARCH\n{line}=======\nx\n>>>>>>> REPLACE\n" * 60_000,
    lambda line: f"<file>big.py</file>{f'<original>{line}</original><patched>x</patched>' * 60_000}",
    lambda line: "*** Add File: a\n+x\n" + "".join(f"*** Delete File: {n}\n" for n in range(100_000)) + line,
    lambda line: "".join(f"--- /dev/null\n+++ b/{n}\n@@ -0,0 +1 @@\n+{line}" for n in range(20_000)),
    lambda line: "--- a/big.py\n+++ b/big.py\n" + "".join(f"@@ -{n} +{n} @@\n-{line}+y\n" for n in range(1, 20_000, 2)),
    lambda line: json.dumps([{"command": "create", "path": f"{n}.py", "file_text": line} for n in range(30_000)]),
    lambda line: f"big.py\n<<<<<<< SEARCH\n{alternating('old')}{line}=======\n{alternating('new')}>>>>>>> REPLACE\n",
)
LINES = ("\n", "x = 1\n", "    x = 1\n", "a\n", "x = 2\n", "# c\n")
BIG = "x = 1\n" * 80_000 + "".join(f"y{n} = {n}\n" for n in range(20_000)) + "\n" * 50_000 + "# c\nx = 1\n" * 10


class Tally(NamedTuple):
    """What became of the replies, and what should never have happened."""

    outcomes: Counter[str]
    wrongs: list[str]
    slowest_s: float


def fuzz(count: int, seed: int, folder: Path, *, written_each: int = 1) -> Tally:
    """Apply *count* mutated replies to a project under *folder*; every so many that were applied are written too."""
    chance = random.Random(seed)
    root = project(folder / "root")
    untouched = contents(folder)
    outcomes: Counter[str] = Counter()
    wrongs: list[str] = []
    slowest = 0.0
    for number in range(count):
        text = reply(chance, huge=number % 100 == 0)
        begun = process_time()
        try:
            result = apply_reply(text, snapshot=Snapshot.of_folder(root))
        except Exception:  # noqa: BLE001 - that none is raised is what is shown
            wrongs.append(f"raised: {traceback.format_exc(limit=-3)} by {text[:400]!r}")
            continue
        slowest = max(slowest, process_time() - begun)
        outcomes["rejected" if isinstance(result, Rejected) else f"applied {result.step}"] += 1
        if isinstance(result, Applied):
            wrongs += [f"{wrong} by {text[:400]!r}" for wrong in wrongs_of(result, root)]
            if outcomes.total() % written_each == 0:
                wrongs += [f"{wrong} by {text[:400]!r}" for wrong in wrongly_written(result, folder.parent)]
    if contents(folder) != untouched:
        wrongs.append("something was written outside of the copies")
    return Tally(outcomes, wrongs, slowest)


def reply(chance: random.Random, *, huge: bool) -> str:
    """Return a mutated reply, or a huge one."""
    if huge:
        return chance.choice(HUGE)(chance.choice(LINES))
    text = chance.choice(SEEDS)
    for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3, 5])):
        text = chance.choice(MUTATIONS)(chance, text) or "x"
    return text


def project(root: Path) -> Path:
    """Return *root* with the files of the project, and links that lead out of it."""
    outside = root.parent / "outside"
    outside.mkdir(parents=True)
    (outside / "secret.txt").write_text("secret\n", "utf-8")
    for path, text in {**FILES, "big.py": BIG}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(text.encode())
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "folder").symlink_to(outside)
    (root / "loop").symlink_to("loop")
    return root


def contents(folder: Path) -> Mapping[str, bytes]:
    """Return what all files under *folder* hold."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def wrongs_of(applied: Applied, root: Path) -> list[str]:
    """Return what is wrong with a reply that was applied: its paths or its diff."""
    wrongs = [f"the path {path!r}" for path in applied.files if not is_allowed(path, root)]
    texts = [text for text in applied.files.values() if text is not None]
    wrongs += ["a text over the limit" for text in texts if len(text.encode()) > MAX_FILE_BYTES]
    again = parse_patch(applied.patch, snapshot=Snapshot.of_folder(root))
    if isinstance(again, Rejected):
        wrongs.append(f"its own diff is rejected ({again.reason})")
    elif {(change.path, change.target, change.after) for change in again} != {
        (change.path, change.target, change.after) for change in applied.changes
    }:
        wrongs.append("its own diff says something else")
    return wrongs


def is_allowed(path: str, root: Path) -> bool:
    """Whether *path* is one that a reply may name."""
    inside = safe_path(path) == path and (root / path).resolve() == root.resolve() / path
    return inside and ".git" not in path.lower().split("/") and not never_patched().match_file(as_seen(path))


def wrongly_written(applied: Applied, beside: Path) -> list[str]:
    """Return what differs between what *applied* says and what is there once it is written into a copy."""
    if any(change.before is not None and change.path not in FILES for change in applied.changes):
        return []
    before = {path: text for path, text in FILES.items() if path not in applied.files}
    with tempfile.TemporaryDirectory(dir=beside) as name:
        root = Path(name)
        for path, text in FILES.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(text.encode())
        try:
            write_changes(applied.changes, snapshot=Snapshot.of_folder(root), root=root.resolve())
        except SufficeError as error:
            return [f"it cannot be written ({error})"]
        there = {path.removeprefix(f"{root}/"): content.decode() for path, content in contents(root).items()}
    wanted = before | {path: text for path, text in applied.files.items() if text is not None}
    return [] if there == wanted else ["what is written is not what it says"]


def main(count: int, seed: int) -> int:
    """Print what became of *count* replies and return 1 if anything went wrong."""
    with tempfile.TemporaryDirectory() as name:
        tally = fuzz(count, seed, Path(name) / "fuzz")
    print(f"{count} replies, seed {seed}, slowest {tally.slowest_s:.2f} s of CPU")
    for outcome, times in tally.outcomes.most_common():
        print(f"{outcome:26} {times}")
    for wrong in tally.wrongs[:20]:
        print(f"WRONG: {wrong}")
    print(f"{len(tally.wrongs)} wrong")
    return int(bool(tally.wrongs) or tally.slowest_s > MOST_SECONDS)


if __name__ == "__main__":
    count, seed, *_ = [*map(int, sys.argv[1:]), 20_000, 0] if len(sys.argv) != 2 else [int(sys.argv[1]), 0]
    sys.exit(main(count, seed))
