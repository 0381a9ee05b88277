"""The matters in which a slip costs most, and the words that leave little doubt that code is about one of them.

A plain `await`, or a mere "lock" in prose, is no sign of any.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class _Words(NamedTuple):
    """What names a matter in code. One of `hints` (lower case, parted by bars) stands in all that `pattern` finds."""

    hints: str
    pattern: re.Pattern[str]


_MATTERS: Mapping[str, _Words] = {
    "authentication": _Words(
        "auth|admin|perm|login|check_password|csrf|jwt|access|cookie",
        re.compile(
            r"\b(?:is_)?authenticat(?:e|ed|ion|or)\b|\bauthoriz(?:e|ed|ation|er)\b|\bis_?admin\b|\bhas_perm\w*"
            r"|\bpermissions?\b|\blogin_required\b|\bcheck_password\w*|\bcsrf\w*|\bjwt\b|\baccess_?token\b"
            r"|\bset_cookie\b",
            re.IGNORECASE,
        ),
    ),
    "cryptography": _Words(
        "hashlib|hmac|crypt|cipher|md5|sha1|verify|cert_none|hostname|private|ssl.",
        re.compile(
            r"\bhashlib\b|\bhmac\b|\b(?:en|de)crypt\w*|\bcipher\w*|\bmd5\b|\bsha1\b|\bbcrypt\b"
            r"|\bverify\s*=\s*False\b|\bCERT_NONE\b|\bcheck_hostname\b|\bprivate_?key\b|\bInsecureSkipVerify\b"
            r"|\bssl\.\w",
            re.IGNORECASE,
        ),
    ),
    "SQL": _Words(
        "select|insert|update|delete|table|index|database|executemany|script|cursor|raw",
        re.compile(
            r"\bselect\s[^\n]{1,300}?\sfrom\s|\binsert\s+into\s|\bupdate\s[^\n]{1,300}?\sset\s|\bdelete\s+from\s"
            r"|\b(?:drop|alter|truncate|create)\s+(?:table|index|database)\b|\bexecutemany\(|\bexecutescript\("
            r"|\bcursor\.\w|\.raw\(|\braw_?sql\b",
            re.IGNORECASE,
        ),
    ),
    "running programs or code": _Words(
        "process|os.|eval|exec|shell|getruntime|command|popen|function(|import|rmtree|innerhtml",
        re.compile(
            r"\bsubprocess\b|\bos\.(?:system|popen|exec\w*|spawn\w*|kill\w*)\b|(?<![.\w])(?:eval|exec|execfile)\s*\("
            r"|\bchild_process\b|\bexecSync\b|\bshell\s*=\s*True\b|\bgetRuntime\b|\bProcessBuilder\b"
            r"|\bexec\.Command\b|\bCommand::new\b|\bPopen\b|\bshell_exec\b|\bnew\s+Function\(|\bimport_module\b"
            r"|\b__import__\b|\brmtree\b|\bdangerouslySetInnerHTML\b|\.innerHTML\b"
        ),
    ),
    "deserialisation": _Words(
        "pickle|marshal|yaml|shelve|unserialize|objectinput|dill|.load|reduce|setstate|extractall",
        re.compile(
            r"\bc?pickle\b|\bmarshal\.loads?\b|\byaml\.(?:load|unsafe_load|full_load)\b|\bshelve\b|\bunserialize\b"
            r"|\bObjectInputStream\b|\bjsonpickle\b|\bdill\b|\bjoblib\.load\b|\btorch\.load\b"
            r"|\b__(?:reduce|setstate)\w*__|\bextractall\b"
        ),
    ),
    "concurrency": _Words(
        "thread|lock|semaphore|mutex|multiprocessing|concurrent|atomic|go|sync|chan|volatile|tokio|promise."
        "|create_task|executor|taskgroup|contextvar|setimmediate|worker",
        re.compile(
            r"\bthreading\b|\bThread(?:PoolExecutor|ing|s)?\b|\b(?:R|Rw)?Lock\b|_lock\b|\block\(|\bSemaphore\b"
            r"|\bMutex\b|\bRwLock\b|\bmultiprocessing\b|\bconcurrent\.futures\b|\bAtomic\w+|\batomic\.\w"
            r"|\bgo\s+func\b|\bsync\.\w|\bchan\s|\bsynchronized\b|\bvolatile\b|\bthread::\w"
            r"|\btokio::(?:spawn|select)|\bPromise\.(?:all|race|any)\b|\bcreate_task\(|\brun_in_executor\b"
            r"|\basyncio\.(?:gather|wait|ensure_future|Lock|Event|Queue|Semaphore|to_thread|run|shield|timeout)"
            r"|\bTaskGroup\b|\bContextVar\b|\bsetImmediate\(|\bnew\s+Worker\("
        ),
    ),
}


def matter_of(text: str) -> str | None:
    """Return the first matter that the code *text* is about; None where it is about none."""
    folded = text.lower()
    return next((what for what, words in _MATTERS.items() if _speaks_of(words, text, folded)), None)


def _speaks_of(words: _Words, text: str, folded: str) -> bool:
    return any(hint in folded for hint in words.hints.split("|")) and words.pattern.search(text) is not None
