"""What a patch newly imports is there: in the standard library, the project or a dependency that it declares.

Nothing is imported to find out. Example: `import fastjsonlib`, which no manifest of the project names.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import PurePosixPath
from typing import NamedTuple

from suffice.checker.file_roles import Role, is_python, role
from suffice.checker.manifests import PYTHON, SCRIPT, named_in, normalised
from suffice.checker.subject import Subject
from suffice.checker.verdict import NEVER, Found, failed, passed, skipped
from suffice.checker.written import LONGEST_LINE, Written
from suffice.outline import parse
from suffice.snapshot import Snapshot

NAME = "imports-resolve"
COST = "under 0.1 ms; the whole file where an import is unknown"
BLOCKS = NEVER

_PYTHON_IMPORT = re.compile(r"[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import\b|import[ \t]+(\w[\w., \t]*))")
_SCRIPT_IMPORT = re.compile(
    r"""(?:^[ \t]*(?:import|export)\b[^'"\n]{0,500}?|\b(?:require|import)[ \t]*\([ \t]*)['"]([^'"\n]{1,200})['"]"""
)
_SCRIPTS = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts")

_GONE_FROM_PYTHON = {"distutils", "imp", "asyncore", "asynchat", "smtpd", "cgi", "pipes", "telnetlib", "crypt"}
# fmt: off
_NODE = frozenset({
    "assert", "async_hooks", "buffer", "child_process", "cluster", "console", "constants", "crypto", "dgram", "dns",
    "domain", "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path", "perf_hooks",
    "process", "punycode", "querystring", "readline", "repl", "stream", "string_decoder", "timers", "tls", "tty",
    "url", "util", "v8", "vm", "wasi", "worker_threads", "zlib",
})
# fmt: on
_OTHER_NAMES: Mapping[str, str] = {
    "yaml": "pyyaml",
    "PIL": "pillow",
    "cv2": "opencv-python",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "bs4": "beautifulsoup4",
    "dateutil": "python-dateutil",
    "dotenv": "python-dotenv",
    "git": "gitpython",
    "jwt": "pyjwt",
    "pkg_resources": "setuptools",
    "attr": "attrs",
    "OpenSSL": "pyopenssl",
    "serial": "pyserial",
    "MySQLdb": "mysqlclient",
    "psycopg2": "psycopg2-binary",
    "google": "protobuf",
    "win32api": "pywin32",
    "_pytest": "pytest",
}
"""What some modules' distributions are called (their pages on the package index, 2026-11)."""


class _Import(NamedTuple):
    line: int
    module: str


def look(subject: Subject) -> Found:
    """Say which new import resolves to nothing that can be seen."""
    seen = False
    for file in subject.written:
        resolves = cache(partial(_is_known, file=file, subject=subject))
        for found in _new_imports(file):
            known = resolves(found.module)
            seen = seen or known is not None
            if known is False and _really_imports(found, file, subject):
                words = f"line {found.line} of {file.path} imports {found.module}, which no manifest names"
                return failed(words, amount=1)
    return passed("all that it imports is known") if seen else skipped("nothing new is imported, as far as can be told")


def _new_imports(file: Written) -> Iterator[_Import]:
    if role(file.path) not in {Role.SOURCE, Role.TEST}:
        return
    for line in file.added:
        text = line.text[:LONGEST_LINE]
        if is_python(file.path):
            match = _PYTHON_IMPORT.match(text)
            names = [match[1]] if match and match[1] else (match[2].split(",") if match else [])
            yield from (_Import(line.number, name.split()[0]) for name in names if name.split())
        elif file.path.endswith(_SCRIPTS):
            yield from (_Import(line.number, name) for name in _SCRIPT_IMPORT.findall(text))


def _is_known(module: str, file: Written, subject: Subject) -> bool | None:
    """Return whether *module* is there, None where that cannot be told."""
    if not is_python(file.path):
        return _is_known_script(module, file, subject)
    top = module.partition(".")[0]
    if not top:
        return None  # relative: a linter with the whole project at hand says more
    if top in sys.stdlib_module_names or top in _GONE_FROM_PYTHON or _is_own(top, file.path, subject):
        return True
    declared = named_in(PYTHON, subject.snapshot, file.path)
    return None if declared is None else _is_declared(top, declared)


def _is_declared(top: str, declared: frozenset[str]) -> bool:
    name = normalised(top)
    candidates = {name, f"python-{name}", f"py{name}", f"{name}-python", _OTHER_NAMES.get(top, name)}
    return not candidates.isdisjoint(declared) or any(word.startswith(f"{name}-") for word in declared)


def _is_own(top: str, path: str, subject: Subject) -> bool:
    """Whether the project itself, or the patch, has the module *top*, or the file imports it already."""
    before = next((change.before for change in subject.changes if change.target == path), None)
    if before and re.search(rf"^[ \t]*(?:from|import)[ \t]+{re.escape(top)}\b", before, re.MULTILINE):
        return True
    folders = [*PurePosixPath(path).parents, PurePosixPath("src"), PurePosixPath("lib")]
    places = {str(folder / top) for folder in folders}
    new = (change.target for change in subject.changes if change.after is not None)
    if any(_begins_with(target, places) for target in new):
        return True
    return any(_has(subject.snapshot, place) for place in places)


def _has(snapshot: Snapshot, place: str) -> bool:
    if any(snapshot.exists(f"{place}{end}") for end in ("", ".py", ".pyi", ".pyx")):
        return True
    return not snapshot.in_place and any(_begins_with(path, {place}) for path in snapshot.listed)


def _begins_with(path: str, places: set[str]) -> bool:
    """Whether *path* is the module or lies in the package at one of *places*."""
    pure = PurePosixPath(path)
    return str(pure.with_suffix("")) in places or any(str(parent) in places for parent in pure.parents)


def _really_imports(found: _Import, file: Written, subject: Subject) -> bool:
    """Whether the line is a statement of its own: no text in a string, and nobody catches its failure."""
    if not is_python(file.path):
        return True
    after = next((change.after for change in subject.changes if change.target == file.path), None)
    tree = parse(after or "")
    if tree is None:
        return False
    guarded = [node for node in ast.walk(tree) if isinstance(node, ast.Try | ast.If)]
    inside = any(node.lineno < found.line <= (node.end_lineno or node.lineno) for node in guarded)
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return not inside and any(node.lineno == found.line for node in imports)


def _is_known_script(module: str, file: Written, subject: Subject) -> bool | None:
    if module.startswith((".", "/", "#", "~", "@/", "node:", "virtual:")) or ":" in module:
        return None
    parts = module.split("/")
    name = "/".join(parts[:2]) if module.startswith("@") else parts[0]
    if name in _NODE:
        return True
    declared = named_in(SCRIPT, subject.snapshot, file.path)
    if declared is None:
        return None
    own = {normalised(name), normalised(f"@types/{name.removeprefix('@').replace('/', '__')}")}
    return not own.isdisjoint(declared)
