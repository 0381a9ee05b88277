"""What the editor shows: diagnostics, claims, hovers, reports."""
