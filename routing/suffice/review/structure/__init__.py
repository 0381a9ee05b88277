"""Facts about the structure of a repository, computed and never guessed."""
