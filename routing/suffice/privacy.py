"""What never leaves this machine: ignored files, and secrets in the text that is sent.

A secret is replaced by a placeholder on the way out and put back on the way in, so that a model can move a line
with a key in it without ever seeing the key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from suffice.snapshot import Snapshot

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

IGNORE_FILE = ".sufficeignore"

_SECRET = re.compile(
    r"""
      sk-[A-Za-z0-9_-]{16,} | AKIA[0-9A-Z]{16} | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,}
    | glpat-[A-Za-z0-9_-]{16,} | xox[abprs]-[A-Za-z0-9-]{10,} | AIza[0-9A-Za-z_-]{30,} | npm_[A-Za-z0-9]{30,}
    | pypi-[A-Za-z0-9_-]{30,} | eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    | (?<=://)[^\s:/@'"]+:[^\s:/@'"]{4,}(?=@)
    | (?<=(?i:bearer)\ )[A-Za-z0-9._~+/=-]{12,}
    | (?P<assigned>^[ \t]*(?:export[ ]+)?[\w-]*(?i:password|passwd|secret|key|token)[\w-]*[ \t]*[:=][ \t]*)
      (?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9_+/=-]{12,}(?=[ \t]*(?:\#.*)?$)
    | (?P<head>(?i:password|passwd|secret|api_?key|token)[\w\]]*["']?\s*[:=]\s*["'])[^"'\s]{12,}(?=["'])
    """,
    re.VERBOSE | re.MULTILINE,
)


class Redacted(NamedTuple):
    """A text without its secrets, and what stands for what."""

    text: str
    secrets: Mapping[str, str]

    def restore(self, value: Any) -> Any:
        """Return *value* with the secrets put back if it is a string; only for what goes into the file itself."""
        if isinstance(value, str):
            for placeholder, secret in self.secrets.items():
                value = value.replace(placeholder, secret)
        return value


def redact(text: str) -> Redacted:
    """Return *text* with every secret that is known by its form replaced by a placeholder."""
    secrets: dict[str, str] = {}

    def placeholder(match: re.Match[str]) -> str:
        name, head = f"SUFFICE_REDACTED_{len(secrets) + 1}_", match["head"] or match["assigned"] or ""
        secrets[name] = match[0].removeprefix(head)
        return f"{head}{name}"

    return Redacted(_SECRET.sub(placeholder, text), secrets)


def ignored(repository: Snapshot | None, exclude: Iterable[str] = ()) -> GitIgnoreSpec:
    """Return the patterns of files that are never read nor sent: `.sufficeignore` in *repository*, and *exclude*."""
    from pathspec import GitIgnoreSpec

    lines = [*exclude]
    if repository is not None and repository.exists(IGNORE_FILE):
        lines += repository.text(IGNORE_FILE).splitlines()
    return GitIgnoreSpec.from_lines(lines)
