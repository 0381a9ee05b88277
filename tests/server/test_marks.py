import pytest

from suffice_server.front.text.marks import definition_end, marks_at, scope_of


def lines_of(text):
    return text.splitlines(keepends=True)


def instructions(text, first=0, last=None):
    lines = lines_of(text)
    return [mark.instruction for mark in marks_at(lines, first, len(lines) - 1 if last is None else last)]


@pytest.mark.parametrize(
    "text",
    [
        "# suffice: use a set\n",
        "x = 1  # suffice: use a set\n",
        "// suffice: use a set\n",
        "-- suffice:use a set\n",
        "/* suffice: use a set */\n",
        "/**\n * suffice: use a set\n */\n".replace("/**\n * ", "/* "),
        "<!-- suffice: use a set -->\n",
        "            ;; suffice: use a set\n",
        "% suffice: use a set\n",
        'name = "a"  # suffice: use a set\n',
        "fn f<'a>(x: &'a str) {  // suffice: use a set\n",
        "# suffice: use\u202e a\u200b set\x1b\n",
        "    ## suffice:   use a set  \r\n",
    ],
)
def test_a_marked_comment_is_found_in_every_language(text):
    assert instructions(text) == ["use a set"]


@pytest.mark.parametrize(
    "text",
    [
        "# suffice:\n",
        "suffice: use a set\n",
        "# sufficient: yes\n",
        "/* suffice: never closed\nx\n",
        "# noqa\n",
        's = "# suffice: text"\n',
        "s = '// suffice: text'; t = 1\n",
        "s = `-- suffice: text`\n",
        "x; suffice: y\n",
    ],
)
def test_what_asks_for_nothing_is_no_mark(text):
    assert instructions(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# suffice: use a set,\n# sorted\nx = 1\n", ["use a set,\nsorted"]),
        ("# suffice: one\n# suffice: two\n", ["one", "two"]),
        ("x = 1  # suffice: one\n# two\n", ["one"]),
        ("/* suffice: use a set,\n * sorted\n */\n", ["use a set,\nsorted"]),
        ("<!-- suffice: one\n two -->\n", ["one\ntwo"]),
    ],
)
def test_a_comment_of_several_lines_asks_as_one(text, expected):
    assert instructions(text) == expected


def test_a_mark_is_found_from_each_of_its_lines_and_from_no_other():
    text = "a = 1\n# suffice: one\n# two\nb = 2\n"

    assert [len(instructions(text, line, line)) for line in range(4)] == [0, 1, 1, 0]


def test_a_line_of_a_million_signs_takes_no_time():
    assert instructions("#" * 1_000_000 + " suffice: x\n") == ["x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# suffice: x\ndef f():\n    a\n\n    b\n\n\nc\n", (0, 4)),
        ("# suffice: x\n@one\n@two(\n    1,\n)\ndef f(\n    a,\n):\n    b\n\nc\n", (0, 8)),
        ("# suffice: x\na\nb\n\nc\n", (0, 2)),
        ("# suffice: x\n\ndef f(): ...\n", (0, 0)),
        ("# suffice: x\n", (0, 0)),
        ("    # suffice: x\ndef f(): ...\n", (0, 0)),
        ("# suffice: x\nif a:\n    b\nelse:\n    c\nd\n", (0, 4)),
        ("// suffice: x\nfunction f() {\n  a\n}\nb\n", (0, 3)),
        ("def f():  # suffice: x\n    a\n\nb\n", (0, 1)),
        ("a = 1  # suffice: x\nb = 2\n", (0, 0)),
    ],
)
def test_a_mark_is_about_itself_and_what_stands_right_below(text, expected):
    lines = lines_of(text)

    (mark,) = marks_at(lines, 0, 0)

    assert scope_of(lines, mark) == expected


def test_a_definition_of_one_line_does_not_take_the_next_one_along():
    assert definition_end(lines_of("def f(): ...\ndef g(): ...\n"), 0) == 0
