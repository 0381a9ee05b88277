"""The names and numbers in a sentence, so that a claim can be held against what it cites.

Linear in the text, whatever it holds. What is no name and no number by its form is not looked at: prose is free.
"""

from __future__ import annotations

import builtins
import keyword
import re
import sys
import typing
import unicodedata
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

_ENDINGS = """
py pyi pyx js mjs cjs jsx ts mts cts tsx go rs java kt kts scala c h cc cpp cxx hpp cs rb php swift m lua pl sh sql
html css scss vue svelte json toml yaml yml ini cfg conf lock md rst txt xml proto graphql tf ipynb
"""
ENDINGS = frozenset(_ENDINGS.split())
"""How the name of a file ends, so that `cart.py` is read as a file and `shop.cart` as a module."""

_TOKEN = re.compile(r"[\w@./\\-]+")
_HUMP = re.compile(r"[a-z0-9][A-Z]")
_ROLE = "module|modules|package|packages|folder|folders|directory|layer|subpackage|crate"
_BY_ROLE = re.compile(rf"(?<![\w-])([a-z][\w-]*+)\s(?:{_ROLE})\b|\b(?:{_ROLE})\s(?:called\s|named\s)?([a-z][\w-]*+)")
_GENERAL = frozenset(
    {*keyword.kwlist, *keyword.softkwlist, *dir(builtins), *typing.__all__, "self", "cls", "dataclass", "ABC"}
)
"""Words of the language that say nothing about a repository."""


class Name(NamedTuple):
    """A name as it is written, and how it can be read: the parts of a path, or of a dotted name.

    `by_form`: it is a path, a dotted name or code whatever the repository holds; others are names only where the
    repository has them. `by_role`: it is a word like others, but called a module, package, folder or layer.
    """

    text: str
    readings: tuple[tuple[str, ...], ...]
    by_form: bool
    by_role: bool = False


class Number(NamedTuple):
    """A number, of percent or not, and what stands around it in lower case."""

    value: Decimal
    percent: bool
    before: str = ""
    after: str = ""


def names(text: str) -> Iterator[Name]:
    """Yield the names in *text*: all between backticks, and outside of them what is a name by its form or its role."""
    for is_code, part in _parts(text):
        for found in _TOKEN.finditer(part):
            name = _in_code(found, part) if is_code else _in_prose(found[0])
            if name is not None:
                yield name
        if not is_code:
            yield from (
                Name(word, ((word,),), by_form=False, by_role=True)
                for found in _BY_ROLE.findall(part)
                for word in filter(None, found)
            )


def readings(token: str) -> tuple[tuple[str, ...], ...]:
    """Return how *token* can be read: a path as its folders and file, `a.b` as a module and, like `a.py`, as a file."""
    token = token.replace("\\", "/").strip(".-/@") if token.strip(".-/\\@") else ""
    if not token:
        return ()
    if "/" in token:
        return (tuple(part for part in token.split("/") if part not in {"", "."}),)
    parts = tuple(part for part in token.split(".") if part)
    if len(parts) > 1 and parts[0] in {"self", "cls"}:
        return (parts[1:],)
    return ((token,), parts) if len(parts) > 1 and parts[-1] in ENDINGS else (parts,)


def path_readings(path: str) -> tuple[tuple[str, ...], ...]:
    """Return all ways to write the file at *path*: with its ending, as a module, as the package that it opens."""
    *folders, file = path.split("/")
    stem = file.rpartition(".")[0] or file
    named = [(*folders, file), (*folders, stem)]
    return tuple([*named, tuple(folders)] if stem == "__init__" and folders else named)


def _in_code(found: re.Match[str], part: str) -> Name | None:
    token = found[0]
    read = readings(token)
    if not read or not re.search(r"[^\W\d]", token) or token in _GENERAL:
        return None
    if len(read[-1]) > 1:
        return None if _is_number(token) else Name(token, read, by_form=not _is_general(read[-1]))
    called = part[found.end() : found.end() + 1] == "("
    return Name(token, read, by_form=called or _looks_like_code(token))


