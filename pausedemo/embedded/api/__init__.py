"""The HTTP side: one file for each group of endpoints."""
