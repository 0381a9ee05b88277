"""Reviews with scripted replies: what is true has to come through, nothing else. `python tests/bench/reviews.py DATA`

The replies are made from the known defects, mixed with what models do wrong: quotes that stand nowhere, hunks that are
not there, the same said twice, style, advice, and claims that a refuter refutes. So the figures are those of the
stages, not of any model; all are *scripted*. A hit is the same file and lines within 3 of the defect's; a case counts
once.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from review_cases import Case, Defect, clean, composites, defects

from suffice.lanes import catalogue, estimate_tokens
from suffice.policy import Policy
from suffice.providers.reply import Request
from suffice.review.claims.finding import Finding
from suffice.review.engine import review
from suffice.review.hunks.change import hunks_of
from suffice.review.hunks.hidden import hidden_change
from suffice.review.hunks.hunk import Hunk
from suffice.review.hunks.shown import QuotableLine, quotable, shown_hunk
from suffice.review.reviewed import Reviewed
from suffice.review.sorting.order import tokens_of
from suffice.run import State
from suffice.state.budget import Budget
from suffice.testing import ScriptedModel

NEAR_LINES = 3
EXPENSIVE_RANK = 3
CAP_USD = 50.0

_LANES = catalogue().lanes
_ITEM = re.compile(r"^# Item (\d+)\n", re.MULTILINE)
_HUNK = re.compile(r"^## (h\d+): ", re.MULTILINE)
_SHOWN = re.compile(r"^ *\d+ [ +-]\|(.*)$", re.MULTILINE)


class Script:
    """Answers what a review of *case* asks, as the known defects have it; keeps who saw what."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.change = hidden_change(case.change)
        self.hunks, _ = hunks_of(self.change)
        self.tokens: Counter[str] = Counter()
        self.seen_by: defaultdict[str, set[str]] = defaultdict(set)

    def reply(self, request: Request) -> Mapping[str, Any]:
        """Return the answer to *request*."""
        lane = request.lane.name
        self.tokens[lane] += estimate_tokens(request.stable + request.prompt)
        match request.schema_name:
            case "triage":
                return {"items": list(self._sorted(request.prompt))}
            case "review_find":
                return {"findings": list(self._found(request.prompt, lane))}
            case "review_anchor":
                return {"places": list(self._places(request.prompt))}
            case _:
                return self._word(request.prompt, is_last=request.schema_name == "review_settle")

    def _sorted(self, prompt: str) -> Iterator[Mapping[str, Any]]:
        parts = _ITEM.split(prompt)
        for number, text in zip(parts[1::2], parts[2::2], strict=True):
            shown = [hunk for hunk in self.hunks if self._bare(hunk) in text]
            is_wrong = any(self._defects_in(hunk) for hunk in shown)
            yield {"number": int(number), "label": "risky" if is_wrong else "trivial", "why": "as the script has it"}

    def _bare(self, hunk: Hunk) -> str:
        return shown_hunk(hunk, self.change, "hunk", with_definition=False)

    def _defects_in(self, hunk: Hunk) -> list[Defect]:
        """Return the defects whose first line may be quoted from *hunk*, near where they are."""
        lines = [line for line in quotable(hunk, self.change) if not line.in_old]
        return [
            defect
            for defect in map(partial(_with_a_quote, lines=lines), self.case.defects)
            if defect.path == hunk.path
            if any(line.text == defect.quote_first and abs(line.number - defect.first) <= NEAR_LINES for line in lines)
            if any(_is_near(line.number, defect) for line in lines if line.changed) or _gap_near(hunk, defect)
        ]

    def _found(self, prompt: str, lane: str) -> Iterator[Mapping[str, Any]]:
        parts = _HUNK.split(prompt)
        for label, text in zip(parts[1::2], parts[2::2], strict=True):
            hunk = next(hunk for hunk in self.hunks if shown_hunk(hunk, self.change, label) in f"## {label}: {text}")
            self.seen_by[lane].add(hunk.id)
            for defect in self._defects_in(hunk):
                if lane == "sonnet" or _dice(self.case.id, defect.says) % 2:
                    yield from self._true(defect, hunk, label)
            yield from self._wrong(hunk, label, lane)

    def _true(self, defect: Defect, hunk: Hunk, label: str) -> Iterator[Mapping[str, Any]]:
        texts = {line.text for line in quotable(hunk, self.change) if not line.in_old}
        last = defect.quote_last if defect.quote_last in texts else defect.quote_first
        said = _claim(label, defect.says, defect.quote_first, last)
        yield said
        yield {**said, "title": f"{defect.says} This breaks it."}

    def _wrong(self, hunk: Hunk, label: str, lane: str) -> Iterator[Mapping[str, Any]]:
        """Yield what models do wrong: none of it may come through."""
        yield _claim(label, "The offset is one too low.", "    offset = start - 1  # not in the text", "")
        yield _claim("h99", "The lock is never released.", "    lock.acquire()", "")
        lines = quotable(hunk, self.change)
        changed = next((line.text for line in lines if line.changed and re.search(r"\w{4}", line.text)), None)
        if changed is None:
            return
        yield _claim(label, "Rename the variable to something clearer.", changed, changed)
        yield _claim(label, "Missing docstring for this function.", changed, changed)
        yield _claim(label, "Consider adding a test for this case.", changed, changed)
        yield _claim(label, "Make sure that the caller passes no None here.", changed, changed)
        for defect in self._defects_in(hunk):  # in the same place and category, and longer than what is true
            confused = "An index that the loop leaves behind is negative, so that the slice wraps around to its end."
            yield _claim(label, confused, defect.quote_first, defect.quote_first) | {
                "trigger": "a list whose elements were all removed by an earlier iteration over its copy",
                "consequence": "the elements before the first separator are repeated, and the report counts them twice",
            }
        yield {
            **_claim(label, f"A timeout of {lane} is swallowed.", changed, changed),
            "category": "error-handling",
            "trigger": "the network is slow",
            "consequence": "nobody learns that the request failed",
        }

    def _places(self, prompt: str) -> Iterator[Mapping[str, Any]]:
        for number, says in re.findall(r"^(\d+)\. In hunk \w+: (.*)$", prompt, re.MULTILINE):
            defect = next((d for d in self.case.defects if d.says in says), None)
            text = self.change.after.text(defect.path).split("\n") if defect else []
            yield {"number": int(number), "before_line": text[defect.first - 2] if defect and defect.first > 1 else ""}

    def _word(self, prompt: str, *, is_last: bool) -> Mapping[str, Any]:
        quote = next((line for line in _SHOWN.findall(prompt) if re.search(r"\w{4}", line)), "")
        defect = next((d for d in self.case.defects if " ".join(d.says.split()) in prompt), None)
        if defect is None:
            return {"verdict": "refuted", "because": "an earlier line excludes it", "quote": quote}
        if not is_last and _dice(self.case.id, "undecided") % 5 == 0:
            return {"verdict": "cannot-tell", "because": "a caller decides", "quote": ""}
        return {"verdict": "holds", "because": "the line does it", "quote": quote}


