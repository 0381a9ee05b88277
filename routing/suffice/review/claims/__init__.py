"""What is claimed of a change: held against the text, merged, tested, remembered, ranked."""
