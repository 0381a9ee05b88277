"""Changes of released projects as replies in each form: what is applied has to be the later files, byte for byte.

    python tests/bench/commits.py FOLDER...          source releases (.tar.gz, .zip), each against the one before it
    python tests/bench/commits.py --repo FOLDER [N]  the last N commits of a repository that are no merges (40)

Releases come from `pip download --no-deps --no-build-isolation --no-binary NAME NAME==VERSION -d FOLDER`. The project
itself is measured on filelock 3.8 to 4.2, pluggy 0.5 to 1.7, colorama 0.3.3 to 0.4.6 and pyparsing 2.2.1 to 2.4.

The replies are those of careful_replies.py. Left out, and counted: what is no text, and what no reply may ever touch.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from careful_replies import FORMS, Changed, Reply, unsaid

from suffice.checker.protected import why_protected
from suffice.edits.applied import Applied, Rejected
from suffice.edits.apply import apply_calls, apply_reply
from suffice.errors import InputError
from suffice.snapshot import Snapshot, SourceFile
from suffice.task import Kind

MOST_FILES = 60
"""A step that changes more is no commit that anybody makes in one go."""

MOST_COMMITS = 40
_ENDINGS = (".py", ".pyi", ".toml", ".cfg", ".ini", ".md", ".rst", ".txt", ".c", ".h", ".js", ".yml", ".yaml", ".in")
_MADE = re.compile(r"(^|/)PKG-INFO$|\.egg-info/|(^|/)SOURCES\.txt$")
_RELEASE = re.compile(r"(.+)-(\d+(?:\.\d+)*)\.(?:tar\.gz|zip)")
_SIMILAR = 0.5
"""git's own measure of a rename."""

CRLF = "\r\n"

Tree = Mapping[str, bytes]


class Commit(NamedTuple):
    """The files before and after; of a repository's commit only those that differ."""

    name: str
    before: Tree
    after: Tree


def main(arguments: Sequence[str]) -> None:
    """Print the table, and what differs."""
    if arguments[:1] == ["--repo"]:
        repo, *count = arguments[1:]
        commits = of_repository(Path(repo), int(count[0]) if count else MOST_COMMITS)
    else:
        commits = (commit for folder in arguments for commit in of_releases(Path(folder)))
    tally = Tally()
    for commit in commits:
        tally.take(commit)
    tally.print()


