"""What silences a linter, a type checker or a test: the written forms, by where they work.

All patterns are matched against single lines, and none looks back: hostile text costs no more than its length.
"""

from __future__ import annotations

import re

COMMENTS = re.compile(
    r"""
      \#\s*(?:ruff\s*:\s*|flake8\s*[:=]\s*)?noqa\b[^\r\n]*
    | \#\s*ruff\s*:\s*(?:ignore|disable|file-ignore)\b[^\r\n]*
    | \#\s*type\s*:\s*ignore\b[^\r\n]*
    | \#\s*(?:pyright|mypy|ty|pyre|pytype|pyrefly)\s*:[^\r\n]* | \#\s*pyre-(?:fixme|ignore)[^\r\n]*
    | \#\s*pylint\s*:\s*(?:disable|skip)[^\r\n]*
    | \#\s*pragma\s*:\s*(?:no|allowlist)[^\r\n]*
    | \#\s*bandit\s*:[^\r\n]* | \#\s*noinspection\b[^\r\n]* | \#\s*nopycln\b[^\r\n]* | \#\s*no(?:vermin|vm)\b[^\r\n]*
    | \#\s*(?:fmt|yapf|isort|black|autopep8)\s*:\s*(?:off|skip|skip_file|disable)[^\r\n]*
    | \beslint-disable[\w-]*[^\r\n]* | /\*\s*eslint\s[^\r\n]{0,200}:\s*(?:0|["']?off)\b[^\r\n]*
    | @ts-(?:ignore|expect-error|nocheck)\b[^\r\n]* | \$Flow(?:FixMe|Ignore|ExpectError)\b[^\r\n]*
    | \b(?:biome|oxlint|prettier|stylelint|tslint|jshint|deno-lint|deno-fmt|dprint|rome|markdownlint|ktlint|cppcheck
        |yamllint|htmllint|standard)[-:\s]+(?:ignore|disable|suppress)[^\r\n]*
    | \b(?:istanbul|c8|v8|node:coverage)\s+(?:ignore|disable)[^\r\n]* | \bLCOV_EXCL_\w+ | @codeCoverageIgnore\w*
    | \bNOLINT\w*[^\r\n]* | \bNOSONAR\b[^\r\n]* | \bnosec\b[^\r\n]* | \bnosemgrep\b[^\r\n]* | //\s*nolint\b[^\r\n]*
    | \brubocop\s*:\s*(?:disable|todo)[^\r\n]* | \bstandard\s*:\s*disable[^\r\n]* | \bswiftlint\s*:\s*disable[^\r\n]*
    | \bphpcs\s*:\s*(?:ignore|disable)[^\r\n]* | @(?:phpstan-ignore|psalm-suppress|codingStandardsIgnore)[^\r\n]*
    | \bshellcheck\s+disable=[^\r\n]* | \bhadolint\s+(?:global\s+)?ignore=[^\r\n]*
    | \b(?:tfsec|trivy|checkov|gitleaks|lint)\s*:\s*(?:ignore|skip|allow)\b[^\r\n]*
    | \bcheckstyle\s*:\s*off\b[^\r\n]* | @formatter\s*:\s*off\b | \bspotless\s*:\s*off\b | \bclang-format\s+off\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What works in a comment."""

SKIPS = re.compile(
    r"""
      @?(?:pytest\.mark\.(?:skip|skipif|xfail)|unittest\.(?:skip\w*|expectedFailure))\b[^\r\n]*
    | \bpytest\.(?:skip|xfail|importorskip)\s*\([^\r\n]* | \bself\.skipTest\s*\([^\r\n]* | \braise\s+[\w.]*SkipTest\b
    | @[\w.]*no_type_check\b
    | from\s+(?:pytest|unittest)\s+import\b[^\r\n]{0,200}\b(?:skip\w*|xfail|expectedFailure)\b
    | @(?:skip\w*|xfail|expectedFailure)\b | ^\s*(?:skip|xfail)\s*\(
    | @(?:file:|get:|set:)?Suppress(?:Warnings|Lint)?\s*\([^\r\n]* | \bSuppressMessage\s*\([^\r\n]*
    | \[ExcludeFromCodeCoverage\b | \#!?\[\s*(?:cfg_attr\([^\r\n]{0,200},\s*)?(?:allow|expect)\s*\([^\r\n]*
    | \#\s*pragma\s+warning\s*\(?\s*disable\b[^\r\n]* | \#\s*pragma\s+(?:GCC|clang)\s+diagnostic\s+ignored[^\r\n]*
    | \bexcept\s*\(\s*\)\s*:
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What works as code."""

CONSTANTS = re.compile(
    r"\bassert\s+(?:True|1)(?=\s*(?:,|\#|$))|\bor\s+True\b|\band\s+False\b|\b(?:if|elif|while)\s+(?:False|0)\s*:"
)
"""Conditions that are no conditions."""
