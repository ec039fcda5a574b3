"""Who shares which namespace: a portrait's inodes turned round, in an order that can be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pausedemo.core.naming import SANDBOX_CONTAINER_NAME
from pausedemo.core.verdicts.results import Portrait, Resident

#: What each kind keeps apart, in the order in which a pod is explained. namespaces(7).
MEANINGS: Final[Mapping[str, str]] = {
    "net": "network",
    "ipc": "IPC objects",
    "uts": "host name",
    "pid": "processes",
    "mnt": "file systems",
    "cgroup": "cgroup root",
    "user": "user ids",
    "time": "clocks",
}

#: Kinds that no pod is about: they are drawn only where not everybody is in the same.
_BACKDROP_KINDS: Final = frozenset({"cgroup", "user", "time"})

#: Links beside the process's own: what its children will be in (namespaces(7)).
_CHILDREN: Final = "_for_children"


@dataclass(frozen=True, slots=True)
class Namespace:
    """One namespace. ``members`` are indexes into the ordered residents, ascending."""

    kind: str
    inode: int
    members: tuple[int, ...]
    is_machines: bool

    @property
    def is_shared(self) -> bool:
        return len(self.members) > 1

    @property
    def manner(self) -> str:
        """How it is drawn: ``machines``, ``shared`` or ``own``."""
        return "machines" if self.is_machines else "shared" if self.is_shared else "own"

    @property
    def whose(self) -> str:
        """The manner in words."""
        return {"machines": "the machine's", "shared": "shared", "own": "its own"}[self.manner]

    @property
    def label(self) -> str:
        """As the kernel writes it: ``net:[4026532281]``."""
        return f"{self.kind}:[{self.inode}]"


@dataclass(frozen=True, slots=True)
class Sharing:
    """A portrait as it is drawn.

    ``residents`` stand pod by pod, those without a pod last; the infra container leads its pod,
    and who shares much stands close together. ``backdrop`` are namespaces that everybody is in,
    as everything on the machine mostly is, and of which a drawing says no more than that.
    """

    residents: tuple[Resident, ...]
    namespaces: tuple[Namespace, ...]
    backdrop: tuple[Namespace, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are drawn, in order."""
        return tuple(dict.fromkeys(namespace.kind for namespace in self.namespaces))

    @property
    def pods(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Pods with their members' indexes, in order; ``""`` for those in none."""
        pods: dict[str, list[int]] = {}
        for index, resident in enumerate(self.residents):
            pods.setdefault(resident.pod, []).append(index)
        return tuple((name, tuple(members)) for name, members in pods.items())

    def name_of(self, index: int) -> str:
        """A resident's name, with its pod where there are several."""
        resident = self.residents[index]
        several = len({one.pod for one in self.residents}) > 1
        return f"{resident.pod}/{resident.name}" if several and resident.pod else resident.name


def compute_sharing(portrait: Portrait) -> Sharing:
    """Turn inodes by container into containers by inode."""
    residents = _order_residents(portrait)
    found: dict[tuple[str, int], list[int]] = {}
    for index, resident in enumerate(residents):
        for kind, inode in resident.namespaces.items():
            if not kind.endswith(_CHILDREN):
                found.setdefault((kind, inode), []).append(index)
    namespaces = [
        Namespace(kind, inode, tuple(members), portrait.node.get(kind) == inode)
        for (kind, inode), members in found.items()
    ]
    namespaces.sort(key=lambda one: (_rank(one.kind), one.members))
    backdrop = tuple(
        one
        for one in namespaces
        if one.kind in _BACKDROP_KINDS
        and len(one.members) == len(residents)
        # Of some kinds the machine's own may be unknown: the one for all is then told as shared.
        and (one.is_machines or (one.is_shared and one.kind not in portrait.node))
    )
    drawn = tuple(one for one in namespaces if one not in backdrop)
    return Sharing(residents, drawn, backdrop)


def describe_sharing(sharing: Sharing) -> tuple[str, ...]:
    """What the drawing shows, in sentences."""
    sentences = []
    for pod, members in sharing.pods:
        names = join_names([sharing.residents[index].name for index in members])
        sentences.append(f"Pod {pod}: {names}." if pod else f"In no pod: {names}.")
    for one in sharing.namespaces:
        names = join_names([sharing.name_of(index) for index in one.members])
        if one.is_machines:
            verb = "are" if one.is_shared else "is"
            sentences.append(f"{names} {verb} in the machine's own {one.label}.")
        elif one.is_shared:
            sentences.append(f"{one.label} is shared by {names}.")
    for index in range(len(sharing.residents)):
        own = [
            one.label
            for one in sharing.namespaces
            if one.members == (index,) and not one.is_machines
        ]
        if own:
            sentences.append(f"{sharing.name_of(index)} alone is in {join_names(own)}.")
    return (*sentences, *describe_backdrop(sharing))


def describe_backdrop(sharing: Sharing) -> tuple[str, ...]:
    """What the drawing leaves to words: the namespaces that simply everybody is in."""
    machines = [one.label for one in sharing.backdrop if one.is_machines]
    others = [one.label for one in sharing.backdrop if not one.is_machines]
    return tuple(
        f"{start} {join_names(labels)} as well."
        for start, labels in (("All are in the machine's own", machines), ("All share", others))
        if labels
    )


def join_names(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _order_residents(portrait: Portrait) -> tuple[Resident, ...]:
    pods = dict.fromkeys(resident.pod for resident in portrait.residents)
    ordered: list[Resident] = []
    for pod in sorted(pods, key=lambda name: name == ""):
        left = [resident for resident in portrait.residents if resident.pod == pod]
        if pod:
            # Containers of a pod start in any order; the drawing of a pod is always the same.
            left.sort(key=lambda one: (one.name != SANDBOX_CONTAINER_NAME, one.name))
        chain = [left.pop(0)]
        while left:
            # The next is who has most in common with the last: what is shared then mostly
            # stands together. Of equals the first, so that the order is else the scenario's.
            nearest = max(left, key=lambda one: _count_common(chain[-1], one, portrait.node))
            left.remove(nearest)
            chain.append(nearest)
        ordered += chain
    return tuple(ordered)


def _count_common(one: Resident, other: Resident, node: Mapping[str, int]) -> int:
    return sum(
        inode == other.namespaces.get(kind) and inode != node.get(kind)
        for kind, inode in one.namespaces.items()
    )


def _rank(kind: str) -> tuple[int, str]:
    known = tuple(MEANINGS)
    return (known.index(kind) if kind in known else len(known), kind)
