"""Names of files as git writes them in a patch, and read again: quoted where they hold unusual bytes.

As git does by default (`core.quotePath`): every byte of a name that is no printable ASCII, and `"` and the backslash,
is escaped, and the name put in quotes.
"""

from __future__ import annotations

import re

_SHORT = {7: "a", 8: "b", 9: "t", 10: "n", 11: "v", 12: "f", 13: "r", 34: '"', 92: "\\"}
_BYTES = {short: bytes([byte]) for byte, short in _SHORT.items()}
_ESCAPE = re.compile(r"\\([0-3][0-7]{2}|[abtnvfr\"\\])")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


def quoted(name: str) -> str:
    """Return *name* as git prints it."""
    raw = name.encode("utf-8")
    inner = "".join(map(_escaped, raw))
    return f'"{inner}"' if inner != name else name


def _escaped(byte: int) -> str:
    if byte in _SHORT:
        return f"\\{_SHORT[byte]}"
    return chr(byte) if ord(" ") <= byte <= ord("~") else f"\\{byte:03o}"


def header_name(text: str) -> str | None:
    """Return the name in what follows `--- `, `+++ ` or `rename from `; None if its quotes cannot be read.

    A name ends at a tab: what follows is a time, or git's mark that the name holds a blank.
    """
    if not text.startswith('"'):
        return text.split("\t", 1)[0]
    match = _QUOTED.match(text)
    rest = text[match.end() :] if match else ""
    return _unescaped(match[1]) if match and rest[:1] in {"", "\t"} else None


def git_line_names(text: str) -> tuple[str, str] | None:
    """Return both names in what follows `diff --git `; None where they differ and no quotes tell where one ends."""
    if text.startswith('"'):
        first = _QUOTED.match(text)
        if not first or text[first.end() : first.end() + 1] != " ":
            return None
        names = _unescaped(first[1]), header_name(text[first.end() + 1 :])
        return (names[0], names[1]) if names[0] is not None and names[1] is not None else None
    middle = len(text) // 2
    left, right = text[:middle], text[middle + 1 :]
    same = text[middle : middle + 1] == " " and (
        left == right or left.partition("/")[2] == right.partition("/")[2] != ""
    )
    return (left, right) if same else None


def _unescaped(inner: str) -> str | None:
    """Return the name that stands between quotes as *inner*; None if an escape or the bytes mean nothing."""
    parts = _ESCAPE.split(inner)
    if any("\\" in plain for plain in parts[::2]):
        return None
    raw = b"".join(
        _BYTES.get(part) or bytes([int(part, 8)]) if n % 2 else part.encode() for n, part in enumerate(parts)
    )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
