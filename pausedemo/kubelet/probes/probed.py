"""A container with probes, and each of its probes while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from pausedemo.core.manifest import Container, Probe
from pausedemo.core.pods.pod import Pod
from pausedemo.core.rules.health import Health
from pausedemo.core.rules.probing import ProbeState, ProbeType, compute_probed_health, read_probes
from pausedemo.kubelet.probes.asking import Target


@dataclass(slots=True)
class Worker:
    """One probe of a container that runs. ``turn`` changes when what is scheduled is void."""

    type: ProbeType
    probe: Probe
    state: ProbeState
    turn: int = 0
    #: when it may first be asked; the grid of its ticks begins there
    first_due: float = 0.0


@dataclass(slots=True)
class Probed:
    """A container with probes. ``target`` is None while it does not run."""

    container: Container
    workers: dict[ProbeType, Worker]
    target: Target | None = None

    @property
    def health(self) -> Health:
        states = {type_: worker.state for type_, worker in self.workers.items()}
        return compute_probed_health(
            states.get(ProbeType.STARTUP),
            states.get(ProbeType.READINESS),
            states.get(ProbeType.LIVENESS),
        )


@dataclass(slots=True)
class ProbedPod:
    """A pod as it was last seen, and its containers with probes, by name."""

    pod: Pod
    containers: dict[str, Probed] = field(default_factory=dict)


def find_probed(pod: Pod) -> dict[str, Probed]:
    """The containers of a pod that have probes; of init containers, only sidecars run on."""
    spec = pod.spec
    running = (*(one for one in spec.init_containers if one.is_sidecar), *spec.containers)
    found = {}
    for container in running:
        if probes := read_probes(container):
            workers = {
                type_: Worker(type_, probe, ProbeState(type_)) for type_, probe in probes.items()
            }
            found[container.name] = Probed(container, workers)
    return found


def stop(probed: Probed) -> None:
    """Nothing is to be asked of it, until it runs again."""
    probed.target = None
    for worker in probed.workers.values():
        worker.turn += 1
