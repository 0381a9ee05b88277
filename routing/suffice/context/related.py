"""What is shown beside the places of an edit: what they name, who uses it, tests, and the project's customs."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from suffice.checker.file_roles import is_python, is_test
from suffice.context.definitions import forms, statements_around
from suffice.context.parts import LABEL_TOKENS, Part, Room, Why, part_of
from suffice.context.places import Target
from suffice.errors import InputError
from suffice.index.index import Definition, Index, Tie, Use
from suffice.index.language import Family, family_of
from suffice.index.symbols import Symbol, Symbols, What
from suffice.lanes import estimate_tokens
from suffice.outline import Block
from suffice.snapshot import Snapshot, SourceFile

CONVENTIONS = ("AGENTS.md", "CLAUDE.md", ".cursorrules", ".github/copilot-instructions.md", "CONVENTIONS.md")
"""Files in which projects tell a model how they write; the first that says something is shown."""

MOST_CONVENTION_TOKENS = 1000
_MOST_NAMES = 40
_MOST_NAMED = 15
_MOST_INSTRUCTION_CHARS = 20_000
_MOST_DEFINED = 12
_CALLERS_OF_A_NAME = 3
_MOST_CALLERS = 12
_MOST_TESTS = 3
_SHORT_LINES = 10
_TEST_LINES = 15
_STATEMENT_LINES = 6

_QUOTED = re.compile(r"`([^`\n]{1,200})`")
_WORD = re.compile(r"[^\W\d]\w{1,80}")
_DOTTED = re.compile(r"[^\W\d]\w{1,80}(?:\.[^\W\d]\w{1,80})*")
_CODE_WORD = re.compile(r"(?:\w*[^\W_]_\w*|[^\W\d]*[a-z\d][A-Z]\w*)\Z")
_CONSTRUCTORS = frozenset({"__init__", "__new__", "constructor"})
"""Who calls one of these writes the name of its class."""

_BUILTINS = frozenset(dir(builtins))
_BY_IMPORT = frozenset({Family.PYTHON, Family.SCRIPT, Family.RUST})
"""Where a name alone means what is in the file or imported, and nothing else of the project."""


class _Wanted(NamedTuple):
    """A name that the edit speaks of, in the file `near`; `is_alone_enough`: nothing need say that it is this one.

    `within` is the class that was named with it.
    """

    name: str
    near: str
    is_alone_enough: bool = False
    within: str = ""


def show_definitions(
    targets: Sequence[Target], instruction: str, *, near: str, snapshot: Snapshot, index: Index, room: Room
) -> None:
    """Offer the definitions of what the instruction names, and then of what is selected names, the surest first."""
    named = islice(dict.fromkeys(_named(instruction[:_MOST_INSTRUCTION_CHARS], near)), _MOST_NAMED)
    wanted = [*named, *(one for target in targets for one in _used(target, index))]
    found: dict[tuple[str, int], tuple[bool, Tie, Definition, int]] = {}
    for one in list(dict.fromkeys(wanted))[:_MOST_NAMES]:
        meaning = _meaning(one, index)
        if meaning is not None:
            key = meaning[0].path, meaning[0].first
            found.setdefault(key, (not one.is_alone_enough, meaning[0].tie, *meaning))
    missing = []
    for *_, definition, others in sorted(found.values(), key=lambda one: one[:2]):
        if room.shows(definition.path, definition.first, definition.last):
            continue
        if not _offer_fullest(_parts(definition, others, snapshot, index), room):
            missing.append(definition.name)
    if missing:
        room.left_out.append(f"definitions of {', '.join(missing)}")


def show_users(targets: Sequence[Target], *, snapshot: Snapshot, index: Index, room: Room) -> None:
    """Offer the callers of what is selected, most from different files, and then the tests that name it."""
    uses: list[tuple[str, Use]] = []
    defined = [(name, target.file.path) for target in targets for name in _defined(target, index)]
    for name, path in defined[:_MOST_DEFINED]:
        uses.extend((name, use) for use in index.callers(name, of=path))
    source = [pair for pair in uses if not is_test(pair[1].path)]
    tests = [pair for pair in uses if is_test(pair[1].path) and pair[1].tie is not Tie.NAME_ALONE]
    tests.sort(key=lambda pair: pair[1].inside is None)
    for why, pairs, show, most in (
        (Why.CALLER, _spread(source), _call, _MOST_CALLERS),
        (Why.TEST, _spread(tests), _test, _MOST_TESTS),
    ):
        _offer_each((part for name, use in pairs if (part := show(name, use, snapshot))), why, most, room)


def show_conventions(*, snapshot: Snapshot, index: Index, room: Room) -> None:
    """Offer the project's own text on how it wants its code, cut at the end of a line."""
    for path in CONVENTIONS:
        if path not in index.paths:
            continue
        try:
            file = snapshot.file(path)
        except InputError:
            continue
        if not file.text.strip():
            continue
        text, last = _cut(file, min(MOST_CONVENTION_TOKENS, room.left - LABEL_TOKENS))
        if not room.offer(part_of(path, (1, max(1, last)), Why.CONVENTIONS, text)):
            room.left_out.append(path)
        return


