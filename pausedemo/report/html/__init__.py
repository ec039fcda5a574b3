"""A run as one HTML file that needs nothing else. The only folder that knows Jinja2."""

from pausedemo.report.html.run_page import render_html

__all__ = ["render_html"]
