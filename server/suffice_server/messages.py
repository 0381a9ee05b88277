"""What the front and its worker say to each other: each a small tuple with a name. How they are spelled: pipe.py.

`id` names a request. Every request is answered by exactly one Answer with its id, unless it is cancelled or the worker
ends first; Attempted and Noted may come before. Texts are those of the editor, paths are relative to `root`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from suffice.task import Span
from suffice_server.values import Changed, Claim, Found, Offer, Part, Settings, Work

# To the worker, answered.


class Lint(NamedTuple):
    """Find the diagnostics of *text*, which stands for the file *path*. Answered by Linted."""

    id: int
    root: str
    path: str
    text: str


class Describe(NamedTuple):
    """Say where tasks of each kind would go under *root*. Answered by Described."""

    id: int
    root: str


class Fix(NamedTuple):
    """Mend what *rule* says at *span* of *text*. `free`: with the linter's own fix or not at all.

    `above`: the result of that lane was not wanted, a stronger one is asked. Answered by Finished.
    """

    id: int
    root: str
    path: str
    text: str
    rule: str
    message: str
    span: Span
    free: bool = False
    above: str | None = None


class FixAll(NamedTuple):
    """Mend all that *rule* says of *text*; "": all that any rule says. Answered by Finished.

    `free`: with the linter's own fixes alone.
    """

    id: int
    root: str
    path: str
    text: str
    rule: str = ""
    free: bool = False


class Change(NamedTuple):
    """Do as *instruction* says at the lines *first* to *last* (1-based, inclusive; None: the whole file) of *path*.

    *kind* is one of the kinds of edits; *buffers* are all open texts under *root*. Answered by Finished.
    """

    id: int
    root: str
    path: str
    first: int | None
    last: int | None
    instruction: str
    kind: str = "edit"
    buffers: Mapping[str, str] = {}
    above: str | None = None


class Tell(NamedTuple):
    """Explain the lines *first* to *last* (None: the whole file) of *path*, or answer *question*. Answered by Told."""

    id: int
    root: str
    path: str
    first: int | None
    last: int | None
    question: str = ""
    buffers: Mapping[str, str] = {}


class Review(NamedTuple):
    """Review what is not committed yet, or the `architecture`. Answered by Reviewed."""

    id: int
    root: str
    buffers: Mapping[str, str] = {}
    architecture: bool = False


class IgnoreRule(NamedTuple):
    """Say which edit of the project's settings leaves *rule* alone from now on. Answered by Finished."""

    id: int
    root: str
    rule: str
    buffers: Mapping[str, str] = {}


class Usage(NamedTuple):
    """Say what was spent, and what sufficed. Answered by Told."""

    id: int
    root: str


# To the worker, not answered.


class Cancel(NamedTuple):
    """Stop working on the request *id*; no answer is expected any more."""

    id: int


class Consent(NamedTuple):
    """The user agrees to send code to *provider*, from now on."""

    provider: str


class RaiseCap(NamedTuple):
    """The user allows this session to cost once more what a run may cost."""

    root: str


class Remember(NamedTuple):
    """What the developer did with the result of *lane*: a word of `Feedback`."""

    work: Work
    lane: str
    word: str


class Configure(NamedTuple):
    """The editor's settings for *root*, from now on; "": for every folder without its own."""

    root: str
    settings: Settings


# From the worker.


class Linted(NamedTuple):
    """The diagnostics; `left_out` is why the file is not looked at, None if it is, `note` what kept a linter from it.

    `offers` are those by kind that differ for this very file from what Described says of the folder.
    """

    id: int
    found: tuple[Found, ...]
    left_out: str | None = None
    offers: Mapping[str, Offer] = {}
    note: str = ""


class Described(NamedTuple):
    """Where tasks would go, by kind; `offers["lint-fix"]` is for one without a fix of the linter's own."""

    id: int
    offers: Mapping[str, Offer]


class Attempted(NamedTuple):
    """One attempt of a request has ended; `failure` is what failed, None if it sufficed."""

    id: int
    lane: str
    failure: str | None
    cost_usd: float
    latency_ms: float = 0.0
    about: str = ""


class Noted(NamedTuple):
    """How far a request is, in a few words."""

    id: int
    text: str


class Finished(NamedTuple):
    """How a task ended: ending and reason are those of the report.

    `lane` is the one that sufficed. `confirm`: sure enough to be proposed, not enough to be applied unseen. `left` says
    what of several was not mended, and why. `cap` is which cap was reached: `session` (RaiseCap lifts it), `task`,
    `day` or `month`; "" if none was. `parts` are the tasks of FixAll that are in its changes; it has no `work`.
    """

    id: int
    ending: str
    reason: str
    detail: str
    lane: str | None = None
    cost_usd: float = 0.0
    confidence: float | None = None
    confirm: bool = False
    changes: tuple[Changed, ...] = ()
    work: Work | None = None
    attempts: tuple[str, ...] = ()
    next_lane: str | None = None
    next_usd: float = 0.0
    mended: int = 1
    left: tuple[str, ...] = ()
    cap: str = ""
    parts: tuple[Part, ...] = ()


class Reviewed(NamedTuple):
    """What came of a review; `markdown` is the whole report. `ending` and the rest are as in Finished."""

    id: int
    ending: str
    reason: str
    detail: str
    claims: tuple[Claim, ...] = ()
    markdown: str = ""
    lane: str | None = None
    cost_usd: float = 0.0
    cap: str = ""


class Told(NamedTuple):
    """An answer in words. `ending` and the rest are as in Finished."""

    id: int
    ending: str
    reason: str
    detail: str
    markdown: str = ""
    lane: str | None = None
    cost_usd: float = 0.0
    cap: str = ""


class NeedsConsent(NamedTuple):
    """Nothing was sent: the user is to agree first that code goes to *provider*, here for about `estimate_usd`."""

    id: int
    provider: str
    lane: str
    estimate_usd: float


class Failed(NamedTuple):
    """A request could not be worked on: *message* is a sentence for the user."""

    id: int
    message: str


class Spent(NamedTuple):
    """What was spent today on this machine, and in this session of at most `cap_usd`; comes unasked when it changes.

    `raise_usd` is what the user adds to that cap by raising it once.
    `calls` are those of today (UTC); `cache_hits` those of this session, since what costs nothing is not recorded.
    """

    today_usd: float
    calls: int
    cache_hits: int
    session_usd: float
    cap_usd: float
    day_cap_usd: float | None = None
    raise_usd: float = 0.0


Request = Lint | Describe | Fix | FixAll | Change | Tell | Review | IgnoreRule | Usage
Word = Cancel | Consent | RaiseCap | Remember | Configure
ToWorker = Request | Word
Answer = Linted | Described | Finished | Reviewed | Told | NeedsConsent | Failed
FromWorker = Answer | Attempted | Noted | Spent
