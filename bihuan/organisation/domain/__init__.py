"""What may be done with people, branches, territories and calendars; each act is journalled in its own transaction."""
