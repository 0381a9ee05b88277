"""A change of files as a reply in each form, as a model would write it that makes no mistake.

Old texts stand once in the file, as the forms demand; line ends are written as LF, since no model sees others. What is
written here owes nothing to the applier, so that one can be held against the other.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

Reply: TypeAlias = str | list[dict[str, Any]]

CONTEXT_LINES = 3
NO_NEWLINE = "\\ No newline at end of file\n"
_UNENDED = "\0"
_BOM = "\ufeff"
_EDITOR = "str_replace_based_edit_tool"
_MARKS_OF_A_BLOCK = re.compile(r"<{5,9} ?SEARCH>?\s*|={5,9}\s*|>{5,9} ?REPLACE\s*")


class Changed(NamedTuple):
    """One file of a commit. `before` is None for a created file, `after` for a deleted one."""

    path: str
    before: str | None
    after: str | None
    new_path: str | None = None


class Passage(NamedTuple):
    """Lines `start` to `end` (0-based, end exclusive) of the old text, and what stands there afterwards."""

    start: int
    end: int
    new: tuple[str, ...]


def shown(file: Changed) -> Changed:
    """Return *file* as a model is shown it: without a byte order mark that stays."""
    if not (file.before or "").startswith(_BOM) or not (file.after or "").startswith(_BOM):
        return file
    return file._replace(before=(file.before or "")[1:], after=(file.after or "")[1:])


def text_editor_calls(files: Sequence[Changed]) -> list[dict[str, Any]]:
    """Return calls of Anthropic's text editor and of the two tools beside it."""
    calls = [call for file in map(shown, files) for call in _editor_calls(file)]
    return [{"type": "tool_use", "id": f"t{n}", **call} for n, call in enumerate(calls)]


def _editor_calls(file: Changed) -> Iterator[dict[str, Any]]:
    target = file.new_path or file.path
    if file.after is None:
        yield {"name": "delete_file", "input": {"path": file.path}}
        return
    if file.new_path:
        yield {"name": "rename_file", "input": {"path": file.path, "new_path": file.new_path}}
    if not file.before:
        yield {"name": _EDITOR, "input": {"command": "create", "path": target, "file_text": file.after}}
        return
    for old, new in replacements(*_seen(file.before, file.after)):
        yield {"name": _EDITOR, "input": {"command": "str_replace", "path": target, "old_str": old, "new_str": new}}


