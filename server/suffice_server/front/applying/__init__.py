"""Edits on their way into the editor, and what becomes of them."""
