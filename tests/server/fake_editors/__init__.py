"""Fake editors: each applies, refuses, resolves and asks as the real one does."""
