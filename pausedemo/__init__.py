"""Pods as Kubernetes makes them, on any engine that speaks the Docker Engine API."""

__version__ = "0.1.0"
