"""``pausedemo logs``: what a pod's containers have written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    container_option,
    namespace_option,
    nothing_found,
    open_cluster,
    read_duration,
    read_selector,
    selector_option,
)
from pausedemo.cli.complete_objects import complete_pod_and_container
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused, UsageError

if TYPE_CHECKING:
    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.kubelet.logs import LogSource

#: Lines of each pod when they are chosen by a selector, as kubectl.
SELECTOR_TAIL: Final = 10


@click.command()
@click.argument(
    "words", nargs=-1, metavar="POD [CONTAINER]", shell_complete=complete_pod_and_container
)
@container_option
@click.option("-f", "--follow", is_flag=True, help="Go on until the container ends.")
@click.option("-p", "--previous", is_flag=True, help="The run before, if there was one.")
@click.option("--tail", type=int, default=-1, help="Only so many last lines; -1: all.")
@click.option("--since", default="", metavar="DURATION", help="Only newer lines, as 5s, 2m or 3h.")
@click.option("--since-time", default="", metavar="TIME", help="Only newer lines (RFC 3339).")
@click.option("--timestamps", is_flag=True, help="Each line behind its time.")
@click.option("--all-containers", is_flag=True, help="Those of all containers of the pod.")
@click.option("--prefix", is_flag=True, help="Each line behind its pod's and container's name.")
@click.option(
    "--max-log-requests", type=int, default=5, show_default=True, help="Logs followed at once."
)
@namespace_option
@selector_option
@engine_option
def logs(
    words: tuple[str, ...],
    container: str,
    follow: bool,
    previous: bool,
    tail: int,
    since: str,
    since_time: str,
    timestamps: bool,
    all_containers: bool,
    prefix: bool,
    max_log_requests: int,
    namespace: str,
    selector: str,
    engine: str,
) -> None:
    """Print the log of a container: both its outputs, as they came."""
    from pausedemo.kubelet.logs import LogOptions, follow_together, read_lines

    container = _check(words, container, selector, tail, all_containers=all_containers)
    newer_than = _read_since(since, since_time)
    with open_cluster(engine) as cluster:
        pods = _find_pods(cluster, words, namespace, selector)
        if not pods:
            click.echo(nothing_found(namespace), err=True)
        sources = [
            source
            for pod in pods
            for source in _choose(
                pod, container, previous=previous, everyone=all_containers, prefix=prefix
            )
        ]
        options = LogOptions(
            follow=follow,
            tail=SELECTOR_TAIL if selector and tail == -1 else None if tail == -1 else tail,
            since=newer_than,
            timestamps=timestamps,
        )
        if follow and len(sources) > 1:
            if len(sources) > max_log_requests:
                raise Refused(
                    f"error: you are attempting to follow {len(sources)} log streams, but maximum "
                    f"allowed concurrency is {max_log_requests}, use --max-log-requests to "
                    "increase the limit"
                )
            follow_together(cluster.engine, sources, options, _write)
            return
        for source in sources:
            for line in read_lines(cluster.engine, source, options):
                _write(line)


def _check(
    words: tuple[str, ...], container: str, selector: str, tail: int, *, all_containers: bool
) -> str:
    """Refuse options that do not go together; the container that is asked for."""
    if len(words) > 2 or (not words and not selector):
        raise UsageError("expected 'logs [-f] [-p] POD [-c CONTAINER]'; POD is a required argument")
    if words and selector:
        raise UsageError("only a selector (-l) or a POD name is allowed")
    if len(words) == 2 and container:
        raise UsageError("only one of -c or an inline [CONTAINER] arg is allowed")
    container = words[1] if len(words) == 2 else container
    if all_containers and container:
        raise UsageError(
            f"--all-containers=true should not be specified with container name {container}"
        )
    if tail < -1:
        raise UsageError("--tail must be greater than or equal to -1")
    return container


def _find_pods(
    cluster: Cluster, words: tuple[str, ...], namespace: str, selector: str
) -> Sequence[KubeObject]:
    if selector:
        return cluster.find("Pod", None, namespace, read_selector(selector))
    return [cluster.get_pod(words[0], namespace)]


def _choose(
    pod: KubeObject, container: str, *, previous: bool, everyone: bool, prefix: bool
) -> list[LogSource]:
    from pausedemo.core.kubectl.choice import choose_container, container_names, find_log
    from pausedemo.core.kubectl.objects import name_of
    from pausedemo.kubelet.logs import LogSource

    names = container_names(pod) if everyone else []
    if not everyone:
        choice = choose_container(pod, container)
        if choice.notice:
            click.echo(choice.notice, err=True)
        names = [choice.name]
    return [
        LogSource(
            find_log(pod, name, previous=previous),
            f"[pod/{name_of(pod)}/{name}] ".encode() if prefix else b"",
        )
        for name in names
    ]


def _read_since(since: str, since_time: str) -> datetime | None:
    if since and since_time:
        raise UsageError("at most one of `sinceTime` or `sinceSeconds` may be specified")
    if since:
        seconds = read_duration("--since", since)
        if seconds < 0:
            raise UsageError("--since must be greater than 0")
        return datetime.now(UTC) - timedelta(seconds=seconds)
    if since_time:
        try:
            found = datetime.fromisoformat(since_time)
        except ValueError as error:
            raise UsageError(f"--since-time: {error}") from error
        return found if found.tzinfo else found.astimezone()
    return None


def _write(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
