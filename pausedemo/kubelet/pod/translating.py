"""From a pod to what the engine is asked to create, with all that its manifest refers to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Generic, TypeVar

from pausedemo.clock import Clock
from pausedemo.core.manifest import ConfigMap, Container, Secret, Volume
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.core.values.downward import MissingReference, PodFacts
from pausedemo.core.values.environment import Objects, resolve_environment
from pausedemo.core.values.expansion import expand_command
from pausedemo.core.values.quantities import parse_quantity
from pausedemo.core.values.volumefiles import Files, make_files
from pausedemo.engine.port import ContainerConfig, Engine, EngineInfo
from pausedemo.errors import ContainerConfigError
from pausedemo.kubelet.objects.store import Kind, Store, read_record
from pausedemo.kubelet.pod.ports import Images, Tell
from pausedemo.kubelet.pod.tools import EngineLimits, label_kept
from pausedemo.kubelet.reach.nodedns import find_node_dns
from pausedemo.kubelet.seccomp import read_profile
from pausedemo.kubelet.translate import ContainerFacts, translate_container, translate_sandbox
from pausedemo.kubelet.translate.security import choose_seccomp
from pausedemo.kubelet.volumes import Finder, create_volumes, prepare_volumes, resolve_mounts

_T = TypeVar("_T", ConfigMap, Secret)


class Kept(Mapping[str, _T], Generic[_T]):
    """The ConfigMaps, or the Secrets, of a namespace; each is asked for when it is wanted."""

    def __init__(self, store: Store, kind: Kind, model: type[_T], namespace: str) -> None:
        self._store = store
        self._kind = kind
        self._model: type[_T] = model
        self._namespace = namespace

    def __getitem__(self, name: str) -> _T:
        record = self._store.get(self._kind, self._namespace, name)
        if record is None:
            raise KeyError(name)
        return read_record(lambda one: self._model.model_validate(one.data["manifest"]), record)

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in self._store.list(self._kind, self._namespace))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def find_kept(store: Store, pod: Pod) -> Objects:
    """What a pod may refer to of what the engine keeps."""
    return Objects(
        config_maps=Kept(store, Kind.CONFIG_MAP, ConfigMap, pod.namespace),
        secrets=Kept(store, Kind.SECRET, Secret, pod.namespace),
    )


class PodTranslator:
    """Translates pods with their volumes, environments and termination messages.

    ``find_objects``: what a pod may refer to; nothing unless it is given. ``label``: what a
    container bears that is made to look at the machine for a pod. Without ``messages`` there is
    no volume for termination messages.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        images: Images,
        limits: EngineLimits,
        tell: Tell,
        *,
        find_objects: Callable[[Pod], Objects] = lambda _pod: Objects(),
        label: Callable[[Pod], Mapping[str, str]] = label_kept,
        messages: bool = True,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._images = images
        self._limits = limits
        self._tell = tell
        self._find_objects = find_objects
        self._label = label
        self._has_messages = messages

    def sandbox(
        self, pod: Pod, attempt: int, image: str, labels: Mapping[str, str]
    ) -> ContainerConfig:
        create_volumes(self._engine, pod, labels, messages=self._has_messages)
        node_dns = find_node_dns(self._engine.url)
        return translate_sandbox(
            pod, attempt, image, labels, node_dns=node_dns, messages=self._has_messages
        )

    def prepare(self, pod: Pod, sandbox_id: str) -> None:
        facts = self._find_facts(sandbox_id)
        objects = self._find_objects(pod)

        def read_files(volume: Volume) -> Files:
            return make_files(volume, pod, facts, objects) or {}

        prepare_volumes(
            self._engine,
            pod,
            sandbox_id,
            read_files,
            self._find_paths(pod),
            messages=self._has_messages,
        )

    def container(
        self,
        pod: Pod,
        start: ContainerStart,
        sandbox_id: str,
        image: str,
        labels: Mapping[str, str],
    ) -> ContainerConfig:
        spec = next(one for one in pod.spec.all_containers if one.name == start.name)
        facts = self._resolve(pod, spec, start, sandbox_id, image)
        return translate_container(pod, start, sandbox_id, image, labels, facts)

    def _resolve(
        self, pod: Pod, spec: Container, start: ContainerStart, sandbox_id: str, image: str
    ) -> ContainerFacts:
        try:
            environment = resolve_environment(
                spec, pod, self._find_facts(sandbox_id), self._find_objects(pod)
            )
        except MissingReference as error:
            raise ContainerConfigError(str(error)) from error
        for message in environment.skipped:
            reason = "InvalidEnvironmentVariableNames"
            self._tell(pod, PodEvent("Warning", reason, message, self._clock.now()))
        command, args = expand_command(spec, environment.variables)
        found = self._engine.find_image(image)
        mounts = resolve_mounts(
            self._engine,
            pod,
            spec,
            sandbox_id,
            self._find_paths(pod),
            restart_count=start.restart_count,
            messages=self._has_messages,
        )
        return ContainerFacts(
            env=environment.variables,
            command=command,
            args=args,
            mounts=mounts,
            image_user=found.user if found else "",
            memory_bytes=self._machine.memory_bytes,
            lowers_oom_score=self._limits.lowers_oom_score,
            seccomp=read_profile(choose_seccomp(pod.spec, spec)),
        )

    @functools.cached_property
    def _machine(self) -> EngineInfo:
        return self._engine.describe()

    def _find_facts(self, sandbox_id: str) -> PodFacts:
        sandbox = self._engine.inspect_container(sandbox_id)
        about = self._machine
        amounts = {"cpu": str(about.cpus), "memory": str(about.memory_bytes)}
        return PodFacts(
            node_name=about.node_name,
            host_ips=(sandbox.gateway,) if sandbox.gateway else (),
            pod_ips=(sandbox.ip,) if sandbox.ip else (),
            allocatable={name: parse_quantity(text) for name, text in amounts.items()},
        )

    def _find_paths(self, pod: Pod) -> Finder:
        return Finder(self._engine, self._images.pause, self._label(pod))
