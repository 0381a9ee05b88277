"""Whether a quote stands in a text.

Models change white space and quotation marks when they copy; the words must be the same.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

_PLAIN = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})

_AROUND = " \"'`."
"""What models put around a quote, an ellipsis included."""


def invented(quotes: Iterable[str], texts: Iterable[str]) -> Sequence[str]:
    """Return those of *quotes* that stand in none of *texts*."""
    where = [_plain(text) for text in texts]
    return [quote for quote in quotes if not any(_plain(quote).strip(_AROUND) in text for text in where)]


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).translate(_PLAIN).split())
