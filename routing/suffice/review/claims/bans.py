"""What a review never says, whatever a model thinks of it: requests to look again, and what a formatter settles.

Prompts alone do not remove such remarks without removing defects too; patterns over the claim do. They are narrow:
a defect that merely has to do with a name, a format, a comment or a test is none of these ("rename fails across file
systems"), and advice behind a claim takes nothing from it. The class is told by the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from suffice.review.claims.finding import Finding
from suffice.review.claims.reason import Reason
from suffice.review.hunks.hunk import Hunk

_MOST_CHARS = 2000
"""So much of each part of a claim is looked at."""


def _any(*patterns: str) -> re.Pattern[str]:
    """Return what finds any of *patterns*, in which one blank stands for itself (texts come with single blanks)."""
    return re.compile("|".join(patterns))


_NOT_A_THING = r"(?!flag|option|token|step|mode|callback|function|method|parameter|setting|argument|button|dialog)"
_ASKS = _any(
    r"(?:(?!fix|bug)[\w-]{1,20}: )?(?:please |also |you (?:should|could|can|may want to|might want to|need to) )?"
    rf"(?:(?:verify|double[- ]?check|consider|make sure|be sure|ensure|be careful|recommend(?:ed)?) {_NOT_A_THING}"
    r"|(?:confirm|check|validate|review) (?:that|if|whether) "
    r"|it (?:is|would be|may be|might be) (?:good|better|worth|wise|safer|advisable|recommended|best) )",
)
_WONDERS = _any(
    r"\b(?:might|may) want to\b",
    r"\bplease (?:verify|confirm|check|ensure|double[- ]?check|make sure|review)\b",
    r"\b(?:you|we|developers|authors?) (?:should|must|need to) (?:verify|ensure|make sure|double-?check|confirm)\b",
    r"\b(?:should|needs to|must) be (?:double[- ]?checked|confirmed|reviewed)\b",
    r"\bworth (?:verifying|checking|double[- ]?checking|confirming|considering)\b",
    r"\b(?:unclear|not clear|unsure|not sure) (?:if|whether)\b",
)
_WANTS = _any(r"\b(?:might|may) want to\b")

_IS_WRONG = r"(?:outdated|stale|misleading|wrong|incorrect|inaccurate|incomplete|missing)"
_CLASSES: Mapping[Reason, re.Pattern[str]] = {
    Reason.DOCUMENTATION: _any(
        rf"\b(?:{_IS_WRONG}|add|no|lacks?|lacking|without|update|improve) "
        r"(?:an? |the )?(?:[\w-]{1,30} )?(?:doc-?strings?|jsdoc|javadoc|documentation)\b",
        r"\b(?:add|outdated|stale|misleading) (?:an? |the )?(?:[\w-]{1,30} )?comments?\b",
        r"\b(?:missing|lacks?) (?:an? )?(?:inline|code|explanatory) comments?\b",
        rf"\b(?:comments?|doc-?strings?) (?:is {_IS_WRONG}|are {_IS_WRONG}|says|contradicts|no longer|should"
        r"|does(?: not|n't) (?:match|mention|describe|document|explain)|missing)\b",
        r"\btypo in (?:an? |the )?(?:[\w-]{1,30} )?(?:comment|doc|documentation|doc-?string|readme)\b",
        r"\b(?:is|are) (?:undocumented|not documented)\b",
    ),
    Reason.TYPE_HINTS: _any(
        r"\b(?:missing|lacks?|lacking|add|no|incomplete|without|wrong|incorrect|imprecise) (?:an? |the )?"
        r"(?:return |explicit |parameter )?type (?:hint|annotation)s?\b",
        r"\btype (?:hint|annotation)s? (?:is|are|should|could|missing)\b",
    ),
    Reason.IMPORTS: _any(
        r"\b(?:unused|missing|redundant|unnecessary|unneeded) imports?\b",
        r"\bimports? (?:is|are) (?:unused|not used|never used|missing|redundant|unordered|not sorted|unsorted)\b",
        r"\b(?:is|are|was) (?:imported but (?:unused|never|not)|not imported|never imported)\b",
        r"\bimport order\b",
    ),
    Reason.ELSEWHERE: _any(
        r"\bdefined elsewhere\b",
        r"\b(?:not|isn't|never) (?:defined|shown|visible|included|declared|imported) in (?:the|this) (?:[\w-]{1,20} )?"
        r"(?:diff|hunk|snippet|patch|excerpt|context|code shown)\b",
        r"\bcannot (?:see|tell|verify|determine) [^.]{0,60}\b(?:defin|declar|import|diff|hunk|context)",
        r"^(?:is|are) (?:it|this|these|\S{1,40}) (?:defined|declared|imported)\b[^.?]{0,40}\?",
    ),
    Reason.TESTS: _any(
        r"\btest coverage\b",
        r"\b(?:no|missing|lacks?|lacking|insufficient|without|not enough) (?:any |new |corresponding )?"
        r"(?:(?:unit|regression|integration|automated) )?tests?"
        r"(?:$| (?:cover|cases?\b|for (?!none|null|nil|undefined)))",
        r"^(?:add|needs|write|include) (?:an? |any |more |new )?(?:(?:unit|regression|integration) )?tests?\b",
        r"\b(?:change|code|path|branch|behaviou?r|function|method|case|logic) (?:is|are) (?:untested|not tested)\b",
        r"\bnot covered by (?:any |the |a )?(?:[\w-]{1,20} )?tests?\b",
    ),
    Reason.NAMING: _any(
        r"^rename (?:the |this )?(?:\S{1,60} )?(?:variable|function|method|parameter|class|constant|argument)\b",
        r"\bshould be renamed\b",
        r"\b(?:poorly|badly|confusingly|misleadingly|inconsistently) named\b",
        r"\b(?:better|clearer|descriptive|misleading|unclear|confusing|non-descriptive) "
        r"(?:(?:variable|function|method|parameter|class|constant|argument) )?names?\b",
        r"\bnaming (?:convention|style|issue|inconsisten|is )",
        r"\b(?:variable|function|method|parameter|class|constant|argument|attribute) names? "
        r"(?:is|are|could be|should be) (?:too |more |un|in)?(?:clear|confusing|misleading|short|long|vague|descriptive"
        r"|generic|consistent)\b",
        r"\bshould (?:be|use|follow) (?:in )?(?:snake|camel|pascal|upper)[_ -]?case\b",
    ),
    Reason.STYLE: _any(
        r"\b(?:code|coding) (?:style|duplication|formatting)\b",
        r"\bstyle (?:guide|issue|nit|violation|inconsisten)",
        r"\bstylistic\b|\breadability\b|\bcosmetic\b|^nit\b|\bnitpick\b|\bpep[- ]?8\b",
        r"\b(?:more readable|less readable|hard(?:er)? to read|easier to read)\b",
        r"\bline (?:is )?too long\b|\bmaximum line length\b",
        r"^(?:remove |there is |has )?trailing (?:white ?)?spaces?(?: on (?:this|the) line)?\.?$",
        r"\binconsistent (?:code )?(?:formatting|indentation|quotes|quote style|spacing|style)\b",
        r"\bformatting (?:issue|nit|inconsisten)",
        r"\b(?:uses?|avoid|unnamed|replace|hard-?coded|extract) (?:an? |the |of )?magic numbers?\b|^magic numbers?\b",
        r"\b(?:missing|add|expected) (?:an? |two |\d )?blank lines?\b",
        r"\b(?:could|can) be (?:simplified|written more|more concise)\b|\bmore (?:idiomatic|pythonic|concise)\b",
    ),
}

_LOAD = _any(
    r"\brate[- ]?limit(?:s|ed|ing)?\b",
    r"\bdenial[- ]of[- ]service\b",
    r"\(dos\)|\bdos (?:attack|vector|risk|via|vulnerab)",
    r"\bresource exhaustion\b",
)
_NAME = re.compile(r"[A-Za-z_]\w{3,}")


def banned(finding: Finding, hunk: Hunk) -> Reason | None:
    """Return the class of remarks that are never made to which *finding* belongs; None if it may be one to make."""
    title, trigger, consequence = map(_plain, (finding.title, finding.trigger, finding.consequence))
    if any(map(_ASKS.match, (title, trigger, consequence))) or _WONDERS.search(title) or _WANTS.search(consequence):
        return Reason.VAGUE
    if _LOAD.search(title) and not _names_code(finding.trigger, hunk):
        return Reason.LOAD
    return next((reason for reason, pattern in _CLASSES.items() if pattern.search(title)), None)


def _plain(text: str) -> str:
    return " ".join(text[:_MOST_CHARS].lower().split())


def _names_code(trigger: str, hunk: Hunk) -> bool:
    """Whether *trigger* names something that stands in the changed lines: then there is a path to the load."""
    written = {name for line in (*hunk.added, *hunk.removed) for name in _NAME.findall(line.text)}
    return any(name in written for name in _code_names(trigger))


def _code_names(text: str) -> Iterator[str]:
    """Yield the words of *text* that are names of code rather than English."""
    for name in _NAME.findall(text[:_MOST_CHARS]):
        if "_" in name or name != name.lower() or f"`{name}" in text or f"{name}(" in text:
            yield name