def _cut(file: SourceFile, most_tokens: int) -> tuple[str, int]:
    """Return the first lines of *file* that *most_tokens* hold, and how many there are."""
    text = ""
    for number, line in enumerate(file.index.lines, start=1):
        if estimate_tokens(f"{text}{line}...") > most_tokens:
            return (f"{text}..." if text else ""), number - 1
        text += line
    return text, file.index.count


def _named(instruction: str, near: str) -> Iterator[_Wanted]:
    """Yield what looks like a name of code: anything in backticks, and words that prose does not write."""
    for quoted in _QUOTED.findall(instruction):
        for dotted in _DOTTED.findall(quoted):
            above, _, name = f".{dotted}".rpartition(".")
            yield _Wanted(name, near, is_alone_enough=True, within=above.rpartition(".")[2])
    for word in _WORD.findall(_QUOTED.sub(" ", instruction)):
        if _CODE_WORD.match(word):
            yield _Wanted(word, near, is_alone_enough=True)


def _used(target: Target, index: Index) -> Iterator[_Wanted]:
    """Yield the names that the selected lines use and can have from elsewhere, in the order of the lines."""
    symbols, path = index.symbols(target.file.path), target.file.path
    first: dict[str, int] = {}
    for uses in (symbols.uses, symbols.members):
        for name, lines in uses.items():
            line = next((n for n in lines if any(a <= n <= b for a, b in target.regions)), None)
            if line is not None and (uses is symbols.members or _comes_from_elsewhere(name, symbols, path)):
                first[name] = min(line, first.get(name, line))
    for name in sorted(first, key=lambda name: (first[name], name)):
        yield _Wanted(name, path)


def _comes_from_elsewhere(name: str, symbols: Symbols, path: str) -> bool:
    """Whether a name that stands alone can mean something else than a variable of its function, or a builtin."""
    at_top = any(one.name == name and not one.within for one in symbols.definitions)
    if at_top or any(one.bound == name for one in symbols.imports):
        return True
    if is_python(path) and name in _BUILTINS:
        return False
    return family_of(path) not in _BY_IMPORT or any(one.name == "*" for one in symbols.imports)


def _meaning(wanted: _Wanted, index: Index) -> tuple[Definition, int] | None:
    """Return what *wanted* means and how many others share the name, None where that is not sure enough."""
    definitions, others = index.definitions(wanted.name, near=wanted.near, within=wanted.within)
    if not definitions or (definitions[0].within and definitions[0].what is What.VARIABLE):
        return None  # a field says little without its class, which is mostly named too
    others += len(definitions) - 1
    is_sure = definitions[0].tie is not Tie.NAME_ALONE or wanted.is_alone_enough or not others
    return (definitions[0], others) if is_sure else None


def _parts(definition: Definition, others: int, snapshot: Snapshot, index: Index) -> Iterator[Part]:
    """Yield the texts that can stand for *definition*, the fullest first, under the first line of its class."""
    try:
        file = snapshot.file(definition.path)
    except InputError:
        return
    holding = [
        one for one in index.symbols(file.path).around(definition.first, definition.last) if _holds(one, definition)
    ]
    scope = "".join(f"{file.index.text(one.line, one.line).rstrip()}\n" for one in holding[-1:])
    lines = definition.first, definition.last
    for text in _forms(definition, file):
        yield part_of(file.path, lines, Why.DEFINITION, f"{scope}{text}", name=definition.name, others=others)


def _holds(one: Symbol, definition: Definition) -> bool:
    return one.name == definition.within and (one.first, one.last) != (definition.first, definition.last)


