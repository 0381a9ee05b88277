"""What never leaves this machine: ignored files, and secrets in the text that is sent.

A secret is replaced by a placeholder on the way out and put back on the way in, so that a model can move a line
with a key in it without ever seeing the key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from suffice.globs import compiled
from suffice.snapshot import Snapshot

IGNORE_FILE = ".sufficeignore"

_SECRET = re.compile(
    r"""
      sk-[A-Za-z0-9_-]{16,} | AKIA[0-9A-Z]{16} | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,}
    | glpat-[A-Za-z0-9_-]{16,} | xox[abprs]-[A-Za-z0-9-]{10,} | AIza[0-9A-Za-z_-]{30,} | npm_[A-Za-z0-9]{30,}
    | pypi-[A-Za-z0-9_-]{30,} | eyJ[A-Za-z0-9_-]{10,4096}+\.[A-Za-z0-9_-]{10,}+\.[A-Za-z0-9_-]{10,}+
    | [rs]k_(?:live|test)_[A-Za-z0-9]{16,} | hf_[A-Za-z0-9]{30,} | dop_v1_[a-f0-9]{40,}
    | (?<=AccountKey=)[A-Za-z0-9+/=]{40,} | SG\.[A-Za-z0-9_-]{16,64}+\.[A-Za-z0-9_-]{16,}+
    | SUFFICE_REDACTED_[0-9]{1,9}_
    | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----
      (?:(?:(?!-----BEGIN)[\s\S]){0,16384}?-----END\ [A-Z ]*PRIVATE\ KEY-----
        | [A-Za-z0-9+/=\\]*+
          (?:(?:[ \t"',+)\\]*+\r?\n[ \t"'(+|\#*/]*+){1,2}+(?:[A-Za-z0-9+/=\\]{4,}+|(?:Proc-Type|DEK-Info):[^\n"']++)
             (?=[ \t"',+)\\]*+\r?(?:\n|\Z)))*+)
    | (?<=://)[^\s:/@'"]+:[^\s:/@'"]{4,}(?=@)
    | (?<=(?i:bearer)\ )[A-Za-z0-9._~+/=-]{12,}
    | (?P<assigned>^[ \t]*+(?:export[ ]++)?(?=[\w-]*?(?i:password|passwd|secret|key|token))[\w-]++[ \t]*+[:=][ \t]*+)
      (?=[A-Za-z]*[0-9])(?=[0-9]*[A-Za-z])[A-Za-z0-9_+/=-]{12,}(?=[ \t]*(?:\#.*)?$)
    | (?P<head>(?i:password|passwd|secret|api_?key|token)[\w\]]{0,64}+["']?\]?\s*+
       (?:[!=]?=|:)\s*+(?:[A-Za-z][\w.\[\]|\ ]{0,40}?=\s*+)?[bBrRuU]{0,2}["'])[^"'\s]{12,}+(?=["'])
    """,
    re.VERBOSE | re.MULTILINE,
)
"""Linear in the text, however hostile: what repeats is possessive, bounded, or cannot start inside itself.

Of a private key that has no end all lines that may belong to it are taken, not the code below its mark. A name that
stands for a secret is one itself: a file that holds such a name gets it back, and never the secret of another.
"""


class Redacted(NamedTuple):
    """A text without its secrets, and what stands for what."""

    text: str
    secrets: Mapping[str, str]

    def restore(self, value: Any) -> Any:
        """Return *value* with the secrets put back if it is a string; only for what goes into the file itself."""
        if not isinstance(value, str):
            return value
        return PLACEHOLDER.sub(lambda found: self.secrets.get(found[0], found[0]), value)

    def invents(self, value: Any) -> bool:
        """Whether *value* is a string with a name that stands for nothing, which nobody can put back."""
        return isinstance(value, str) and any(name not in self.secrets for name in PLACEHOLDER.findall(value))

    def hide(self, text: str) -> str:
        """Return *text*, of which perhaps nothing looks like a secret, with these secrets under their names."""
        for name, secret in sorted(self.secrets.items(), key=lambda entry: -len(entry[1])):
            if len(secret) >= _LEAST_HIDDEN_CHARS and not PLACEHOLDER.fullmatch(secret):
                text = text.replace(secret, name)
        return text


_NONE: Mapping[str, str] = MappingProxyType({})


def redact(text: str, *, known: Mapping[str, str] = _NONE) -> Redacted:
    """Return *text* with every secret that is known by its form replaced by a placeholder, the same by the same.

    Where *text* holds names of *known*, as after `redact_lines`, they count as the secrets that they stand for.
    """
    names: dict[str, str] = {}

    def placeholder(match: re.Match[str]) -> str:
        head = match["head"] or match["assigned"] or ""
        found = match[0].removeprefix(head)
        return head + names.setdefault(known.get(found, found), f"SUFFICE_REDACTED_{len(names) + 1}_")

    return Redacted(_SECRET.sub(placeholder, text), {name: secret for secret, name in names.items()})


def redact_lines(text: str, *, after: int = 0) -> Redacted:
    """Return *text* without its secrets, each line of one under a name of its own, so that all lines stay in place.

    For a text that is shown in parts: what is cut off a secret would not look like one any more. What looks like a
    secret in one place is none to be shown in another. Names count from *after* + 1.
    """
    secrets: dict[str, str] = {}

    def named(line: str) -> str:
        name = f"SUFFICE_REDACTED_{after + len(secrets) + 1}_"
        secrets[name] = line
        return name

    hidden = Redacted(_by_line(text, named), secrets)
    return hidden._replace(text=hidden.hide(hidden.text))


def _by_line(text: str, named: Callable[[str], str]) -> str:
    whole = redact(text)

    def lines(placeholder: re.Match[str]) -> str:
        return _LINE.sub(lambda line: named(line[0]), whole.secrets[placeholder[0]])

    return PLACEHOLDER.sub(lines, whole.text)


class Names:
    """What secrets are called in texts that are shown beside each other and never written back.

    Each line of a secret has one name in all of them, so that no line looks changed that is not, and no part that is
    shown holds the rest of a secret that begins above it. Names that stand there already stay, and no other gets them.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._last = 0

    def hidden(self, text: str) -> str:
        """Return *text* without its secrets, and those of the texts before it, all line ends kept."""
        return self.hidden_all([text])[0]

    def hidden_all(self, texts: Iterable[str]) -> list[str]:
        """Return *texts* without any secret that one of them holds; each is read alone, so that none ends another's."""
        texts = list(texts)
        self._last = max([self._last, *(_number(name) for text in texts for name in PLACEHOLDER.findall(text))])
        named = [_by_line(text, self._named) for text in texts]
        known = Redacted("", {name: line for line, name in self._names.items()})
        return [known.hide(text) for text in named]

    def _named(self, line: str) -> str:
        if PLACEHOLDER.fullmatch(line):
            return line
        if line not in self._names:
            self._last += 1
            self._names[line] = f"SUFFICE_REDACTED_{self._last}_"
        return self._names[line]


def _number(name: str) -> int:
    return int(name.removeprefix("SUFFICE_REDACTED_").rstrip("_")[-_MOST_DIGITS:])


_MOST_DIGITS = 6
"""Of a number that somebody made up: what is counted on from it must stay a name."""

_LEAST_HIDDEN_CHARS = 8
"""A shorter line of a secret may be a word as well."""

PLACEHOLDER = re.compile(r"SUFFICE_REDACTED_[0-9]{1,9}_")
"""What stands for a secret in all that is sent, and in the answer."""
_LINE = re.compile(r"""(?=[^\r\n"']*\w)[^\s"'](?:[^\r\n"']*[^\s"'])?""")
"""Without what is around a line of a secret, so that code can be parsed as before."""


def without_secrets(text: str, *, known: Iterable[str] = ()) -> str:
    """Return *text* as people, reports and the ledger get it: no secret by its form, and none of those *known*.

    What stands there instead is no placeholder, which would mean another secret in the next prompt.
    """
    for line in sorted({line for secret in known for line in secret.split("\n")}, key=len, reverse=True):
        if len(line.strip()) >= _LEAST_TOLD_CHARS:
            text = text.replace(line, _UNTOLD)
    redacted = redact(text)
    text = redacted.text
    for placeholder in redacted.secrets:
        text = text.replace(placeholder, _UNTOLD)
    return text


_UNTOLD = "(a secret)"
_LEAST_TOLD_CHARS = 4
"""Of a secret of several lines each line is one; shorter ones are brackets and blanks."""

NEVER_SENT = (
    ".env",
    ".env.*",
    "!.env.example",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    "id_rsa",
    "id_ecdsa",
    "id_ed25519",
    "*.pem",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.kdbx",
    ".ssh/",
    ".aws/",
)
"""Files that hold nothing but secrets by custom, whatever a repository says of them."""


class Patterns(Protocol):
    """What names files, by their paths relative to a root."""

    def match_file(self, file: str, /) -> bool:
        """Tell whether *file* is named."""
        ...


class Ignored(NamedTuple):
    """Sets of patterns: what one of them names is ignored, and no other set can take that back."""

    sets: tuple[Patterns, ...]

    def match_file(self, path: str) -> bool:
        """Tell whether *path*, relative to the root, is never read nor sent."""
        return any(patterns.match_file(path) for patterns in self.sets)

    def below(self, folder: str) -> Ignored:
        """Return these patterns of *folder* ("" or with "/" at its end) for paths relative to what it lies in."""
        return Ignored(tuple(_Below(folder, patterns) for patterns in self.sets)) if folder else self


class _Below(NamedTuple):
    folder: str
    patterns: Patterns

    def match_file(self, file: str, /) -> bool:
        return file.startswith(self.folder) and self.patterns.match_file(file[len(self.folder) :])


def ignored(repository: Snapshot | None, exclude: Iterable[str] = ()) -> Ignored:
    """Return what is never read nor sent: secrets by name, *exclude*, and the `.sufficeignore` in *repository*.

    Raises ConfigError for a pattern that cannot be read.
    """
    sets = [compiled(NEVER_SENT, where="the program"), compiled(tuple(exclude), where="exclude")]
    if repository is not None and repository.exists(IGNORE_FILE):
        sets.append(compiled(tuple(repository.text(IGNORE_FILE).splitlines()), where=IGNORE_FILE))
    return Ignored(tuple(sets))
