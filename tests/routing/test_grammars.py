"""Syntax of other languages than Python: each grammar loads, and what it does not understand is counted."""

import subprocess
import sys

import pytest

from suffice.checker import syntax
from suffice.checker.grammars import Errors, errors, same_tree
from suffice.checker.languages import all_grammars, grammar_of, is_installed
from suffice.checker.subject import Subject
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot
from suffice.task import Kind

SOUND_AND_BROKEN = {
    "a.js": ("let a = [1, 2];\n", "let a = [1, 2;\n"),
    "a.jsx": ("const a = <p>text</p>;\n", "const a = <p>text;\n"),
    "a.ts": ("let a: number = 1;\n", "let a: number = ;\n"),
    "a.tsx": ("const a: string = <p>text</p>;\n", "const a: string = <p>text;\n"),
    "a.go": ("package a\n\nfunc b() {}\n", "package a\n\nfunc b( {}\n"),
    "a.rs": ("fn main() {}\n", "fn main( {}\n"),
    "A.java": ("class A { int b; }\n", "class A { int b }\n"),
    "a.c": ("int main(void) { return 0; }\n", "int main(void) { return 0 }\n"),
    "a.cpp": ("class A { int b; };\n", "class A { int ; b\n"),
    "a.cs": ("class A { int b; }\n", "class A { int b }\n"),
    "a.rb": ("def a\n  1\nend\n", "def a\n  1 +\nend\n"),
    "a.php": ("<?php echo 1;\n", "<?php echo 1 +;\n"),
    "a.sh": ("if true; then echo 1; fi\n", "if true; then echo 1;\n"),
    "a.css": ("a { color: red; }\n", "a { color: red; \n"),
    "a.html": ("<p>text</p>\n", "<p>text</q\n"),
    "a.yaml": ("a:\n  b: [1, 2]\n", "a:\n  b: [1, 2\n"),
    "a.json": ('{"a": [1, 2]}\n', '{"a": [1, 2],}\n'),
    "a.toml": ("a = [1, 2]\n", "a = [1, 2\n"),
}


@pytest.mark.parametrize(("path", "texts"), SOUND_AND_BROKEN.items(), ids=SOUND_AND_BROKEN)
def test_each_grammar_loads_and_tells_sound_from_broken(path, texts):
    sound, broken = (errors(text, path) for text in texts)

    assert sound == Errors(0)
    assert broken is not None
    assert broken.number > 0
    assert broken.first_line > 0


def test_every_grammar_is_tried_and_all_of_them_are_installed_here():
    assert {grammar_of(path) for path in SOUND_AND_BROKEN} == set(all_grammars())
    assert all(map(is_installed, all_grammars()))


def test_the_first_line_of_what_is_not_understood_is_said():
    assert errors("let a = 1;\nlet b = ;\nlet c = (;\n", "a.js") == Errors(2, 2)


@pytest.mark.parametrize("path", ["a.py", "a.h", "README", "tsconfig.json", ".vscode/settings.json", ".eslintrc.json"])
def test_of_a_file_without_a_grammar_nothing_is_said(path):
    assert grammar_of(path) is None
    assert errors("{ // a comment\n}", path) is None


EQUAL = [
    ("a.js", "a + b // why\n", "a +   b\n"),
    ("a.js", "f(a,\n  b)\n", "f(a, b)\n"),
    ("a.rs", "/// told\nfn a(){}\n", "fn a() {}\n"),
    ("a.go", "package a\n\n\n\nvar b = 1\n", "package a\n\nvar b = 1 // c\n"),
    ("a.css", "a{color:red}\n", "a { color: red }\n"),
    ("a.yaml", "a: 1 # why\n", "a:  1\n"),
    ("a.json", '{"a":1}', '{\n "a": 1\n}\n'),
    ("a.toml", "a=1 # why\n", "a = 1\n"),
]
DIFFERENT = [
    ("a.js", "'a'", '"a"'),
    ("a.js", "`a b`", "`a  b`"),
    ("a.js", "return_\n(1)", "return_;\n(1)"),
    ("a.js", "/a b/", "/a  b/"),
    ("a.jsx", "<p>a b</p>", "<p>a  b</p>"),
    ("a.java", "class A { int b = 1; }", "class A { int b = 2; }"),
    ("a.sh", "cat <<E\na b\nE\n", "cat <<E\na  b\nE\n"),
    ("a.yaml", "a:\n  b: 1\nc: 2\n", "a:\n  b: 1\n  c: 2\n"),
    ("a.yaml", "a: |\n  b c\n", "a: |\n  b  c\n"),
    ("a.css", "a .b {}", "a.b {}"),
    ("a.rb", "a = 'b  c'", "a = 'b c'"),
    ("a.json", '{"a": 1, "b": 2}', '{"b": 2, "a": 1}'),
    ("a.json", '{"a": 1}', '{"a": 1.0}'),
    ("a.toml", "a = 1", "a = true"),
]


