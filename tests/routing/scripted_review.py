"""What the tests of reviews share: a change with a defect, and models that answer by stage."""

import asyncio
import re

from suffice.lanes import catalogue
from suffice.policy import Policy
from suffice.review.engine import Known, Manner, review
from suffice.review.hunks.change import change_of_texts
from suffice.run import State
from suffice.state.budget import Budget
from suffice.testing import ScriptedModel

LANES = catalogue().lanes
GUIDE = Policy.load("guide")

BEFORE = '''\
"""A shop."""


def total(prices, discount):
    """Return what is to be paid."""
    paid = sum(prices)
    if discount:
        paid -= discount
    return paid


def pages(items, size):
    """Return the items in pages."""
    count = len(items) // size
    if len(items) % size:
        count += 1
    return [items[n * size : (n + 1) * size] for n in range(count)]


def label(name):
    """Return the name as it is printed."""
    return name.strip()
'''
AFTER = BEFORE.replace("    if len(items) % size:\n        count += 1\n", "").replace(
    "return name.strip()", "return name.strip().title()"
)
DEFECT = "    count = len(items) // size"
RETURNED = "    return [items[n * size : (n + 1) * size] for n in range(count)]"

SHOP = change_of_texts({"shop/cart.py": BEFORE}, {"shop/cart.py": AFTER}, title="Simplify pages")


def found(**changed):
    """Return a true finding as a model says it."""
    return {
        "hunk": "h1",
        "category": "correctness",
        "severity": "high",
        "title": "The last page is lost.",
        "trigger": "a number of items that is no multiple of the size",
        "consequence": "the items after the last full page are not in any page",
        "first_line": DEFECT,
        "last_line": DEFECT,
        "replacement": None,
        "score": 0.9,
        **changed,
    }


def claims(*findings):
    """Return a reply that makes *findings*, each under the label of the hunk that shows its first line."""

    def reply(request):
        labels = {}
        for part in re.split(r"^## (?=h\d+: )", request.prompt, flags=re.MULTILINE)[1:]:
            for line in part.split("\n"):
                labels.setdefault(line.partition("|")[2], part.split(":")[0])
        return {"findings": [{**f, "hunk": labels[f["first_line"]]} for f in findings if f["first_line"] in labels]}

    return reply


def word(verdict="holds", quote=RETURNED):
    return {"verdict": verdict, "because": "because of what the line says", "quote": quote}


def sorted_as(label, why="it says so"):
    """Return a reply of triage that puts every item under *label*."""

    def reply(request):
        numbers = range(1, request.prompt.count("# Item ") + 1)
        return {"items": [{"number": number, "label": label, "why": why} for number in numbers]}

    return reply


STAGES = {
    "triage": "triage",
    "review_find": "find",
    "review_anchor": "anchor",
    "review_refute": "refute",
    "review_settle": "settle",
    "synthesis": "summary",
}


class Script:
    """Models of both providers that answer by stage; `by_lane` goes before `by_stage`, a list gives one after another.

    A reply is a mapping, or a function of the request.
    """

    def __init__(self, by_stage=None, by_lane=None, *, providers=("anthropic", "openai")):
        self._by_stage = {
            "triage": sorted_as("risky"),
            "find": {"findings": []},
            "refute": word(),
            "settle": word(),
            "anchor": {"places": []},
            **(by_stage or {}),
        }
        self._by_lane = by_lane or {}
        self.asked = []
        self.models = {name: ScriptedModel([self._reply], repeat_last=True) for name in providers}

    def _reply(self, request):
        stage, lane = STAGES[request.schema_name], request.lane.name
        self.asked.append((stage, lane, request))
        reply = self._by_lane.get((stage, lane), self._by_stage[stage])
        if isinstance(reply, list):
            reply = reply.pop(0)
        return reply(request) if callable(reply) else reply

    def lanes(self, stage):
        """Return who was asked at *stage*, in order."""
        return [lane for asked, lane, _ in self.asked if asked == stage]

    def prompts(self, stage):
        return [request.prompt for asked, _, request in self.asked if asked == stage]


def reviewed(script, *, change=SHOP, policy=GUIDE, cap_usd=5.0, manner=None, known=None, state=None, **wishes):
    """Return what came of reviewing *change* with *script*."""
    state = state or State.of(change.after)
    state.budget = Budget(cap_usd)
    state.wishes = state.wishes._replace(**wishes)
    return asyncio.run(
        review(
            change,
            policy=policy,
            providers=script.models,
            state=state,
            manner=manner or Manner(),
            known=known or Known(),
        )
    )


def reasons(result):
    """Return why findings were dropped, those aside that went into another."""
    return sorted(str(left.reason) for left in result.dropped if left.reason != "duplicates")
