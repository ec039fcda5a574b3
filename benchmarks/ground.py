"""What all sides start from: the engine, the article's pod, its images; and how it is removed."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import docker

from benchmarks.programs import run
from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.manifest import PodManifest, parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.connect import find_endpoint, make_client
from pausedemo.engine.docker import REQUEST_TIMEOUT_S, DockerEngine
from pausedemo.engine.private import render_environment
from pausedemo.errors import PausedemoError
from pausedemo.images.resolve import ImageResolver, Policy, ResolvedImage
from pausedemo.kubelet.cleanup import remove_labelled
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.pod.controller import EngineLimits, PodController, PodImages
from pausedemo.resources import scenarios_dir
from pausedemo.scenario.stage import PAUSE_IMAGE

#: The article's second pod: busybox, ghost and nginx, and all namespaces but mount and UTS shared.
MANIFEST: Final = "manifests/pause-test2.yaml"


@dataclass(frozen=True, slots=True)
class Ground:
    """An engine with the pod's images on it. ``client`` is the bare SDK's, ``environ`` for others.

    ``labels`` are on all that is made here, whoever makes it.
    """

    engine: DockerEngine
    client: docker.APIClient
    environ: Mapping[str, str]
    manifest: PodManifest
    resolved: tuple[ResolvedImage, ...]
    labels: Mapping[str, str]
    clock: SystemClock = field(default_factory=SystemClock)
    limits: EngineLimits = field(default_factory=EngineLimits)

    def make_controller(self) -> PodController:
        """A kubelet for a new pod; nothing is on the engine yet."""
        ids = {image.wanted: image.id for image in self.resolved}
        pod = Pod(
            manifest=self.manifest,
            uid=str(uuid.uuid4()),
            created_at=self.clock.now(),
            shares_pid=True,
        )
        return PodController(
            engine=self.engine,
            pod=pod,
            images=PodImages(pause=ids[PAUSE_IMAGE], containers=ids),
            clock=self.clock,
            labels=self.labels,
            limits=self.limits,
        )

    def clear(self) -> None:
        """Remove all that was made here."""
        cleaned = remove_labelled(self.engine, {naming.RUN: self.labels[naming.RUN]})
        if cleaned.failures:
            raise cleaned.failures[0]


@contextmanager
def prepare_ground(wanted: str, environ: Mapping[str, str]) -> Iterator[Ground]:
    """Connect, get the images, and leave nothing but these behind."""
    endpoint = find_endpoint(wanted, environ)
    client = make_client(endpoint, REQUEST_TIMEOUT_S)
    engine = DockerEngine(make_client(endpoint, REQUEST_TIMEOUT_S), endpoint.url)
    path = scenarios_dir() / MANIFEST
    manifest = parse_pod(path.read_text(encoding="utf-8"), str(path))
    names = [PAUSE_IMAGE, *(container.image for container in manifest.spec.all_containers)]
    try:
        ground = Ground(
            engine=engine,
            client=client,
            environ=render_environment(endpoint, environ),
            manifest=manifest,
            resolved=ImageResolver(engine, Policy.LOCAL).resolve_all(names),
            labels={naming.RUN: uuid.uuid4().hex, naming.OWNER: str(Owner.this_process())},
        )
        try:
            yield ground
        finally:
            ground.clear()
    finally:
        engine.close()
        client.close()


def check_engine_is_quiet(ground: Ground) -> None:
    """Refuse to measure beside containers of others: they would be measured along."""
    rows = run(["docker", "ps", "-q"], ground.environ).split()
    if rows:
        raise PausedemoError(
            f"{len(rows)} containers run on the engine; stop them, or name an engine of its own"
        )
