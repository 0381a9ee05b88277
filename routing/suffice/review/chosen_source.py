"""Which source stands beside the facts: of the files they speak of what they name, and an outline of the rest.

What the most surprising facts speak of comes first. Files that are ignored are never read, and a file is shown in
parts: its first line, the imports and definitions that the facts are about, the headers of what else it defines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from suffice.lanes import estimate_tokens
from suffice.positions import LineIndex
from suffice.privacy import Ignored
from suffice.review.architecture_finding import one_line
from suffice.review.source_pieces import Piece, pieces_of
from suffice.review.structure.fact import Fact, FactKind
from suffice.snapshot import Snapshot

MOST_TOKENS = 12_000
"""What a model reads of source; facts/reviews.md, section 3.3."""

_MOST_FILES = 24
"""With more, none has room for more than a few lines."""

_NOT_ABOUT_SOURCE = frozenset({FactKind.HISTORY, FactKind.GROWTH})


class Source(NamedTuple):
    """Parts of the file at `path`, as a model reads them; `...` stands for what is left out."""

    path: str
    text: str

    @property
    def tokens(self) -> int:
        """About how many tokens it takes."""
        return estimate_tokens(f"{self.path}\n{self.text}")


def chosen_source(
    facts: Sequence[Fact], *, snapshot: Snapshot, ignored: Ignored, most_tokens: int = MOST_TOKENS
) -> tuple[Source, ...]:
    """Return parts of the files that *facts* speak of, in about *most_tokens* tokens in all.

    A file gets more room than those after it. Secrets are still in it: they are taken out of all that is sent where
    the question is made (hidden.py).
    """
    by_path = _by_path(facts, snapshot, ignored)
    found, left_tokens = list[Source](), most_tokens
    for place, (path, about) in enumerate(by_path.items()):
        share = 2 * left_tokens // (len(by_path) - place + 1)  # falls evenly to nothing
        text = _excerpt(path, snapshot.text(path), about, share - estimate_tokens(path))
        if text:
            found.append(Source(path, text))
            left_tokens -= found[-1].tokens
    return tuple(found)


def _by_path(facts: Iterable[Fact], snapshot: Snapshot, ignored: Ignored) -> Mapping[str, Sequence[Fact]]:
    """Return the files to show in the order of *facts*, each with the facts about it."""
    about: dict[str, list[Fact]] = {}
    for fact in (fact for fact in facts if fact.kind not in _NOT_ABOUT_SOURCE):
        for path in fact.paths:
            if path in about:
                about[path].append(fact)
            elif len(about) < _MOST_FILES and not ignored.match_file(path) and snapshot.has(path):
                about[path] = [fact]
    return about


def _excerpt(path: str, text: str, about: Sequence[Fact], most_tokens: int) -> str:
    index = LineIndex(text)
    return _joined(_fitting(pieces_of(path, text, index, about), most_tokens), index)


def _fitting(pieces: Iterable[Piece], most_tokens: int) -> Iterator[Piece]:
    """Yield what fits of *pieces*, the worthiest first, each in the fullest form there is room for."""
    for piece in sorted(pieces, key=lambda piece: (piece.place, piece.first)):
        tokens = ((form, estimate_tokens(f"{form}\n...\n")) for form in piece.forms if form.strip())
        form, taken = next(((form, taken) for form, taken in tokens if taken <= most_tokens), ("", 0))
        if form:
            most_tokens -= taken
            yield piece._replace(forms=(form,))


def _joined(pieces: Iterable[Piece], index: LineIndex) -> str:
    """Return *pieces* in the order of the file, with `...` between those that do not follow one another."""
    shown, last = list[str](), 0
    for piece in sorted(pieces, key=lambda piece: (piece.first, -piece.last)):
        form = piece.forms[0]
        if piece.first <= last:  # inside of what is shown, perhaps in the part that is left out
            shown += [] if form in shown[-1] else [form]
            continue
        if piece.first > last + 1 and index.text(last + 1, piece.first - 1).strip():
            shown.append("...")
        shown.append(form)
        last = piece.last
    return "\n".join(shown)


def sent_tokens(sources: Iterable[Source]) -> Mapping[str, int]:
    """Return about how many tokens of each file are shown."""
    return {one_line(source.path): source.tokens for source in sources}
