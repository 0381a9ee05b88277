"""The pages about lanes and policies, for docs.py: all that they say stands in the data files and their schemas."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from suffice.decide import decide
from suffice.lanes import LINTER, Lane, Price, catalogue
from suffice.policy import SHIPPED, Policy, policy_text
from suffice.shipped import shipped_text
from suffice.task import Kind, Mode, Stakes, Task
from suffice_ci.policy_difference import deny_line
from suffice_ci.policy_form import deny_entry


def lanes_page() -> Iterator[str]:
    """Yield the catalogue and the ladders of the shipped policies."""
    shipped = catalogue()
    yield "# Lanes\n"
    yield "A lane is a model at an effort. `suffice lanes` prints these with what your settings change or add"
    yield "([how](config.md)); `suffice doctor` asks the providers whether the models are still there.\n"
    yield f"Prices in US dollars per million tokens, read on {shipped.read_on}. The last column but one is the lane's"
    yield "place in the order of escalation. `linter` is the linter's own fix, `human` a person; both are free.\n"
    yield f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"
    for lane in shipped.lanes.values():
        for number, price in enumerate(lane.prices):
            yield _price_row(lane, price, is_first=not number)
    yield "\n| lane | best for | use when | avoid when |\n|---|---|---|---|"
    for lane in shipped.lanes.values():
        yield f"| `{lane.name}` | {lane.best_for} | {lane.use_when} | {lane.avoid_when} |"
    for name in SHIPPED:
        yield from _ladders(Policy.load(name))
    yield ""


_COLUMNS = (
    *("lane", "model", "effort", "prompt tokens", "in", "cached", "to cache", "out", "batch in, out"),
    *("context", "rank", "ends"),
)


def _price_row(lane: Lane, price: Price, *, is_first: bool) -> str:
    above = "any" if is_first else "more"
    limit = f"up to {price.up_to_prompt_tokens:,}" if price.up_to_prompt_tokens else above
    batch = "" if price.batch_input is None else f"{price.batch_input:g}, {price.batch_output:g}"
    write = "" if price.cache_write is None else f"{price.cache_write:g}"
    costs = [limit, f"{price.input:g}", f"{price.cached:g}", write, f"{price.output:g}", batch]
    if not is_first:
        return f"| | | | {' | '.join(costs)} | | | |"
    ends = lane.retires_on or ""
    head = [f"`{lane.name}`", lane.model, lane.effort]
    return f"| {' | '.join([*head, *costs, f'{lane.context_tokens:,}', str(lane.rank), str(ends)])} |"


def _ladders(policy: Policy) -> Iterator[str]:
    """Yield the ladders of *policy*, with what a typical task costs on the first model that may be used."""
    said = tomllib.loads(policy_text(policy.name))
    yield f"\n## Policy {policy.name}\n\n{said['description'].capitalize()}.\n"
    yield "| kind | ladder | high stakes start at | a typical task on its first model |\n|---|---|---|---|"
    for kind, rules in policy.kinds.items():
        decision = decide(Task(kind=Kind(kind)), policy=policy)
        cost_usd = decision.next_cost_usd if decision.first == LINTER else decision.estimated_cost_usd
        steps = ", ".join(rules.ladder()).replace("|", "\\|")
        yield f"| {kind} | {steps} | {rules.high_stakes_from or ''} | ${cost_usd:.6f} |"
    if policy.denies:
        yield "\nNever, whatever the ladder says:\n"
        yield from (f"- {deny_line(deny)}" for deny in map(deny_entry, policy.denies))


POLICY_EXAMPLE = """\
extends = "guide"

[kinds.edit]
ladder = ["local?", "sonnet | codex", "opus", "human"]
high_stakes_from = "opus"
value_usd = 2.0

[[deny]]
lanes = ["opus"]
modes = ["bulk"]
because = "too dear"

[[stakes]]
paths = ["auth/**"]
"""


def policies_page() -> Iterator[str]:
    """Yield how a policy file is written."""
    schema = schema_of("policy")
    yield "# Policies\n"
    yield f"A policy says which lanes each kind of task climbs. Shipped are {', '.join(f'`{n}`' for n in SHIPPED)}"
    yield "([their ladders](lanes.md)). Name one, or a file of your own, with `--policy` or the setting `policy`."
    yield "A file in a repository counts only where one of these names it.\n"
    yield "```toml\n" + POLICY_EXAMPLE + "```\n"
    yield "`suffice policy show NAME` prints one, `suffice policy check FILE` reads yours and says what can hardly be"
    yield "meant, `suffice policy diff A B` says where two differ. `suffice schema policy` prints the JSON Schema."
    yield "Two things no policy lifts: an effort of xhigh is used only where `--allow` names its lane, and never in"
    yield "background or bulk work."
    yield "`prefilter` has a floor: never left out is what the linter has a fix of its own for, what says that code is"
    yield "broken or unsafe (rules that begin with E9, F63, F7, F82, PLE or S, but not S101), and what is in a file"
    yield "that the cheap lane may not see.\n"
    yield from key_table(schema["properties"], "key")
    for title, name in (("[kinds.KIND]", "kind"), ("[[deny]]", "deny"), ("[[stakes]]", "stakes")):
        yield f"\n## {title}\n"
        yield from key_table(schema["$defs"][name]["properties"], "key")
    yield f"\nKinds: {', '.join(Kind)}. Modes: {', '.join(Mode)}. Stakes: {', '.join(Stakes)}."
    yield "A call above the first is made only where chance x (value_usd + human_usd) covers its price and"
    yield "(1 - chance) x wrong_accepted x wrong_usd.\n"


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a *name* file."""
    loaded: dict[str, Any] = json.loads(shipped_text(f"{name}.schema.json"))
    return loaded


def key_table(properties: Mapping[str, Mapping[str, Any]], title: str) -> Iterator[str]:
    """Yield a table of *properties*; a default is shown where there is one."""
    with_defaults = any("default" in entry for entry in properties.values())
    yield f"| {title} | meaning |" + (" default |" if with_defaults else "")
    yield "|---|---|" + ("---|" if with_defaults else "")
    for name, entry in properties.items():
        meaning = entry["description"].replace("|", "\\|")
        default = f" {_toml(entry['default'])} |" if "default" in entry else " |"
        yield f"| `{name}` | {meaning} |" + (default if with_defaults else "")


def _toml(value: Any) -> str:
    return f"`{json.dumps(value)}`"
