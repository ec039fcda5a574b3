"""Containers: what they are made from, their life, their streams."""
