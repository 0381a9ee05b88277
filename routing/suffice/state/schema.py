"""The tables of the store, and the step from each older version to the next.

`PRAGMA user_version` counts the steps that a file has seen. The first step also passes over files from before there
was a version: they hold its tables already. A step never drops a row.
"""

from __future__ import annotations

_FIRST = (
    """CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL,
    lane TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, effort TEXT, prompt_version TEXT,
    ended TEXT NOT NULL, cause TEXT, request_id TEXT, cost_usd REAL NOT NULL, input_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, reasoning_tokens INTEGER NOT NULL,
    latency_ms REAL NOT NULL, failed_checks TEXT, confidence REAL)""",
    """CREATE TABLE IF NOT EXISTS outcomes (
    at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL,
    outcome TEXT NOT NULL, reason TEXT NOT NULL, lane TEXT, cost_usd REAL NOT NULL)""",
    "CREATE TABLE IF NOT EXISTS consents (provider TEXT PRIMARY KEY, at REAL NOT NULL)",
)

_SECOND = (
    "ALTER TABLE attempts ADD COLUMN failure TEXT",
    "ALTER TABLE attempts ADD COLUMN settled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE attempts ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
    # an answer without a confidence was never checked, or not understood: which of the two was not written down
    """UPDATE attempts SET settled = 1, failure = CASE
    WHEN ended IN ('unavailable', 'timed-out', 'cancelled') THEN 'transport'
    WHEN ended = 'refused' THEN 'refused'
    WHEN ended IN ('malformed', 'truncated') THEN 'malformed'
    WHEN failed_checks <> '' THEN 'check-failed' END
    WHERE ended <> 'answered' OR confidence IS NOT NULL""",
    "CREATE INDEX attempts_by_time ON attempts (at, repository, cost_usd)",
    "CREATE INDEX attempts_of_kind ON attempts (kind)",
    """CREATE TABLE feedback (
    at REAL NOT NULL, kind TEXT NOT NULL, rule TEXT, repository TEXT, fingerprint TEXT NOT NULL, lane TEXT NOT NULL,
    word TEXT NOT NULL)""",
    "CREATE INDEX feedback_of_kind ON feedback (kind)",
    """CREATE TABLE results (
    key TEXT PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, fingerprint TEXT NOT NULL, lane TEXT NOT NULL,
    model TEXT NOT NULL, sufficed INTEGER NOT NULL, bytes INTEGER NOT NULL, cost_usd REAL NOT NULL,
    body TEXT NOT NULL)""",
    "CREATE INDEX results_by_task ON results (kind, fingerprint)",
    "CREATE INDEX results_by_age ON results (at, key, bytes, sufficed)",
    """CREATE TABLE rests (
    provider TEXT NOT NULL, model TEXT NOT NULL, began REAL NOT NULL, ends REAL NOT NULL, in_a_row INTEGER NOT NULL,
    probed_at REAL, PRIMARY KEY (provider, model))""",
    """CREATE TABLE reservations (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, expires REAL NOT NULL, repository TEXT NOT NULL, usd REAL NOT NULL)""",
)

_THIRD = ("ALTER TABLE attempts ADD COLUMN signals TEXT",)
"""What a confidence was made of, as JSON; rows from before it have none and are no evidence for a refit."""

_FOURTH = (
    """CREATE TABLE IF NOT EXISTS symbols (
    key TEXT PRIMARY KEY, at REAL NOT NULL, bytes INTEGER NOT NULL, body TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS symbols_by_age ON symbols (at, key, bytes)",
)
"""What files define and use, by blob: a cache, rebuilt wherever it is missing."""

_FIFTH = (
    "ALTER TABLE attempts ADD COLUMN at_most_usd REAL",
    "CREATE INDEX attempts_unanswered ON attempts (at, repository, at_most_usd) WHERE at_most_usd IS NOT NULL",
    "CREATE INDEX outcomes_of_task ON outcomes (fingerprint)",
    "CREATE INDEX feedback_of_task ON feedback (fingerprint)",
)
"""What a call may have cost that was sent and not answered: it is in flight, or its process died."""

_SIXTH = ("ALTER TABLE attempts ADD COLUMN unchecked INTEGER NOT NULL DEFAULT 0",)
"""Whether nothing could be checked of what a call made; of rows from before it nobody knows."""

STEPS = (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH)
VERSION = len(STEPS)
