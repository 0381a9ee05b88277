"""The test cases in a text, found without parsing it: their names, and what each of them asserts.

Languages differ in how a test case begins and in what asserts; both are patterns here, by the file's suffix. A case
reaches to where the next one, or another definition beside it, begins.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import NamedTuple

from suffice.checker.written import LONGEST_LINE
from suffice.positions import split_lines


class Case(NamedTuple):
    """A test case: the lines of its body that assert, and how many of its lines do anything at all.

    `group` is the file and class around it: of two with one name in one group, only the last is ever run.
    """

    group: str
    name: str
    asserts: tuple[str, ...]
    working: int


class _Language(NamedTuple):
    begins: re.Pattern[str]
    ends: re.Pattern[str]
    asserts: re.Pattern[str]
    idle: re.Pattern[str]


_PYTHON = _Language(
    begins=re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)[ \t]*\("),
    ends=re.compile(r"[ \t]*(?:(?:async[ \t]+)?def|class)[ \t]+\w"),
    asserts=re.compile(
        r"[ \t]*(?:assert\b|.*\b(?:_?assert\w*|_?check\w*|_?verify\w*|raises|warns|fail|expect\w*)[ \t]*\()"
    ),
    idle=re.compile(r"[ \t]*(?:pass|\.\.\.|return(?:[ \t]+None)?|#.*|@.*|['\"]{3}.*)?[ \t]*"),
)
_SCRIPT = _Language(
    begins=re.compile(r"[ \t]*(?:it|test|specify)(?:\.(?:each|only|concurrent)\b.*?)?[ \t]*\([ \t]*(['\"`].*?['\"`])"),
    ends=re.compile(r"[ \t]*(?:describe|context|suite|beforeEach|afterEach|beforeAll|afterAll)\b"),
    asserts=re.compile(r".*(?:\bexpect[ \t]*\(|\bassert\b|\.should\b|\bt\.(?:is|true|false|deepEqual|throws)\b)"),
    idle=re.compile(r"[ \t]*(?://.*|[})\];,]*)[ \t]*"),
)
_GO = _Language(
    begins=re.compile(r"func[ \t]+((?:Test|Fuzz)\w*)[ \t]*\("),
    ends=re.compile(r"(?:func|type|var|const)\b"),
    asserts=re.compile(r".*\b(?:t\.(?:Error|Fatal|Fail)\w*|assert\.\w+|require\.\w+)[ \t]*\("),
    idle=re.compile(r"[ \t]*(?://.*|[})]*)[ \t]*"),
)
_BRACES = _Language(
    begins=re.compile(
        r"[ \t]*(?:[\w<>]+[ \t]+)*?(?:void|fn|fun|function|func)[ \t]+(test\w*|\w+_test|should\w*)[ \t]*\("
    ),
    ends=re.compile(r"[ \t]*(?:[\w<>]+[ \t]+)*?(?:void|fn|fun|function|func|class|mod|impl)[ \t]+\w"),
    asserts=re.compile(r".*\b(?:assert\w*!?|expect\w*|verify|Assert\.\w+)[ \t]*[({.]"),
    idle=re.compile(r"[ \t]*(?://.*|[})]*)[ \t]*"),
)
_LANGUAGES = {
    **dict.fromkeys((".py", ".pyi"), _PYTHON),
    **dict.fromkeys((".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte"), _SCRIPT),
    ".go": _GO,
    **dict.fromkeys((".rs", ".java", ".kt", ".scala", ".cs", ".php", ".swift", ".groovy"), _BRACES),
}


def test_cases(path: str, text: str) -> tuple[Case, ...]:
    """Return the test cases in *text*, in order; none in a language that we know no pattern of."""
    language = _LANGUAGES.get(PurePosixPath(path).suffix)
    return tuple(_cases(language, path, text)) if language else ()


def _cases(language: _Language, path: str, text: str) -> list[Case]:
    found: list[Case] = []
    group, name, indent, body = path, "", 0, list[str]()
    for line in split_lines(text):
        begins = language.begins.match(line[:LONGEST_LINE])
        if name and (begins or language.ends.match(line[:LONGEST_LINE])) and _indent(line) <= indent:
            found.append(_case(language, group, name, body))
            name = ""
        group = _group(line, group, path)
        if begins and not name:
            name, indent = begins[1], _indent(line)
            body = [line[begins.end() :]] if language is _SCRIPT else []
        elif name:
            body.append(line)
    return [*found, _case(language, group, name, body)] if name else found


def _group(line: str, group: str, path: str) -> str:
    match = _CLASS.match(line[:LONGEST_LINE])
    if match:
        return f"{path}::{match[1]}"
    return path if line[:1] in {"d", "a", "@"} and _TOP_LEVEL.match(line) else group


_CLASS = re.compile(r"[ \t]*class[ \t]+(\w+)")
_TOP_LEVEL = re.compile(r"(?:async[ \t]+)?def\b|@")


def _case(language: _Language, group: str, name: str, body: list[str]) -> Case:
    lines = [line.strip() for line in body if len(line) <= LONGEST_LINE]
    asserts = tuple(line for line in lines if language.asserts.match(line))
    return Case(group, name, asserts, sum(not language.idle.fullmatch(line) for line in lines))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def knows(path: str) -> bool:
    """Whether test cases of the file *path* can be told."""
    return PurePosixPath(path).suffix in _LANGUAGES


def is_assertion(path: str, line: str) -> bool:
    """Whether *line* of the file *path* asserts something."""
    language = _LANGUAGES.get(PurePosixPath(path).suffix)
    return language is not None and len(line) <= LONGEST_LINE and language.asserts.match(line) is not None


_EXACT = re.compile(
    r"==|\bassert(?:List|Dict|Tuple|Set|Count|Sequence|Almost|Raises|Dict)?(?:Equals?|ItemsEqual|Raises\w*|Equal)\b"
    r"|\braises[ \t]*\((?![ \t]*(?:Base)?Exception\b)|\.to(?:Be\(|Equal|StrictEqual|Throw|HaveBeenCalledWith|Match)"
    r"|assert_eq!|assert\.(?:Equal|Exactly)|deepEqual|strictEqual|\bis (?!not\b)|\bmatch[ \t]*="
)


def is_exact(line: str) -> bool:
    """Whether what *line* asserts can only be met by one value, or one kind of error."""
    return _EXACT.search(line[:LONGEST_LINE]) is not None
