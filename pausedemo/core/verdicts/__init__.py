"""Scenarios' expectations, held against what was seen, and what comes of that."""
