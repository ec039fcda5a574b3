"""Write docs/manifest-support.md, or tell by the exit code whether it is up to date (--check)."""

from __future__ import annotations

import sys
from pathlib import Path

from pausedemo.core.manifest.support import render_support

PAGE = Path(__file__).resolve().parent.parent / "docs" / "manifest-support.md"


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv[1:]:
        return 0 if PAGE.read_text() == render_support() else 1
    PAGE.write_text(render_support())
    return 0


if __name__ == "__main__":
    sys.exit(main())
