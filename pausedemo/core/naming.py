"""What a kubelet calls things on the engine: container names and labels, made and read.

Names and labels are the only record: nothing else says which pod a container belongs to. The
format is dockershim's, today cri-dockerd's (core/naming.go and core/labels.go there). No part of
a name may hold ``_``, and Kubernetes allows it in none, so reading is unambiguous.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

POD_NAME: Final = "io.kubernetes.pod.name"
POD_NAMESPACE: Final = "io.kubernetes.pod.namespace"
POD_UID: Final = "io.kubernetes.pod.uid"
CONTAINER_NAME: Final = "io.kubernetes.container.name"
CONTAINER_TYPE: Final = "io.kubernetes.docker.type"
SANDBOX_ID: Final = "io.kubernetes.sandbox.id"

TYPE_SANDBOX: Final = "podsandbox"
TYPE_CONTAINER: Final = "container"
# In capitals, which no container of a pod may have in its name.
SANDBOX_CONTAINER_NAME: Final = "POD"

# Which run and scenario made it; which process, so that a dead one's things can be known; do not
# remove it.
RUN: Final = "pausedemo.dev/run"
SCENARIO: Final = "pausedemo.dev/scenario"
OWNER: Final = "pausedemo.dev/owner"
KEEP: Final = "pausedemo.dev/keep"
# On a container outside of pods that others have joined: they go first, as a pod's members do.
JOINED: Final = "pausedemo.dev/joined"

# What a kubelet keeps in memory and pausedemo must not: when the pod was made, and how long a
# container's successor has to wait after its end.
POD_CREATED_AT: Final = "pausedemo.dev/pod-created-at"
BACK_OFF_S: Final = "pausedemo.dev/back-off-s"
# Why a container could not be started, where the engine itself keeps no word of it.
START_ERROR: Final = "pausedemo.dev/start-error"

# Kubernetes objects are volumes that bear these: what each is, and all of it as JSON. The writer's
# mark tells who made a volume that two have asked for.
OBJECT_KIND: Final = "pausedemo.dev/kind"
OBJECT_NAMESPACE: Final = "pausedemo.dev/namespace"
OBJECT_NAME: Final = "pausedemo.dev/name"
OBJECT_GENERATION: Final = "pausedemo.dev/generation"
OBJECT_WRITER: Final = "pausedemo.dev/writer"
OBJECT_ORIGIN: Final = "pausedemo.dev/origin"
OBJECT: Final = "pausedemo.dev/object"

# The owner of what outlives the process that made it: it goes when somebody deletes it.
ENGINE_OWNER: Final = "engine"

# The container that says that a kubelet runs on the engine: its name is the lock.
KUBELET_LOCK: Final = "pausedemo_kubelet"

# What the names of our volumes begin with.
VOLUME_PREFIX: Final = "pausedemo_"

# Annotations, which the engine has no word for, and so go into labels behind a prefix.
ANNOTATION_PREFIX: Final = "annotation."
RESTART_COUNT: Final = "io.kubernetes.container.restartCount"
CONTAINER_HASH: Final = "io.kubernetes.container.hash"

_OWN_LABELS: Final = frozenset(
    {
        *(POD_NAME, POD_NAMESPACE, POD_UID, CONTAINER_NAME, CONTAINER_TYPE, SANDBOX_ID),
        *(RUN, SCENARIO, OWNER, KEEP, JOINED, POD_CREATED_AT, BACK_OFF_S, START_ERROR),
        *(OBJECT_KIND, OBJECT_NAMESPACE, OBJECT_NAME, OBJECT_GENERATION, OBJECT_WRITER),
        *(OBJECT_ORIGIN, OBJECT),
    }
)

_PART: Final = re.compile(r"[a-zA-Z0-9.-]+")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,9}")
_SUFFIX: Final = re.compile(r"[0-9a-f]{1,8}")
_LARGEST_ATTEMPT: Final = 2**32 - 1
# A file name has at most 255 bytes; a hash and a generation follow.
_LONGEST_OBJECT_NAME: Final = 200


@dataclass(frozen=True, slots=True, order=True)
class SandboxName:
    """``k8s_POD_<pod>_<namespace>_<uid>_<attempt>``: ``str()`` makes it.

    ``attempt`` counts a pod's sandboxes from 0. ``suffix`` is the hex number that dockershim
    added when the engine said, wrongly, that the name was taken; empty otherwise.
    """

    pod: str
    namespace: str
    uid: str
    attempt: int
    suffix: str = ""

    def __post_init__(self) -> None:
        _check_parts((self.pod, self.namespace, self.uid), self.attempt, self.suffix)

    def __str__(self) -> str:
        return _join(SANDBOX_CONTAINER_NAME, self)


@dataclass(frozen=True, slots=True, order=True)
class ContainerName:
    """``k8s_<container>_<pod>_<namespace>_<uid>_<attempt>``: ``str()`` makes it.

    ``attempt`` is this container's restart count, not its sandbox's attempt.
    """

    container: str
    pod: str
    namespace: str
    uid: str
    attempt: int
    suffix: str = ""

    def __post_init__(self) -> None:
        _check_parts(
            (self.container, self.pod, self.namespace, self.uid), self.attempt, self.suffix
        )
        if self.container == SANDBOX_CONTAINER_NAME:
            raise ValueError(f"container name {self.container!r} is the sandbox's own")

    def __str__(self) -> str:
        return _join(self.container, self)


def parse_name(name: str) -> SandboxName | ContainerName | None:
    """Read a container's name; ``None`` for one that no kubelet gave.

    The ``/`` before a name in the engine's answers is left out.
    """
    prefix, *parts = name.removeprefix("/").split("_")
    if prefix != "k8s" or len(parts) not in (5, 6):
        return None
    container, pod, namespace, uid, attempt, suffix = [*parts, ""][:6]
    if (len(parts) == 6 and not suffix) or not _NUMBER.fullmatch(attempt):
        return None
    try:
        if container == SANDBOX_CONTAINER_NAME:
            return SandboxName(pod, namespace, uid, int(attempt), suffix)
        return ContainerName(container, pod, namespace, uid, int(attempt), suffix)
    except ValueError:
        return None


def make_object_name(kind: str, namespace: str, name: str, generation: int) -> str:
    """``pausedemo_<kind>_<namespace>_<name>_<generation>``: the volume that holds an object.

    A volume's name is a file name, so what is too long is told by its hash.
    """
    full = f"{VOLUME_PREFIX}{kind.lower()}_{namespace}_{name}"
    if len(full) > _LONGEST_OBJECT_NAME:
        full = f"{full[:_LONGEST_OBJECT_NAME]}_{hashlib.sha256(full.encode()).hexdigest()[:16]}"
    return f"{full}_{generation}"


def strip_generation(volume: str) -> str:
    """The part of such a name that all generations of one object share."""
    return volume.rpartition("_")[0]


def make_annotation_labels(annotations: Mapping[str, str]) -> dict[str, str]:
    """Annotations as the labels that carry them."""
    return {ANNOTATION_PREFIX + key: value for key, value in annotations.items()}


def split_labels(engine_labels: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Take apart an engine's labels: (the pod's own labels, its annotations)."""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    for key, value in engine_labels.items():
        if key.startswith(ANNOTATION_PREFIX):
            annotations[key.removeprefix(ANNOTATION_PREFIX)] = value
        elif key not in _OWN_LABELS:
            labels[key] = value
    return labels, annotations


def _join(container: str, name: SandboxName | ContainerName) -> str:
    parts = ["k8s", container, name.pod, name.namespace, name.uid, str(name.attempt)]
    return "_".join([*parts, name.suffix] if name.suffix else parts)


def _check_parts(parts: tuple[str, ...], attempt: int, suffix: str) -> None:
    """Raise ValueError for parts that would make a name read back as another."""
    for part in parts:
        if not _PART.fullmatch(part):
            raise ValueError(f"{part!r} cannot be a part of a container's name")
    if not 0 <= attempt <= _LARGEST_ATTEMPT:
        raise ValueError(f"attempt {attempt} is not a 32-bit count")
    if suffix and not _SUFFIX.fullmatch(suffix):
        raise ValueError(f"suffix {suffix!r} is not a hex number")
