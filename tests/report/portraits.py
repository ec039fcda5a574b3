"""Portraits to draw: pods as Docker makes them, containers outside of pods, and odd ones."""

from __future__ import annotations

from collections.abc import Mapping

from pausedemo.core.verdicts.results import Portrait, Resident

# As Linux 6.1 numbers the first namespaces: include/linux/proc_ns.h.
NODE = {
    "cgroup": 4026531835,
    "ipc": 4026531839,
    "mnt": 4026531841,
    "net": 4026531840,
    "pid": 4026531836,
    "pid_for_children": 4026531836,
    "time": 4026531834,
    "time_for_children": 4026531834,
    "user": 4026531837,
    "uts": 4026531838,
}


def resident(pod: str, name: str, first: int, shared: Mapping[str, int] | None = None) -> Resident:
    """A container with namespaces of its own from ``first`` on, but for those shared."""
    kinds = ("mnt", "uts", "ipc", "pid", "net")
    own = {kind: first + number for number, kind in enumerate(kinds)}
    return Resident(name, pod, {**NODE, **own, "pid_for_children": own["pid"], **(shared or {})})


def pod(name: str, members: tuple[str, ...], first: int, *kinds: str) -> tuple[Resident, ...]:
    """An infra container, and members that share these kinds with it."""
    infra = resident(name, "POD", first)
    shared = {kind: infra.namespaces[kind] for kind in kinds}
    if "pid" in shared:
        shared["pid_for_children"] = shared["pid"]
    others = (resident(name, one, first + 5 * n, shared) for n, one in enumerate(members, 1))
    return (infra, *others)


PAUSE_TEST = Portrait(
    pod("pause-test", ("busybox", "ghost", "nginx"), 4026532281, "net", "ipc", "uts"), NODE
)
PAUSE_TEST2 = Portrait(
    pod("pause-test2", ("busybox", "ghost", "nginx"), 4026532301, "net", "ipc", "uts", "pid"), NODE
)
TWO_PODS = Portrait(
    (
        *pod("two-shared", ("a", "b"), 4026532281, "net", "ipc", "pid"),
        *pod("two-isolated", ("a", "b"), 4026532321, "net", "ipc"),
    ),
    NODE,
)
EIGHT = Portrait(
    pod("crowd", tuple(f"worker-number-{n}" for n in range(1, 8)), 4026532281, "net", "ipc"), NODE
)
#: A pod that uses the machine's network, and containers that no pod knows, one beside another's
#: network and a third's processes.
MIXED = Portrait(
    (
        *(
            Resident(one.name, one.pod, {**one.namespaces, "net": NODE["net"]})
            for one in pod("host-network", ("agent",), 4026532281, "ipc")
        ),
        resident("", "first", 4026532321),
        resident("", "second", 4026532331),
        resident("", "debugger", 4026532341, {"net": 4026532325, "pid": 4026532334}),
    ),
    NODE,
)
ALONE = Portrait((resident("", "alone", 4026532281),), NODE)
#: Members of one network with a stranger between them, whatever the order.
BROKEN = Portrait(
    tuple(
        Resident(name, "odd", {"net": net, "ipc": ipc, "pid": pid})
        for name, net, ipc, pid in (
            ("POD", 1, 11, 21),
            ("one", 2, 11, 22),
            ("two", 1, 12, 22),
            ("three", 2, 12, 21),
        )
    ),
    NODE,
)
NAMED = {
    "pause-test": PAUSE_TEST,
    "pause-test2": PAUSE_TEST2,
    "two-pods": TWO_PODS,
    "eight": EIGHT,
    "mixed": MIXED,
    "alone": ALONE,
    "broken": BROKEN,
}
