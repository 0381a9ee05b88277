"""Work behind a command that was answered at once: its progress, its questions, its end."""
