"""The prompt of a lint fix: stable parts first, so that the providers' prompt caches hit; file text as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from suffice.checker.trees import imports
from suffice.linters import ruff
from suffice.shipped import shipped_text
from suffice.snapshot import SourceFile
from suffice.task import Diagnostic
from suffice.windows import Window

_VERSION = re.compile(r"<!-- version: (\d+) -->\n")
_MAX_IMPORT_LINES = 40
_LANGUAGES = {".py": "python", ".pyi": "python"}


class Prompt(NamedTuple):
    """`stable` is alike for all diagnostics of a rule; `body` holds the place, and what was tried before."""

    version: str
    stable: str
    body: str


def lint_prompt(diagnostic: Diagnostic, *, file: SourceFile, window: Window, evidence: Sequence[str] = ()) -> Prompt:
    """Return the prompt that asks for the fix of *diagnostic* in *window*, with the *evidence* of failed tries."""
    version, rules = _instructions()
    stable = "\n".join([rules, _explained(diagnostic.rule), _example(diagnostic.rule)])
    body = "\n".join([*_place(diagnostic, file, window), *_tried(evidence)])
    return Prompt(version=version, stable=stable, body=body)


@cache
def _instructions() -> tuple[str, str]:
    text = shipped_text("prompts/lint-fix.md")
    found = _VERSION.match(text)
    assert found, "prompts/lint-fix.md starts with its version"  # noqa: S101 - a shipped file
    return f"lint-fix/{found[1]}", text[found.end() :]


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
        parts.append(f"Imports of the file:\n{_fenced(imported, file.path)}\n")
    if window.headers:
        parts.append(f"The window stands inside:\n{_fenced(window.headers, file.path)}\n")
    parts.append(f"# The window: lines {window.first} to {window.last}\n\n{_fenced(text, file.path)}")
    return parts


def _fenced(text: str, path: str) -> str:
    """Return *text* in a fence that is longer than any it holds, so that it cannot end it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    language = next((name for ending, name in _LANGUAGES.items() if path.endswith(ending)), "")
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _tried(evidence: Sequence[str]) -> list[str]:
    if not evidence:
        return []
    listed = "\n".join(f"- {item}" for item in evidence)
    return [f"\n# What was tried before and rejected\n\n{listed}\n\nAnswer differently."]
