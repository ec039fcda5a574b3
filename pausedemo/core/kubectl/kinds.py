"""The kinds of objects, by the names that kubectl takes for them, and its words when they fail."""

from __future__ import annotations

from typing import Final

from pausedemo.core.values.downward import quote
from pausedemo.errors import Refused

#: Each kind's plural, and what else it is called.
PLURALS: Final = {"Pod": "pods", "ConfigMap": "configmaps", "Secret": "secrets", "Event": "events"}
_ALIASES: Final = {
    "Pod": ("pods", "pod", "po"),
    "ConfigMap": ("configmaps", "configmap", "cm"),
    "Secret": ("secrets", "secret"),
    "Event": ("events", "event", "ev"),
}
_KINDS: Final = {alias: kind for kind, aliases in _ALIASES.items() for alias in aliases}
#: What ``all`` stands for.
_ALL: Final = ("Pod",)


def parse_kinds(written: str) -> tuple[str, ...]:
    """``pods``, ``po,cm`` or ``all`` as kinds. Refused for one that there is not."""
    kinds: dict[str, None] = {}
    for word in written.split(","):
        for kind in _ALL if word.lower() == "all" else (parse_kind(word),):
            kinds[kind] = None
    return tuple(kinds)


def parse_kind(word: str) -> str:
    """``po`` as ``Pod``. Refused, as kubectl does, when there is no such kind."""
    kind = _KINDS.get(word.lower())
    if kind is None:
        raise Refused(f'error: the server doesn\'t have a resource type "{word}"')
    return kind


def parse_target(written: str, default: str = "Pod") -> tuple[str, str]:
    """``pod/web`` or ``web`` as kind and name."""
    word, slash, name = written.partition("/")
    if not slash:
        return default, word
    if not name or "/" in name:
        raise Refused("error: arguments in resource/name form must have a single resource and name")
    return parse_kind(word), name


def parse_targets(
    words: tuple[str, ...], *, selecting: bool = False
) -> tuple[tuple[str, str | None], ...]:
    """The arguments of get, delete or wait as kinds and names; the name None: all of a kind.

    ``pods``, ``pods a b``, ``po,cm a``, ``pod/a cm/b``. ``selecting``: a selector, or ``--all``,
    says which objects, so that a name is Refused. Source: visitBySelector,
    k8s.io/cli-runtime/pkg/resource/builder.go.
    """
    if any("/" in word for word in words):
        if not all("/" in word for word in words):
            raise Refused(
                "error: there is no need to specify a resource type as a separate argument when "
                "passing arguments in resource/name form (e.g. 'kubectl get "
                "resource/<resource_name>' instead of 'kubectl get resource "
                "resource/<resource_name>'"
            )
        targets = tuple(parse_target(word) for word in words)
        if selecting:
            raise Refused(
                "error: selectors and the all flag cannot be used when passing resource/name "
                "arguments"
            )
        return targets
    kinds, names = parse_kinds(words[0]), words[1:]
    if names and selecting:
        raise Refused("error: name cannot be provided when a selector is specified")
    if not names:
        return tuple((kind, None) for kind in kinds)
    return tuple((kind, name) for kind in kinds for name in names)


def not_found(kind: str, name: str, *, deleting: str = "") -> Refused:
    """What the API server says of an object that is not there.

    ``deleting`` is the file that named it, of which kubectl says so. Source: AddSourceToErr in
    k8s.io/kubectl/pkg/cmd/util/helpers.go.
    """
    where = f"error when deleting {quote(deleting)}: " if deleting else ""
    return Refused(f'Error from server (NotFound): {where}{PLURALS[kind]} "{name}" not found')


def already_exists(kind: str, name: str) -> Refused:
    """What the API server says of an object that is there already."""
    return Refused(f'Error from server (AlreadyExists): {PLURALS[kind]} "{name}" already exists')
