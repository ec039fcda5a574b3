"""Scenarios: a pod, steps, and what must be seen. From a YAML file to a judged result."""
