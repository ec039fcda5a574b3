"""The console that commands write to."""

from __future__ import annotations

import os
import re
from typing import Final

from rich.console import Console

#: A number of columns that a person can mean.
_COLUMNS: Final = re.compile("0*[1-9][0-9]{0,4}", re.ASCII)


def make_console(*, no_color: bool | None = None) -> Console:
    """A console on stdout. ``COLUMNS`` that is no positive number says nothing of its width.

    rich takes it at its word: 0 columns have room for nothing, and ² is a digit that is no number.
    """
    environ = dict(os.environ)
    if not _COLUMNS.fullmatch(environ.get("COLUMNS", "")):
        environ.pop("COLUMNS", None)
    return Console(no_color=no_color, _environ=environ)
