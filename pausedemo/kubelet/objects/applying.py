"""Keeping and deleting objects on an engine: what ``apply`` and ``delete`` do to its records.

Whoever runs a kubelet there sees the records change and acts; here nothing is made or ended.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from pausedemo.clock import Clock
from pausedemo.core.changes import ChangeRefused, Outcome, compute_outcome
from pausedemo.core.kubectl.kinds import already_exists, not_found
from pausedemo.core.manifest import ConfigMap, KubernetesObject, PodManifest, Secret
from pausedemo.core.pods.pod import Deletion, Pod, compute_shares_pid
from pausedemo.errors import Conflict, Refused
from pausedemo.kubelet.objects.configs import Configs
from pausedemo.kubelet.objects.pods import PodObject, Pods
from pausedemo.kubelet.objects.store import Store

#: How often a change is tried again that another has just forestalled.
TRIES: Final = 5

_T = TypeVar("_T")
_C = TypeVar("_C", ConfigMap, Secret)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one object. ``pod`` is as it is kept now, for a Pod."""

    manifest: KubernetesObject
    outcome: Outcome
    pod: PodObject | None = None

    def __str__(self) -> str:
        kind, name = self.manifest.kind.lower(), self.manifest.metadata.name
        return f"{kind}/{name} {self.outcome}"


class Keeper:
    """Keeps objects on one engine."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self.pods = Pods(store)
        self.config_maps = Configs(store, ConfigMap)
        self.secrets = Configs(store, Secret)

    def create(self, manifest: KubernetesObject, version: tuple[int, int]) -> Applied:
        """Keep an object that is not there yet. Raises Refused when it is."""
        kind, metadata = manifest.kind, manifest.metadata
        holder: Pods | Configs[ConfigMap] | Configs[Secret] = self.pods
        if kind != "Pod":
            holder = self.config_maps if kind == "ConfigMap" else self.secrets
        if holder.get(metadata.namespace, metadata.name) is not None:
            raise already_exists(kind, metadata.name)
        return self.apply(manifest, version)

    def apply(self, manifest: KubernetesObject, version: tuple[int, int]) -> Applied:
        """Keep an object as its manifest has it; ``version``: whose rules a new pod lives by.

        Raises Refused, in Kubernetes' words, for a change that is not allowed.
        """
        try:
            match manifest:
                case PodManifest():
                    return _again(lambda: self._apply_pod(manifest, version))
                case ConfigMap():
                    return _again(lambda: self._apply_config(self.config_maps, manifest))
                case Secret():
                    return _again(lambda: self._apply_config(self.secrets, manifest))
        except ChangeRefused as error:
            raise Refused(str(error)) from error

    def mark_deleted(self, namespace: str, name: str, grace_s: int | None) -> PodObject:
        """Ask for a pod's end; ``grace_s`` None: with the grace that it asks for itself.

        A grace that was longer is shortened. Raises Refused when there is no such pod.
        """
        return _again(lambda: self._mark(namespace, name, grace_s))

    def delete_config(self, kind: str, namespace: str, name: str) -> None:
        """Keep a ConfigMap or a Secret no longer. Raises Refused when there is none."""
        if kind == "ConfigMap":
            _delete(self.config_maps, kind, namespace, name)
        else:
            _delete(self.secrets, kind, namespace, name)

    def _apply_pod(self, manifest: PodManifest, version: tuple[int, int]) -> Applied:
        old = self.pods.get(manifest.metadata.namespace, manifest.metadata.name)
        outcome = compute_outcome(old.pod.manifest if old else None, manifest)
        applied = manifest.to_applied()
        if old is None:
            pod = make_pod(manifest, self._clock.now(), version)
            return Applied(manifest, outcome, self.pods.create(pod, applied))
        if outcome is Outcome.UNCHANGED:
            return Applied(manifest, outcome, old)
        changed = replace(old.pod, manifest=manifest)
        return Applied(manifest, outcome, self.pods.change(old, changed, applied))

    def _apply_config(self, configs: Configs[_C], manifest: _C) -> Applied:
        old = configs.get(manifest.metadata.namespace, manifest.metadata.name)
        outcome = compute_outcome(old.manifest if old else None, manifest)
        if old is None:
            configs.create(manifest, self._clock.now())
        elif outcome is Outcome.CONFIGURED:
            configs.change(old, manifest)
        return Applied(manifest, outcome)

    def _mark(self, namespace: str, name: str, grace_s: int | None) -> PodObject:
        found = self.pods.get(namespace, name)
        if found is None:
            raise not_found("Pod", name)
        if grace_s is None:
            grace_s = found.pod.spec.termination_grace_period_seconds
        asked = found.pod.deletion
        if asked is not None and asked.grace_s <= grace_s:
            return found
        return self.pods.mark_deleted(found, Deletion(self._clock.now(), grace_s))


def make_pod(manifest: PodManifest, now: datetime, version: tuple[int, int]) -> Pod:
    """A new pod of a manifest, with an identity of its own."""
    shares_pid = compute_shares_pid(manifest.spec, version)
    return Pod(manifest, str(uuid.uuid4()), now, shares_pid)


def _delete(configs: Configs[_C], kind: str, namespace: str, name: str) -> None:
    if configs.get(namespace, name) is None:
        raise not_found(kind, name)
    configs.delete(namespace, name)


def _again(call: Callable[[], _T]) -> _T:
    """Try once more when another has changed the object between our look and our change."""
    for _ in range(TRIES - 1):
        try:
            return call()
        except Conflict:
            continue
    return call()
