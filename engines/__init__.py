"""Real engines for the behaviour catalogue: brought up, used, and taken down without a trace."""