@pytest.mark.parametrize(("path", "before", "after"), EQUAL)
def test_layout_and_comments_leave_the_tree_as_it_is(path, before, after):
    assert same_tree(before, after, path) is True


@pytest.mark.parametrize(("path", "before", "after"), DIFFERENT)
def test_what_a_program_can_see_changes_the_tree(path, before, after):
    assert same_tree(before, after, path) is False


def test_of_a_text_that_is_too_deep_to_compare_nothing_is_said():
    deep = '{"a":' * 900 + "1" + "}" * 900

    assert errors(deep, "a.json") == Errors(0)
    assert same_tree(deep, f"{deep}\n", "a.json") is None


@pytest.mark.parametrize(("path", "before"), [("a.py", "a = 1"), ("a.txt", "a"), ("a.js", "let = ;")])
def test_without_two_sound_trees_nothing_is_said_of_them(path, before):
    assert same_tree(before, f"{before}\n", path) is None


def look(path, before, after):
    """Return what the syntax check says of a patch that no linter has looked at."""
    snapshot = Snapshot.of_texts({path: before} if before is not None else {})
    change = FileChange(path=path, before=before, after=after)
    return syntax.look(Subject(kind=Kind.EDIT, changes=(change,), snapshot=snapshot))


def test_a_patch_that_breaks_a_sound_file_fails_with_its_line():
    found = look("a.go", "package a\n", "package a\n\nfunc b( {}\n")

    assert found.state is State.FAILED
    assert found.evidence == "new syntax error at line 3 of a.go for our Go grammar"


def test_a_file_that_was_broken_may_stay_so_but_not_get_worse():
    kept = look("a.js", "let a = ;\nlet b = 1\n", "let a = ;\nlet b = 2\n")
    worse = look("a.js", "let a = ;\nlet b = 1\n", "let a = ;\nlet b = ;\n")

    assert kept == (State.PASSED, "a.js had 1 syntax error(s) for our JavaScript grammar, and has no more", 0.0)
    assert worse.state is State.FAILED
    assert worse.evidence.endswith("2 instead of 1")


def test_a_created_file_must_be_sound():
    assert look("a.json", None, '{"a": }').state is State.FAILED
    assert look("a.json", None, '{"a": 1}').state is State.PASSED


def test_of_an_unknown_language_the_check_says_that_it_did_not_look():
    assert look("a.zig", "a", "b") == (State.SKIPPED, "no grammar here can parse a.zig", 0.0)


HOSTILE = {
    "brackets": ("a.js", "(" * 200_000),
    "generics": ("a.ts", "a<" * 40_000),
    "dotted keys": ("a.toml", f"{'a.' * 200_000}a = 1"),
    "nested JSON": ("a.json", "[" * 400_000),
    "a long number": ("a.json", "1" * 400_000),
}


@pytest.mark.parametrize(("path", "text"), HOSTILE.values(), ids=HOSTILE)
def test_no_text_breaks_the_parser_and_counting_its_errors_ends(path, text):
    found = errors(text, path)

    assert found is None or found.number <= 1000


@pytest.mark.slow
def test_a_parse_that_would_take_many_times_its_limit_is_given_up_and_fails_a_sound_file():
    found = look("a.ts", "a = 1\n", "'" * 1_000_000)

    assert found == (State.FAILED, "a.ts takes too long to parse, and did not before", 0.0)


def test_a_key_of_endless_parts_is_a_syntax_error_before_anybody_parses_it():
    found = look("a.toml", "a = 1\n", f"{'a.' * 200_000}a = 1")

    assert found == (State.FAILED, "new syntax error at line 1 of a.toml for our TOML grammar", 0.0)


def test_no_grammar_is_loaded_before_a_file_of_its_language_is_looked_at():
    code = (
        "import sys\nfrom suffice.checker import pipeline\n"
        "from suffice.checker.grammars import errors\nbefore = [m for m in sys.modules if 'tree_sitter' in m]\n"
        "errors('a', 'a.go')\nprint(before, 'tree_sitter_go' in sys.modules, 'tree_sitter_rust' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[] True False\n"
