"""How to talk to an engine: the port, and the adapters behind it."""
