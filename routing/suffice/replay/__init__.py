"""What a policy would have solved and spent, on tasks that every model was once tried on. It calls no model."""
