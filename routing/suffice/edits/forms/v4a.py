"""V4A patches: what OpenAI's models are trained to write, as text and as the `diff` of their `apply_patch` calls.

Tolerant of what stands around a patch and of missing envelopes; strict inside, where a line without a mark or an
unknown operation means that something else was meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from suffice.edits.applied import Rejected
from suffice.edits.forms.marked_lines import cut_at_prose, hunk_lines, is_marked, unmarked
from suffice.edits.operation import Create, Delete, Hunk, Operation, Parsed, Update, plain_lines

MARKER = re.compile(
    r"[ \t]*\*\*\* (?:(?P<envelope>Begin|End) Patch[ \t]*|(?P<verb>Add|Update|Delete) File:(?P<path>[^\r\n]*)"
    r"|Move to:(?P<target>[^\r\n]*)|(?P<eof>End of File)[ \t]*)"
)
_NO_NEWLINE = re.compile(r"\\ No newline at end of file[ \t]*")
_NUMBERS = re.compile(r"-(\d{1,9})(?:,\d+)? \+\d+(?:,\d+)?")


class _Section(NamedTuple):
    """One file's part: `strict` where the patch has its envelope, so that no prose can stand in it."""

    verb: str
    path: str
    body: Sequence[str]
    strict: bool


def parse_v4a(text: str) -> Parsed | Rejected:
    """Return what the V4A patches in *text* ask for."""
    lines = plain_lines(text)
    operations: list[Operation] = []
    prose: list[str] = []
    for section in _sections(lines, prose):
        body = section.body
        if not section.strict:
            cut = cut_at_prose(body, also=("@@", "*** "))
            if isinstance(cut, Rejected):
                return _in_file(section.path, cut)
            body = cut[0]
            prose += cut[1]
        operation = _operation(section, body)
        if isinstance(operation, Rejected):
            return _in_file(section.path, operation)
        operations.append(operation)
    if not operations:
        return Rejected("the patch holds no *** Add File, *** Update File or *** Delete File line; send one per file")
    return Parsed((tuple(operations),), prose=prose)


def _in_file(path: str, rejected: Rejected) -> Rejected:
    return rejected if not path else Rejected(f"in the patch of {path[:100]}: {rejected.reason}")


def _sections(lines: Sequence[str], prose: list[str]) -> Iterator[_Section]:
    """Yield the part of each file; what stands outside of patches goes to *prose*."""
    marks = [(n, match) for n, line in enumerate(lines) if (match := MARKER.fullmatch(line))]
    cuts = [(n, match) for n, match in marks if match["envelope"] or match["verb"]]
    following = _following([match["envelope"] for _, match in cuts])
    prose += lines[: cuts[0][0]] if cuts else lines
    begun = False
    for place, (start, match) in enumerate(cuts):
        end = cuts[place + 1][0] if place + 1 < len(cuts) else len(lines)
        body = lines[start + 1 : end]
        if match["envelope"]:
            begun = match["envelope"] == "Begin"
            stray = next((line for line in body if line.strip()), None) if begun else None
            if stray is not None:
                yield _Section("", "", [stray], strict=True)
            elif not begun:
                prose += body
            continue
        yield _Section(match["verb"], match["path"].strip(), body, strict=begun and following[place] == "End")


def _following(envelopes: Sequence[str | None]) -> list[str | None]:
    """Return for each place the next of *envelopes* from it on."""
    following: list[str | None] = []
    last = None
    for envelope in reversed(envelopes):
        last = envelope or last
        following.append(last)
    return following[::-1]


def _operation(section: _Section, body: Sequence[str]) -> Operation | Rejected:
    match section.verb:
        case "Add":
            text = created_text(body)
            return text if isinstance(text, Rejected) else Create(section.path, text)
        case "Delete":
            left = next((line for line in body if line.strip()), None)
            return Rejected(f"a deletion takes no lines such as {left[:60]!r}") if left else Delete(section.path)
        case "Update":
            return parse_update(section.path, body)
        case _:
            return _unknown(body[0])


def _unknown(line: str) -> Rejected:
    return Rejected(f"{line[:60]!r} is no operation; there are Add File, Update File, Delete File and Move to")


