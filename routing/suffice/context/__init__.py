"""What a model is shown beside the code that it is to change, for lint fixes and edits, within a budget of tokens."""
