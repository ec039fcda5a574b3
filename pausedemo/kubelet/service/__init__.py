"""All pods of an engine: one kubelet at a time, through restarts of it and of the engine."""
