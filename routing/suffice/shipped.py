"""The data files that ship with the package: lanes, policies, prompts, paths, losses, the report's schema."""

from pathlib import Path

_HERE = Path(__file__).parent


def shipped_text(name: str) -> str:
    """Return the text of the data file *name*, relative to the package (`checker/paths.toml`)."""
    return (_HERE / name).read_text("utf-8")
