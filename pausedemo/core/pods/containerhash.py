"""What tells a container from what it should be by now."""

from __future__ import annotations

import hashlib
import json

from pausedemo.core.manifest import Container


def compute_hash(container: Container) -> str:
    """A short hash of what a container is made from; another hash means another container.

    Only the name and the image count, as in Kubernetes 1.31: nothing else of a container that
    runs can be changed.

    Source: HashContainer in kubernetes pkg/kubelet/container/helpers.go.
    """
    text = json.dumps({"name": container.name, "image": container.image}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
