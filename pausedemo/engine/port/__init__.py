"""What pausedemo asks of an engine, and the plain types that cross that line.

Everything above this file speaks of these types only; nothing above it knows the docker SDK.
All methods may be called from several threads at once. Errors are EngineError (with NotFound
and Conflict for 404 and 409), EngineGone when the connection is lost, TimedOut for deadlines.
"""

from pausedemo.engine.config import ContainerConfig, Mount, MountKind, Propagation, PublishedPort
from pausedemo.engine.port.calls import Containers, Engine, Files, Images, Volumes
from pausedemo.engine.port.facts import (
    Ability,
    ContainerInfo,
    ContainerState,
    ContainerSummary,
    EngineInfo,
    Event,
    ExecResult,
    ImageInfo,
    PathInfo,
    ProcessTable,
    VolumeInfo,
)
from pausedemo.engine.port.streams import EventStream, ExecStream, Holding

__all__ = [
    "Ability",
    "ContainerConfig",
    "ContainerInfo",
    "ContainerState",
    "ContainerSummary",
    "Containers",
    "Engine",
    "EngineInfo",
    "Event",
    "EventStream",
    "ExecResult",
    "ExecStream",
    "Files",
    "Holding",
    "ImageInfo",
    "Images",
    "Mount",
    "MountKind",
    "PathInfo",
    "ProcessTable",
    "Propagation",
    "PublishedPort",
    "VolumeInfo",
    "Volumes",
]
