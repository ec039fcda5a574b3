"""A pod: what its manifest wants, and the identity that outlives its containers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pausedemo.core.manifest import PodManifest, PodSpec

#: The newest rules that pausedemo knows; what is asked for as "latest".
LATEST_KUBERNETES: Final = (1, 31)


@dataclass(frozen=True, slots=True)
class Deletion:
    """That somebody has asked for a pod's end: when, and the grace its containers get."""

    at: datetime
    grace_s: int


@dataclass(frozen=True, slots=True)
class Pod:
    """A manifest made into a pod: uid and creation time stay, whatever happens to containers."""

    manifest: PodManifest
    uid: str
    created_at: datetime
    shares_pid: bool
    deletion: Deletion | None = None

    @property
    def name(self) -> str:
        return self.manifest.metadata.name

    @property
    def namespace(self) -> str:
        return self.manifest.metadata.namespace

    @property
    def spec(self) -> PodSpec:
        return self.manifest.spec


def parse_kubernetes_version(text: str) -> tuple[int, int]:
    """Read ``1.7``, ``v1.7`` or ``1.7.16`` as (major, minor). ValueError when it is none."""
    match = re.fullmatch(r"v?(\d{1,3})\.(\d{1,3})(?:\.\d{1,5})?", text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes version such as 1.7")
    return int(match[1]), int(match[2])


def compute_shares_pid(spec: PodSpec, version: tuple[int, int]) -> bool:
    """Whether the pod's containers share one PID namespace under that version's rules.

    Without ``shareProcessNamespace`` only 1.7 shared, on Docker 1.13.1 and newer.
    Source: kubernetes/kubernetes#45236 (shared from 1.7), #51634 (isolated again from 1.8).
    """
    if spec.share_process_namespace is not None:
        return spec.share_process_namespace
    return version == (1, 7)
