"""A run's results rendered: console, JUnit, JSON, GitHub. A reporter never decides an exit code."""
