"""``pausedemo apply``: pods, ConfigMaps and Secrets as their manifests have them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import click

from pausedemo.cli.cluster import filename_option, open_cluster, recursive_option
from pausedemo.cli.manifests import read_manifests
from pausedemo.cli.options import engine_option, images_option
from pausedemo.errors import UsageError

if TYPE_CHECKING:
    from pausedemo.core.podevent import PodEvent
    from pausedemo.core.pod import Pod


@click.command()
@filename_option
@recursive_option
@click.option("-n", "--namespace", help="The namespace of objects that name none.  [default: default]")
@click.option("--watch", is_flag=True, help="Keep the pod alive until Ctrl-C, telling its events.")
@click.option(
    "--kubernetes-version",
    "version_text",
    default="latest",
    show_default=True,
    metavar="VERSION",
    help="Whose rules hold for new pods: 1.7 shares the PID namespace unless the pod says otherwise.",
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
    """Keep objects as the manifests have them; make what is not there yet.

    Where a kubelet runs (pausedemo kubelet), it makes the pods; else they are brought up at once,
    and nobody restarts them later. Exits with 1 for a change that Kubernetes does not allow, and
    with 2, before anything is done, for a manifest that is wrong.
    """
    from pausedemo.core.changes import Outcome
    from pausedemo.kubelet.applying import Keeper
    from pausedemo.kubelet.single import Single

    version = _parse_version(version_text)
    objects = read_manifests(
        filenames,
        namespace=namespace or "default",
        namespace_given=namespace is not None,
        recursive=recursive,
    )
    pods = [one for one in objects if one.kind == "Pod"]
    if watch and len(pods) != 1:
        raise UsageError(f"--watch is for one pod; the manifests have {len(pods)}")
    with open_cluster(engine) as cluster:
        keeper = Keeper(cluster.reader.store, cluster.clock)
        changed = []
        for one in objects:
            applied = keeper.apply(one, version)
            click.echo(str(applied))
            if applied.pod is not None and (watch or applied.outcome is not Outcome.UNCHANGED):
                changed.append(applied.pod)
        del changed, Single, policy, threading
