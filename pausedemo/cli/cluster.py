"""What the commands with kubectl's words have in common: options, and the engine's objects."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from pausedemo.cli.complete_objects import complete_containers, complete_namespaces
from pausedemo.errors import Refused, UsageError, exit_code

if TYPE_CHECKING:
    from pausedemo.clock import Clock
    from pausedemo.core.kubectl.objects import KubeObject
    from pausedemo.core.kubectl.selector import Matcher
    from pausedemo.engine.port import Engine
    from pausedemo.kubelet.objects.reader import Reader


def _read_namespace(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> str | None:
    """Refuse what can be no namespace, before anything is done; an empty one is as none."""
    from pausedemo.core.files.kubenames import complain_of_namespace

    if not value:
        default: str | None = parameter.get_default(context)
        return default
    wrong = complain_of_namespace(value)
    if wrong is not None:
        raise UsageError(f"--namespace: {wrong}")
    return value


namespace_option = click.option(
    "-n",
    "--namespace",
    default="default",
    show_default=True,
    callback=_read_namespace,
    shell_complete=complete_namespaces,
    help="The objects' namespace.",
)
#: The same, where it matters whether it is given: beside manifests, that may name their own.
given_namespace_option = click.option(
    "-n",
    "--namespace",
    callback=_read_namespace,
    shell_complete=complete_namespaces,
    help="The namespace of objects that name none.  [default: default]",
)
all_namespaces_option = click.option(
    "-A", "--all-namespaces", "everywhere", is_flag=True, help="Those of all namespaces."
)
selector_option = click.option(
    "-l", "--selector", default="", metavar="SELECTOR", help="Only those with labels such as a=b."
)
container_option = click.option(
    "-c",
    "--container",
    default="",
    shell_complete=complete_containers,
    help="Which container; else the pod's default one.",
)
no_headers_option = click.option("--no-headers", is_flag=True, help="Rows without titles.")

#: The option that names manifests; ``apply`` and ``delete`` read the same ones.
filename_option = click.option(
    "-f",
    "--filename",
    "filenames",
    multiple=True,
    metavar="FILE|DIR|-",
    help="A manifest, a folder of manifests, or - for standard input; may be repeated.",
)
recursive_option = click.option(
    "-R", "--recursive", is_flag=True, help="The folders in a folder, too."
)


@dataclass(frozen=True, slots=True)
class Cluster:
    """An engine, and what it keeps."""

    engine: Engine
    reader: Reader
    clock: Clock

    def find(
        self, kind: str, name: str | None, namespace: str | None, matches: Matcher
    ) -> Sequence[KubeObject]:
        """One object by its name, or all of a kind that a selector matches.

        ``namespace`` is None for all of them. Refused when there is none of that name.
        """
        from pausedemo.core.kubectl.objects import table

        if name is not None:
            if namespace is None:
                raise Refused("error: a resource cannot be retrieved by name across all namespaces")
            return [self.reader.get(kind, namespace, name)]
        found = self.reader.list(kind, namespace)
        return [one for one in found if matches(table(one, "metadata", "labels"))]

    def get_pod(self, written: str, namespace: str) -> KubeObject:
        """The pod of ``web`` or ``pod/web``. Refused when there is none, or it is no pod."""
        from pausedemo.core.kubectl.kinds import PLURALS, parse_target

        kind, name = parse_target(written)
        if kind != "Pod":
            raise Refused(f"error: {PLURALS[kind]} have no containers: name a pod, as pod/web")
        return self.reader.get(kind, namespace, name)


@contextlib.contextmanager
def open_cluster(engine: str) -> Iterator[Cluster]:
    """Connect to an engine that outlives this command; it is where all state is.

    Ctrl-C ends the command without a word, as kubectl's: what watches and follows has no other end.
    """
    from pausedemo.clock import SystemClock
    from pausedemo.engine.connect import connect
    from pausedemo.kubelet.objects.reader import Reader
    from pausedemo.signals import signals_as_errors

    clock = SystemClock()
    try:
        with (
            signals_as_errors(),
            contextlib.closing(connect(engine, lasting=True)) as connected,
        ):
            yield Cluster(connected, Reader(connected, clock), clock)
    except KeyboardInterrupt as error:
        raise click.exceptions.Exit(exit_code(error)) from error


def read_selector(written: str) -> Matcher:
    """Parse ``-l``."""
    from pausedemo.core.kubectl.selector import parse_selector

    try:
        return parse_selector(written)
    except ValueError as error:
        raise Refused(f"error: {error}") from error


def read_duration(option: str, written: str) -> float:
    """Parse an option's duration, as ``30s``; seconds."""
    from pausedemo.core.kubectl.durations import parse_duration

    try:
        return parse_duration(written)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from error


def nothing_found(namespace: str | None) -> str:
    """What kubectl says when a list is empty."""
    return f"No resources found in {namespace} namespace." if namespace else "No resources found"
