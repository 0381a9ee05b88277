"""Keeps count of what is on the shelves."""

import os
from typing import List, Optional


def load(path: str, default: Optional[str] = None) -> str:
    if not os.path.exists(path):
        return default or ""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        raise LookupError(f"cannot read the inventory")


def names(lines: List[str], seen: List[str] = []) -> List[str]:
    for line in lines:
        if line:
            if line not in seen:
                seen.append(line)
    return seen


def total(lines: List[str]) -> int:
    count = 0
    for line in lines:
        try:
            count += int(line.split("=")[1])
        except Exception:
            continue
    return count
