"""One pod: observed, brought up, kept alive and ended."""
