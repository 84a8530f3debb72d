"""Measured figures: ``make bench`` seeds both databases, asks a real server, and writes bench/RESULTS.md."""
