"""The forms that replies are written in: one file each, from its text to operations, or what was wrong with it."""
