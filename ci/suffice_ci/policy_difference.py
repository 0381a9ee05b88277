"""Where two policies differ: ladders and numbers kind by kind, denies, and the stakes of paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from suffice.policy import Policy
from suffice_ci.policy_form import policy_entry

Entry = Mapping[str, Any]


def difference(one: Policy, other: Policy) -> dict[str, Any]:
    """Return what differs, as `suffice policy diff --json` prints it.

    `kinds` maps a kind to its keys with both values, None where a policy has none; of `deny` and `stakes` each policy's
    own entries are listed.
    """
    a, b = policy_entry(one), policy_entry(other)
    kinds = {kind: _changed(a["kinds"].get(kind), b["kinds"].get(kind)) for kind in {**a["kinds"], **b["kinds"]}}
    return {
        "a": {"name": a["name"], "sha256": a["sha256"]},
        "b": {"name": b["name"], "sha256": b["sha256"]},
        "kinds": {kind: changed for kind, changed in kinds.items() if changed},
        "deny": {"only_a": _without(a["deny"], b["deny"]), "only_b": _without(b["deny"], a["deny"])},
        "stakes": {"only_a": _without(a["stakes"], b["stakes"]), "only_b": _without(b["stakes"], a["stakes"])},
    }


def _changed(a: Entry | None, b: Entry | None) -> dict[str, list[Any]]:
    keys = dict.fromkeys([*(a or {}), *(b or {})])
    pairs = {key: [(a or {}).get(key), (b or {}).get(key)] for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _without(entries: Sequence[Entry], others: Sequence[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry not in others]


def difference_lines(found: Entry, a: str, b: str) -> Iterator[str]:
    """Yield *found* in words; *a* and *b* are the policies as the user named them."""
    lists = [found[key][only] for key in ("deny", "stakes") for only in ("only_a", "only_b")]
    if not found["kinds"] and not any(lists):
        yield f"{a} and {b} say the same."
        return
    yield f"from {a} to {b}"
    for kind, changed in found["kinds"].items():
        yield f"{kind}"
        yield from (f"  {key}: {_said(before)} -> {_said(after)}" for key, (before, after) in changed.items())
    for name, only in ((a, "only_a"), (b, "only_b")):
        yield from (f"only {name} denies {deny_line(entry)}" for entry in found["deny"][only])
        for entry in found["stakes"][only]:
            yield f"only {name} gives {', '.join(entry['paths'])} {entry['stakes']} stakes"


def _said(value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, list) else f"{value}"


def deny_line(entry: Entry) -> str:
    """Return in words what a deny says: "opus in modes bulk: opus is not for bulk automation"."""
    what = ", ".join([*entry.get("lanes", ()), *(f"all of {name}" for name in entry.get("providers", ()))])
    where = [f"{key} {', '.join(entry[key])}" for key in ("kinds", "modes", "stakes", "paths") if key in entry]
    return f"{what}{' in ' if where else ''}{'; '.join(where)}: {entry['because']}"
