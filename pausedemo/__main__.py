"""``python -m pausedemo``."""

from pausedemo.cli import main

main()
