"""What `suffice ask` is asked: a task of a text kind, and the texts it is about, as they may be sent."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from suffice.answer_form import usable_schema
from suffice.config import Config, load_config
from suffice.errors import InputError
from suffice.families import TEXT_KINDS
from suffice.named_files import never_ignored
from suffice.privacy import redact
from suffice.snapshot import Snapshot, SourceFile
from suffice.targets import Wanted, root_of
from suffice.task import Kind, Task
from suffice.text_task import LABELLED

STDIN = "stdin"
"""What standard input is called in the prompt."""

_COMMANDS: Mapping[str, str] = {
    Kind.LINT_FIX: "suffice fix",
    Kind.REVIEW: "suffice review",
    Kind.ARCHITECTURE_REVIEW: "suffice review --architecture",
    Kind.EDIT: "suffice edit",
    Kind.CODEGEN: "suffice edit --kind codegen",
    Kind.REFACTOR: "suffice edit --kind refactor",
    Kind.TEST_WRITING: "suffice edit --kind test-writing",
    Kind.DEBUG: "suffice edit --kind debug",
}
"""The command for each kind whose result is no text."""

_FEWEST_LABELS = {Kind.TRIAGE: 2, Kind.TAGGING: 1}


class Asked(NamedTuple):
    """A task, the texts of its paths, the folder they are relative to, and the settings that hold there."""

    task: Task
    snapshot: Snapshot
    root: Path
    config: Config


def asked(options: Mapping[str, Any]) -> Asked:
    """Return what *options* ask for. Raises InputError for what cannot be asked or must not be sent."""
    kind = _kind(options["kind"])
    names = tuple(dict.fromkeys(options["files"]))
    files = [_existing(name) for name in names if name != "-"]
    root = _root(files)
    folder = Snapshot.of_folder(root)
    config = load_config(folder, os.environ)
    paths = [_allowed(file, root, config.exclude) for file in files]
    snapshot = folder.with_texts({STDIN: _standard_input(paths)}) if "-" in names else folder
    task = Task(
        kind=kind,
        paths=tuple(dict.fromkeys(_in_order(names, paths))),
        instruction=sayable(options["message"] or "", "-m"),
        labels=_labels(kind, options["labels"]),
        answer_schema=_schema(kind, options["schema"], root, config.exclude),
    )
    if not any(text.strip() for text in (task.instruction, *map(snapshot.text, task.paths))):
        raise InputError("There is nothing to ask about; name files, - for standard input, or say it with -m.")
    return Asked(task, snapshot, root, config)


def _in_order(names: Sequence[str], paths: Sequence[str]) -> Iterator[str]:
    """Yield *paths*, and standard input where *names* have it."""
    files = iter(paths)
    return (STDIN if name == "-" else next(files) for name in names)


def _kind(name: str) -> Kind:
    if name in TEXT_KINDS:
        return Kind(name)
    if name in _COMMANDS:
        raise InputError(f"{name} is not asked but carried out; use {_COMMANDS[name]}.")
    raise InputError(f"{name} is no kind of question; kinds are: {', '.join(TEXT_KINDS)}.")


def _existing(name: str) -> Path:
    """Return the absolute path of *name*, symbolic links in it as they are."""
    path = Path(os.path.abspath(name))  # noqa: PTH100 - a link may be ignored by its own name, so it is not followed
    if not path.exists():
        raise InputError(f"There is no {name}; name a file, or - for standard input.")
    if path.is_dir():
        raise InputError(f"{name} is a folder; name the files in it that the question is about.")
    return path


def _root(files: Sequence[Path]) -> Path:
    """Return the folder that the paths are relative to: the one we are in if it holds the first file, else that's."""
    here = root_of(Wanted(), folder=Path.cwd())
    if not files or files[0].resolve().is_relative_to(here):
        return here
    return root_of(Wanted(paths=(str(files[0]),)), folder=Path.cwd())


def _allowed(file: Path, root: Path, exclude: Sequence[str]) -> str:
    """Return the path of *file* below *root*. Raises InputError if it lies outside, or may not be sent."""
    real = file.resolve()
    if not real.is_relative_to(root):
        raise InputError(f"{file} lies outside {root}; name files of one project, or pass it to - by standard input.")
    never_ignored(file, root, exclude)
    return real.relative_to(root).as_posix()


def _standard_input(paths: Sequence[str]) -> str:
    if STDIN in paths:
        raise InputError(f"A file is called {STDIN}, as standard input is; rename it, or ask about one of them.")
    if sys.stdin.isatty():
        raise InputError("Standard input is a terminal; pipe a text into this command, or name a file.")
    try:
        return SourceFile.of_bytes("standard input", sys.stdin.buffer.read()).text
    except InputError as error:
        raise InputError(f"{str(error).rsplit('; ', 1)[0]}; pass a text, or less of it.") from error


def _labels(kind: Kind, given: str | None) -> tuple[str, ...]:
    labels = tuple(dict.fromkeys(filter(None, (label.strip() for label in (given or "").split(",")))))
    if kind not in LABELLED:
        if given is not None:
            raise InputError(f"--labels belongs to {' and '.join(sorted(LABELLED))}, not to {kind}; leave it out.")
        return ()
    if len(labels) < _FEWEST_LABELS[kind]:
        raise InputError(f"{kind} needs labels to choose from; give them as in --labels bug,question,other.")
    return tuple(_without_secret(sayable(label, "--labels"), "--labels") for label in labels)


def _schema(kind: Kind, name: str | None, root: Path, exclude: Sequence[str]) -> str | None:
    if (kind is Kind.EXTRACTION) != (name is not None):
        wrong = "extraction needs a form" if name is None else f"--schema belongs to extraction, not to {kind}"
        raise InputError(f"{wrong}; {'give a JSON Schema with --schema FILE' if name is None else 'leave it out'}.")
    if name is None:
        return None
    file = _existing(name)
    never_ignored(file, root, exclude)
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{name} cannot be read ({error}); name a file with a JSON Schema.") from error
    usable_schema(text, name=name)
    return _without_secret(text, name)


def _without_secret(text: str, name: str) -> str:
    """Return *text*, which is sent as it is. Raises InputError if it holds a secret."""
    if redact(text).secrets:
        raise InputError(f"{name} holds what looks like a secret, and is sent as it is; take that out.")
    return text


def sayable(text: str, option: str) -> str:
    """Return *text* if it can be sent: bytes of the command line that are no UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"{option} holds bytes that are not UTF-8; give it as UTF-8.") from error
    return text
