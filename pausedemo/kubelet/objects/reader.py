"""What an engine keeps, as objects of Kubernetes' API: for whoever shows it."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from pausedemo.clock import Clock
from pausedemo.core.kubectl.configjson import make_config
from pausedemo.core.kubectl.eventjson import make_event
from pausedemo.core.kubectl.kinds import not_found
from pausedemo.core.kubectl.objects import KubeObject, name_of, text
from pausedemo.core.kubectl.podjson import make_pod
from pausedemo.core.manifest import ConfigMap, Secret
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.podview import PodView
from pausedemo.engine.port import Engine
from pausedemo.kubelet.objects.configs import ConfigObject, Configs
from pausedemo.kubelet.objects.events import list_events
from pausedemo.kubelet.objects.pods import PodObject, Pods, parse_view
from pausedemo.kubelet.objects.store import Record, Store
from pausedemo.kubelet.pod.observe import observe_pod

#: Pods that are looked at at the same time; each look waits for the engine nearly all its life.
THREADS: Final = 8


class Reader:
    """Reads objects of all kinds. Safe to use from several threads."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self.store = Store(engine)
        self.pods = Pods(self.store)
        self.config_maps = Configs(self.store, ConfigMap)
        self.secrets = Configs(self.store, Secret)

    def list(self, kind: str, namespace: str | None = None) -> tuple[KubeObject, ...]:
        """All objects of a kind, in a namespace or in all, by namespace and name."""
        match kind:
            case "Pod":
                return self._list_pods(namespace)
            case "ConfigMap":
                return tuple(map(_config, self.config_maps.list(namespace)))
            case "Secret":
                return tuple(map(_config, self.secrets.list(namespace)))
            case _:
                return tuple(map(make_event, list_events(self.store, self._clock, namespace)))

    def get(self, kind: str, namespace: str, name: str) -> KubeObject:
        """One object. Refused in Kubernetes' words when there is none."""
        found: KubeObject | None = None
        if kind == "Pod" and (pod := self.pods.get(namespace, name)):
            found = self._pod(pod, self.pods.view(pod.pod))
        elif kind == "ConfigMap" and (config_map := self.config_maps.get(namespace, name)):
            found = _config(config_map)
        elif kind == "Secret" and (secret := self.secrets.get(namespace, name)):
            found = _config(secret)
        elif kind == "Event":
            events = self.list("Event", namespace)
            found = next((event for event in events if name_of(event) == name), None)
        if found is None:
            raise not_found(kind, name)
        return found

    def events_of(self, pod: KubeObject) -> tuple[KubeObject, ...]:
        """What was told about a pod, and not about another of its name."""
        uid = text(pod, "metadata", "uid")
        namespace = text(pod, "metadata", "namespace")
        everything = self.list("Event", namespace)
        return tuple(one for one in everything if text(one, "involvedObject", "uid") == uid)

    def _list_pods(self, namespace: str | None) -> tuple[KubeObject, ...]:
        pods, views = self.pods.list(namespace), self.pods.views()

        def read(one: PodObject) -> KubeObject:
            return self._pod(one, parse_view(views.get((one.pod.namespace, one.pod.name)), one.pod))

        with ThreadPoolExecutor(THREADS, thread_name_prefix="read") as threads:
            return tuple(threads.map(read, pods))

    def _pod(self, one: PodObject, view: PodView) -> KubeObject:
        status = observe_pod(self._engine, one.pod.uid)
        report = compute_pod_status(one.pod, status, view, self._clock.now())
        version = _version(one.record)
        return make_pod(one.pod, one.applied, report, version=version, node=self._node_name)

    @functools.cached_property
    def _node_name(self) -> str:
        return self._engine.describe().node_name


def _config(one: ConfigObject[ConfigMap] | ConfigObject[Secret]) -> KubeObject:
    return make_config(
        one.manifest,
        one.applied,
        uid=one.uid,
        created_at=one.created_at,
        version=_version(one.record),
    )


def _version(record: Record) -> str:
    return str(record.generation + 1)
