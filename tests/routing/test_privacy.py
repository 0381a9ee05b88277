"""What never leaves this machine: what is a secret, what is not, and that no text takes long to look through."""

import subprocess
import sys

import pytest

from suffice.errors import ConfigError
from suffice.privacy import ignored, redact, redact_lines
from suffice.snapshot import Snapshot

JWT = f"eyJ{'a' * 20}.eyJ{'b' * 6000}.{'c' * 43}"

SECRETS = {
    "a key in an environment file": ("API_KEY=abcdef1234567890abcdef", "API_KEY="),
    "an exported one": ("export  DB_PASSWORD = hunter2hunter2  # old", "export  DB_PASSWORD = "),
    "a password in YAML": ("  password: hunter2hunter2", "  password: "),
    "a password in quotes": ('settings["db_password"] = "correct-horse-battery"', 'settings["db_password"] = "'),
    "one under a long name": ("token_of_the_service_that_nobody_knows: 'aaaaaaaaaaaa'", "token_of_the_service_that_"),
    "a bearer": ("Authorization: Bearer abcdefghijklmnop", "Authorization: Bearer "),
    "a web token with much in it": (f"x{JWT}", "x"),
    "a password in an address": ("postgres://ben:hunter2@localhost/db", "postgres://"),
    "a key without an end": ("-----BEGIN RSA PRIVATE KEY-----\\nMIIE", ""),
    "a cut key of lines": ("-----BEGIN RSA PRIVATE KEY-----\r\nMIIEabcd\r\n\r\nabcdefgh==", ""),
    "a cut key with a head": ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEabcd", ""),
    "a cut key in several strings": ('"-----BEGIN PRIVATE KEY-----\\n"\n  "MIIEabcd\\n"\n  + "abcdefgh', '"'),
    "a payment key": ("sk_live_abcdefghijklmnop1234", ""),
    "a mail key": ("SG.abcdefghijklmnop1234.abcdefghijklmnop1234", ""),
    "a model hub token": ("hf_abcdefghijklmnopqrstuvwxyz123456", ""),
    "a storage key": (f"AccountName=a;AccountKey={'Ab1/' * 12}==", "AccountName=a;AccountKey="),
    "an annotated password": ('password: str | None = "correct-horse-battery"', 'password: str | None = "'),
    "a password in bytes": ('SECRET_KEY = b"correct-horse-battery"', 'SECRET_KEY = b"'),
    "a password that is compared": ('if password != "correct-horse-battery":', 'if password != "'),
    "a name that stands for a secret": ("SUFFICE_REDACTED_7_", ""),
}


@pytest.mark.parametrize(("text", "kept"), SECRETS.values(), ids=SECRETS)
def test_a_secret_is_replaced_and_put_back(text, kept):
    redacted = redact(text)

    assert redacted.text.startswith(kept)
    assert "SUFFICE_REDACTED_1_" in redacted.text
    assert all(secret not in redacted.text for secret in redacted.secrets.values())
    assert redacted.restore(redacted.text) == text


@pytest.mark.parametrize(
    "text",
    [
        "token = get_token_from_env",
        "password: short1",
        "the secret: nobody knows 1234567890ab",
        "key = lambda item: item.name",
        "token = ''",
        "https://example.org/a:b",
    ],
)
def test_code_and_prose_are_no_secrets(text):
    assert redact(text) == (text, {})


def test_the_code_below_a_mark_of_keys_is_no_key():
    code = 'MARK = "-----BEGIN PRIVATE KEY-----"\n\ndef is_key(text):\n    return MARK in text\n'

    assert redact(code).text == code.replace("-----BEGIN PRIVATE KEY-----", "SUFFICE_REDACTED_1_")


def test_names_that_stood_in_a_text_before_come_back_as_they_were():
    text = "x = 'SUFFICE_REDACTED_2_'\nkey = 'sk-abcdefghijklmnop'\nagain = 'sk-abcdefghijklmnop'\n"

    assert redact(text).restore(redact(text).text) == text
    assert redact_lines(text).restore(redact_lines(text).text) == text


LINES = """\
KEYS = {
    "one": "-----BEGIN PRIVATE KEY-----\\n"
    "MIIEabcdefgh\\n" + "-----END PRIVATE KEY-----",
    "token": "abcdefghijklmnop",
}
"""


