"""Every prompt, whole: a change of a word is a change of this test, and of the prompt's version.

`UPDATE_PROMPTS=1 pytest tests/routing/test_prompts.py` writes the snapshots anew; read the difference.
"""

import pytest
from stored_prompts import stored

from suffice.asking import told
from suffice.edits.edit import Edit
from suffice.lanes import estimate_tokens
from suffice.lint_prompt import lint_prompt
from suffice.outcome import Attempt
from suffice.privacy import redact
from suffice.providers.reply import Ended
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Span
from suffice.windows import window

CODE = '''\
"""Settings."""

import os
from typing import Any


class Settings:
    def read(self, path: str, values: dict[str, Any]) -> int:
        """Return the port."""
        try:
            return int(values["port"])
        except KeyError:
            raise LookupError(f"no port in {path}")


token = "abcdefghij0123456789"
if os.path.exists("a"):
    print("```")
'''

SERVICE = '''\
"""A client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 3.0
UNUSED = 1


@dataclass
class Options:
    """How a request is sent.

    All of it has defaults.
    """

    path: str
    timeout_s: float = TIMEOUT_S
    headers: dict[str, str] | None = None

    def merged(self, other: Options) -> Options:
        """Return both."""
        return Options(self.path or other.path, min(self.timeout_s, other.timeout_s))


def decoded(text: str) -> dict:
    return json.loads(text)


class Client:
    """Asks the service."""

    retries = 2

    def send(self, options: Options) -> dict:
        try:
            return decoded(self._post(options.path, TIMEOUT_S))
        except ValueError:
            raise RuntimeError(f"no answer after {self.retries} tries")

    def _post(self, path: str, timeout_s: float) -> str:
        """Post to *path*.

        Ten lines and more are not shown.
        """
        for _ in range(self.retries):
            text = Path(path).read_text()
            if text:
                return text

        return ""
'''

FILES = {"pkg/settings.py": CODE, "pkg/service.py": SERVICE}

REJECTED = Attempt(
    lane="haiku",
    provider="anthropic",
    model="m",
    ended=Ended.ANSWERED,
    evidence="suppression: adds a suppression: # noqa",
    edits=(Edit(path="pkg/settings.py", base_sha="", start=0, end=0, new_text="    # ```\n    raise  # noqa\n"),),
)

CASES = {
    "B904-first": ("B904", "raise without from inside except", (13, 13), (), "pkg/settings.py"),
    "B904-again": (
        "B904",
        "raise without from inside except",
        (13, 13),
        told((REJECTED,)),
        "pkg/settings.py",
    ),
    "PTH110-module": (
        "PTH110",
        "`os.path.exists()` should be replaced by `Path.exists()`",
        (17, 4),
        (),
        "pkg/settings.py",
    ),
    "unknown-rule": ("ZZZ999", "something is odd", (16, 1), (), "pkg/settings.py"),
    "B904-definitions": ("B904", "raise without from inside except", (42, 13), (), "pkg/service.py"),
}


def prompt_of(case):
    rule, message, (line, column), evidence, path = CASES[case]
    file = Snapshot.of_texts(FILES).file(path)
    span = Span(start_line=line, start_column=column, end_line=line, end_column=column + 5)
    diagnostic = Diagnostic(rule=rule, message=message, path=file.path, span=span)
    return lint_prompt(diagnostic, file=file, window=window(file.text, span), evidence=evidence)


@pytest.mark.parametrize("case", CASES)
def test_a_prompt_reads_as_its_snapshot(case):
    prompt = prompt_of(case)
    tokens = estimate_tokens(prompt.stable + prompt.body)
    sent = redact(prompt.body).text
    whole = f"version {prompt.version}, about {tokens} tokens\n==== stable\n{prompt.stable}\n==== body\n{sent}\n"

    assert whole == stored(case, whole)


def test_the_stable_part_is_alike_for_all_places_of_a_rule():
    assert prompt_of("B904-first").stable == prompt_of("B904-again").stable


def test_a_fence_in_the_file_cannot_end_the_fence_around_it():
    assert "````python\nif os.path" in prompt_of("PTH110-module").body


def test_a_fence_in_what_was_written_before_cannot_end_the_fence_around_it():
    assert "having written:\n````python\n    # ```\n    raise  # noqa\n````\n" in prompt_of("B904-again").body


def test_a_secret_in_the_window_is_replaced_and_put_back():
    redacted = redact(prompt_of("unknown-rule").body)

    assert "abcdefghij0123456789" not in redacted.text
    assert redacted.restore(redacted.text) == prompt_of("unknown-rule").body


FAMILIES = {
    "E722": "except ValueError:",
    "E741": "for line in lines:",
    "B006": "items is None",
    "B023": "name=name",
    "B904": "from error",
    "BLE001": "except ValueError",
    "DTZ005": "timezone.utc",
    "FURB101": "value is None",
    "G004": "saved %s rows",
    "N806": "total = sum",
    "PLR0913": "cannot_fix",
    "PLR2004": "most_parts = 3",
    "S101": "value is None",
    "S608": "(key,)",
    "TRY300": "else:",
    "TRY301": "TypeError",
}


@pytest.mark.parametrize(("rule", "right"), FAMILIES.items())
def test_a_prompt_shows_the_right_answer_for_the_family_of_its_rule(rule, right):
    file = Snapshot.of_texts(FILES).file("pkg/settings.py")
    span = Span(13, 13, 13, 18)
    diagnostic = Diagnostic(rule=rule, message="odd", path=file.path, span=span)

    stable = lint_prompt(diagnostic, file=file, window=window(file.text, span)).stable

    assert right in stable.rpartition("\nRight:\n")[2].partition("\n\nWrong, because ")[0]
