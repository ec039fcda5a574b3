"""Scenarios by engines: the reports of ``pausedemo compare``, one render function each."""
