"""The prompt of a lint fix: stable parts first, so that the providers' prompt caches hit; file text as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from suffice.checker.trees import imports
from suffice.fences import fenced
from suffice.linters import ruff
from suffice.prompt_file import prompt_file
from suffice.shipped import shipped_text
from suffice.snapshot import SourceFile
from suffice.task import Diagnostic, Kind
from suffice.windows import Window

_MAX_IMPORT_LINES = 40


class Prompt(NamedTuple):
    """`stable` is alike for all diagnostics of a rule; `body` holds the place, and what was tried before."""

    version: str
    stable: str
    body: str


def prompt_version(_kind: Kind = Kind.LINT_FIX) -> str:
    """Return the version of the lint prompt, as the ledger knows it."""
    return prompt_file("lint-fix").version


def lint_prompt(
    diagnostic: Diagnostic,
    *,
    file: SourceFile,
    window: Window,
    evidence: Sequence[str] = (),
    budget_tokens: int = 4000,
) -> Prompt:
    """Return the prompt that asks for the fix of *diagnostic* in *window*, with the *evidence* of failed tries.

    What may be left out (definitions, imports) is, where the context would take more than *budget_tokens*.
    """
    instructions = prompt_file("lint-fix")
    stable = "\n".join([instructions.text, _explained(diagnostic.rule), _example(diagnostic.rule)])
    body = "\n".join([*_place(diagnostic, file, window), *_tried(evidence)])
    return Prompt(version=instructions.version, stable=stable, body=body)


@cache
def _explained(rule: str) -> str:
    explanation = ruff.rule_explanation(rule)
    return f"# The rule {rule}\n\n{explanation.strip()}\n" if explanation else f"# The rule {rule}\n"


@cache
def _examples() -> Sequence[Mapping[str, str]]:
    text = shipped_text("prompts/lint-fix-examples.toml")
    return tuple(tomllib.loads(text)["examples"])


def _example(rule: str) -> str:
    fitting = (example for example in _examples() if rule.startswith(example["prefix"]))
    example = max(fitting, key=lambda example: len(example["prefix"]))
    return (
        "# One right and one wrong answer for a rule of this family\n\n"
        f"Before:\n{example['before']}\n\nRight:\n{example['right']}\n\n"
        f"Wrong, because {example['because']}:\n{example['wrong']}\n"
    )


def _place(diagnostic: Diagnostic, file: SourceFile, window: Window) -> list[str]:
    text = file.index.text(window.first, window.last)
    imported = "\n".join(imports(file.text).splitlines()[:_MAX_IMPORT_LINES])
    parts = [f"# The diagnostic\n\n{diagnostic.rule}: {diagnostic.message}"]
    parts.append(f"In {file.path}, line {diagnostic.span.start_line}, column {diagnostic.span.start_column}.\n")
    if imported:
        parts.append(f"Imports of the file:\n{fenced(imported, file.path)}\n")
    if window.headers:
        parts.append(f"The window stands inside:\n{fenced(window.headers, file.path)}\n")
    parts.append(f"# The window: lines {window.first} to {window.last}\n\n{fenced(text, file.path)}")
    return parts


def _tried(evidence: Sequence[str]) -> list[str]:
    if not evidence:
        return []
    listed = "\n".join(f"- {item}" for item in evidence)
    return [f"\n# What was tried before and rejected\n\n{listed}\n\nAnswer differently."]