def replacements(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Yield texts and what takes their place; each stands once in what the ones before it left."""
    lines, new = ended_lines(before), ended_lines(after)
    shift = 0
    for a1, a2, b1, b2 in _near_runs(lines.copy(), new):
        start, end = a1 + shift, a2 + shift
        text = "".join(lines)
        first, last = max(0, start - 1), min(len(lines), end + 1)
        while not _stands_once("".join(lines[first:last]), text):
            first, last = max(0, first - 1), min(len(lines), last + 1)
        old = "".join(lines[first:last])
        lines[start:end] = new[b1:b2]
        shift += (b2 - b1) - (a2 - a1)
        made = "".join(lines[first : last + (b2 - b1) - (a2 - a1)])
        yield (old[:-1], made[:-1]) if _ends_alike(old, made) and _stands_once(old[:-1], text) else (old, made)
    assert "".join(lines) == after


def _ends_alike(*texts: str) -> bool:
    """Whether the last line end of *texts* goes without saying: a blank line at the end would not."""
    return all(text.endswith("\n") and not text.endswith("\n\n") for text in texts)


def _seen(*texts: str) -> list[str]:
    """Return *texts* as a model sees them: with LF, where all their lines end with CRLF."""
    if all(text.count("\n") == text.count("\r\n") for text in texts):
        return [text.replace("\r\n", "\n") for text in texts]
    return list(texts)


def _stands_once(part: str, text: str) -> bool:
    return part == text or (bool(part.strip()) and text.find(part) == text.rfind(part))


def _runs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int, int]]:
    opcodes = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(a1, a2, b1, b2) for tag, a1, a2, b1, b2 in opcodes if tag != "equal"]


def _near_runs(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int, int]]:
    """Return the runs that differ, joined where git would show them together: nobody sends those apart."""
    joined: list[tuple[int, int, int, int]] = []
    for run in _runs(old, new):
        first = joined.pop() if joined and run[0] - joined[-1][1] <= 2 * CONTEXT_LINES else run
        joined.append((first[0], run[1], first[2], run[3]))
    return joined


def patch_calls(files: Sequence[Changed]) -> list[dict[str, Any]]:
    """Return calls of OpenAI's `apply_patch`."""
    return [
        {"type": "apply_patch_call", "call_id": f"c{n}", "status": "completed", "operation": _operation(file)}
        for n, file in enumerate(map(shown, files))
    ]


def _operation(file: Changed) -> dict[str, Any]:
    if file.after is None:
        return {"type": "delete_file", "path": file.path}
    if file.before is None:
        return {"type": "create_file", "path": file.path, "diff": _created(file.after)}
    return {"type": "update_file", "path": file.path, "diff": _updated(file)}


def _created(text: str) -> str:
    return "".join(_marked([], marked_lines(text)))


def _updated(file: Changed) -> str:
    old, new = marked_lines(file.before or ""), marked_lines(file.after or "")
    body = [f"*** Move to: {file.new_path}\n"] if file.new_path else []
    for each in passages(old, new):
        hunk = _marked(old[each.start : each.end], each.new)
        # Who writes V4A says nothing of an end of file that stays as it is.
        stays = old[-1:] and new[-1:] and old[-1].endswith(_UNENDED) == new[-1].endswith(_UNENDED)
        body += ["@@\n", *(line for line in hunk if not stays or line != NO_NEWLINE)]
        body += ["*** End of File\n"] if each.end == len(old) else []
    return "".join(body)


def v4a_text(files: Sequence[Changed]) -> str:
    """Return one V4A patch."""
    return f"*** Begin Patch\n{''.join(map(_section, map(shown, files)))}*** End Patch\n"


def _section(file: Changed) -> str:
    if file.after is None:
        return f"*** Delete File: {file.path}\n"
    if file.before is None:
        return f"*** Add File: {file.path}\n{_created(file.after)}"
    return f"*** Update File: {file.path}\n{_updated(file)}"


def passages(old: Sequence[str], new: Sequence[str]) -> list[Passage]:
    """Return what differs with enough lines around it to stand once in *old*; none touches the next."""
    found: list[tuple[int, int, int, int]] = []
    for run in _runs(old, new):
        start, end = _alone(old, run[0], run[1])
        b1 = run[2] - (run[0] - start)
        while found and start <= found[-1][1]:
            last = found.pop()
            start, end, b1 = min(start, last[0]), max(end, last[1]), last[2] - max(0, last[0] - start)
        found.append((start, end, b1, run[3] + end - run[1]))
    made = list(old)
    for start, end, b1, b2 in reversed(found):
        made[start:end] = new[b1:b2]
    assert made == list(new)
    return [Passage(start, end, tuple(new[b1:b2])) for start, end, b1, b2 in found]


def _alone(lines: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Return the lines *start* to *end* with as many around them as it takes to stand once."""
    plain = [line.removesuffix(_UNENDED) for line in lines]
    text = "\n".join(["", *plain, ""])
    start, end = max(0, start - CONTEXT_LINES), min(len(lines), end + CONTEXT_LINES)
    while (start, end) != (0, len(lines)) and not _stands_once("\n".join(["", *plain[start:end], ""]), text):
        start, end = max(0, start - 1), min(len(lines), end + 1)
    return start, end


def _marked(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Return the lines of a hunk, with their ends."""
    lines: list[str] = []
    done = 0
    for a1, a2, b1, b2 in [*_runs(old, new), (len(old), len(old), len(new), len(new))]:
        lines += [f" {line}" for line in old[done:a1]]
        lines += [*(f"-{line}" for line in old[a1:a2]), *(f"+{line}" for line in new[b1:b2])]
        done = a2
    return [part for line in lines for part in _ended(line)]


def _ended(line: str) -> list[str]:
    return [f"{line[:-1]}\n", NO_NEWLINE] if line.endswith(_UNENDED) else [f"{line}\n"]


def search_replace_text(files: Sequence[Changed]) -> str:
    """Return SEARCH/REPLACE blocks in fences, each under its path, after a line for each file that goes or moves."""
    files = [shown(file) for file in files]
    width = _width([line for file in files for text in (file.before, file.after) for line in shown_lines(text or "")])
    parts = [f"DELETE FILE: {file.path}\n" for file in files if file.after is None]
    parts += [f"RENAME FILE: {file.path} -> {file.new_path}\n" for file in files if file.new_path]
    for file in files:
        if file.after is None:
            continue
        old, new = shown_lines(file.before or ""), shown_lines(file.after)
        own = passages(old, new) if file.before else [Passage(0, 0, tuple(new))]
        parts += [_block(file.new_path or file.path, old[each.start : each.end], each.new, width) for each in own]
    return "Here are the edits.\n\n" + "\n".join(parts)


def _width(lines: Sequence[str]) -> int:
    """Return how long the marks of blocks are to be for no line of the texts to look like one."""
    taken = {len(re.match(r"[<=>]+", line)[0]) for line in lines if _MARKS_OF_A_BLOCK.fullmatch(line)}
    return next((width for width in (7, 9, 8, 6, 5) if width not in taken), 7)


def _block(path: str, old: Sequence[str], new: Sequence[str], width: int) -> str:
    lines = ["`" * 4, f"{'<' * width} SEARCH", *old, "=" * width, *new, f"{'>' * width} REPLACE", "`" * 4]
    return "".join(f"{line}\n" for line in (path, *lines))


def unified_text(files: Sequence[Changed]) -> str:
    """Return a unified diff that is right to the letter."""
    return "".join(line for file in files for line in _diff(file))


def _diff(file: Changed) -> Iterator[str]:
    before, after = (ended_lines(text or "") for text in (file.before, file.after))
    hunks = list(difflib.unified_diff(before, after, n=CONTEXT_LINES))[2:]
    yield from _names(file, has_hunks=bool(hunks))
    yield from (line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in hunks)


def unnumbered_text(files: Sequence[Changed]) -> str:
    """Return a unified diff as models type it, `@@ ... @@` above hunks that stand once."""
    parts: list[str] = []
    for file in map(shown, files):
        old, new = marked_lines(file.before or ""), marked_lines(file.after or "")
        parts += _names(file, has_hunks=old != new)
        for each in passages(old, new):
            parts += ["@@ ... @@\n", *_marked(old[each.start : each.end], each.new)]
    return "".join(parts)


def _names(file: Changed, *, has_hunks: bool) -> Iterator[str]:
    target = file.new_path or file.path
    yield f"diff --git a/{file.path} b/{target}\n"
    if file.before is None or file.after is None:
        yield f"{'new' if file.before is None else 'deleted'} file mode 100644\n"
    if file.new_path:
        yield f"similarity index 80%\nrename from {file.path}\nrename to {target}\n"
    if has_hunks:
        yield "--- /dev/null\n" if file.before is None else f"--- a/{file.path}\n"
        yield "+++ /dev/null\n" if file.after is None else f"+++ b/{target}\n"


def ended_lines(text: str) -> list[str]:
    """Return the lines of *text* with their ends, LF as git counts them."""
    return list(io.StringIO(text, newline="\n"))


def shown_lines(text: str) -> list[str]:
    """Return the lines of *text* without their ends."""
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def marked_lines(text: str) -> list[str]:
    """Return the lines of *text* without their ends, the last one marked if it has none."""
    lines = shown_lines(text)
    if lines and not text.endswith("\n"):
        lines[-1] += _UNENDED
    return lines


def unsaid(form: str, file: Changed) -> str | None:
    """Return what of *file* no reply in *form* can say: line ends are not seen, so they cannot be written."""
    if file.after is None or form == "unified diff":
        return None
    if file.before and line_ends(file.before) != line_ends(file.after):
        return "other line ends"
    if not file.before and "\r\n" in file.after and form != "text editor calls":
        return "a new file with CRLF"
    ends = [text.endswith("\n") for text in (file.before or "\n", file.after or "\n")]
    return "another end of the file" if ends[0] != ends[1] and form == "SEARCH/REPLACE" else None


def line_ends(text: str) -> tuple[bool, bool]:
    """Return whether *text* has lines that end with CRLF, and with LF alone."""
    return "\r\n" in text, "\n" in text.replace("\r\n", "")


FORMS: Mapping[str, Callable[[Sequence[Changed]], Reply]] = {
    "text editor calls": text_editor_calls,
    "apply_patch calls": patch_calls,
    "SEARCH/REPLACE": search_replace_text,
    "V4A": v4a_text,
    "unified diff": unified_text,
    "unified, no numbers": unnumbered_text,
}
