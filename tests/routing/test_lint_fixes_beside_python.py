"""What a lint fix may do in a file that is not Python: nothing there is read as if it were."""

import pytest

from suffice.checker import scope, target_gone
from suffice.checker.own_fix import agreement
from suffice.checker.subject import Linted, Subject
from suffice.checker.verdict import State
from suffice.edits.edit import FileChange
from suffice.snapshot import Snapshot
from suffice.task import Applicability, Diagnostic, Kind, LinterFix, Span, SpanEdit


def lint_fix(before, after, diagnostics):
    change = FileChange(path="app.js", before=before, after=after)
    snapshot = Snapshot.of_texts({"app.js": before})
    return Subject(kind=Kind.LINT_FIX, changes=(change,), snapshot=snapshot, diagnostics=diagnostics)


@pytest.mark.parametrize(
    ("rule", "before", "own", "after", "agreed"),
    [
        ("no-var", "var a = 2;\n", "let a = 2;\n", "let a  = 2; // two\n", Applicability.SAFE),
        ("no-var", "var a = 2;\n", "let a = 2;\n", "const a = 2;\n", None),
        ("space-infix-ops", "a=2;\n", "a = 2;\n", "a =2;\n", None),  # layout, and both are Python too
        ("space-infix-ops", "a=2;\n", "a = 2;\n", "a = 2;\n", Applicability.SAFE),
    ],
)
def test_agreement_with_the_linter_is_judged_in_the_files_own_language(rule, before, own, after, agreed):
    whole = Span(1, 1, 2, 1)
    fix = LinterFix(edits=(SpanEdit(whole, own),), applicability=Applicability.SAFE)
    diagnostic = Diagnostic(rule=rule, message="m", path="app.js", span=whole, fix=fix)

    found = agreement(lint_fix(before, after, (diagnostic,)))

    assert found is agreed


@pytest.mark.parametrize("linted_after", [("Too many at the end.",), ("Too many within.",), ()])
def test_the_same_rule_in_other_words_is_no_mended_rule(linted_after):
    def said(message):
        return Diagnostic(rule="no-multiple-empty-lines", message=message, path="app.js", span=Span(2, 1, 3, 1))

    before = (said("Too many at the end."),)
    fix = lint_fix("a\n\n\n", "a\n\n\n// b\n", before)
    fix.linted = {"app.js": Linted(before, tuple(map(said, linted_after)), (), ())}

    assert target_gone.look(fix).state is (State.FAILED if linted_after else State.PASSED)


def test_no_python_is_looked_for_in_another_language():
    before = "class A {\n" + "  b = 2;\n" * 30 + "}\n"  # its first line reads like a Python class
    found = Diagnostic(rule="no-b", message="m", path="app.js", span=Span(1, 1, 1, 2))
    after = before.replace("b = 2;\n}", "c = 2;\n}")

    assert scope.look(lint_fix(before, after, (found,))).state is State.FAILED
