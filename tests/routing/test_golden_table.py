"""The golden table: what both documents say of routing, phrase by phrase, typed from them alone.

The documents are the routing guide (reviewed 2026-03-15) and "what we use each for"; golden/*.toml quotes them. No
policy file is read here: a policy that drifts from the documents fails at the sentence that it breaks.

A row of golden/*.toml holds for each of its `policies`, `kinds` (or one of KINDS), `modes` and `stakes`; unnamed they
are guide, interactive and normal. `keys` (unnamed: both providers'), `tried` (each ended by `failure`), `allow` and
`deadline_s` are one setting. It makes one of CLAIMS, where "a | b" are peers and "a > b" is a step up, or, where the
document names xhigh, `explicit_only`, which is asserted in all of EXPLICIT_ONLY's settings.
A lint fix here is one that the linter has no fix for.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, pairwise, product
from pathlib import Path
from typing import Any

import pytest

from suffice import Decision, Diagnostic, Facts, Kind, Mode, Policy, Stakes, Task, decide
from suffice.decide import Failure, Tried
from suffice.task import Span

DOCUMENTS = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parent / "golden").glob("*.toml"))
}
SECTIONS = {
    f"{document}, {name}": section for document, sections in DOCUMENTS.items() for name, section in sections.items()
}

SHIPPED = ("guide", "opus-first", "anthropic", "openai", "coding")
NON_CODING = [
    *("triage", "summary", "tagging", "extraction", "workflow-design", "incident-reasoning"),
    *("first-pass-summary", "synthesis", "final-pass", "plan", "write", "analyse"),
]
KINDS = {
    "every kind": list(Kind),
    "simple": ["tagging", "extraction", "triage", "summary", "first-pass-summary"],
    "serious": ["edit", "review", "plan", "write", "analyse", "synthesis", "workflow-design"],
    "code": ["edit", "codegen", "refactor", "test-writing"],
    "non-coding": NON_CODING,
}
XHIGH = "gpt-5.4:xhigh"
EXPLICIT_ONLY = (
    {"excludes": XHIGH, "because": "explicit only"},
    {"allow": [XHIGH], "last_model": XHIGH},
    {"allow": [XHIGH], "modes": ["background"], "excludes": XHIGH},
    {"allow": [XHIGH], "modes": ["bulk"], "excludes": XHIGH},
)
UNFIXED = Diagnostic(rule="B904", message="m", path="a.py", span=Span(1, 1, 1, 5))
BOTH = ("anthropic", "openai")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    policy: str
    task: Task
    facts: Facts
    claim: str
    lanes: str
    because: str
    name: str


def case(section: str, row: Mapping[str, Any], policy: str, kind: Kind, mode: Mode, stakes: Stakes) -> Case:
    failure = Failure(row.get("failure", "check-failed"))
    keys, tried, allow = row.get("keys", BOTH), row.get("tried", ()), row.get("allow", ())
    deadline_s = row.get("deadline_s")
    claim = next(name for name in CLAIMS if name in row)
    settings = [
        *(policy, kind, mode, f"{stakes} stakes"),
        *(f"{key} key" for key in keys if keys != BOTH),
        *(f"{lane} {failure}" for lane in tried),
        *(f"{lane} allowed" for lane in allow),
        *([f"within {deadline_s} s"] if deadline_s else []),
    ]
    return Case(
        policy=policy,
        task=Task(
            kind=kind,
            paths=("a.py",),
            diagnostics=(UNFIXED,) if kind is Kind.LINT_FIX else (),
            mode=mode,
            stakes=stakes,
            deadline_s=deadline_s,
        ),
        facts=Facts(
            with_key=frozenset(keys), tried=tuple(Tried(lane, failure) for lane in tried), allow=frozenset(allow)
        ),
        claim=claim,
        lanes=row[claim],
        because=row.get("because", ""),
        name=f"{section}: {row['quote']} [{', '.join(settings)}: {claim} {row[claim]}]",
    )


def cases_of(section: str, row: Mapping[str, Any]) -> Iterator[Case]:
    if "explicit_only" in row:
        plain = {key: value for key, value in row.items() if key != "explicit_only"}
        for setting in EXPLICIT_ONLY:
            yield from cases_of(section, plain | setting)
        return
    policies = [
        name
        for policy in row.get("policies", ["guide"])
        for name in (SHIPPED if policy == "every policy" else [policy])
    ]
    kinds = [Kind(name) for kind in row["kinds"] for name in KINDS.get(kind, [kind])]
    modes = [Mode(mode) for mode in row.get("modes", ["interactive"])]
    stakes = [Stakes(stakes) for stakes in row.get("stakes", ["normal"])]
    for setting in product(policies, kinds, modes, stakes):
        yield case(section, row, *setting)


def lanes_of(text: str) -> set[str]:
    return set(text.split(" | "))


def places(lanes: str, decision: Decision) -> list[list[int]]:
    """Where in the order the lanes of each step of "a | b > c" stand."""
    return [
        [decision.order.index(lane) for lane in lanes_of(step) if lane in decision.order] for step in lanes.split(" > ")
    ]


def ascends(steps: list[list[int]]) -> bool:
    return all(max(lower) < min(upper) for lower, upper in pairwise(steps))


CLAIMS = {
    "first": lambda lanes, decision: decision.first in lanes_of(lanes),
    "never_first": lambda lanes, decision: decision.first not in lanes_of(lanes),
    "uses": lambda lanes, decision: lanes_of(lanes) <= set(decision.order),
    "leaves_out": lambda lanes, decision: not lanes_of(lanes) & set(decision.order),
    "excludes": lambda lanes, decision: (
        lanes_of(lanes) <= {lane for lane, _ in decision.excluded} and not lanes_of(lanes) & set(decision.order)
    ),
    "rung": lambda lanes, decision: any(lanes_of(lanes) <= set(rung) for rung in decision.rungs),
    "climbs": lambda lanes, decision: all(places(lanes, decision)) and ascends(places(lanes, decision)),
    "never_descends": lambda lanes, decision: ascends([step for step in places(lanes, decision) if step]),
    "last_model": lambda lanes, decision: decision.rungs[-2:] == ((lanes,), ("human",)),
}
FIELDS = {"quote", "policies", "kinds", "modes", "stakes", "keys", "tried", "failure", "allow", "deadline_s"}


def row_of(case: Case) -> str:
    """Return where *case* stands in the documents."""
    return case.name.partition(" [")[0]


CASES = [case for name, section in SECTIONS.items() for row in section["rows"] for case in cases_of(name, row)]


BY_ROW = {row: list(cases) for row, cases in groupby(sorted(CASES, key=row_of), key=row_of)}
"""What a row says of all its policies, kinds, modes and stakes: one test a row, or most of the time goes into the
tests' own set-up."""


