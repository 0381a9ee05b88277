"""The symbols of a repository by name, found when asked for: what a name means, who uses it, what imports what.

    Index(snapshot, paths, known=KnownSymbols(store))
        .definitions(name, near=path) -> Named          .callers(name, of=path) -> tuple[Use, ...]
        .symbols(path) -> Symbols    .imports(path) -> Imports    .import_edges(paths) -> (edges, unresolved)

A file is parsed only if a search of its bytes says that it can hold the answer. No path beside *paths* is ever read,
so that what is ignored or secret stays out as long as it is not among them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from suffice.errors import InputError
from suffice.index.known import KnownSymbols
from suffice.index.language import Family, family_of
from suffice.index.other_modules import GoModules, JavaModules, RustModules, ScriptModules
from suffice.index.python_modules import PythonModules
from suffice.index.symbols import NOTHING, Import, Symbol, Symbols, What
from suffice.index.texts import Texts, anywhere, holds, is_part_of_word, nearness
from suffice.snapshot import Snapshot

MOST_S = 5.0
"""Seconds of processor time in which one index parses: some 500 files of 500 lines. What then is not known yet counts
as empty, and `stopped` says so."""

MOST_LOOKED_AT = 60
"""Files, the likeliest first, that one question looks into: a name that stands in more is hardly explained by them."""

MOST_DEFINITIONS = 8
MOST_USES = 100

_NAME = re.compile(r"[^\W\d]\w{1,200}")
_DEF = re.compile(r"[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+")
_ASSIGNED_BEFORE = re.compile(r"[ \t]*(?:\w+[ \t]*,[ \t]*)*")
_BEFORE_OTHER = frozenset("(,#*&")
_BEFORE_OTHER_AND_SPACE = frozenset(">])*&,}")
"""What can stand before a name where it is defined, beside a word and the start of a line: never a dot."""

_PACKAGE_FILES = ("__init__.py", "__init__.pyi", "mod.rs", "lib.rs")
_FOLDER_IS_PACKAGE = frozenset({Family.GO, Family.JAVA})
_OF_BUILTINS = frozenset({*dir(str), *dir(list), *dir(dict), *dir(set), "map", "filter", "then", "push", "forEach"})
"""Methods that everything has: after a dot they say nothing of who is called."""


class Tie(IntEnum):
    """How sure it is that a name in one file means what is defined in another, the surest first."""

    SAME_FILE = 0
    IMPORTED = 1
    SAME_PACKAGE = 2
    NAME_ALONE = 3


class Definition(NamedTuple):
    """Where a name is defined: lines 1-based and inclusive; see `Symbol`."""

    path: str
    first: int
    last: int
    name: str
    what: What
    header: str
    within: str
    tie: Tie


class Named(NamedTuple):
    """What a name can mean, the likeliest first, and how many others share it (as far as the search went)."""

    definitions: tuple[Definition, ...]
    others: int


class Use(NamedTuple):
    """A line (1-based) that uses a name, and the innermost definition around it, None at the top of a file."""

    path: str
    line: int
    inside: Definition | None
    tie: Tie


class Imports(NamedTuple):
    """What a file imports: files of the repository, how many names that should be there and are not, and others."""

    resolved: tuple[str, ...]
    unresolved: int
    external: int


class Index:
    """The symbols of the files *paths* of *snapshot*. *most_s* bounds the processor time of all parsing."""

    def __init__(
        self,
        snapshot: Snapshot,
        paths: Iterable[str],
        *,
        known: KnownSymbols | None = None,
        most_s: float = MOST_S,
        clock: Callable[[], float] = time.thread_time,
    ) -> None:
        self.paths = frozenset(paths)
        self._snapshot = snapshot
        self._texts = Texts(snapshot, self.paths)
        self._known = known or KnownSymbols()
        self._left_s = most_s
        self._clock = clock
        self._named: dict[tuple[str, str, str], Named] = {}
        self._imports: dict[str, Imports] = {}

    @property
    def stopped(self) -> str:
        """Why not everything was looked at, as a sentence; "" if everything was."""
        if self._left_s <= 0:
            return "The time to parse files was used up: definitions and callers may be missing."
        return "" if self._texts.is_whole else "Only the nearest files were searched: the repository is too large."

    def symbols(self, path: str) -> Symbols:
        """Return the symbols of the file at *path*; none where it may not be read or is not understood."""
        file = self._texts.file(path) if path in self.paths and family_of(path) else None
        if file is None or (self._left_s <= 0 and not self._known.has(file)):
            return NOTHING
        start = self._clock()
        found = self._known.of(file)
        self._left_s -= self._clock() - start
        return found

    def definitions(self, name: str, *, near: str, within: str = "") -> Named:
        """Return what *name* can mean in the file *near*: what it imports first, then its own folder, then others.

        With *within*, only what is defined in a class or module of that name.
        """
        key = (name, near, within)
        if key not in self._named:
            self._named[key] = self._definitions(*key)
            self._known.keep()
        return self._named[key]

    def callers(self, name: str, *, of: str) -> tuple[Use, ...]:
        """Return who uses what the file *of* defines as *name*, files that import it first.

        These are up to `MOST_USES` lines of `MOST_LOOKED_AT` files. After a dot, where nothing says whose method is
        meant, uses come last; a name alone only counts in files that can see it.
        """
        if not _NAME.fullmatch(name):
            return ()
        stem = _stem(of)
        files = self._texts.naming(name, near=of, where=anywhere)
        ordered = sorted(files, key=lambda file: (file.path != of, not holds(file.text, stem, where=anywhere)))
        uses: list[Use] = []
        for file in ordered[:MOST_LOOKED_AT]:
            uses.extend(islice(self._uses(name, file.path, of), MOST_USES))
            if len(uses) >= MOST_USES:
                break
        self._known.keep()
        return tuple(sorted(uses, key=lambda use: use.tie)[:MOST_USES])

    def imports(self, path: str) -> Imports:
        """Return what the file at *path* imports."""
        if path not in self._imports:
            resolved: dict[str, None] = {}
            unresolved = external = 0
            for one in self.symbols(path).imports:
                targets = self.targets(one, path)
                unresolved += targets is None
                external += targets == ()
                resolved.update(dict.fromkeys(target for target in targets or () if target != path))
            self._imports[path] = Imports(tuple(resolved), unresolved, external)
        return self._imports[path]

    def import_edges(self, paths: Iterable[str]) -> tuple[Mapping[str, frozenset[str]], int]:
        """Return which files each of *paths* imports, and how many imports point to files that are not there."""
        edges, unresolved = {}, 0
        for path in paths:
            found = self.imports(path)
            edges[path] = frozenset(found.resolved)
            unresolved += found.unresolved
        self._known.keep()
        return edges, unresolved

    def targets(self, one: Import, path: str) -> tuple[str, ...] | None:
        """Return the files that *one* in the file *path* means; none if it is foreign, None if that is not certain."""
        match family_of(path):
            case Family.PYTHON:
                return self._python.targets(one, path)
            case Family.SCRIPT:
                return self._script.targets(one, path)
            case Family.GO:
                return self._go.targets(one, path)
            case Family.RUST:
                return self._rust.targets(one, path)
            case Family.JAVA:
                return self._java.targets(one, path)
            case None:
                return None

    def _definitions(self, name: str, near: str, within: str) -> Named:
        if not _NAME.fullmatch(name):
            return Named((), 0)
        name, imported = self._imported(name, near)
        where = _defines_python if family_of(near) is Family.PYTHON else _defines_other
        searched = [file.path for file in self._texts.naming(name, near=near, where=where)]
        ordered = [*(path for path in searched if path in imported), *(p for p in searched if p not in imported)]
        found: list[Definition] = []
        for path in ordered[:MOST_LOOKED_AT]:
            own = [one for one in self.symbols(path).definitions if one.name == name and within in {"", one.within}]
            found.extend(_definition(one, path, self._tie(path, near, imported)) for one in own)
        # Each of them has a line that looks like a definition, but in which class nobody knows.
        unseen = 0 if within else max(0, len(ordered) - MOST_LOOKED_AT)
        near_key = nearness(near)
        found.sort(key=lambda one: (one.tie, near_key(one.path), bool(one.within), one.first))
        return Named(tuple(found[:MOST_DEFINITIONS]), max(0, len(found) - MOST_DEFINITIONS) + unseen)

    def _imported(self, name: str, near: str) -> tuple[str, frozenset[str]]:
        """Return what *name* is called where it comes from, and the files that *near* can have it from."""
        for one in _distinct(one for one in self.symbols(near).imports if one.bound == name):
            targets = self.targets(one, near)
            if targets:
                original = one.name if _NAME.fullmatch(one.name) and one.name != "default" else name
                return original, self._passed_on(targets, original)
        return name, self._passed_on(self.imports(near).resolved, name)

    def _passed_on(self, targets: Iterable[str], name: str) -> frozenset[str]:
        """Return *targets*, and the files from which those of them that stand for a package take *name*."""
        reached = set(targets)
        for path in tuple(reached):
            if path.endswith(_PACKAGE_FILES) or _stem(path) != path.rpartition("/")[2].partition(".")[0]:
                passing = (one for one in self.symbols(path).imports if one.bound == name or one.name == "*")
                for one in _distinct(passing):
                    reached.update(self.targets(one, path) or ())
        return frozenset(reached)

    def _tie(self, path: str, near: str, imported: frozenset[str]) -> Tie:
        if path == near:
            return Tie.SAME_FILE
        if path in imported:
            return Tie.IMPORTED
        is_package = family_of(near) in _FOLDER_IS_PACKAGE and path.rpartition("/")[0] == near.rpartition("/")[0]
        return Tie.SAME_PACKAGE if is_package else Tie.NAME_ALONE

    def _uses(self, name: str, path: str, of: str) -> Iterator[Use]:
        symbols = self.symbols(path)
        lines = symbols.lines_of(name)
        local = next((one.bound for one in symbols.imports if one.name == name and one.bound not in {"", name}), None)
        if local is not None:
            lines = tuple(sorted({*lines, *symbols.lines_of(local)}))
        if not lines:
            return
        tie = self._tie_of_user(name, path, of)
        if tie is Tie.NAME_ALONE:
            defines = any(one.name == name for one in symbols.definitions)
            lines = () if defines or name in _OF_BUILTINS else symbols.members.get(name, ())
        for line, inside in symbols.innermost(lines):
            if inside is not None and path == of and inside.name == name:
                continue  # it speaks of itself
            yield Use(path, line, _definition(inside, path, tie) if inside else None, tie)

    def _tie_of_user(self, name: str, path: str, of: str) -> Tie:
        """Return how sure it is that *name* in the file *path* is what the file *of* defines."""
        explicit = _distinct(one for one in self.symbols(path).imports if name in {one.name, one.bound})
        for one in explicit:
            if of in self._passed_on(self.targets(one, path) or (), name):
                return Tie.IMPORTED
        imported = frozenset() if explicit else self._passed_on(self.imports(path).resolved, name)
        return self._tie(path, of, frozenset({path}) if of in imported else frozenset())

    @cached_property
    def _python(self) -> PythonModules:
        return PythonModules(self.paths)

    @cached_property
    def _script(self) -> ScriptModules:
        return ScriptModules(self.paths)

    @cached_property
    def _go(self) -> GoModules:
        return GoModules(self.paths, self._text)

    @cached_property
    def _rust(self) -> RustModules:
        return RustModules(self.paths)

    @cached_property
    def _java(self) -> JavaModules:
        return JavaModules(self.paths)

    def _text(self, path: str) -> str:
        try:
            return self._snapshot.text(path)
        except InputError:
            return ""


def _defines_python(before: str, after: str) -> bool:
    """Whether what stands around a word in a Python file lets it be the name of a definition."""
    if _DEF.fullmatch(before):
        return True
    return _ASSIGNED_BEFORE.fullmatch(before) is not None and after.lstrip(" \t")[:1] in {",", ":", "="}


def _defines_other(before: str, _after: str) -> bool:
    bare = before.rstrip(" \t")
    last = bare[-1:]
    if not bare or last in _BEFORE_OTHER:
        return True
    return bare != before and (last in _BEFORE_OTHER_AND_SPACE or is_part_of_word(last))


def _stem(path: str) -> str:
    """Return the name that others call the module of the file *path* by."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0]
    is_folder = stem in {"__init__", "index", "mod", "lib", "main"} or name.endswith(".go")
    return folder.rpartition("/")[2] or stem if is_folder else stem


def _distinct(imports: Iterable[Import]) -> list[Import]:
    """Return *imports* without those that say the same again: a file may repeat itself a thousand times."""
    return list({(one.specifier, one.name): one for one in imports}.values())


def _definition(symbol: Symbol, path: str, tie: Tie) -> Definition:
    return Definition(path, symbol.first, symbol.last, symbol.name, symbol.what, symbol.header, symbol.within, tie)
