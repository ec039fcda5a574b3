"""``pausedemo port-forward``: a pod's ports at this machine's loopback."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import namespace_option, open_cluster
from pausedemo.cli.complete_objects import complete_pods
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused, UsageError

if TYPE_CHECKING:
    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.kubelet.reach.dialing import Dialer
    from pausedemo.kubelet.reach.forwarding import Forwarder

#: How often it is looked whether the pod is still there.
LOOK_S: Final = 2.0
_ADDRESSES: Final = {"localhost": ("127.0.0.1", "::1")}


@click.command("port-forward")
@click.argument("pod_name", metavar="POD", shell_complete=complete_pods)
@click.argument("ports", nargs=-1, required=True, metavar="[LOCAL:]REMOTE...")
@click.option(
    "--address",
    default="localhost",
    show_default=True,
    metavar="ADDRESS[,ADDRESS]",
    help="Where to listen.",
)
@namespace_option
@engine_option
def port_forward(
    pod_name: str, ports: tuple[str, ...], address: str, namespace: str, engine: str
) -> None:
    """Carry connections to ports of this machine into a pod, until Ctrl-C.

    8080:80 listens on 8080 and leads to the pod's port 80; :80 listens on any port that is free.
    Also what listens on the pod's own loopback is reached. REMOTE may be a port's name.
    """
    from pausedemo.core.kubectl.objects import text

    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(open_cluster(engine))
        pod = cluster.get_pod(pod_name, namespace)
        phase = text(pod, "status", "phase")
        if phase != "Running":
            raise Refused(
                f"error: unable to forward port because pod is not running. Current status={phase}"
            )
        dialer = stack.enter_context(_reach(cluster, pod))
        for written in ports:
            local, remote = parse_ports(written, pod)
            for listener in _listen(address, local):
                stack.callback(_forward(dialer, listener, remote).close)
        _wait_for_the_end(cluster, pod)


def parse_ports(written: str, pod: KubeObject) -> tuple[int, int]:
    """``8080:80`` as (8080, 80), ``80`` as (80, 80), ``:80`` as (0, 80); names as numbers."""
    first, colon, second = written.partition(":")
    remote = _read_port(second if colon else first, pod)
    if not colon:
        return remote, remote
    return (_read_port(first, {}) if first else 0), remote


def _read_port(written: str, pod: KubeObject) -> int:
    """One port; a name is one of the pod's, which is empty where none can be meant."""
    from pausedemo.core.kubectl.objects import entries, name_of

    if written.isdecimal() and 1 <= int(written) <= 65535:
        return int(written)
    for container in entries(pod, "spec", "containers"):
        for port in entries(container, "ports"):
            if port.get("name") == written:
                return int(port["containerPort"])
    if pod and written and ":" not in written and not written.isdecimal():
        # Source: LookupContainerPortNumberByName, k8s.io/kubectl/pkg/util/pod_port.go.
        raise Refused(f"error: Pod '{name_of(pod)}' does not have a named port '{written}'")
    raise UsageError(f"{written!r} is no port: a number from 1 to 65535, or a port's name")


@contextlib.contextmanager
def _reach(cluster: Cluster, pod: KubeObject) -> Iterator[Dialer]:
    """What dials into the pod's network, where 127.0.0.1 is the pod's own."""
    from pausedemo.core import naming
    from pausedemo.core.kubectl.objects import text
    from pausedemo.images.resolve import ImageResolver
    from pausedemo.kubelet.owner import Owner
    from pausedemo.kubelet.pod.observe import find_container
    from pausedemo.kubelet.reach.dialing import Dialer
    from pausedemo.kubelet.reach.podcontainer import PodContainer

    uid = text(pod, "metadata", "uid")
    sandbox = find_container(cluster.engine, uid, naming.SANDBOX_CONTAINER_NAME)
    if sandbox is None:
        raise Refused("error: unable to forward port because the pod has no sandbox")
    resolver = ImageResolver(cluster.engine)
    container = PodContainer(
        cluster.engine,
        lambda: resolver.resolve("busybox").used,
        {naming.RUN: "port-forward", naming.OWNER: str(Owner.this_process())},
        sandbox_id=sandbox.id,
    )
    with contextlib.closing(container):
        yield Dialer(container)


def _listen(address: str, port: int) -> list[socket.socket]:
    """Sockets at all the addresses; one of them is enough of ``localhost``. Refused for none."""
    listeners: list[socket.socket] = []
    failures: list[str] = []
    wanted = [
        one for word in address.split(",") for one in _ADDRESSES.get(word.strip(), (word.strip(),))
    ]
    for host in wanted:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((host, port))
            listener.listen()
        except OSError as error:
            listener.close()
            failures.append(f"{host}:{port}: {error.strerror or error}")
            continue
        listeners.append(listener)
        port = listener.getsockname()[1]
    if not listeners:
        raise Refused(
            "error: unable to listen on any of the requested ports: " + "; ".join(failures)
        )
    return listeners


def _forward(dialer: Dialer, listener: socket.socket, remote: int) -> Forwarder:
    from pausedemo.kubelet.reach.forwarding import Forwarder

    host, local = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Forwarding from {shown}:{local} -> {remote}")
    sys.stdout.flush()
    forwarder = Forwarder(
        dialer,
        "127.0.0.1",
        remote,
        listener,
        heard=lambda: click.echo(f"Handling connection for {local}"),
        failed=lambda error: click.echo(
            f"an error occurred forwarding {local} -> {remote}: {error}", err=True
        ),
    )
    forwarder.start()
    return forwarder


def _wait_for_the_end(cluster: Cluster, pod: KubeObject) -> None:
    """Return never, but raise when the pod has gone."""
    from pausedemo.kubelet.waiting import find_again
    from pausedemo.kubelet.watching import watch_changes

    with watch_changes(cluster.engine) as watch:
        while find_again(cluster.reader, pod) is not None:
            watch.wait(LOOK_S)
    raise Refused("error: lost connection to pod")
