"""Checks that run the project's own code: its tests, its type checker, and a written test against mutants."""

EXECUTED_NAMES = ("types", "tests", "written-test")
"""In the order in which they run, for who only has to know them by name."""