def _claim(hunk: str, title: str, first: str, last: str) -> dict[str, Any]:
    return {
        "hunk": hunk,
        "category": "correctness",
        "severity": "high",
        "title": title,
        "trigger": "an empty input",
        "consequence": "the wrong value is returned",
        "first_line": first,
        "last_line": last or first,
        "replacement": None,
        "score": 0.9,
    }


def _dice(*parts: str) -> int:
    return sha256(" ".join(parts).encode()).digest()[0]


def _is_near(number: int, defect: Defect) -> bool:
    return defect.first - NEAR_LINES <= number <= defect.last + NEAR_LINES


def _with_a_quote(defect: Defect, lines: Sequence[QuotableLine]) -> Defect:
    """Return *defect* with the lines around it that hold something for quotes, where a known one is blank."""
    near = [line for line in lines if line.text.strip() and _is_near(line.number, defect)]
    above = [line.text for line in near if line.number <= defect.first]
    below = [line.text for line in near if line.number >= defect.last]
    if defect.quote_first.strip() or not above:
        return defect
    return defect._replace(quote_first=above[-1], quote_last=next(iter(below), above[-1]))


def _gap_near(hunk: Hunk, defect: Defect) -> bool:
    """Whether lines are gone from *hunk* near *defect*."""
    numbers = [line.new for line in hunk.lines if line.new is not None]
    return bool(hunk.removed) and bool(numbers) and any(_is_near(number, defect) for number in numbers)


def is_hit(finding: Finding, defect: Defect) -> bool:
    """Tell whether *finding* speaks of the place of *defect*."""
    if finding.in_old or finding.path != defect.path:
        return False
    return finding.start_line <= defect.last + NEAR_LINES and defect.first <= finding.end_line + NEAR_LINES


