"""What a shell offers after a Tab of what an engine keeps: kinds, names, containers, namespaces.

Names are read off the records alone, by one request; no engine is started for it, and one that
does not answer offers nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from pausedemo.errors import PausedemoError

if TYPE_CHECKING:
    from pausedemo.kubelet.objects.store import Record


def complete_pods(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Names of pods, also as ``pod/web``."""
    before, slash, _ = incomplete.rpartition("/")
    names = _list_names(context, "Pod")
    return _offer((f"{before}{slash}{name}" for name in names), incomplete)


def complete_pod_and_container(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A pod's name, then one of its containers: what ``logs`` takes."""
    if context.params.get("words"):
        return complete_containers(context, parameter, incomplete)
    return complete_pods(context, parameter, incomplete)


def complete_targets(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A kind and then names of it, or ``pod/web``."""
    from pausedemo.core.kubectl.kinds import PLURALS, parse_kind

    words = context.params.get("words") or ()
    written, slash, _ = incomplete.partition("/")
    with contextlib.suppress(PausedemoError):
        if slash:
            names = _list_names(context, parse_kind(written))
            return _offer((f"{written}/{name}" for name in names), incomplete)
        if words and "/" not in words[0]:
            return _offer(_list_names(context, parse_kind(words[0])), incomplete)
        return _offer(PLURALS.values(), incomplete)
    return []


def complete_containers(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The containers of the pod that is named already."""
    given = context.params
    # An option that still lacks its value ends click's reading: the rest are mere words then.
    words = given.get("words") or (given.get("pod_name"), *context.args)
    wanted = next((str(word) for word in words if word), "").rpartition("/")[2]
    names: list[str] = []
    for record in _read(context, "Pod"):
        if record.name == wanted:
            spec: dict[str, Any] = record.data["manifest"]["spec"]
            everyone = [*spec["containers"], *(spec.get("initContainers") or ())]
            names = [one["name"] for one in everyone]
    return _offer(names, incomplete)


def complete_namespaces(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The namespaces that any object is in."""
    kinds = ("Pod", "ConfigMap", "Secret")
    found = {one.namespace for kind in kinds for one in _read(context, kind, everywhere=True)}
    return _offer(sorted(found), incomplete)


def _list_names(context: click.Context, kind: str) -> list[str]:
    if kind == "Event":
        return []
    return sorted(record.name for record in _read(context, kind))


def _read(context: click.Context, kind: str, *, everywhere: bool = False) -> tuple[Record, ...]:
    """The records of a kind in the namespace that is named already; none where no engine is."""
    from pausedemo.engine.connect import connect
    from pausedemo.kubelet.objects.store import Kind, Store

    given = context.params
    namespace = None if everywhere else given.get("namespace") or "default"
    try:
        with contextlib.closing(connect(given.get("engine") or "auto", lasting=True)) as engine:
            return Store(engine).list(Kind(kind), namespace)
    except PausedemoError:
        return ()


def _offer(names: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
