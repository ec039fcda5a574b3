"""A Docker Engine API on plain Linux namespaces, for machines without Docker."""
