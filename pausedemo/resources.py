"""Where the files that travel with pausedemo are: in the installed package, or in the checkout."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError

PACKAGE: Final = Path(__file__).resolve().parent


def pause_dir() -> Path:
    """The folder of the pause image's sources: ``pause.c``, how to compile it, ``Dockerfile``."""
    return _find("pause")


def scenarios_dir() -> Path:
    """The folder of the scenarios that pausedemo brings, and of the manifests they use."""
    return _find("scenarios")


def _find(name: str) -> Path:
    # A wheel holds them inside the package (pyproject.toml, force-include). In a checkout they
    # stand beside it; pyproject.toml tells it from a folder of that name in site-packages.
    packaged = PACKAGE / "data" / name
    if packaged.is_dir():
        return packaged
    checkout = PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / name).is_dir():
        return checkout / name
    raise PausedemoError(
        f"cannot find pausedemo's own {name} folder in {PACKAGE / 'data'}: "
        "the installation is incomplete; install pausedemo again"
    )
