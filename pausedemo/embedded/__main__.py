"""``python -m pausedemo.embedded``: one engine, until it is told to stop."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pausedemo.embedded.process import Signs, run_engine
from pausedemo.errors import PausedemoError


def main() -> int:
    """The exit code: 0 when it was stopped, 1 when it could not start."""
    parser = argparse.ArgumentParser(prog="pausedemo engine serve")
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--state-if-free", type=Path)
    parser.add_argument("--until-eof", type=int, metavar="DESCRIPTOR")
    parser.add_argument("--ready", type=int, metavar="DESCRIPTOR")
    options = parser.parse_args()
    try:
        return run_engine(
            options.socket,
            options.state or options.state_if_free,
            Signs(options.until_eof, options.ready),
            spare_state=options.state_if_free is not None,
        )
    except PausedemoError as error:
        print(f"pausedemo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
