"""What of a pod's manifest a scenario cannot have, or only with a kubelet.

A scenario stands for itself and leaves nothing behind: its pods refer to nothing that somebody else
keeps on the engine, and keep nothing there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pausedemo.core.files.complaints import Path
from pausedemo.core.manifest import Container, PodManifest, Volume
from pausedemo.scenario.schema import ScenarioFile

Found = Iterator[tuple[Path, str]]


def check_manifests(file: ScenarioFile, manifests: Mapping[str, PodManifest]) -> Found:
    """Yield (path, message) for what a pod wants and does not get, at the name of its manifest."""
    for name, manifest in manifests.items():
        path: Path = ("pods", name, "manifest")
        for volume in manifest.spec.volumes:
            if volume.persistent_volume_claim is not None:
                yield (
                    path,
                    f"the volume {volume.name} is a claim, which would outlive the scenario; "
                    "use emptyDir",
                )
            elif _refers(volume):
                yield path, _word_reference(f"the volume {volume.name}")
        for container in manifest.spec.all_containers:
            if _borrows(container):
                yield path, _word_reference(f"the environment of {container.name}")
            if has_probes(container) and not file.pods[name].kubelet:
                yield (
                    path,
                    f"{container.name} has probes, which nobody asks without a kubelet; "
                    f'add "kubelet: true" to the pod',
                )


def has_probes(container: Container) -> bool:
    """Whether anything is to be asked of it while it runs."""
    probes = (container.startup_probe, container.liveness_probe, container.readiness_probe)
    return any(probe is not None for probe in probes)


def _word_reference(what: str) -> str:
    return f"{what} refers to a ConfigMap or Secret, and a scenario has none; write the values out"


def _refers(volume: Volume) -> bool:
    if volume.projected is not None:
        parts = volume.projected.sources
        return any(part.config_map or part.secret for part in parts)
    return volume.config_map is not None or volume.secret is not None


def _borrows(container: Container) -> bool:
    sources = [variable.value_from for variable in container.env]
    return bool(container.env_from) or any(
        source is not None and (source.config_map_key_ref or source.secret_key_ref)
        for source in sources
    )
