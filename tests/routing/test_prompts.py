"""Every prompt, whole: a change of a word is a change of this test, and of the prompt's version.

`UPDATE_PROMPTS=1 pytest tests/routing/test_prompts.py` writes the snapshots anew; read the difference.
"""

import os
from pathlib import Path

import pytest

from suffice.lanes import estimate_tokens
from suffice.lint_prompt import lint_prompt
from suffice.privacy import redact
from suffice.snapshot import Snapshot
from suffice.task import Diagnostic, Span
from suffice.windows import window

SNAPSHOTS = Path(__file__).parent / "prompts"

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

CASES = {
    "B904-first": ("B904", "raise without from inside except", (13, 13), ()),
    "B904-again": (
        "B904",
        "raise without from inside except",
        (13, 13),
        ("haiku was rejected (suppression: adds a suppression: # noqa)",),
    ),
    "PTH110-module": ("PTH110", "`os.path.exists()` should be replaced by `Path.exists()`", (17, 4), ()),
    "unknown-rule": ("ZZZ999", "something is odd", (16, 1), ()),
}


def prompt_of(case):
    rule, message, (line, column), evidence = CASES[case]
    file = Snapshot.of_texts({"pkg/settings.py": CODE}).file("pkg/settings.py")
    span = Span(start_line=line, start_column=column, end_line=line, end_column=column + 5)
    diagnostic = Diagnostic(rule=rule, message=message, path=file.path, span=span)
    return lint_prompt(diagnostic, file=file, window=window(file.text, span), evidence=evidence)


@pytest.mark.parametrize("case", CASES)
def test_a_prompt_reads_as_its_snapshot(case):
    prompt = prompt_of(case)
    tokens = estimate_tokens(prompt.stable + prompt.body)
    sent = redact(prompt.body).text
    whole = f"version {prompt.version}, about {tokens} tokens\n==== stable\n{prompt.stable}\n==== body\n{sent}\n"

    stored = SNAPSHOTS / f"{case}.md"
    if os.environ.get("UPDATE_PROMPTS"):
        stored.write_text(whole, "utf-8")

    assert whole == stored.read_text("utf-8")


def test_the_stable_part_is_alike_for_all_places_of_a_rule():
    assert prompt_of("B904-first").stable == prompt_of("B904-again").stable


def test_a_fence_in_the_file_cannot_end_the_fence_around_it():
    assert "````python\nif os.path" in prompt_of("PTH110-module").body


def test_a_secret_in_the_window_is_replaced_and_put_back():
    redacted = redact(prompt_of("unknown-rule").body)

    assert "abcdefghij0123456789" not in redacted.text
    assert redacted.restore(redacted.text) == prompt_of("unknown-rule").body
