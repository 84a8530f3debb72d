"""Django's SQLite backend, with the journal's tables out of reach of the running application (see base.py)."""
