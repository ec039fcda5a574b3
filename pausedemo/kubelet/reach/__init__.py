"""Ways to what is not on this machine: ports of pods, and the engine's machine itself."""
