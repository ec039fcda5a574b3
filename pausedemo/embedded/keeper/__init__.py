"""The small process that starts containers, and the engine's line to it."""
