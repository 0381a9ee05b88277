"""A policy as data, with the keys of its file, after what it extends and its defaults were worked in."""

from __future__ import annotations

from typing import Any

from suffice.policy import Deny, KindPolicy, Policy

_OF_LADDER = ("rungs", "optional")
_OF_REVIEWS = ("second", "refute", "settle")


def policy_entry(policy: Policy) -> dict[str, Any]:
    """Return *policy* as `suffice policy show --json` prints it."""
    return {
        "name": policy.name,
        "sha256": policy.sha256,
        "kinds": {str(kind): kind_entry(rules) for kind, rules in policy.kinds.items()},
        "deny": [deny_entry(deny) for deny in policy.denies],
        "stakes": [{"paths": list(rule.paths), "stakes": rule.stakes} for rule in policy.path_stakes],
    }


def kind_entry(rules: KindPolicy) -> dict[str, Any]:
    """Return what a policy says of a kind; `high_stakes_from` and the stages of a review are left out without any."""
    aside = {*_OF_LADDER, *_OF_REVIEWS}
    entry = {key: value for key, value in rules._asdict().items() if key not in aside and value is not None}
    stages = {key: list(lanes) for key, lanes in rules.stages().items() if lanes}
    return {
        "ladder": list(rules.ladder()),
        **entry,
        **stages,
        "explicit_only": sorted(rules.explicit_only),
        "judge": [*rules.judge],
    }


def deny_entry(deny: Deny) -> dict[str, Any]:
    """Return what *deny* says; what is empty, and so applies always, is left out."""
    lists = {key: sorted(value) for key, value in deny._asdict().items() if key != "because" and value}
    return {**lists, "because": deny.because}
