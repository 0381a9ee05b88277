"""The last word on a claim: the refuter's question again, to a strong lane, for what is grave and undecided."""

from __future__ import annotations

from suffice.review.questions.refute import SCHEMA, body, read

__all__ = ["MOST_OUTPUT_TOKENS", "PROMPT", "SCHEMA", "body", "read"]

PROMPT = "review-settle"
MOST_OUTPUT_TOKENS: int | None = None
