"""A run on a terminal, or in a log, while it happens. The only folder that knows rich."""

from pausedemo.report.console.reporter import ConsoleReporter

__all__ = ["ConsoleReporter"]
