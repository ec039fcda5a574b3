"""A Docker Engine API server on plain Linux namespaces, for machines without Docker."""
