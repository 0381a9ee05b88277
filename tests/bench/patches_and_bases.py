"""Patches by real models with a known outcome, and the files that they were made for: read, never shipped.

A patch names the blob that it was made from; by that the commit of its task is found, and with it the base files.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_FILE = re.compile(
    r"^diff --git a/(\S+) b/(\S+)\n((?:(?:new file|deleted file|old mode|new mode|similarity|rename|index)[^\n]*\n)*)",
    re.MULTILINE,
)
_INDEX = re.compile(r"index (\w+)\.\.")

_Commit = tuple[str, str]


class Labelled(NamedTuple):
    """A patch, who made it, whether it solved its task (None: nobody knows), and the task's base files (None: not
    all that it touches are here)."""

    id: str
    system: str
    model: str
    resolved: bool | None
    instance: str
    patch: str
    base: Mapping[str, str] | None

    @property
    def touched(self) -> list[str]:
        """The files that have to be there."""
        return [path for path, _, head in _FILE.findall(self.patch) if "new file" not in head]


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    """Return the rows of the data file *name*."""
    with gzip.open(folder / "patches" / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def labelled(folder: Path) -> list[Labelled]:
    """Return all patches of the data in *folder*."""
    texts: dict[_Commit, dict[str, str]] = defaultdict(dict)
    for row in rows(folder, "base_files"):
        texts[row["repo"], row["commit"]][row["path"]] = row["text"]
    patches = rows(folder, "model_patches")
    commits = _commits(patches, texts, rows(folder, "edits"))
    found = []
    for row in patches:
        base = texts.get(commits.get(row["instance_id"], ("", "")))
        made_by = (row["id"], row["system"], row["model"])
        one = Labelled(*made_by, _known(row["resolved"]), row["instance_id"], row["patch"], base)
        whole = base is not None and base.keys() >= set(one.touched)
        found.append(one if whole else one._replace(base=None))
    return found


def _known(resolved: object) -> bool | None:
    return {"True": True, "False": False}.get(str(resolved))


def _commits(
    patches: Sequence[Mapping[str, Any]], texts: Mapping[_Commit, Mapping[str, str]], edits: Sequence[Mapping[str, Any]]
) -> dict[str, _Commit]:
    """Return the commit that each task starts from."""
    blobs: dict[str, list[tuple[str, _Commit]]] = defaultdict(list)
    for commit, files in texts.items():
        for path, text in files.items():
            blobs[path].append((_sha(text), commit))
    votes: dict[str, Counter[_Commit]] = defaultdict(Counter)
    for row in patches:
        for path, prefix in _indexed(row["patch"]):
            votes[row["instance_id"]].update(commit for sha, commit in blobs[path] if sha.startswith(prefix))
    commits = {instance: counted.most_common(1)[0][0] for instance, counted in votes.items() if counted}
    for edit in edits:
        reference = edit["base_ref"]
        commits[edit["edit_id"].rpartition("/")[2]] = (reference["repo"], reference["commit"])
    return commits


def _indexed(patch: str) -> Iterator[tuple[str, str]]:
    for path, _, head in _FILE.findall(patch):
        index = _INDEX.search(head)
        if index and "new file" not in head:
            yield path, index[1]


def _sha(text: str) -> str:
    content = text.encode("utf-8")
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


_NAMES = re.compile(r"^(diff --git a/)(\S+)( b/)(\S+)$|^(--- a/|\+\+\+ b/)(.*)$", re.MULTILINE)


def prefixed(one: Labelled) -> str:
    """Return the patch with the task's name before each path, so that the tasks can share one root."""

    def named(match: re.Match[str]) -> str:
        if match[1]:
            return f"{match[1]}{one.instance}/{match[2]}{match[3]}{one.instance}/{match[4]}"
        return f"{match[5]}{one.instance}/{match[6]}"

    return _NAMES.sub(named, one.patch)
