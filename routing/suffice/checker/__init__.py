"""The checker: whether a patch may be proposed, with every check's evidence. One file per check."""
