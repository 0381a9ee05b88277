"""What a hostile repository can hold to keep the index busy: each text here once took minutes, or gigabytes."""

import json
import subprocess
import sys

import pytest

from suffice.index.language import symbols_in
from suffice.index.other_modules import GoModules
from suffice.index.symbols import LONGEST_SPECIFIER_CHARS, MOST_DEFINITIONS, Import, written
from suffice.index.texts import holds

LIST = "a," * 1900 + "b"

ENDLESS = {
    "brackets.js": "(" * 150_000,
    "calls in calls.js": 'f("a",' * 30_000,
    "arrows in arrows.ts": "const a=" + "()=>" * 50_000 + "1;",
    "one list of names.ts": "const " + "a," * 90_000 + "b;",
    "lists of names.js": f"const {LIST};\n" * 6,
    "lists of names.go": "package p\n" + f"var {LIST} int\n" * 6,
    "lists of names.java": "class A {\n" + f"int {LIST};\n" * 6 + "}",
    "commas.js": "x = [" + "," * 150_000 + "]",
    "modules in modules.rs": "mod a {" * 40_000,
    "open use lists.rs": "use a::{" * 15_000,
    "closed use lists.rs": "use a::{" + "b,\nc::{" * 20_000 + "d" + "}" * 20_001 + ";",
    "a long path.rs": "use " + "super::\n" * 20_000 + "a;",
    "impl in impl.rs": "impl a {" * 30_000,
    "attributes.rs": "#[a]\n" * 15_000 + "const A: u8 = 1;" * 300,
    "long imports.java": f"import {'a.' * 2400}b;\n" * 20,
    "elif.py": "if a:\n  b\n" + "elif a:\n  b\n" * 20_000,
    "sums.py": "a = " + "-" * 100_000 + "1",
    "lists of names.py": f"{LIST} = x\n" * 10,
    "one name.py": "def go(): ...\n" * 2000 + "a.go()\n" * 10_000,
    "one import.py": "from . import go\n" * 10_000,
    "words.ts": "/* " + "go_ " * 100_000 + "*/",
    "spaces.go": f"// a{' ' * 197}.go\n" * 3000,
}

LOOK = """
import json, resource, sys
from suffice.index.index import Index
from suffice.index.language import symbols_in
from suffice.snapshot import Snapshot
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
texts = json.load(sys.stdin)
for path, text in texts.items():
    symbols_in(text, path)
    index = Index(Snapshot.of_texts({path: text}), [path], most_s=60)
    index.imports(path), index.definitions("go", near=path), index.callers("go", of=path)
    print(path, flush=True)
"""


@pytest.mark.slow
def test_no_text_keeps_the_index_busy_for_minutes_or_fills_the_memory():
    command = [sys.executable, "-c", LOOK]

    done = subprocess.run(command, input=json.dumps(ENDLESS), capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.splitlines() == list(ENDLESS), done.stderr


def test_of_a_file_with_more_definitions_than_anybody_writes_the_first_are_kept():
    text = "".join(f"{', '.join(f'a{n}' for n in range(900))} = x\n" for _ in range(12))

    found = symbols_in(text, "a.py")

    assert len(found.definitions) == MOST_DEFINITIONS
    assert len(written(found)) < 8 * 1024 * 1024


def test_an_import_that_is_longer_than_any_path_is_none():
    module = "a" * LONGEST_SPECIFIER_CHARS

    found = symbols_in(f"import '{module}';\nimport '{module}b';\n", "a.ts")

    assert [one.specifier for one in found.imports] == [module]


def test_a_word_that_stands_more_often_than_anybody_looks_is_left_to_the_parser():
    def nowhere(_before, _after):
        return False

    assert not holds("go\n" * 1000, "go", where=nowhere)
    assert holds("go\n" * 3000, "go", where=nowhere)


def test_of_more_go_modules_than_a_repository_has_the_outermost_are_read():
    paths = [f"{'deep/' * (number % 3)}m{number}/go.mod" for number in range(3000)]
    asked = []

    modules = GoModules([*paths, "m0/a.go"], lambda path: asked.append(path) or f"module example.com/{path}\n")

    assert asked == sorted(path for path in paths if "deep" not in path)
    assert modules.targets(Import("example.com/m0/go.mod", "", "", 1), "x.go") == ("m0/a.go",)
