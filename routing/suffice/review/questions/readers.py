"""Who reads a risky hunk once more, who refutes a claim and who settles it: never a lane that made the claim. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from suffice.policy import KindPolicy, Rung
from suffice.review.questions.asker import Rungs, one_by_one

ProviderOf = Callable[[str], str]


def second_readers(rules: KindPolicy, finder: str, provider_of: ProviderOf) -> Rungs:
    """Return who reads again what *finder* read: lanes of other providers, in the order of the policy."""
    return one_by_one(lane for lane in rules.second if provider_of(lane) != provider_of(finder))


def refuters(rules: KindPolicy, seen_by: Iterable[str], provider_of: ProviderOf) -> Rungs:
    """Return who refutes what *seen_by* claim: a cheap rung where two providers agree, a better one for a lone claim.

    Those of a provider that did not make the claim come first; where that rung holds nobody else the other serves.
    """
    makers = frozenset(seen_by)
    cheap, better = rules.refute[:1], rules.refute[1:]
    agreed = len({provider_of(lane) for lane in makers}) > 1
    return _others((*cheap, *better) if agreed else (*better, *cheap), makers, provider_of)


def settlers(rules: KindPolicy, asked_before: Iterable[str], provider_of: ProviderOf) -> Rungs:
    """Return who has the last word: none of those who made the claim or said something of it."""
    return _others(rules.settle, frozenset(asked_before), provider_of)


def _others(rungs: tuple[Rung, ...], makers: frozenset[str], provider_of: ProviderOf) -> Rungs:
    theirs = {provider_of(lane) for lane in makers}
    ranked = (sorted(rung, key=lambda lane: provider_of(lane) in theirs) for rung in rungs)
    return one_by_one(lane for rung in ranked for lane in rung if lane not in makers)
