"""Linters: they find diagnostics, and their own fixes are rung zero."""
