"""Rules about imports that a project declares, and the imports that break them: pure, by the modules' dotted names.

Only direct imports are looked at: what is found breaks the rule, what is broken by way of a third module is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import NamedTuple

from suffice.review.structure.import_graph import Edge

HOW = "the declared rule, on direct imports"

Breaks = Callable[[str, str], bool]


class Layers(NamedTuple):
    """Modules from the highest to the lowest; none imports one above it. Relative to each of `containers`, if any."""

    source: str
    title: str
    layers: tuple[tuple[str, ...], ...]
    containers: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.title}: layers {' > '.join(' | '.join(layer) for layer in self.layers)}"

    def breaks(self) -> Breaks:
        """Return whether an import of one module by another breaks this."""
        ranks = [
            {
                f"{container}.{name}" if container else name: rank
                for rank, names in enumerate(self.layers)
                for name in names
            }
            for container in self.containers or ("",)
        ]

        def is_upwards(source: str, target: str) -> bool:
            for rank in ranks:
                low, high = holder(source, rank), holder(target, rank)
                if low is not None and high is not None and rank[high] < rank[low]:
                    return True
            return False

        return is_upwards


class Forbidden(NamedTuple):
    """Modules `sources` that import none of `targets`; each stands for all below it."""

    source: str
    title: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.title}: {', '.join(self.sources)} must not import {', '.join(self.targets)}"

    def breaks(self) -> Breaks:
        """Return whether an import of one module by another breaks this."""
        is_source, is_target = (cache(partial(is_below_any, modules=names)) for names in (self.sources, self.targets))
        return lambda source, target: is_source(source) and is_target(target)


class Independent(NamedTuple):
    """Modules that do not import one another; each stands for all below it."""

    source: str
    title: str
    modules: tuple[str, ...]
    ignored: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.title}: {', '.join(self.modules)} do not import one another"

    def breaks(self) -> Breaks:
        """Return whether an import of one module by another breaks this."""
        matching = cache(partial(_matching, modules=self.modules))

        def is_across(source: str, target: str) -> bool:
            left, right = matching(source), matching(target)
            return left is not None and right is not None and left != right

        return is_across


class MayUse(NamedTuple):
    """A module that uses, of the modules `among`, only `uses` and what is `free` to all (tach's `depends_on`)."""

    source: str
    module: str
    uses: tuple[str, ...]
    among: tuple[str, ...]
    free: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.module} may use {', '.join(self.uses) or 'no other module'}"

    def breaks(self) -> Breaks:
        """Return whether an import of one module by another breaks this."""
        declared = dict.fromkeys(self.among)
        allowed = {self.module, *self.uses, *self.free, None}
        return lambda source, target: (
            holder(source, declared) == self.module and holder(target, declared) not in allowed
        )


Rule = Layers | Forbidden | Independent | MayUse


class Broken(NamedTuple):
    """A rule and the imports that break it; none for a rule that all direct imports keep."""

    rule: Rule
    by: tuple[Edge, ...]


def broken(rules: Sequence[Rule], *, edges: Iterable[Edge], names: Mapping[str, str]) -> list[Broken]:
    """Return each of *rules* with those of *edges*, between files whose dotted names are *names*, that break it."""
    known = [edge for edge in edges if edge.source in names and edge.target in names]
    found = []
    for rule in rules:
        is_broken = rule.breaks()
        pairs = ((edge, names[edge.source], names[edge.target]) for edge in known)
        by = (
            edge
            for edge, source, target in pairs
            if is_broken(source, target) and not _is_ignored(source, target, rule)
        )
        found.append(Broken(rule, tuple(by)))
    return found


def holder(name: str, modules: Mapping[str, object]) -> str | None:
    """Return the one of *modules* that holds *name*, the nearest above it; None for none."""
    while name:
        if name in modules:
            return name
        name = name.rpartition(".")[0]
    return None


def is_below_any(name: str, modules: Iterable[str]) -> bool:
    """Whether *name* is one of *modules* (which may hold `*` and `**`), or below one."""
    return _matching(name, modules) is not None


@lru_cache(maxsize=1 << 17)
def is_match(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Whether the dotted *parts* are what *pattern* means: `*` one part, `**` one or more (import-linter's syntax)."""
    reached = {0}
    for wanted in pattern:
        if wanted == "**":
            reached = set(range(min(reached) + 1, len(parts) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(parts) and wanted in {"*", parts[at]}}
    return len(parts) in reached


@lru_cache(maxsize=4096)
def _parts(name: str) -> tuple[str, ...]:
    return tuple(name.split("."))


def _matching(name: str, modules: Iterable[str]) -> str | None:
    parts = _parts(name)
    return next((module for module in modules if any(_ways_up(parts, _parts(module)))), None)


def _ways_up(parts: tuple[str, ...], pattern: tuple[str, ...]) -> Iterator[bool]:
    if "*" not in pattern and "**" not in pattern:
        yield parts[: len(pattern)] == pattern
        return
    yield from (is_match(parts[:end], pattern) for end in range(len(parts), 0, -1))


def _is_ignored(source: str, target: str, rule: Rule) -> bool:
    for line in rule.ignored:
        importer, imported = _sides(line)
        if is_match(_parts(source), importer) and is_match(_parts(target), imported):
            return True
    return False


@lru_cache(maxsize=4096)
def _sides(line: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    importer, _, imported = line.partition("->")
    return _parts(importer.strip()), _parts(imported.strip())
