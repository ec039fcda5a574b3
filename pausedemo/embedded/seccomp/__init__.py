"""Filters of system calls: the default one, and those that a container brings along."""