def _in_prose(token: str) -> Name | None:
    read = readings(token)
    if not read or _is_number(token):
        return None
    parts = read[-1]
    if "/" in token.strip("/") or "\\" in token:
        is_path = len(parts) > 2 or parts[-1].rpartition(".")[2] in ENDINGS  # noqa: PLR2004 - "and/or" has two
        return Name(token, read, by_form=is_path or token.startswith("//"))
    if len(parts) > 1:
        is_abbreviation = all(len(part) == 1 for part in parts)
        return None if is_abbreviation else Name(token, read, by_form=not _is_general(parts))
    return Name(token, read, by_form=False) if _looks_like_code(token) else None


def _looks_like_code(token: str) -> bool:
    """Whether it is written as no word is: `total_of` or `TaxRule`."""
    return token.isidentifier() and ("_" in token.strip("_") or _HUMP.search(token) is not None)


def _is_general(parts: tuple[str, ...]) -> bool:
    """Whether it is a name of the standard library, or of a built-in type."""
    return parts[0] in sys.stdlib_module_names or parts[0] in _GENERAL


def _is_number(token: str) -> bool:
    return token[:1].isdigit() and "/" not in token and token.rpartition(".")[2] not in ENDINGS


def _parts(text: str) -> Iterator[tuple[bool, str]]:
    """Yield *text* in parts, each with whether it stands between backticks; an odd one is a sign like others."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = [" ".join(parts[-2:])]
    yield from ((number % 2 == 1, part.replace("::", ".")) for number, part in enumerate(parts))


_NUMBER = re.compile(
    r"(?<![\w.])(\d{1,3}(?:[,_'\u2009\u202f\u00a0]\d{3})++(?!\d)|\d++)(\.\d++)?([kK]\b)?(\s?(?:%|per\s?cent\b))?"
)
_TEENS = "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = "one two three four five six seven eight nine"
_TEENS_AND_TENS = {word: number for number, word in enumerate(_TEENS.split(), 11)} | {
    word: 10 * number for number, word in enumerate(_TENS.split(), 2)
}
_ONE_TO_NINE = {word: number for number, word in enumerate(_ONES.split(), 1)}
_SPELLED = re.compile(
    rf"\b({'|'.join(_TEENS_AND_TENS)})(?:[ -]({'|'.join(_ONE_TO_NINE)}))?\b(\s(?:%|per\s?cent\b))?", re.IGNORECASE
)
"""Up to ten a number is a word like others: "two options", "one of them"."""

_MANY = re.compile(r"\b(?:dozen|hundred|thousand|million|billion)s?\b", re.IGNORECASE)

_NEAR_CHARS = 16
"""So much around a number tells what it counts."""


def numbers(text: str) -> Iterator[Number]:
    """Yield the numbers in *text* that are no part of a name, in figures or, above ten, in words."""
    left = without_names(unicodedata.normalize("NFKC", text))
    for found in _NUMBER.finditer(left):
        digits = "".join(char for char in found[1] if char.isdecimal())
        value = Decimal(f"{digits}{found[2] or ''}") * (1000 if found[3] else 1)
        yield _number(value, found, left, percent=found[4] is not None)
    for found in _SPELLED.finditer(left):
        value = Decimal(_TEENS_AND_TENS[found[1].lower()] + _ONE_TO_NINE.get((found[2] or "").lower(), 0))
        yield _number(value, found, left, percent=found[3] is not None)


def vague_amounts(text: str) -> Iterator[str]:
    """Yield the words in *text* that say how many without a number: dozens, hundreds."""
    yield from (found[0].lower().rstrip("s") for found in _MANY.finditer(text))


def without_names(text: str) -> str:
    """Return *text* with blanks in the place of the names that hold a figure."""
    return "`".join(
        _TOKEN.sub(lambda found: " " * len(found[0]) if _holds_figure(found[0]) else found[0], part)
        for part in text.split("`")
    )


_FRACTION = re.compile(r"\d+/\d+\.?")
"""9/12 says how many of how many; it is no path."""


def _holds_figure(token: str) -> bool:
    if _FRACTION.fullmatch(token):
        return False
    is_name = "/" in token or "_" in token or token.rpartition(".")[2] in ENDINGS or "." in token.strip(".")
    return is_name and not _is_number(token) and any(char.isdecimal() for char in token)


def _number(value: Decimal, found: re.Match[str], text: str, *, percent: bool) -> Number:
    before = text[max(0, found.start() - _NEAR_CHARS) : found.start()].lower()
    return Number(value, percent, before, text[found.end() : found.end() + _NEAR_CHARS].lower())