class Tally:
    """What became of all commits so far."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.left_out = self.too_large = 0
        self.kinds: Counter[str] = Counter()
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.unsaid: Counter[tuple[str, str]] = Counter()
        self.faults: list[str] = []

    def take(self, commit: Commit) -> None:
        """Apply *commit* in each form."""
        files, left = changed_files(commit)
        if not files or len(files) > MOST_FILES:
            self.too_large += bool(files)
            return
        self.left_out += left
        self.sizes.append(len(files))
        self.kinds.update(map(kind_of, files))
        for form in FORMS:
            why_not = {file: unsaid(form, file) for file in files}
            self.unsaid.update((form, why) for why in why_not.values() if why)
            said = [file for file in files if not why_not[file]]
            fault = fault_of(FORMS[form](said), said, commit.before) if said else None
            self.outcomes[form, (fault or "equal").partition(":")[0] if said else "unsaid"] += 1
            self.faults += [f"{commit.name}, {form}: {fault}"] if fault else []

    def print(self) -> None:
        """Print the table, what no reply can say, and each fault."""
        print(f"{len(self.sizes)} commits of {sum(self.sizes)} files (at most {max(self.sizes, default=0)}):", end=" ")
        print(", ".join(f"{count} {kind}" for kind, count in self.kinds.most_common()))
        print(f"left out: {self.left_out} other files, {self.too_large} commits of more than {MOST_FILES} files")
        for form in FORMS:
            equal, different, rejected = (self.outcomes[form, word] for word in ("equal", "different", "rejected"))
            print(f"{form:20} equal {equal:4}  different {different:4}  rejected {rejected:4}")
        for (form, what), count in self.unsaid.items():
            print(f"{form:20} cannot say: {what} ({count} files)")
        print(*self.faults, sep="\n")


def kind_of(file: Changed) -> str:
    """Return what happens to *file*, and what of it is unusual."""
    if file.new_path:
        return "renamed"
    if file.before is None or file.after is None:
        return "created" if file.before is None else "deleted"
    ends = " with another end" * (file.before.endswith("\n") != file.after.endswith("\n"))
    return f"changed{' with CRLF' * (CRLF in file.before)}{ends}"


def fault_of(reply: Reply, files: Sequence[Changed], before: Tree) -> str | None:
    """Return what is wrong with what *reply* makes of *before*, None if it is *files* byte for byte."""
    snapshot = Snapshot(lambda path: _content(before, path), listed=tuple(before))
    made = apply_reply(reply, snapshot=snapshot) if isinstance(reply, str) else apply_calls(reply, snapshot=snapshot)
    if isinstance(made, Rejected):
        return f"rejected: {made.reason}"
    wanted: dict[str, bytes | None] = {file.path: None for file in files}
    wanted |= {file.new_path or file.path: file.after.encode() for file in files if file.after is not None}
    is_now = contents(made)
    wrong = sorted(path for path in wanted.keys() | is_now.keys() if wanted.get(path) != is_now.get(path))
    return f"different: {', '.join(wrong)}" if wrong else None


def contents(made: Applied) -> Mapping[str, bytes | None]:
    """Return the bytes of all files that *made* changes, None for those that are gone."""
    gone: dict[str, bytes | None] = {change.path: None for change in made.changes}
    return gone | {
        change.target: ("\ufeff" * change.bom + change.after).encode()
        for change in made.changes
        if change.after is not None
    }


def _content(tree: Tree, path: str) -> bytes:
    try:
        return tree[path]
    except KeyError:
        raise InputError(f"{path} is not in this tree; name one of its files.") from None


def changed_files(commit: Commit) -> tuple[list[Changed], int]:
    """Return the text files that *commit* changes, renames found, and how many others it changes."""
    files: list[Changed] = []
    left = 0
    for path in sorted(commit.before.keys() | commit.after.keys()):
        sides = [commit.before.get(path), commit.after.get(path)]
        if sides[0] == sides[1]:
            continue
        if why_protected(path, Kind.EDIT) or not all(side is None or _is_text(path, side) for side in sides):
            left += 1
        else:
            files.append(Changed(path, *(side if side is None else side.decode() for side in sides)))
    return _with_renames(files), left


def _is_text(path: str, content: bytes) -> bool:
    try:
        SourceFile.of_bytes(path, content)
    except InputError:
        return False
    return True


def _with_renames(files: Sequence[Changed]) -> list[Changed]:
    """Return *files* with each created one joined to the deleted one that it is most like, if it is like one."""
    gone = {file.path: file for file in files if file.after is None}
    joined: list[Changed] = []
    for file in files:
        if file.before is None and file.after:
            likest = max(gone, key=lambda path: _likeness(gone[path].before or "", file.after or ""), default=None)
            if likest and _likeness(gone[likest].before or "", file.after) >= _SIMILAR:
                joined.append(Changed(likest, gone.pop(likest).before, file.after, new_path=file.path))
                continue
        joined.append(file)
    return [file for file in joined if file.after is not None or file.path in gone]


def _likeness(before: str, after: str) -> float:
    old, new = (Counter(text.split("\n")) for text in (before, after))
    return (old & new).total() / max(old.total(), new.total())


def of_releases(folder: Path) -> Iterator[Commit]:
    """Yield each release in *folder* as a change of the one before it."""
    named = [(match, path) for path in folder.iterdir() if (match := _RELEASE.fullmatch(path.name))]
    releases = sorted(named, key=lambda each: (each[0][1], [int(part) for part in each[0][2].split(".")]))
    last: tuple[str, Tree] | None = None
    for match, path in releases:
        tree = _unpacked(path)
        if last is not None and last[0] == match[1]:
            yield Commit(f"{match[1]} {match[2]}", last[1], tree)
        last = match[1], tree


def _unpacked(archive: Path) -> Tree:
    contents = _zipped(archive) if archive.suffix == ".zip" else _tarred(archive)
    inside = ((name.partition("/")[2], content) for name, content in contents)
    return {path: content for path, content in inside if path.endswith(_ENDINGS) and not _MADE.search(path)}


def _tarred(archive: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive) as packed:
        for member in packed:
            opened = packed.extractfile(member) if member.isfile() else None
            if opened is not None:
                yield member.name, opened.read()


def _zipped(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            yield member.filename, packed.read(member)


def of_repository(repo: Path, count: int) -> Iterator[Commit]:
    """Yield the last *count* commits of *repo* that have one parent, the oldest first."""
    listed = _git(repo, "rev-list", "--no-merges", "--min-parents=1", f"--max-count={count}", "--reverse", "HEAD")
    for sha in listed.decode().split():
        raw = _git(repo, "diff-tree", "-r", "-z", "--no-renames", "--no-commit-id", sha).decode().split("\0")
        sides: tuple[dict[str, bytes], dict[str, bytes]] = ({}, {})
        for told, path in zip(raw[::2], raw[1::2], strict=False):
            modes_and_blobs = told.lstrip(":").split()
            for side, mode, blob in zip(sides, modes_and_blobs[:2], modes_and_blobs[2:4], strict=True):
                if mode.startswith("100"):
                    side[path] = _git(repo, "cat-file", "blob", blob)
        yield Commit(f"{repo.name} {sha[:10]}", *sides)


def _git(repo: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=repo, capture_output=True, check=True).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
