"""Which image stands for which name, and how to get it."""
