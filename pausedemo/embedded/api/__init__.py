"""The HTTP side of the embedded engine: one file per group of endpoints."""
