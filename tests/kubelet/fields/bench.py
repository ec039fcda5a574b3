"""Pods brought up step by step, as a kubelet does, to be looked at from inside.

Nothing here restarts anything: what a field does is seen in the first start of each container.
"""

from __future__ import annotations

import textwrap
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from pausedemo.core import naming
from pausedemo.core.manifest import ConfigMap, Container, PodManifest, Secret, parse_objects
from pausedemo.core.pods.pod import LATEST_KUBERNETES, Pod, compute_shares_pid
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.core.values.downward import PodFacts
from pausedemo.core.values.environment import Objects, resolve_environment
from pausedemo.core.values.expansion import expand_command
from pausedemo.core.values.volumefiles import make_files
from pausedemo.engine.port import ContainerState, Engine
from pausedemo.kubelet.owner import Owner
from pausedemo.kubelet.reach.nodedns import find_node_dns
from pausedemo.kubelet.seccomp import read_profile
from pausedemo.kubelet.translate import ContainerFacts, translate_container, translate_sandbox
from pausedemo.kubelet.translate.security import choose_seccomp
from pausedemo.kubelet.volumes import (
    Finder,
    create_volumes,
    prepare_volumes,
    read_message_file,
    remove_volumes,
    resolve_mounts,
)
from tests.waiting import wait_until


@dataclass(slots=True)
class Seen:
    """A pod on the engine, and ways to look into it."""

    engine: Engine
    pod: Pod
    sandbox: str
    containers: dict[str, str] = field(default_factory=dict)

    def ask(self, script: str, name: str = "a") -> str:
        """What a shell in a container prints; it must succeed."""
        argv = ["sh", "-c", script]
        done = self.engine.exec(self.containers[name], argv, timeout_s=60)
        assert done.exit_code == 0, done
        return done.stdout.decode()

    def fails(self, script: str, name: str = "a") -> str:
        """What a shell in a container complains of; it must fail."""
        argv = ["sh", "-c", script]
        done = self.engine.exec(self.containers[name], argv, timeout_s=60)
        assert done.exit_code != 0, done
        return (done.stdout + done.stderr).decode()

    def logs(self, name: str = "a") -> str:
        """What a container's main process has printed, once it has ended."""
        self.wait_for_end(name)
        return self.engine.read_logs(self.containers[name])[0].decode()

    def wait_for_end(self, name: str = "a") -> int:
        container = self.containers[name]

        def look() -> tuple[int] | None:
            info = self.engine.inspect_container(container)
            return (info.exit_code,) if info.state is ContainerState.EXITED else None

        return wait_until(f"{name} ends", look)[0]

    def message(self, name: str = "a") -> bytes:
        return read_message_file(self.engine, self.sandbox, name, 0)


@dataclass(slots=True)
class Bench:
    """Brings pods of one engine up; all that is made is removed at the end, newest first."""

    engine: Engine
    pause: str
    busybox: str
    made: ExitStack
    lowers_oom_score: bool

    @property
    def labels(self) -> dict[str, str]:
        return {naming.OWNER: str(Owner.this_process()), naming.RUN: "fields"}

    @property
    def finder(self) -> Finder:
        return Finder(self.engine, self.pause, self.labels)

    def parse(self, spec: str, objects: str = "", name: str = "fields") -> tuple[Pod, Objects]:
        text = (
            f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: web}}}}\nspec:\n"
            + textwrap.indent(textwrap.dedent(spec).strip("\n"), "  ")
            + "\n---\n"
            + textwrap.dedent(objects)
        )
        found = parse_objects(text, "test.yaml")
        manifests: tuple[PodManifest | ConfigMap | Secret, ...] = tuple(
            getattr(found, "objects", found)
        )
        manifest = next(one for one in manifests if isinstance(one, PodManifest))
        shares = compute_shares_pid(manifest.spec, LATEST_KUBERNETES)
        pod = Pod(manifest, str(uuid.uuid4()), datetime.now(UTC), shares)
        maps = {one.metadata.name: one for one in manifests if isinstance(one, ConfigMap)}
        secrets = {one.metadata.name: one for one in manifests if isinstance(one, Secret)}
        return pod, Objects(maps, secrets)

    def run(self, spec: str, objects: str = "", *, messages: bool = False) -> Seen:
        """Bring a pod up: sandbox, volumes, init containers one by one, and the others."""
        pod, known = self.parse(spec, objects)
        seen = self.hold(pod, messages=messages)
        self.prepare(seen, known, messages=messages)
        for container in pod.spec.init_containers:
            self.start(seen, container, known, messages=messages)
            assert seen.wait_for_end(container.name) == 0
        for container in pod.spec.containers:
            self.start(seen, container, known, messages=messages)
        return seen

    def hold(self, pod: Pod, *, messages: bool = False) -> Seen:
        """Volumes and sandbox only."""
        self.made.callback(remove_volumes, self.engine, pod.uid)
        create_volumes(self.engine, pod, self.labels, messages=messages)
        config = translate_sandbox(
            pod,
            0,
            self.pause,
            self.labels,
            node_dns=find_node_dns(self.engine.url),
            messages=messages,
        )
        if not self.lowers_oom_score:
            config = replace(config, oom_score_adj=None)
        sandbox = self.engine.create_container(config)
        self.made.callback(self.engine.remove_container, sandbox)
        self.engine.start_container(sandbox)
        return Seen(self.engine, pod, sandbox)

    def prepare(self, seen: Seen, known: Objects, *, messages: bool = False) -> None:
        facts = self.facts(seen)
        prepare_volumes(
            self.engine,
            seen.pod,
            seen.sandbox,
            lambda volume: make_files(volume, seen.pod, facts, known) or {},
            self.finder,
            messages=messages,
        )

    def start(
        self, seen: Seen, container: Container, known: Objects, *, messages: bool = False
    ) -> None:
        env = resolve_environment(container, seen.pod, self.facts(seen), known).variables
        command, args = expand_command(container, env)
        image = self.engine.find_image(self.busybox)
        assert image is not None
        facts = ContainerFacts(
            env=env,
            command=command,
            args=args,
            mounts=resolve_mounts(
                self.engine, seen.pod, container, seen.sandbox, self.finder, messages=messages
            ),
            image_user=image.user,
            memory_bytes=self.engine.describe().memory_bytes,
            lowers_oom_score=self.lowers_oom_score,
            seccomp=read_profile(choose_seccomp(seen.pod.spec, container)),
        )
        start = ContainerStart(container.name, 0, 0)
        config = translate_container(
            seen.pod, start, seen.sandbox, self.busybox, self.labels, facts
        )
        made = self.engine.create_container(config)
        self.made.callback(self.engine.remove_container, made)
        seen.containers[container.name] = made
        self.engine.start_container(made)

    def facts(self, seen: Seen) -> PodFacts:
        ip = self.engine.inspect_container(seen.sandbox).ip
        return PodFacts(node_name="node", host_ips=("192.0.2.1",), pod_ips=(ip,) if ip else ())
