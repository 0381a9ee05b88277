"""Which language a file is written in, by its name, and where its grammar is.

Grammars are wheels of their own with nothing to fetch at run time. A few come with suffice; the others count where
they are installed (`pip install 'suffice[languages]'`). Python is not among them: ruff and `ast` parse it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple


class Grammar(NamedTuple):
    """A language and where its grammar is: `parse.package` of the wheel, and the function in it."""

    name: str
    package: str = ""
    function: str = "language"


JAVASCRIPT = Grammar("JavaScript", "tree_sitter_javascript")
TYPESCRIPT = Grammar("TypeScript", "tree_sitter_typescript", "language_typescript")
TSX = Grammar("TSX", "tree_sitter_typescript", "language_tsx")
GO = Grammar("Go", "tree_sitter_go")
RUST = Grammar("Rust", "tree_sitter_rust")
JAVA = Grammar("Java", "tree_sitter_java")
C = Grammar("C", "tree_sitter_c")
CPP = Grammar("C++", "tree_sitter_cpp")
C_SHARP = Grammar("C#", "tree_sitter_c_sharp")
RUBY = Grammar("Ruby", "tree_sitter_ruby")
PHP = Grammar("PHP", "tree_sitter_php", "language_php")
BASH = Grammar("Bash", "tree_sitter_bash")
CSS = Grammar("CSS", "tree_sitter_css")
HTML = Grammar("HTML", "tree_sitter_html")
YAML = Grammar("YAML", "tree_sitter_yaml")
JSON = Grammar("JSON")
TOML = Grammar("TOML")

_BY_SUFFIX: Mapping[str, Grammar] = {
    **dict.fromkeys((".js", ".mjs", ".cjs", ".jsx"), JAVASCRIPT),
    **dict.fromkeys((".ts", ".mts", ".cts"), TYPESCRIPT),
    ".tsx": TSX,
    ".go": GO,
    ".rs": RUST,
    ".java": JAVA,
    ".c": C,
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx"), CPP),
    ".cs": C_SHARP,
    ".rb": RUBY,
    ".php": PHP,
    **dict.fromkeys((".sh", ".bash"), BASH),
    ".css": CSS,
    **dict.fromkeys((".html", ".htm"), HTML),
    **dict.fromkeys((".yaml", ".yml"), YAML),
    ".json": JSON,
    ".toml": TOML,
}
"""`.h` is left out: nobody can tell from its name whether it is C, C++ or Objective-C."""

_WITH_COMMENTS = re.compile(r"(?:^|/)(?:\.vscode|\.devcontainer)/|(?:^|/)(?:[tj]sconfig[^/]*|\.[^/]*rc)\.json$")
"""What ends in .json and is not JSON: their programs allow comments in it."""


def grammar_of(path: str) -> Grammar | None:
    """Return the grammar of the file at *path*, installed or not; None for Python and what has none."""
    if _WITH_COMMENTS.search(path):
        return None
    return _BY_SUFFIX.get(PurePosixPath(path).suffix.lower())


def all_grammars() -> list[Grammar]:
    """Return every grammar that is known here, in the order of their names."""
    return sorted(set(_BY_SUFFIX.values()))


def is_installed(grammar: Grammar) -> bool:
    """Whether texts can be parsed by *grammar* on this machine; imports nothing."""
    from importlib.util import find_spec

    return not grammar.package or find_spec(grammar.package) is not None
