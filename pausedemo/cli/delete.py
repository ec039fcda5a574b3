"""``pausedemo delete``: the end of pods, ConfigMaps and Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    filename_option,
    given_namespace_option,
    open_cluster,
    read_duration,
    read_selector,
    recursive_option,
    selector_option,
)
from pausedemo.cli.complete_objects import complete_targets
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject

_IMMEDIATE: Final = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has "
    "been terminated. The resource may continue to run on the cluster indefinitely."
)
#: What kubectl waits when it is not told how long: a week.
_WEEK_S: Final = 7 * 24 * 3600.0


@click.command()
@click.argument(
    "words",
    nargs=-1,
    metavar="[KIND NAME... | KIND/NAME...]",
    shell_complete=complete_targets,
)
@filename_option
@recursive_option
@click.option("--all", "everything", is_flag=True, help="All objects of the kind.")
@click.option(
    "--grace-period",
    type=int,
    default=-1,
    metavar="SECONDS",
    help="The grace of containers; less than 0: what the pod says. 0 goes with --force only.",
)
@click.option("--now", is_flag=True, help="A grace of one second.")
@click.option("--force", is_flag=True, help="No grace at all.")
@click.option(
    "--wait",
    type=bool,
    is_flag=False,
    flag_value=True,
    default=True,
    help="Whether to wait until it is gone, where a kubelet sees to that.  [default: true]",
)
@click.option("--timeout", default="0s", metavar="DURATION", help="How long to wait; 0s: a week.")
@click.option("--ignore-not-found", is_flag=True, help="What is not there is no error.")
@click.option("-o", "--output", type=click.Choice(["name"]), help="Names only, as pod/web.")
@given_namespace_option
@selector_option
@engine_option
def delete(
    words: tuple[str, ...],
    filenames: tuple[str, ...],
    recursive: bool,
    everything: bool,
    grace_period: int,
    now: bool,
    force: bool,
    wait: bool,
    timeout: str,
    ignore_not_found: bool,
    output: str | None,
    namespace: str | None,
    selector: str,
    engine: str,
) -> int:
    """End pods with their grace, and forget ConfigMaps and Secrets.

    Where no kubelet runs, or it ends before they have, the pods are taken down from here, and
    this waits for it. Exits with 1 when one that was named is not there.
    """
    grace_s = _choose_grace(grace_period, now=now, force=force)
    timeout_s = read_duration("--timeout", timeout) or _WEEK_S
    wanted = _Wanted(words, namespace, everything=everything, selector=selector)
    wanted.read(filenames, recursive=recursive)
    if force and grace_s == 0:
        click.echo(_IMMEDIATE, err=True)
    with open_cluster(engine) as cluster:
        found, refused = wanted.find(cluster)
        if ignore_not_found or everything or selector:
            refused = []
        for one in found:
            _delete_record(cluster, one, grace_s)
            _tell(one, output, forced=grace_s == 0)
        if not found and not refused:
            click.echo("No resources found")
        pods = [one for one in found if one["kind"] == "Pod"]
        _see_to_the_end(cluster, pods, wait=wait and grace_s != 0, timeout_s=timeout_s)
    for error in refused:
        click.echo(str(error), err=True)
    return 1 if refused else 0


class _Wanted:
    """Which objects are to go."""

    def __init__(
        self,
        words: tuple[str, ...],
        namespace: str | None,
        *,
        everything: bool,
        selector: str,
    ) -> None:
        from pausedemo.core.kubectl.kinds import parse_targets

        if everything and selector:
            raise Refused("error: cannot set --all and --selector at the same time")
        selecting = everything or bool(selector)
        targets = parse_targets(words, selecting=selecting) if words else ()
        self._namespace = namespace
        self._matches = read_selector(selector)
        #: Kind, name, namespace, and the file that says so.
        self._asked: list[tuple[str, str | None, str, str]] = [
            (kind, name, namespace or "default", "") for kind, name in targets
        ]
        if any(name is None for _, name in targets) and not selecting:
            raise Refused(
                "error: resource(s) were provided, but no name was specified; "
                "use --all or a selector"
            )

    def read(self, filenames: Sequence[str], *, recursive: bool) -> None:
        """What the files name is to go, where no words have said it."""
        from pausedemo.cli.manifests import read_sources

        if bool(self._asked) == bool(filenames):
            raise UsageError("say what: KIND NAME, KIND --all, KIND -l SELECTOR, or -f FILE")
        if not filenames:
            return
        objects = read_sources(
            filenames,
            namespace=self._namespace or "default",
            namespace_given=self._namespace is not None,
            recursive=recursive,
            warn=False,
        )
        self._asked = [
            (one.kind, one.metadata.name, one.metadata.namespace, source)
            for source, one in objects
            if self._matches(one.metadata.labels)
        ]

    def find(self, cluster: Cluster) -> tuple[list[KubeObject], list[Refused]]:
        """Those that are there, and what is to be said of the others."""
        from pausedemo.core.kubectl.kinds import not_found

        found: list[KubeObject] = []
        refused: list[Refused] = []
        for kind, name, place, source in self._asked:
            try:
                found += cluster.find(kind, name, place, self._matches)
            except Refused as error:
                by_file = bool(name and source)
                refused.append(not_found(kind, name or "", deleting=source) if by_file else error)
        return found, refused


def _choose_grace(grace_period: int, *, now: bool, force: bool) -> int | None:
    """The grace in seconds; None: what each pod says. Source: DeleteOptions.Complete."""
    if now and grace_period != -1:
        raise Refused("error: --now and --grace-period cannot be specified together")
    grace_s = 1 if now else grace_period
    if force and grace_s > 0:
        raise Refused(
            "error: --force and --grace-period greater than 0 cannot be specified together"
        )
    if force:
        return 0
    # As kubectl: no grace at all is for those who say --force.
    return None if grace_s < 0 else max(grace_s, 1)


def _delete_record(cluster: Cluster, one: KubeObject, grace_s: int | None) -> None:
    from pausedemo.core.kubectl.objects import name_of, namespace_of
    from pausedemo.kubelet.objects.applying import Keeper

    keeper = Keeper(cluster.reader.store, cluster.clock)
    place = namespace_of(one), name_of(one)
    match one["kind"]:
        case "Pod":
            keeper.mark_deleted(*place, grace_s)
        case "ConfigMap" | "Secret":
            keeper.delete_config(one["kind"], *place)
        case kind:
            raise Refused(f"error: objects of kind {kind} cannot be deleted")


def _tell(one: KubeObject, output: str | None, *, forced: bool) -> None:
    from pausedemo.core.kubectl.objects import name_of

    kind = one["kind"].lower()
    if output == "name":
        click.echo(f"{kind}/{name_of(one)}")
    else:
        click.echo(f'{kind} "{name_of(one)}" {"force " if forced else ""}deleted')


def _see_to_the_end(
    cluster: Cluster, pods: Sequence[KubeObject], *, wait: bool, timeout_s: float
) -> None:
    """Take the pods down where no kubelet does; else wait for it."""
    from pausedemo.kubelet.service.handover import end_pods

    deadline = cluster.clock.monotonic() + timeout_s
    end_pods(
        cluster.engine,
        cluster.clock,
        [one["metadata"]["uid"] for one in pods],
        wait=wait,
        remaining_s=lambda: deadline - cluster.clock.monotonic(),
    )
