"""Running it: backups that were tried, health, figures for monitoring. Knows the whole installation and no procedure."""
