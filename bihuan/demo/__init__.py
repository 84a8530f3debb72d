"""An invented company to try things out with: never where real data is, and no Django app, so nothing of it is ever migrated."""
