"""Kubernetes objects as kubectl prints them: tables, descriptions, JSON and YAML.

An object here is what the API would give: a mapping of plain data, times as RFC 3339 text.
"""