def parse_update(path: str, body: Sequence[str]) -> Update | Rejected:
    """Return what the body of an update asks for: hunks, below `*** Move to:` where the file moves."""
    first = next((n for n, line in enumerate(body) if line.strip()), len(body))
    moved = MARKER.fullmatch(body[first]) if first < len(body) else None
    target = moved["target"] if moved else None
    hunks = parse_hunks(body[first + 1 :] if target else body)
    if isinstance(hunks, Rejected):
        return hunks
    if not hunks and not target:
        return Rejected("it changes nothing; send @@ and the lines to change, or leave the file out")
    return Update(path, hunks, new_path=target.strip() if target else None)


def created_text(body: Sequence[str]) -> str | Rejected:
    """Return the text of a new file, whose lines all stand behind a '+'."""
    lines = [line for line in body if not (match := MARKER.fullmatch(line)) or not match["eof"]]
    while lines and not lines[-1].strip():
        lines.pop()
    is_ended = not (lines and _NO_NEWLINE.fullmatch(lines[-1]))
    lines = lines if is_ended else lines[:-1]
    wrong = next((line for line in lines if line.strip() and not line.startswith("+")), None)
    if wrong is not None:
        return Rejected(f"the line {wrong[:60]!r} of a new file begins without '+'; put one before every line")
    text = "".join(f"{line[1:]}\n" for line in lines)
    return text if is_ended else text.removesuffix("\n")


def parse_hunks(body: Sequence[str]) -> tuple[Hunk, ...] | Rejected:
    """Return the hunks of an update, each begun by `@@` and perhaps the line that it stands under."""
    drafts: list[_Draft] = [_Draft([], [], None)]
    for line in _without_file_names(body):
        marker = MARKER.fullmatch(line)
        if line.startswith("@@"):
            if drafts[-1].lines or drafts[-1].at_end:
                drafts.append(_Draft([], [], None))
            drafts[-1] = _with_header(drafts[-1], line)
        elif marker and marker["eof"]:
            drafts[-1] = drafts[-1]._replace(at_end=True)
        elif line.startswith("*** ") or (marker and not line.startswith(" ")):
            return _unknown(line)
        elif drafts[-1].lines and _NO_NEWLINE.fullmatch(line):
            drafts[-1] = drafts[-1].unended()
        elif not is_marked(line):
            return unmarked(line)
        elif drafts[-1].at_end:
            if line.strip():
                return Rejected(f"the line {line[:60]!r} stands after *** End of File; begin a hunk with @@")
        else:
            drafts[-1].lines.append(line)
    return tuple(_hunks(drafts))


class _Draft(NamedTuple):
    lines: list[str]
    anchors: list[str]
    near_line: int | None
    at_end: bool = False
    final_newline: bool | None = None

    def unended(self) -> _Draft:
        """Return the hunk after git's word that its last line, old or new, ends without a line end."""
        return self._replace(final_newline=self.lines[-1].startswith("-"))


def _hunks(drafts: Sequence[_Draft]) -> Iterator[Hunk]:
    number = 0
    for draft in drafts:
        lines = hunk_lines(draft.lines)
        if lines:
            number += 1
            yield Hunk(
                f"hunk {number}",
                lines,
                tuple(draft.anchors),
                draft.near_line,
                at_end=draft.at_end,
                in_order=True,
                final_newline=draft.final_newline,
            )


def _with_header(draft: _Draft, line: str) -> _Draft:
    """Return *draft* with what its `@@` line says: the line it stands under, or numbers as in a unified diff."""
    said = line[2:].strip().removesuffix("@@").strip()
    numbers = _NUMBERS.match(said)
    if numbers:
        return draft._replace(near_line=int(numbers[1]) or None)
    if said and said != "...":
        draft.anchors.append(said)
    return draft


def _without_file_names(body: Sequence[str]) -> Sequence[str]:
    """Return *body* without the two lines of names that a unified diff would begin with."""
    first = next((n for n, line in enumerate(body) if line.strip()), len(body))
    named = [line[:4] for line in body[first : first + 2]] == ["--- ", "+++ "]
    return body[first + 2 :] if named else body
