"""Containers of the embedded engine: life, streams, logs, copies."""
