"""The verbs of the quality records."""
