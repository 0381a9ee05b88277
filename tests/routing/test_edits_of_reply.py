# ruff: noqa: E501  rows of tables stay on one line
"""What becomes of a reply: the window's new text and perhaps an import, or the word that it cannot be done."""

import pytest

from suffice.edits.edit import apply_edits
from suffice.edits.window_reply import CannotFix, Unusable, edits_of_reply
from suffice.snapshot import SourceFile
from suffice.windows import Window

TEXT = '"""Doc."""\n\nfrom __future__ import annotations\n\nimport os\nfrom pathlib import (\n    Path,\n)\n\n\ndef f(x):\n    if x == None:\n        return os\n    return Path\n'
WINDOW = Window(first=12, last=13)
MENDED = TEXT.replace("== None", "is None")
GOOD = "    if x is None:\n        return os\n"


def answer(replacement=None, extra_import=None, cannot_fix=None):
    return {"replacement": replacement, "extra_import": extra_import, "cannot_fix": cannot_fix}


def after(reply, *, text=TEXT, window=WINDOW):
    file = SourceFile.of_bytes("a.py", text.encode())
    edits = edits_of_reply(reply, window=window, file=file)
    return apply_edits(file.text, edits) if isinstance(edits, tuple) and not hasattr(edits, "why") else edits


REPLIES = {
    "as asked": GOOD,
    "without the last line end": GOOD.rstrip("\n"),
    "with more line ends": GOOD + "\n\n",
    "with a blank line in front": "\n" + GOOD,
    "dedented": "if x is None:\n    return os\n",
    "fenced": f"```python\n{GOOD}```",
    "fenced without a language": f"```\n{GOOD}```\n",
    "fenced and dedented": "```python\nif x is None:\n    return os\n```",
    "with CRLF": GOOD.replace("\n", "\r\n"),
    "with white space at the end": GOOD.rstrip("\n") + "   \n",
}


@pytest.mark.parametrize("replacement", REPLIES.values(), ids=REPLIES)
def test_the_window_gets_its_new_text_however_it_is_sent(replacement):
    assert after(answer(replacement)) == MENDED


def test_only_the_lines_that_differ_are_edited():
    file = SourceFile.of_bytes("a.py", TEXT.encode())

    (edit,) = edits_of_reply(answer(GOOD), window=WINDOW, file=file)

    assert (file.text[edit.start : edit.end], edit.new_text) == ("    if x == None:\n", "    if x is None:\n")
    assert edit.base_sha == file.blob_sha


@pytest.mark.parametrize("eol", ["\r\n", "\r"])
def test_a_file_keeps_its_line_ends(eol):
    reply = answer(GOOD, "import sys")

    assert after(reply, text=TEXT.replace("\n", eol)) == MENDED.replace(")\n", ")\nimport sys\n", 1).replace("\n", eol)


def test_a_file_without_a_last_line_end_gets_none():
    text = TEXT.rstrip("\n")

    mended = after(answer("    return Path.cwd()\n"), text=text, window=Window(first=14, last=14))

    assert mended == text + ".cwd()"


def test_a_form_feed_in_the_window_is_no_line_end():
    text = "def f(x):\n    y = 'a\x0cb'\n    return x == None\n"

    mended = after(answer("    y = 'a\x0cb'\n    return x is None\n"), text=text, window=Window(first=2, last=3))

    assert mended == text.replace("== None", "is None")


def test_a_line_separator_in_a_string_is_no_line_end():
    text = "def f(x):\n    y = 'a\u2028b'\n    return x == None\n"

    mended = after(answer("    y = 'a\u2028b'\n    return x is None\n"), text=text, window=Window(first=2, last=3))

    assert mended == text.replace("== None", "is None")


def test_the_lines_of_a_string_keep_their_own_indentation():
    text = 'class A:\n    def f(self, x):\n        """Do.\n\n  odd\n        """\n        return x == None\n'
    body = text.split("\n", 1)[1]

    mended = after(answer(body.replace("== None", "is None")), text=text, window=Window(first=2, last=7))

    assert mended == text.replace("== None", "is None")


