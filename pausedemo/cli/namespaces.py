"""``pausedemo namespaces``: who in a pod shares which namespace, by inode."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import click

from pausedemo.cli.cluster import namespace_option, open_cluster
from pausedemo.cli.complete_objects import complete_pods
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused

if TYPE_CHECKING:
    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.core.verdicts.results import Portrait


@click.command()
@click.argument("pod_name", metavar="POD", shell_complete=complete_pods)
@namespace_option
@engine_option
def namespaces(pod_name: str, namespace: str, engine: str) -> None:
    """Draw which namespaces the containers of a pod share, and which each has alone.

    The first row, POD, is the sandbox: the container that runs the pause image.
    """
    from pausedemo.core.kubectl.objects import name_of
    from pausedemo.report.console.make import make_console
    from pausedemo.report.console.paint import Painter
    from pausedemo.report.console.sharing import print_sharing
    from pausedemo.report.html.portrait.sharing import compute_sharing

    with open_cluster(engine) as cluster:
        pod = cluster.get_pod(pod_name, namespace)
        portrait = _look(cluster, pod)
    if not portrait.residents:
        raise Refused(f'error: no container of pod "{name_of(pod)}" runs')
    # As all that has kubectl's words, without colours: bold type tells what is shared.
    print_sharing(Painter(make_console(no_color=True)), compute_sharing(portrait))


def _look(cluster: Cluster, pod: KubeObject) -> Portrait:
    """The pod's running containers, seen from the machine that they run on."""
    from pausedemo.core import naming
    from pausedemo.core.kubectl.choice import container_names
    from pausedemo.core.kubectl.objects import name_of, text
    from pausedemo.core.verdicts.results import Portrait, Resident
    from pausedemo.images.resolve import ImageResolver
    from pausedemo.kubelet.owner import Owner
    from pausedemo.kubelet.pod.observe import is_alive
    from pausedemo.kubelet.reach.nodecontainer import NodeContainer
    from pausedemo.scenario.node import Node
    from pausedemo.scenario.stage import NODE_IMAGE

    rows = cluster.engine.list_containers({naming.POD_UID: text(pod, "metadata", "uid")})
    running = {
        row.labels[naming.CONTAINER_NAME]: cluster.engine.inspect_container(row.id).pid
        for row in reversed(rows)
        if is_alive(row.state)
    }
    names = [naming.SANDBOX_CONTAINER_NAME, *container_names(pod)]
    labels = {naming.RUN: "namespaces", naming.OWNER: str(Owner.this_process())}
    resolver = ImageResolver(cluster.engine)
    container = NodeContainer(cluster.engine, lambda: resolver.resolve(NODE_IMAGE).used, labels)
    with contextlib.closing(container):
        node = Node(container)
        inodes = node.all_namespaces(running.values())
        _, own = node.own_namespaces()
    residents = [
        Resident(name, name_of(pod), inodes[running[name]])
        for name in names
        if running.get(name) in inodes
    ]
    return Portrait(tuple(residents), own)
