"""Whether a quote stands in a text.

Models change white space and quotation marks when they copy; the words must be the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})

_AROUND = " \"'`."
"""What models put around a quote, an ellipsis included."""

_LEAST_QUOTED = 3
"""Characters other than blanks that a quote needs to point at anything: our own number."""


def invented(quotes: Iterable[str], texts: Iterable[str]) -> Sequence[str]:
    """Return those of *quotes* that stand in none of *texts*."""
    where = [_plain(text) for text in texts]
    return [quote for quote in quotes if not any(_plain(quote).strip(_AROUND) in text for text in where)]


def points_at_something(quote: str, texts: Iterable[str] = ()) -> bool:
    """Whether *quote* is long enough to show anything: a letter stands everywhere, unless it is a whole line there."""
    plain = _plain(quote).strip(_AROUND)
    if not re.search(r"\w", plain):
        return False
    is_long = len(plain.replace(" ", "")) >= _LEAST_QUOTED
    return is_long or any(plain == _plain(line) for text in texts for line in text.splitlines())


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_PLAIN).split())
