"""Weights from elsewhere: their names, safe loading, and what they start."""
