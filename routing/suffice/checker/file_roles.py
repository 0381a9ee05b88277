"""What a file is to a project, by its path alone: source, test, documentation, configuration or data.

A fix has to change source; a test has to stay as strict. Where a name leaves it open, a file counts as source: a
right patch must not be blocked for the sake of its name.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath


class Role(StrEnum):
    """What a file is for."""

    SOURCE = "source"
    TEST = "test"
    DOCUMENTATION = "documentation"
    CONFIGURATION = "configuration"
    DATA = "data"


# fmt: off
_LANGUAGES = frozenset({
    ".py", ".pyi", ".pyx", ".pxd", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte",
    ".go", ".rs", ".java", ".kt", ".kts", ".scala", ".groovy", ".clj", ".c", ".h", ".cc", ".cpp", ".cxx", ".hpp",
    ".hh", ".cs", ".fs", ".vb", ".rb", ".php", ".swift", ".m", ".mm", ".sh", ".bash", ".zsh", ".ps1", ".pl", ".lua",
    ".r", ".jl", ".ex", ".exs", ".erl", ".hs", ".ml", ".dart", ".sql", ".css", ".scss", ".less", ".html", ".htm",
    ".jinja", ".j2", ".proto", ".tf", ".zig", ".nim",
})
# fmt: on
_DOCUMENTATION = frozenset({".md", ".rst", ".txt", ".adoc", ".mdx", ".org", ".tex", ".ipynb"})
_CONFIGURATION = frozenset({".toml", ".cfg", ".ini", ".json", ".yaml", ".yml", ".xml", ".conf", ".properties", ".in"})
_DOCUMENTS = re.compile(
    r"(?:readme|changes|changelog|history|news|licen[cs]e|authors|contributors|contributing|notice|copying)",
    re.IGNORECASE,
)
_TEST_NAMES = re.compile(
    r"test_.*\.py|.*_tests?\.(?:py|go|rb|exs|c|cc|cpp|rs)|tests?\.(?:py|[jt]sx?)|conftest\.py"
    r"|.*[.-](?:test|spec|e2e)\.[cm]?[jt]sx?|.*(?:Test|Tests|Spec|IT)\.(?:java|kt|scala|groovy|cs|php|swift)"
    r"|.*_spec\.(?:rb|lua)"
)
_TEST_FOLDERS = frozenset({"tests", "__tests__", "testdata", "__mocks__", "__snapshots__"})
_TOP_TEST_FOLDERS = frozenset({"test", "testing", "spec", "specs", "e2e"})
"""Only where they are a project's first folder: `django/test/` and `numpy/testing/` are source."""


@lru_cache(maxsize=4096)
def role(path: str) -> Role:
    """Return what the file at *path* is for."""
    pure = PurePosixPath(path)
    folders = pure.parts[:-1]
    if _belongs_to_tests(pure.name, folders):
        return Role.TEST
    if pure.suffix in _LANGUAGES:
        return Role.SOURCE
    if pure.suffix in _DOCUMENTATION or _DOCUMENTS.fullmatch(pure.name) or folders[:1] in {("docs",), ("doc",)}:
        return Role.DOCUMENTATION
    named = pure.name in {"Makefile", "Dockerfile", "Jenkinsfile"} or not pure.suffix
    return Role.CONFIGURATION if named or pure.suffix in _CONFIGURATION else Role.DATA


def is_test(path: str) -> bool:
    """Whether the file at *path* is a test, or belongs to one."""
    return role(path) is Role.TEST


def _belongs_to_tests(name: str, folders: tuple[str, ...]) -> bool:
    if _TEST_NAMES.fullmatch(name) or not _TEST_FOLDERS.isdisjoint(folders):
        return True
    return folders[:2] == ("src", "test") or not _TOP_TEST_FOLDERS.isdisjoint(folders[:1])


def is_named_as_test(path: str) -> bool:
    """Whether the file's own name, not only its folder's, says that it holds tests."""
    return _TEST_NAMES.fullmatch(PurePosixPath(path).name) is not None


def is_python(path: str) -> bool:
    """Whether *path* names a Python file."""
    return path.endswith((".py", ".pyi"))