def test_a_text_that_is_shown_in_parts_keeps_its_lines_and_can_be_parsed():
    redacted = redact_lines(LINES)

    assert redacted.text.split("\n") == [
        "KEYS = {",
        '    "one": "SUFFICE_REDACTED_1_"',
        '    "SUFFICE_REDACTED_2_" + "SUFFICE_REDACTED_3_",',
        '    "token": "SUFFICE_REDACTED_4_",',
        "}",
        "",
    ]
    assert redacted.restore(redacted.text) == LINES
    shown = redact(redacted.text.split("\n")[2], known=redacted.secrets)
    assert shown.text == '    "SUFFICE_REDACTED_1_" + "SUFFICE_REDACTED_2_",'
    assert shown.restore(shown.text) == LINES.split("\n")[2]


HOSTILE = """
import itertools, signal
from suffice.privacy import redact

LENGTH, LIMIT_S = 80_000, 2.0
starts = ["key", "token", "api_key", "secret:'", "eyJ", "eyJaaaaaaaaaa.", "sk-", "ghp_", "xoxb-", "AKIA"]
starts += ["-----BEGIN ", "-----BEGIN PRIVATE KEY", "://", "://a:bbbb", "bearer ", "export ", "token='"]
starts += ["key=a1", "token= ", "token: a", "SG.", "-----BEGIN PRIVATE KEY-----\\naaaa", "PRIVATE KEY"]
starts += ["-----BEGIN PRIVATE KEY-----"]
fillers = ["a", "_", " ", "\\n", "\\naaaa"]
texts = [text * (LENGTH // len(text)) for text in [*starts, *fillers]]
texts += [start + filler * LENGTH for start, filler in itertools.product(starts, fillers)]
texts += ["eyJ" * 1365 + "." + "a" * LENGTH]
for text in texts:
    signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT_S)
    redact(text + "!")
"""
"""Ends itself after two seconds of its own processor time for one text, which no other load counts towards.

A text takes up to 0.2 s; the quickest of the expressions that go over it once for every character takes 4 s.
"""


@pytest.mark.slow
def test_no_text_takes_long_to_look_through():
    subprocess.run([sys.executable, "-c", HOSTILE], check=True, timeout=120)


def test_a_pattern_that_cannot_be_read_is_named_with_its_file():
    with pytest.raises(ConfigError, match=r"^\.sufficeignore holds the pattern '!', which cannot be read; expected"):
        ignored(Snapshot.of_texts({".sufficeignore": "a\n!\n"}))
    with pytest.raises(ConfigError, match=r"^exclude holds the pattern '\[z-a\]', which cannot be read; expected"):
        ignored(None, ["[z-a]"])


def test_both_say_what_is_ignored():
    patterns = ignored(Snapshot.of_texts({".sufficeignore": "a\n"}), ["b"])

    assert [patterns.match_file(path) for path in ("a", "b", "c")] == [True, True, False]
    assert not ignored(Snapshot.of_texts({})).match_file("a")


@pytest.mark.parametrize("path", [".env", "deploy/.env.production", "keys/server.pem", ".ssh/config", "id_ed25519"])
def test_files_that_hold_secrets_by_custom_are_never_sent(path):
    lifted = Snapshot.of_texts({".sufficeignore": f"!{path}\n!*\n"})

    assert ignored(lifted).match_file(path)
    assert not ignored(lifted).match_file(".env.example")


def test_a_repository_does_not_lift_what_the_user_leaves_out():
    lifting = Snapshot.of_texts({".sufficeignore": "!private/\n!private/**\n"})

    assert ignored(lifting, ["private/"]).match_file("private/a.py")


@pytest.mark.parametrize("pattern", ["*a*a*a*a*b", "*a*/*a*/*a*/*a*/b", "**/a/**/a/**/a/**/b"])
def test_a_pattern_that_would_be_looked_up_for_ever_is_refused(pattern):
    with pytest.raises(ConfigError, match="too many stars"):
        ignored(None, [pattern])


@pytest.mark.parametrize("pattern", ["**/node_modules/**/*.test.*", "src/*/x/*/y/*/z/*.py", "# *a*b*c*d*e*"])
def test_a_pattern_with_stars_that_each_end_at_one_place_is_not(pattern):
    assert not ignored(None, [pattern]).match_file("a.py")
