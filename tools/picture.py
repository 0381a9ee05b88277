"""Draw docs/editor.svg: the editor's light bulb with the titles that the language server really offers."""

from __future__ import annotations

from html import escape
from pathlib import Path

from suffice.decide import Facts, decide
from suffice.lanes import LINTER
from suffice.policy import Policy
from suffice.task import Applicability, Diagnostic, Kind, Span, Task
from suffice_server.front.actions import title_of
from suffice_server.values import Found, Offer

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "editor.svg"

_CODE = (
    ("10", "    try:"),
    ("11", "        with open(path) as file:"),
    ("12", "            return file.read()"),
    ("13", "    except OSError:"),
    ("14", '        raise LookupError(f"cannot read the inventory")'),
)
_LINE, _LEFT, _TOP = 22, 64, 34


def drawn() -> str:
    """Return the picture."""
    place = Span(start_line=14, start_column=9, end_line=14, end_column=56)
    without_fix = Diagnostic(rule="B904", message="", path="", span=place)
    task = Task(kind=Kind.LINT_FIX, diagnostics=(without_fix,))
    first = decide(task, policy=Policy.load("guide"), state=Facts(with_key=frozenset({"anthropic"})))
    free, paid = Offer(LINTER, free=True), Offer(first.first, first.estimated_cost_usd)
    found = (
        Found(rule="F541", message="f-string without any placeholders", span=place, fix=Applicability.SAFE, offer=free),
        Found(rule="B904", message="raise without from", span=place, offer=paid),
    )
    titles = [title_of(one, one.offer) for one in found if one.offer]
    height = _TOP + _LINE * (len(_CODE) + len(titles) + 1) + 30
    return "\n".join([*_frame(height), *_code(), *_menu(titles), "</svg>", ""])


def _frame(height: int) -> list[str]:
    style = "font-family='ui-monospace, Menlo, Consolas, monospace' font-size='14'"
    return [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 640 {height}' width='640' {style}>",
        "<title>A light bulb in an editor: each fix says its lane and its price</title>",
        f"<rect width='640' height='{height}' rx='8' fill='#1e1e2e'/>",
    ]


def _code() -> list[str]:
    rows = []
    for number, (line, text) in enumerate(_CODE):
        y = _TOP + number * _LINE
        rows.append(f"<text x='{_LEFT - 14}' y='{y}' fill='#6c7086' text-anchor='end'>{line}</text>")
        rows.append(f"<text x='{_LEFT}' y='{y}' fill='#cdd6f4' xml:space='preserve'>{escape(text)}</text>")
    y = _TOP + (len(_CODE) - 1) * _LINE
    ends = f"x1='{_LEFT + 68}' y1='{y + 5}' x2='{_LEFT + 464}' y2='{y + 5}'"
    rows.append(f"<line {ends} stroke='#f9e2af' stroke-width='2' stroke-dasharray='3 2'/>")
    rows.append(f"<text x='14' y='{y}'>&#128161;</text>")
    return rows


def _menu(titles: list[str]) -> list[str]:
    y = _TOP + len(_CODE) * _LINE - 6
    box = f"x='{_LEFT}' y='{y}' width='400' height='{_LINE * len(titles) + 14}' rx='6'"
    rows = [f"<rect {box} fill='#313244' stroke='#585b70'/>"]
    for number, title in enumerate(titles):
        rows.append(f"<text x='{_LEFT + 14}' y='{y + 24 + number * _LINE}' fill='#cdd6f4'>{escape(title)}</text>")
    return rows
