"""The prompt of a lint fix: stable parts first, so that the providers' prompt caches hit; file text as data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from suffice.context.lint import lint_context
from suffice.fences import fenced
from suffice.linters import ruff
from suffice.prompt_file import prompt_file
from suffice.shipped import shipped_text
from suffice.snapshot import SourceFile
from suffice.task import Diagnostic, Kind
from suffice.windows import Window


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

    The window and what is shown beside it take about *budget_tokens* at most; what may be left out, definitions and
    imports, is left out first. The window itself and the headers around it are whole.
    """
    instructions = prompt_file("lint-fix")
    stable = "\n".join([instructions.text, _explained(diagnostic.rule), _example(diagnostic.rule)])
    body = "\n".join([*_place(diagnostic, file, window, budget_tokens), *_tried(evidence)])
    return Prompt(version=instructions.version, stable=stable, body=body)


_REFERENCES = re.compile(r"^## References\n(?:(?!## ).*\n?)*", re.MULTILINE)
"""Links to read further: of use to a person alone."""


@cache
def _explained(rule: str) -> str:
    explanation = _REFERENCES.sub("", ruff.rule_explanation(rule) or "").strip()
    return f"# The rule {rule}\n\n{explanation}\n" if explanation else f"# The rule {rule}\n"


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


def _place(diagnostic: Diagnostic, file: SourceFile, window: Window, budget_tokens: int) -> list[str]:
    text = file.index.text(window.first, window.last)
    line, column = diagnostic.span.start_line, diagnostic.span.start_column
    beside = lint_context(file, window, line=line, budget_tokens=budget_tokens)
    parts = [f"# The diagnostic\n\n{diagnostic.rule}: {diagnostic.message}"]
    parts.append(f"In {file.path}, line {line - window.first + 1} of the window, column {column}.\n")
    if beside.imports:
        parts.append(f"Imports of the file:\n{fenced(beside.imports, file.path)}\n")
    if beside.definitions:
        parts.append(f"Definitions in the file that the window names:\n{fenced(beside.definitions, file.path)}\n")
    if beside.inside:
        parts.append(f"The window stands inside:\n{fenced(beside.inside, file.path)}\n")
    parts.append(f"# The window: {_lines(window)}\n\n{fenced(text, file.path)}")
    return parts


def _lines(window: Window) -> str:
    count = window.last - window.first + 1
    return "1 line" if count == 1 else f"{count} lines"


def _tried(evidence: Sequence[str]) -> list[str]:
    if not evidence:
        return []
    listed = "\n".join(f"- {item}" for item in evidence)
    return [f"\n# What was tried before and rejected\n\n{listed}\n\nAnswer differently."]
