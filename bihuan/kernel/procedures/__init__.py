"""Procedures as tables: declared once, read by screens, API, prints, worklists, sweep and evidence."""
