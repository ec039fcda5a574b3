"""A pod's volumes on an engine: made before its sandbox, filled through it, removed with the pod.

The order is: ``create_volumes``; the sandbox is created and started, which mounts them all below
``/volumes``; ``prepare_volumes``; for each container ``resolve_mounts`` just before it is created.
Each may be called again at any time and does what is still to be done. ``prepare_volumes`` brings
the files of a ConfigMap that has changed up to date.

The sandbox holds the volumes: what is kept in memory lives as long as it does, and files are
written by the engine's archive endpoint, which reaches what is mounted in a container. A Docker
Engine has no way to rename or delete a file by its API. So a volume's ``..data`` link is replaced
by one request, not by a rename; a key that goes leaves its name behind, a link that leads nowhere;
and of what was there before only an empty file stays.
"""

from pausedemo.kubelet.volumes.hostpaths import Finder
from pausedemo.kubelet.volumes.lives import create_volumes, remove_volumes
from pausedemo.kubelet.volumes.messages import open_message, read_message_file
from pausedemo.kubelet.volumes.mounting import resolve_mounts
from pausedemo.kubelet.volumes.plan import (
    VolumeError,
    has_files,
    name_volume,
    plan_mounts,
    plan_sandbox_mounts,
)
from pausedemo.kubelet.volumes.preparing import ReadFiles, prepare_volumes

__all__ = [
    "Finder",
    "ReadFiles",
    "VolumeError",
    "create_volumes",
    "has_files",
    "name_volume",
    "open_message",
    "plan_mounts",
    "plan_sandbox_mounts",
    "prepare_volumes",
    "read_message_file",
    "remove_volumes",
    "resolve_mounts",
]
