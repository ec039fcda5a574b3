"""Pods as Kubernetes makes them, on any engine that speaks the Docker Engine API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pausedemo.api import CommandResult, RunningPod, pod

__version__ = "0.1.0"

__all__ = ["CommandResult", "RunningPod", "__version__", "pod"]


def __getattr__(name: str) -> Any:
    """Import what makes pods when it is first asked for: it takes a while."""
    if name in ("CommandResult", "RunningPod", "pod"):
        from pausedemo import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
