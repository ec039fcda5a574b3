"""What a pod is, and what can be told of it."""
