"""A snapshot without its secrets, of which parts are shown to a model: what is cut off a secret is shown to nobody.

All lines stay in place, so that whoever knows a line of the true text finds it here.
"""

from __future__ import annotations

from suffice.privacy import Redacted, redact, redact_lines
from suffice.snapshot import Snapshot


class HiddenTexts:
    """The files of `seen` without their secrets, as `snapshot`; `secrets` are those of the files that were read."""

    def __init__(self, seen: Snapshot) -> None:
        self._seen = seen
        self.secrets: dict[str, str] = {}
        self.snapshot = Snapshot(self._read, root=seen.root, in_place=seen.in_place, listed=seen.listed)

    def redacted(self, prompt: str) -> Redacted:
        """Return *prompt*, made of parts of `snapshot` and of other texts, without any secret."""
        return redact(Redacted("", self.secrets).hide(prompt), known=self.secrets)

    def _read(self, path: str) -> bytes:
        file = self._seen.file(path)
        hidden = redact_lines(file.text, after=len(self.secrets))
        self.secrets.update(hidden.secrets)
        return file.to_bytes(hidden.text)
