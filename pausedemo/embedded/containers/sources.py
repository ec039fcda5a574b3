"""What binds mount: it is there, or a folder is made of it, or it cannot be mounted.

Source: moby 20.10, volume/mounts (linux_parser.go, mounts.go), and what runc says of the rest.
"""

from __future__ import annotations

import os
from pathlib import Path

from pausedemo.embedded.containers.mounts import MountPoint
from pausedemo.embedded.errors import RUNTIME_FAILED, BadParameter, ServerError


def ensure_source(point: MountPoint, source: Path) -> None:
    """Make the folder of a bind that may be made. Raises BadParameter, ServerError."""
    try:
        os.stat(source)  # noqa: PTH116 - what kind of error it is matters
    except OSError as error:
        if not point.create_source:
            raise BadParameter(
                f'invalid mount config for type "bind": {_describe(source, error)}'
            ) from error
        _make_source(point, source)


def _describe(source: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return f"bind source path does not exist: {source}"
    return f"stat {source}: {_say(error)}"


def _make_source(point: MountPoint, source: Path) -> None:
    try:
        source.mkdir(parents=True, exist_ok=True)
    except NotADirectoryError as error:
        raise BadParameter(
            f"{RUNTIME_FAILED}: unable to start container process: error during container init: "
            f'error mounting "{source}" to rootfs at "{point.destination}": '
            f"stat {source}: {_say(error)}: unknown: Are you trying to mount a directory onto a "
            "file (or vice-versa)? Check if the specified host path exists and is the expected type"
        ) from error
    except OSError as error:
        raise ServerError(
            f"error while creating mount source path '{source}': "
            f"mkdir {error.filename}: {_say(error)}"
        ) from error


def _say(error: OSError) -> str:
    return str(error.strerror).lower()
