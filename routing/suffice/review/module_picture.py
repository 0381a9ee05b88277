"""The imports of a repository as a Mermaid flowchart of at most thirty boxes: folders, and files that are spoken of.

Only a small part of Mermaid's grammar is used, and file names are data: ids are our own, and every character of a label
but letters, digits and a few signs stands there as its number, so that no name can end a label or give an order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from suffice.checker.file_roles import Role, role
from suffice.privacy import redact
from suffice.review.structure.fact import Fact, FactKind

MOST_BOXES = 30
MOST_ARROWS = 40
"""More is a ball of wool."""

_MOST_FILES = 12
"""Files with a box of their own; the rest is for folders."""

_LONGEST_LABEL = 60
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./,+-() ")
_ARROW, _CUT, _TOGETHER = "-->", "==>", "-.-"
_STYLE = "stroke:#c0392b,stroke-width:2px"
_TOP = "(top)"


class Mark(NamedTuple):
    """A line between two files that a fact speaks of; `cited`: a finding rests on it."""

    source: str
    target: str
    arrow: str
    fact: str
    cited: bool


class Picture(NamedTuple):
    """A flowchart (`text`, "" without files), how many boxes it has, and how many arrows found no place in it."""

    text: str
    boxes: int = 0
    left_out: int = 0


class _Line(NamedTuple):
    source: str
    target: str
    arrow: str
    facts: tuple[str, ...] = ()
    cited: bool = False


def picture(edges: Mapping[str, Collection[str]], *, marks: Sequence[Mark] = (), cited: Sequence[str] = ()) -> Picture:
    """Return the imports *edges*, file by file, with the lines *marks* that facts speak of, and the files *cited*.

    Tests are left out, but for those that are spoken of.
    """
    spoken_of = (*cited, *(path for mark in sorted(marks, key=_uncited) for path in mark[:2]))
    own = [path for path in dict.fromkeys(spoken_of) if path in edges][:_MOST_FILES]
    box_of = _boxes([path for path in edges if path in own or role(path) is not Role.TEST], own)
    lines = _lines(edges, box_of, marks)
    shown = lines[:MOST_ARROWS]
    ids = {box: f"n{number}" for number, box in enumerate(sorted(set(box_of.values())))}
    if not ids:
        return Picture("")
    text = "\n".join(["flowchart LR", *_nodes(ids, box_of), *_arrows(shown, ids), *_styles(shown, ids, cited)])
    return Picture(text, len(ids), len(lines) - len(shown))


def marks_of(facts: Iterable[Fact], *, cited: Collection[str]) -> list[Mark]:
    """Return the lines that *facts* speak of: cuts of cycles, and whatever the facts named in *cited* are about."""
    cycles = {FactKind.CYCLE, FactKind.NEW_CYCLE}
    arrows = {FactKind.CO_CHANGE_WITHOUT_IMPORT: _TOGETHER, **dict.fromkeys(cycles, _CUT)}
    return [
        Mark(source, target, arrows.get(fact.kind, _ARROW), fact.id, fact.id in cited)
        for fact in facts
        if fact.id in cited or fact.kind in cycles
        for source, target in fact.edges
    ]


def _uncited(mark: Mark) -> bool:
    return not mark.cited


def _boxes(paths: Iterable[str], own: Sequence[str]) -> Mapping[str, str]:
    """Return the box of each of *paths*: itself if it is one of *own*, else the nearest folder that is drawn.

    The folder with most files is taken out of the one that holds it, until there are boxes enough.
    """
    size = Counter(folder for path in paths if path not in own for folder in _folders(path))
    below: dict[str, list[str]] = {}
    for folder in sorted(size):
        if folder:
            below.setdefault(folder.rpartition("/")[0], []).append(folder)
    left = Counter({"": size[""]})
    waiting = [(-size[child], child) for child in sorted(below.get("", ()))]
    waiting.sort()
    while waiting:
        _, folder = heappop(waiting)
        parent = next(above for above in _folders(folder) if above != folder and above in left)
        gone = left[parent] == size[folder]
        if len(+left) + len(own) + (not gone) > MOST_BOXES:
            continue
        left[parent] -= size[folder]
        left[folder] = size[folder]
        for child in below.get(folder, ()):
            heappush(waiting, (-size[child], child))
    return {
        path: path if path in own else next(folder for folder in _folders(path) if folder in left) for path in paths
    }


def _folders(path: str) -> Iterator[str]:
    """Yield the folders that hold *path*, the nearest first, "" the last; a folder holds itself."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _lines(edges: Mapping[str, Collection[str]], box_of: Mapping[str, str], marks: Sequence[Mark]) -> list[_Line]:
    """Return what is drawn between boxes, the lines that facts speak of first, then those of most imports."""
    marked: dict[tuple[str, str], _Line] = {}
    for mark in sorted(marks, key=_uncited):
        ends = box_of.get(mark.source), box_of.get(mark.target)
        if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            continue
        line = marked.setdefault((ends[0], ends[1]), _Line(ends[0], ends[1], mark.arrow))
        facts = tuple(dict.fromkeys((*line.facts, mark.fact)))
        marked[ends[0], ends[1]] = line._replace(facts=facts, cited=line.cited or mark.cited)
    imports = Counter(
        (box_of[source], box_of[target])
        for source, targets in edges.items()
        for target in targets
        if source in box_of and target in box_of and box_of[source] != box_of[target]
    )
    plain = sorted((ends for ends in imports if ends not in marked), key=lambda ends: (-imports[ends], ends))
    return [*marked.values(), *(_Line(*ends, _ARROW) for ends in plain)]


def _nodes(ids: Mapping[str, str], box_of: Mapping[str, str]) -> Iterator[str]:
    files = Counter(box_of.values())
    for box, node in ids.items():
        name = f"{box or _TOP} ({files[box]})" if box not in box_of else box
        yield f'  {node}["{_label(name)}"]'


def _arrows(lines: Iterable[_Line], ids: Mapping[str, str]) -> Iterator[str]:
    for line in lines:
        cut = "cut " if line.arrow == _CUT else ""
        said = f'|"{_label(cut + ", ".join(line.facts))}"|' if line.facts else ""
        yield f"  {ids[line.source]} {line.arrow}{said} {ids[line.target]}"


def _styles(lines: Sequence[_Line], ids: Mapping[str, str], cited: Iterable[str]) -> Iterator[str]:
    """Yield what colours the files and arrows on which findings rest."""
    yield from (f"  style {ids[path]} {_STYLE}" for path in dict.fromkeys(cited) if path in ids)
    arrows = [str(number) for number, line in enumerate(lines) if line.cited]
    if arrows:
        yield f"  linkStyle {','.join(arrows)} {_STYLE}"


def _label(name: str) -> str:
    """Return *name* for between quotation marks, without its secrets; a long one keeps its end."""
    shown = redact(name).text
    shown = shown if len(shown) <= _LONGEST_LABEL else f"...{shown[-_LONGEST_LABEL:]}"
    return "".join(char if char in _PLAIN else f"#{ord(char)};" for char in shown)
