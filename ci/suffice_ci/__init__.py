"""The command line, for people and for CI. It only translates: words and files in, a report out."""
