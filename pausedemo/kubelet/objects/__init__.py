"""Kubernetes objects that an engine keeps: pods, ConfigMaps, Secrets, events."""
