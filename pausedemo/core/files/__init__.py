"""People's files, read: YAML to plain data to models, and what is wrong with it, at its place."""
