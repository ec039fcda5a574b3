"""Reports to files, for the commands that write them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pausedemo.errors import UsageError


def check_reports(files: Mapping[str, Path | None]) -> None:
    """Raise UsageError for reports that could not be written later, before anything is done.

    ``files`` are by the option that names each; None where it is not given.
    """
    taken: dict[str, str] = {}
    for option, file in files.items():
        if file is None:
            continue
        if str(file) == "-":
            raise UsageError(f"{option} -: a report goes to a file, not to stdout; name one")
        if not file.absolute().parent.is_dir():
            raise UsageError(f"cannot write {file}: there is no folder {file.absolute().parent}")
        # By whatever links it is named. What is no file, such as /dev/null, can take several.
        real = os.path.realpath(file)
        first = taken.setdefault(real, option)
        if first != option and (Path(real).is_file() or not Path(real).exists()):
            raise UsageError(
                f"{first} and {option} name the same file, {file}; give each report its own"
            )


def remove_old(files: Iterable[Path | None]) -> None:
    """Remove the reports of an earlier run: they must not stand for one that is cut short.

    Only files go; a device, a link, or a file in a folder that may not be changed stays, for the
    report to be written to.
    """
    for file in files:
        if file is not None and file.is_file() and not file.is_symlink():
            with contextlib.suppress(OSError):
                file.unlink()


def write_report(path: Path, text: str) -> None:
    """Write a report. Raises UsageError when it cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
