"""The broken worlds that suffice knows how to name.

An expected outcome (a check failed, a model refused, the budget is spent) is a value, never one of these.
`str(error)` is one sentence for the user and ends with what to do next.

SufficeError
+- ConfigError     a setting or a policy is wrong: file, line, key, expected     exit 2
+- ProviderError   what no rung can mend: a bad key, an unknown model id         exit 2
+- InputError      what was given cannot be used: no such file, not UTF-8        exit 2
+- ToolError       git, ruff or a test command failed                            exit 1
+- StorageError    the state folder or a file cannot be written                  exit 1

Anything else that is raised is a bug.
"""

from __future__ import annotations


class SufficeError(Exception):
    """The base of all expected errors: what the command line ends with, and the reason code of the report."""

    exit_code = 1
    reason = "usage"


class ConfigError(SufficeError):
    """A setting or a policy is wrong."""

    exit_code = 2
    reason = "configuration"


class ProviderError(SufficeError):
    """A provider refuses every call: a bad key, an unknown model id."""

    exit_code = 2
    reason = "bad-key"


class InputError(SufficeError):
    """What was given cannot be used."""

    exit_code = 2
    reason = "usage"


class ToolError(SufficeError):
    """A program that suffice runs could not be started or failed."""

    reason = "linter-failed"


class StorageError(SufficeError):
    """The state folder or a file cannot be read or written."""

    reason = "storage"
