"""Prompts as they are sent, kept as files: `UPDATE_PROMPTS=1 pytest TEST` writes them anew; read the difference."""

import os
from pathlib import Path

from suffice.lanes import estimate_tokens

FOLDER = Path(__file__).parent / "prompts"


def stored(name, now):
    """Return what is kept under *name*; with `UPDATE_PROMPTS` that is *now*."""
    file = FOLDER / f"{name}.md"
    if os.environ.get("UPDATE_PROMPTS"):
        file.write_text(now, "utf-8")
    return file.read_text("utf-8")


def as_sent(question):
    """Return all that a model is sent for *question*."""
    request = question.request
    tokens = estimate_tokens(request.stable + request.prompt)
    head = f"version {question.version}, about {tokens} tokens"
    return f"{head}\n==== stable\n{request.stable}\n==== body\n{request.prompt}\n==== form\n{request.schema}\n"
