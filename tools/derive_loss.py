"""Derive checker/loss.toml: the most that a right fix of each rule loses.

    python tools/derive_loss.py CORPUS.jsonl.gz > rules.toml

Each row of the corpus holds a file `before`, `after` ruff's own fix of one diagnostic, its `rule` and `message`.
Rules that never exceed the default are left out.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict

from suffice.checker.loss import measure_loss
from suffice.checker.trees import regions
from suffice.edits.edit import FileChange

_FIELDS = ("definitions", "statements", "calls", "arguments", "comparisons", "operators", "names", "words")


def main(corpus: str) -> None:
    """Print the table of allowances."""
    most: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIELDS, 0))
    rows = 0
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            touched = regions(FileChange(path="x.py", before=row["before"], after=row["after"]))
            if row["language"] == "python" and all(region.parsed for region in touched):
                rows += 1
                for field, lost in measure_loss(touched, row["message"]).items():
                    most[row["rule"]][field] = max(most[row["rule"]][field], lost)
    sys.stdout.write(f"# {rows} fixes of {len(most)} rules\n")
    for rule in sorted(most):
        over = {field: n for field, n in most[rule].items() if n > 0}
        if over:
            sys.stdout.write(f"{rule} = {{ {', '.join(f'{field} = {n}' for field, n in over.items())} }}\n")


if __name__ == "__main__":
    main(sys.argv[1])
