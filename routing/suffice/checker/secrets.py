"""No new key, token or password in what a patch writes, nor in the name of a file that it makes.

Example: `client = Client(api_key="sk-ant-…")` where the key was read from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from suffice.checker.file_roles import Role, role
from suffice.checker.subject import Subject
from suffice.checker.verdict import ALWAYS, Found, failed, passed
from suffice.checker.written import Written
from suffice.privacy import redact

NAME = "secrets"
COST = "under 0.1 ms"
BLOCKS = ALWAYS

_BY_FORM = re.compile(
    r"sk-|AKIA|gh[pousr]_|github_pat_|glpat-|xox[abprs]-|AIza|npm_|pypi-|eyJ|-----BEGIN",
)
"""What keys begin with whose issuer gave them a form of their own."""

_STANDS_IN = re.compile(
    r"example|placeholder|change.?me|replace|your|dummy|fake|mock|sample|test|redacted|secret|passw|token|foo|bar"
    r"|xxx|\*\*\*|\.\.\.|1234|abcd|<|>|\$|\{|%|localhost",
    re.IGNORECASE,
)
"""In values that stand for a secret, not in secrets."""

_LEAST_DIFFERENT = 8
"""Different characters in a secret that somebody, or something, made up."""


def look(subject: Subject) -> Found:
    """Fail a patch that writes a secret which the file did not hold. The secret itself is never told."""
    for change in subject.changes:
        if (change.before is None or change.target != change.path) and _names_a_secret(change.target, change.path):
            return failed("the name of a new file holds what looks like a key")
    for file in subject.written:
        for line in _with_new_secrets(file):
            return failed(f"line {line} of {file.path} holds what looks like a key or a password")
    return passed("writes no secret")


def _names_a_secret(path: str, old_path: str) -> bool:
    found = redact(path).secrets.values()
    new = (secret for secret in found if path == old_path or secret not in old_path)
    return any(_BY_FORM.match(secret) and _is_mixed(secret) and _is_real(secret, path) for secret in new)


def _with_new_secrets(file: Written) -> Iterator[int]:
    added = "\n".join(line.text for line in file.added)
    found = redact(added).secrets.values()
    if not found:
        return
    earlier = "\n".join(line.text for line in file.removed)
    for secret in found:
        if secret not in earlier and _is_real(secret, file.path):
            first = added.index(secret)
            yield file.added[added.count("\n", 0, first)].number


def _is_real(secret: str, path: str) -> bool:
    if _STANDS_IN.search(secret):
        return False
    if _BY_FORM.match(secret):
        return True
    is_code = role(path) in {Role.SOURCE, Role.CONFIGURATION}
    return is_code and len(set(secret)) >= _LEAST_DIFFERENT and _is_mixed(secret)


def _is_mixed(secret: str) -> bool:
    """Whether *secret* is no word, name or number: letters and digits without the shape of an identifier."""
    has = [any(test(char) for char in secret) for test in (str.islower, str.isupper, str.isdigit)]
    return sum(has) == len(has) or (has[2] and not re.fullmatch(r"[a-z]+(?:[_.-][a-z]+)*\d{0,2}", secret.lower()))
