"""Lines of a command's output, numbered."""

from __future__ import annotations

from collections.abc import Iterator


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    r"""Each line with its number from 1, without its ending (``\n``, or ``\r\n`` from a terminal).

    Blank lines at the very end are left out. ``str.splitlines`` will not do: it also breaks at
    form feeds and U+2028, which may stand in a process's command line.
    """
    lines = text.split("\n")
    while lines and not lines[-1].strip(" \r"):
        lines.pop()
    for number, line in enumerate(lines, start=1):
        yield number, line.removesuffix("\r")