IMPORTS = {
    "after the last import": (TEXT, MENDED.replace(")\n", ")\nimport sys\n", 1)),
    "after the docstring": ('"""Doc."""\n\nx = None == abs\n', '"""Doc."""\nimport sys\n\nx = None is abs\n'),
    "after a __future__": (
        "from __future__ import annotations\nx = None == abs\n",
        "from __future__ import annotations\nimport sys\nx = None is abs\n",
    ),
    "at the top": ("x = None == abs\n", "import sys\nx = None is abs\n"),
    "below a shebang and a coding line": (
        "#!/usr/bin/env python\n# -*- coding: latin-1 -*-\nx = None == abs\n",
        "#!/usr/bin/env python\n# -*- coding: latin-1 -*-\nimport sys\nx = None is abs\n",
    ),
    "behind a docstring and a comment": (
        '#!/usr/bin/env python\n"""Doc."""\n# why\nimport os\n\nx = None == abs\n',
        '#!/usr/bin/env python\n"""Doc."""\n# why\nimport os\nimport sys\n\nx = None is abs\n',
    ),
    "behind a raw docstring": ('r"""Doc."""\nimport os\nx = None == abs\n', 'r"""Doc."""\nimport os\nimport sys\nx = None is abs\n'),
    "behind a raw docstring and __future__": (
        'r"""Doc."""\nfrom __future__ import annotations\nx = None == abs\n',
        'r"""Doc."""\nfrom __future__ import annotations\nimport sys\nx = None is abs\n',
    ),
    "behind a statement after an import": ("import os; os.x = 1\nx = None == abs\n", "import os; os.x = 1\nimport sys\nx = None is abs\n"),
    "in a file with newer syntax": (
        '"""Doc."""\nfrom __future__ import annotations\nimport os\ntype T = int\nx = None == abs\n',
        '"""Doc."""\nfrom __future__ import annotations\nimport os\nimport sys\ntype T = int\nx = None is abs\n',
    ),
    "in a file with newer syntax and a __future__ alone": (
        '"""Doc."""\nfrom __future__ import annotations\n\ntype T = int\nx = None == abs\n',
        '"""Doc."""\nfrom __future__ import annotations\nimport sys\n\ntype T = int\nx = None is abs\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), IMPORTS.values(), ids=IMPORTS)
def test_an_import_goes_where_imports_stand(text, expected):
    number = next(n for n, line in enumerate(text.splitlines(), 1) if "== " in line)
    old = text.splitlines()[number - 1]

    mended = after(answer(old.replace("==", "is"), "import sys"), text=text, window=Window(number, number))

    assert mended == expected


def test_an_import_that_is_there_is_not_made_twice():
    assert after(answer(GOOD, "import os")) == MENDED


@pytest.mark.parametrize("extra", [None, "", "  "])
def test_no_import_is_no_import(extra):
    assert after(answer(GOOD, extra)) == MENDED


NO_IMPORTS = ["x = 1", "import", "import os; os.remove('x')", "import os\nimport sys", "from os import *; x()", "__import__('os')", "# import os", "import os\nos.remove('x')", "def f(): import os", "import os\rx = 1", "import os\x0c; x()"]  # fmt: skip


@pytest.mark.parametrize("extra", NO_IMPORTS)
def test_what_is_not_one_import_is_not_taken(extra):
    assert isinstance(after(answer(GOOD, extra)), Unusable)


@pytest.mark.parametrize("replacement", [None, "", "  \n "], ids=["none", "empty", "blank"])
def test_an_empty_replacement_is_not_taken(replacement):
    unusable = after(answer(replacement))

    assert isinstance(unusable, Unusable)
    assert "cannot_fix" in unusable.why


@pytest.mark.parametrize("replacement", [None, GOOD], ids=["alone", "beside a replacement"])
def test_cannot_fix_is_believed(replacement):
    assert after(answer(replacement, cannot_fix="Only the\n  authors know.")) == CannotFix(why="Only the authors know.")


def test_the_same_text_again_gives_no_edit():
    file = SourceFile.of_bytes("a.py", TEXT.encode())

    assert edits_of_reply(answer("    if x == None:\n        return os\n"), window=WINDOW, file=file) == ()
