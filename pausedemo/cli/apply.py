"""``pausedemo apply``: pods, ConfigMaps and Secrets as their manifests have them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    filename_option,
    given_namespace_option,
    open_cluster,
    recursive_option,
)
from pausedemo.cli.manifests import read_manifests
from pausedemo.cli.options import engine_option, images_option
from pausedemo.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.manifest import KubernetesObject
    from pausedemo.core.pods.pod import Pod
    from pausedemo.core.pods.podevent import PodEvent
    from pausedemo.images.resolve import Policy
    from pausedemo.kubelet.objects.applying import Applied

_NO_KUBELET: Final = (
    "Note: until `pausedemo kubelet` runs, nobody restarts what ends or asks probes."
)
_HAS_KUBELET: Final = (
    "a kubelet looks after this engine's pods: see them with pausedemo get pods --watch"
)
_HAS_OTHER: Final = "somebody else looks after it already: see it with pausedemo get pods --watch"


@click.command()
@filename_option
@recursive_option
@given_namespace_option
@click.option("--watch", is_flag=True, help="Keep the pod alive until Ctrl-C, telling its events.")
@click.option(
    "--kubernetes-version",
    "version_text",
    default="latest",
    show_default=True,
    metavar="VERSION",
    help="Whose rules a new pod lives by: 1.7 shares the PID namespace unless the pod says no.",
)
@images_option
@engine_option
def apply(
    filenames: tuple[str, ...],
    recursive: bool,
    namespace: str | None,
    watch: bool,
    version_text: str,
    policy: str,
    engine: str,
) -> None:
    """Keep objects as the manifests have them, and make what is not there yet.

    Where a kubelet runs (pausedemo kubelet) it makes the pods. Else they are brought up at once,
    and nobody restarts what ends later. Exits with 1 for a change that Kubernetes does not allow,
    and with 2, before anything is done, for a manifest that is wrong.
    """
    from pausedemo.images.resolve import Policy
    from pausedemo.kubelet.service.handover import take_neglected
    from pausedemo.kubelet.service.lease import is_kubelet_running

    version = _parse_version(version_text)
    objects = read_manifests(
        filenames,
        namespace=namespace or "default",
        namespace_given=namespace is not None,
        recursive=recursive,
    )
    if not objects:
        raise Refused("error: no objects passed to apply")
    count = sum(one.kind == "Pod" for one in objects)
    if watch and count != 1:
        raise UsageError(f"--watch is for one pod; the manifests have {count}")
    with open_cluster(engine) as cluster:
        if watch and is_kubelet_running(cluster.engine):
            raise UsageError(_HAS_KUBELET)
        done, refused = _apply_all(cluster, objects, version)
        if watch and not refused:
            pod = next(one.pod.pod for one in done if one.pod)
            with take_neglected(cluster.engine, cluster.clock, (pod,)) as neglected:
                if not neglected:
                    raise Refused(f"error: pod/{pod.name}: {_HAS_OTHER}")
                _watch(cluster, pod, Policy(policy))
        else:
            pods = [one.pod.pod for one in done if one.pod and one.pod.pod.deletion is None]
            # Unchanged ones as well: whoever applied them first may have been cut off.
            with take_neglected(cluster.engine, cluster.clock, pods) as neglected:
                _bring_up(cluster, neglected, Policy(policy))
    if refused:
        raise Refused("\n".join(map(str, refused)))


def _apply_all(
    cluster: Cluster, objects: Sequence[KubernetesObject], version: tuple[int, int]
) -> tuple[list[Applied], list[Refused]]:
    """Keep them all: what became of each, and what must not be."""
    from pausedemo.kubelet.objects.applying import Keeper

    keeper = Keeper(cluster.reader.store, cluster.clock)
    done: list[Applied] = []
    refused: list[Refused] = []
    for one in objects:
        try:
            applied = keeper.apply(one, version)
        except Refused as error:
            refused.append(error)
        else:
            click.echo(str(applied))
            done.append(applied)
    return done, refused


def _bring_up(cluster: Cluster, pods: Sequence[Pod], policy: Policy) -> None:
    """Make pods run. What keeps one from it is told, and to be seen by ``describe``.

    Where any container was started it is told, too, that nobody looks after it, unless a kubelet
    has come meanwhile.
    """
    from pausedemo.kubelet.pod.single import bring_up
    from pausedemo.kubelet.service.lease import is_kubelet_running
    from pausedemo.kubelet.threads import do_all

    started = threading.Event()

    def bring(pod: Pod) -> None:
        def hear(_pod: Pod, event: PodEvent) -> None:
            if event.type == "Warning":
                told[event.message] = None
            elif event.reason == "Started":
                started.set()

        told: dict[str, None] = {}
        bring_up(cluster.engine, cluster.clock, pod, hear=hear, policy=policy)
        for message in told:
            click.echo(f"Warning: pod/{pod.name}: {message}", err=True)

    do_all([lambda pod=pod: bring(pod) for pod in pods])  # type: ignore[misc]
    if started.is_set() and not is_kubelet_running(cluster.engine):
        click.echo(_NO_KUBELET, err=True)


def _watch(cluster: Cluster, pod: Pod, policy: Policy) -> None:
    """Look after a pod until somebody ends it; it lives on."""
    from pausedemo.cli.terminal import terminal_columns
    from pausedemo.core.pods.kubeletline import render_event_line
    from pausedemo.kubelet.pod.single import run_one

    def hear(pod: Pod, event: PodEvent) -> None:
        click.echo(render_event_line(pod, event, terminal_columns()))

    stop = threading.Event()
    try:
        run_one(cluster.engine, cluster.clock, pod, stop, hear=hear, policy=policy)
    finally:
        stop.set()


def _parse_version(text: str) -> tuple[int, int]:
    from pausedemo.core.pods.pod import LATEST_KUBERNETES, parse_kubernetes_version

    try:
        return LATEST_KUBERNETES if text == "latest" else parse_kubernetes_version(text)
    except ValueError as error:
        raise UsageError(f"--kubernetes-version: {error}") from error
