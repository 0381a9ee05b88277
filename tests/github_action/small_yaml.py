"""The part of YAML that our action and workflows are written in, so that no test needs a YAML package.

Mappings, sequences of mappings, `|` blocks, comments on lines of their own or behind a scalar, plain and
double-quoted scalars, which all stay strings. Anything else is an error, so that nothing is misread.
"""

import json
import re

_KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*):(?: (?P<rest>.*))?")
_UNKNOWN = "&*!%@`[]{}>'?"


def load(text):
    """Return what *text* says. Raises ValueError for what is beyond this part of YAML."""
    lines = text.splitlines()
    value, after = _node(lines, _next(lines, 0), 0)
    if _next(lines, after) < len(lines):
        raise ValueError(f"line {after + 1}: {lines[after]!r}")
    return value


def _node(lines, at, indent):
    is_list = lines[at][indent:].startswith("- ")
    value = [] if is_list else {}
    while at < len(lines) and _indent(lines[at]) == indent:
        if is_list:
            lines[at] = lines[at].replace("- ", "  ", 1)
            entry, at = _node(lines, at, indent + 2) if _KEY.match(lines[at][indent + 2 :]) else _item(lines, at)
            value.append(entry)
        else:
            key, entry, at = _pair(lines, at, indent)
            if key in value:
                raise ValueError(f"{key} stands twice")
            value[key] = entry
        at = _next(lines, at)
        if is_list and at < len(lines) and not lines[at][indent:].startswith("- "):
            break
    return value, at


def _item(lines, at):
    return _scalar(lines[at].strip()), at + 1


def _pair(lines, at, indent):
    found = _KEY.fullmatch(lines[at][indent:])
    if not found:
        raise ValueError(f"line {at + 1}: {lines[at]!r}")
    key, rest = found["key"], (found["rest"] or "").strip()
    if rest == "|":
        return key, *_block(lines, at + 1, indent)
    if rest:
        return key, _scalar(rest), at + 1
    inside = _next(lines, at + 1)
    return key, *_node(lines, inside, _indent(lines[inside]))


def _block(lines, at, indent):
    first = _indent(lines[at])
    block = []
    while at < len(lines) and (not lines[at].strip() or _indent(lines[at]) > indent):
        block.append(lines[at][first:])
        at += 1
    return "\n".join(block).rstrip("\n") + "\n", at


def _scalar(text):
    if text.startswith('"'):
        value, end = json.JSONDecoder().raw_decode(text)
        if text[end:].strip() and not text[end:].startswith(" #"):
            raise ValueError(f"{text!r}")
        return value
    text = text.split(" #")[0].rstrip()
    if text[0] in _UNKNOWN or ": " in text:
        raise ValueError(f"{text!r}")
    return text


def _next(lines, at):
    while at < len(lines) and (not lines[at].strip() or lines[at].lstrip().startswith("#")):
        at += 1
    return at


def _indent(line):
    return len(line) - len(line.lstrip(" "))