@pytest.mark.parametrize("row", BY_ROW)
def test_the_policies_do_what_the_documents_say(row):
    for case in BY_ROW[row]:
        decision = decide(case.task, policy=Policy.load(case.policy), state=case.facts)

        assert CLAIMS[case.claim](case.lanes, decision), (case.name, decision.rungs, decision.excluded)
        assert case.because in dict(decision.excluded).get(case.lanes, ""), case.name
        assert decision.order[-1] == "human", case.name


@pytest.mark.parametrize("name", SECTIONS)
def test_every_phrase_has_a_row_or_a_reason_why_it_has_none(name):
    section = SECTIONS[name]

    with_row, with_reason = {row["quote"] for row in section["rows"]}, set(section.get("none", {}))

    assert with_row | with_reason == set(section["phrases"])
    assert not with_row & with_reason
    assert all(section.get("none", {}).values())


@pytest.mark.parametrize("name", SECTIONS)
def test_every_row_makes_one_claim(name):
    for row in SECTIONS[name]["rows"]:
        assert len(set(row) & {*CLAIMS, "explicit_only"}) == 1, row
        assert set(row) <= {*FIELDS, *CLAIMS, "explicit_only"}, row


def test_every_kind_has_a_row_in_the_policy_guide_that_says_where_it_starts():
    starts = {case.task.kind for case in CASES if case.policy == "guide" and case.claim == "first"}

    assert starts == set(Kind)


@pytest.mark.parametrize("policy", SHIPPED)
def test_every_shipped_policy_has_a_row(policy):
    assert any(case.policy == policy for case in CASES)