class Scored(NamedTuple):
    """What came of a case: defects hit, findings that are none of them, and what expensive lanes saw of the diff."""

    case: Case
    result: Reviewed
    missed: tuple[Defect, ...]
    false: tuple[Finding, ...]
    expensive_share: float
    expensive_share_of_source: float
    tokens: Counter[str]


def scored(case: Case, policy: Policy) -> Scored:
    """Return how the review of *case* did."""
    script = Script(case)
    models = {name: ScriptedModel([script.reply], repeat_last=True) for name in ("anthropic", "openai")}
    state = State.of(case.change.after)
    state.budget = Budget(CAP_USD)
    result = asyncio.run(review(case.change, policy=policy, providers=models, state=state))
    missed = tuple(d for d in case.defects if not any(is_hit(finding, d) for finding in result.findings))
    true = {" ".join(d.says.split()) for d in case.defects}
    false = tuple(
        f
        for f in result.findings
        if f.title.removesuffix(" This breaks it.") not in true or not any(is_hit(f, d) for d in case.defects)
    )
    dear = {hunk for lane, seen in script.seen_by.items() if _LANES[lane].rank >= EXPENSIVE_RANK for hunk in seen}
    seen = sum(tokens_of(hunk) for hunk in script.hunks if hunk.id in dear)
    whole = max(sum(map(tokens_of, script.hunks)), 1)
    source = max(sum(map(tokens_of, (*result.looked_at, *result.sorted_out))), 1)
    return Scored(case, result, missed, false, seen / whole, seen / source, script.tokens)


def _told(name: str, all_of: Sequence[Scored], seconds: float) -> None:
    planted = sum(len(one.case.defects) for one in all_of)
    missed = [(one, defect) for one in all_of for defect in one.missed]
    print(f"\n## {name}: {len(all_of)} changes, {seconds:.1f} s, *scripted*")
    print(f"true findings that come through, on lines that meet the defect: {planted - len(missed)} of {planted}")
    print(f"findings that come through and are none of them: {sum(len(one.false) for one in all_of)}")
    read = sum(len(one.result.looked_at) for one in all_of)
    sorted_out = sum(len(one.result.sorted_out) for one in all_of)
    left = Counter(left.reason for one in all_of for left in one.result.not_looked_at if left.hunk)
    print(f"hunks read: {read}, sorted out by triage: {sorted_out}, not looked at: {dict(left.most_common())}")
    reasons = Counter(str(drop.reason) for one in all_of for drop in one.result.dropped)
    print(f"dropped: {dict(reasons.most_common())}")
    tokens: Counter[str] = sum((one.tokens for one in all_of), Counter())
    print(f"prompt tokens by lane: {dict(tokens.most_common())}")
    for one, defect in missed:
        print(f"  missed: {one.case.id} {defect.path}:{defect.first}-{defect.last} {defect.says[:70]!r}")
        print(f"    {_why_missed(one, defect)}")
    for one in all_of:
        for finding in one.false:
            print(f"  false: {one.case.id} {finding.path}:{finding.start_line} {finding.title[:70]!r}")


def _why_missed(one: Scored, defect: Defect) -> str:
    said = " ".join(defect.says.split())
    reasons = {str(d.reason) for d in one.result.dropped if d.finding.title.startswith(said[:60])}
    left = {left.reason for left in one.result.not_looked_at if left.path == defect.path}
    return f"dropped as {reasons or 'nothing'}; not looked at in the file: {left or 'nothing'}"


def main(data: Path) -> int:
    """Print the tables; 1 if something true was lost or something false came through."""
    policy = Policy.load("guide")
    everything: list[Scored] = []
    for name, cases in (("Defects", defects(data)), ("Clean", clean(data)), ("Composites", composites(data))):
        start = time.perf_counter()
        found = [scored(case, policy) for case in cases]
        _told(name, found, time.perf_counter() - start)
        everything += found
    mixed = [one for one in everything if len(one.case.defects) > 1]
    _told_shares(mixed)
    lost = any(one.missed or one.false for one in everything)
    return int(lost or any(one.expensive_share > 0.5 for one in mixed))


def _told_shares(mixed: Sequence[Scored]) -> None:
    print("\n## Share of a composite's diff, in tokens, that sonnet and dearer lanes see, *scripted*")
    print("of the diff: " + ", ".join(f"{one.expensive_share:.0%}" for one in mixed))
    print("of its source alone: " + ", ".join(f"{one.expensive_share_of_source:.0%}" for one in mixed))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