def _forms(definition: Definition, file: SourceFile) -> tuple[str, ...]:
    block = _block(file, definition.first, definition.last)
    if block is not None:
        return forms(block, file.index)
    if definition.last - definition.first < _SHORT_LINES:
        return (file.index.text(definition.first, definition.last).rstrip("\r\n"),)
    return (f"{definition.header}\n    ...",)


def _block(file: SourceFile, first: int, last: int) -> Block | None:
    holding = statements_around(file, first, last) or ()
    return next((block for block in holding if (block.first, block.last) == (first, last)), None)


def _offer_fullest(parts: Iterable[Part], room: Room) -> bool:
    """Offer the first of *parts* that leaves half of the room to others, else the shortest."""
    part = None
    for part in parts:
        if part.tokens + LABEL_TOKENS <= room.left // 2:
            break
    return part is not None and room.offer(part)


def _offer_each(parts: Iterable[Part], why: Why, most: int, room: Room) -> None:
    shown = 0
    for part in parts:
        if shown == most:
            return
        if not room.shows(part.path, part.first, part.last):
            if part.tokens + LABEL_TOKENS > room.left:
                room.left_out.append(f"{why.value}s of {part.name}")
                return
            shown += room.offer(part)


def _defined(target: Target, index: Index) -> list[str]:
    """Return the names that the selected lines define, or stand in where they define none, the likeliest used first."""
    definitions = index.symbols(target.file.path).definitions
    found: dict[Symbol, None] = {}
    for first, last in target.regions:
        inside = [one for one in definitions if first <= one.line <= last and (one.within == "" or target.selected)]
        held = [one for one in definitions if one.first <= first and last <= one.last]
        found.update(dict.fromkeys(inside or held[-1:]))
    ordered = sorted(found, key=lambda one: (one.what is What.VARIABLE, one.name.startswith("_"), one.line))
    names = (one.within if one.within and one.name in _CONSTRUCTORS else one.name for one in ordered)
    return [name for name in dict.fromkeys(names) if not (name.startswith("__") and name.endswith("__"))]


def _spread(pairs: Sequence[tuple[str, Use]]) -> list[tuple[str, Use]]:
    """Return a few uses of each name: the first of each file before a second one, the surest before others."""
    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for number, (name, use) in enumerate(pairs):
        nth = seen[name, use.path] = seen.get((name, use.path), 0) + 1
        ranked.append((use.tie is Tie.NAME_ALONE, nth, number, name, use))
    chosen: dict[str, int] = {}
    kept = []
    for *_, name, use in sorted(ranked, key=lambda one: one[:3]):
        chosen[name] = chosen.get(name, 0) + 1
        if chosen[name] <= _CALLERS_OF_A_NAME:
            kept.append((name, use))
    return kept


def _call(name: str, use: Use, snapshot: Snapshot) -> Part | None:
    """Return the statement that uses *name*, under the header of the function it stands in."""
    file = _file(snapshot, use.path)
    if file is None:
        return None
    first, last = _statement(file, use)
    text = file.index.text(first, last).rstrip()
    if use.inside is not None and use.inside.first < first:
        text = f"{use.inside.header}\n    ...\n{text}"
    return part_of(use.path, (first, last), Why.CALLER, text, name=name)


def _statement(file: SourceFile, use: Use) -> tuple[int, int]:
    """Return the lines of the smallest statement around a use if they are few, else its line and both neighbours."""
    holding = statements_around(file, use.line, use.line)
    if holding and holding[-1].last - holding[-1].first < _STATEMENT_LINES:
        return holding[-1].first, holding[-1].last
    first, last = (use.inside.first, use.inside.last) if use.inside else (1, file.index.count)
    return max(first, use.line - 1), min(last, use.line + 1)


def _test(name: str, use: Use, snapshot: Snapshot) -> Part | None:
    """Return the first lines of the test that names *name*."""
    file = _file(snapshot, use.path)
    if file is None:
        return None
    inside = use.inside
    first, end = (inside.first, inside.last) if inside else (max(1, use.line - 1), use.line + 1)
    last = min(end, first + _TEST_LINES - 1, file.index.count)
    text = file.index.text(first, last).rstrip()
    return part_of(use.path, (first, last), Why.TEST, text if last == end else f"{text}\n    ...", name=name)


def _file(snapshot: Snapshot, path: str) -> SourceFile | None:
    try:
        return snapshot.file(path)
    except InputError:
        return None
