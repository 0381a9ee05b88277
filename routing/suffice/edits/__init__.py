"""From a reply to a patch: edits, where they go, how several become one file, and the unified diff."""
