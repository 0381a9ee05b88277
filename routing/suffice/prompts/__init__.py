"""Prompts are Markdown files with a version; this package only holds them."""
