"""Reports to files, for the commands that write them."""

from __future__ import annotations

from pathlib import Path

from pausedemo.errors import UsageError


def check_folder(file: Path | None) -> None:
    """Raise UsageError for a report that could not be written later, before anything is done."""
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(f"cannot write {file}: there is no folder {file.absolute().parent}")


def write_report(path: Path, text: str) -> None:
    """Write a report. Raises UsageError when it cannot be."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
