"""What an edit may touch: what its task names, and nothing else."""

import pytest

from suffice.checker.reach import outside, shifted, told
from suffice.checker.subject import Subject
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot
from suffice.task import Kind, Place

LINES = "import os\n\n\ndef one():\n    return 1\n\n\ndef two():\n    return 2\n"
WHOLE, ONE = Place("pkg/a.py"), Place("pkg/a.py", 4, 5)


def changed(text, path="pkg/a.py", before=LINES, new_path=None):
    return FileChange(path=path, before=before, after=text, new_path=new_path)


CASES = {
    "a line of the selection": ([ONE], changed(LINES.replace("return 1", "return 11")), None),
    "lines after the selection": ([ONE], changed(LINES.replace("return 2", "return 22")), "line 9"),
    "more lines in the selection": ([ONE], changed(LINES.replace("    return 1\n", "    x = 1\n    return x\n")), None),
    "the selection goes": ([ONE], changed(LINES.replace("def one():\n    return 1\n", "")), None),
    "an import beside the selection": ([ONE], changed(LINES.replace("import os\n", "import os\nimport re\n")), None),
    "a statement beside the imports": ([ONE], changed(LINES.replace("import os\n", "import os\nX = 1\n")), "line 2"),
    "a copy of the selection's last line": (
        [ONE],
        changed(LINES.replace("return 1\n", "return 1\n    return 1\n")),
        None,
    ),
    "both of two selections": (
        [ONE, Place("pkg/a.py", 8, 9)],
        changed(LINES.replace("return 1", "return 11").replace("return 2", "return 22")),
        None,
    ),
    "the selected file deleted": ([ONE], changed(None), "selected lines alone"),
    "the selected file moved": ([ONE], changed(LINES, new_path="pkg/b.py"), "selected lines alone"),
    "a new file beside a selection": ([ONE], changed("x\n", "pkg/b.py", before=None), "no new file"),
    "a whole file": ([WHOLE], changed("pass\n"), None),
    "a whole file deleted": ([WHOLE], changed(None), None),
    "a whole file moved": ([WHOLE], changed(LINES, new_path="pkg/b.py"), None),
    "a new file": ([WHOLE], changed("x\n", "pkg/b.py", before=None), None),
    "another file": ([WHOLE], changed("x\n", "pkg/b.py", before="y\n"), "pkg/b.py is not"),
    "a file below the folder": ([Place("pkg")], changed("pass\n"), None),
    "a file beside the folder": ([Place("pkg")], changed("x\n", "pkgs/b.py", before="y\n"), "pkgs/b.py is not"),
    "anything, for all": ([Place(".")], changed("x\n", "pkgs/b.py", before="y\n"), None),
    "a file that was to be made": ([Place("pkg/b.py")], changed("x\n", "pkg/b.py", before=None), None),
}


C = "#define MAX 10\n#include <a.h>\n\nint one(void) { return 1; }\n"
JS = "import a from './a';\n\nexport function one() {\n  return 1;\n}\n"
GO = 'package a\n\nimport (\n\t"fmt"\n)\n\nfunc One() int {\n\treturn 1\n}\n'
LIST = "# Copyright Ada\nNAMES = [\n    ada,\n    ben,\n]\n\n\ndef one():\n    return 1\n"


def selected(path, first, text, old, new):
    """Return a selection from line *first* on, and a change of *text* elsewhere."""
    assert old in text
    return [Place(path, first, first)], changed(text.replace(old, new), path, before=text)


CASES |= {
    "a comment far away": (*selected("a.py", 8, LIST, "Ada", "Eve"), "line 1"),
    "an entry of a list": (*selected("a.py", 8, LIST, "    ben,\n", "    ben,\n    eve,\n"), "line"),
    "a macro": (*selected("a.c", 4, C, "MAX 10", "MAX 99"), "line 1"),
    "an include": (*selected("a.c", 4, C, "<a.h>", "<b.h>"), None),
    "a heading of a document": (*selected("a.md", 3, "# Licence\n\ntext\n", "Licence", "Gone"), "line 1"),
    "an import of JavaScript": (*selected("a.js", 4, JS, "import a", "import b from './b';\nimport a"), None),
    "a constant beside it": (*selected("a.js", 4, JS, "import a", "const b = 1;\nimport a"), "line 1"),
    "an import of Go": (*selected("a.go", 8, GO, '\t"fmt"', '\t"fmt"\n\t"os"'), None),
    "an import for type checkers": (
        [Place("a.py", 4, 5)],
        changed(
            LINES.replace(
                "import os\n", "import os\nfrom typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import re\n"
            ),
            "a.py",
        ),
        None,
    ),
    "an import that runs code": (
        [Place("a.py", 4, 5)],
        changed(LINES.replace("import os\n", "import os; os.abort()\n"), "a.py"),
        "line 1",
    ),
}


@pytest.mark.parametrize(("places", "change", "flaw"), CASES.values(), ids=CASES)
def test_an_edit_touches_what_it_was_told_to(places, change, flaw):
    subject = Subject(kind=Kind.EDIT, changes=(change,), snapshot=Snapshot.of_texts({}), places=tuple(places))

    found = outside(change, subject)

    assert found is None if flaw is None else flaw in found


@pytest.mark.parametrize(
    ("path", "flaw"), [("tests/test_a.py", None), ("pkg/a.py", "is no test"), ("setup.cfg", "is no test")]
)
def test_written_tests_touch_tests_alone(path, flaw):
    change = changed("x\n", path, before=None)
    subject = Subject(kind=Kind.TEST_WRITING, changes=(change,), snapshot=Snapshot.of_texts({}), places=(WHOLE,))

    found = outside(change, subject)

    assert found is None if flaw is None else flaw in found


def test_a_mended_bug_makes_no_file_that_nobody_named():
    change = changed("x\n", "repro.py", before=None)
    subject = Subject(kind=Kind.DEBUG, changes=(change,), snapshot=Snapshot.of_texts({}), places=(WHOLE,))

    assert "no new file" in outside(change, subject)


def test_a_model_is_told_the_same():
    assert list(told(Kind.EDIT, [ONE])) == [
        "pkg/a.py: the selected lines, and its imports",
        "no new file, and nothing else",
    ]
    assert list(told(Kind.REFACTOR, [WHOLE]))[-1] == "new files, where they are needed"


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        (LINES.replace("import os\n", "import os\nimport re\n"), (5, 6)),
        (LINES.replace("    return 1\n", "    x = 1\n    return x\n"), (4, 6)),
        (LINES.replace("return 2", "return 3"), (4, 5)),
    ],
    ids=["lines above", "lines within", "lines below"],
)
def test_a_selection_moves_with_what_a_first_try_changed(after, lines):
    assert shifted(ONE, changed(after)) == Place("pkg/a.py", *lines)
