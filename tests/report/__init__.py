"""Tests of the reports: pure rendering, no engine."""
