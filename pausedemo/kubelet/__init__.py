"""Pods on an engine: made from manifests, observed, kept alive and taken down."""
