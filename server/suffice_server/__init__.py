"""The language server: translates LSP to tasks, and outcomes to edits."""
