"""What a review asks models, and of whom: one module for each question."""
