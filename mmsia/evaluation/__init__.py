"""Metrics: what a number in a report is, and how sure it is."""
