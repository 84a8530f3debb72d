"""The verbs of persons' requests."""
