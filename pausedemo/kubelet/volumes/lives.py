"""The engine's volumes of a pod: made before it, and removed when it goes."""

from __future__ import annotations

from collections.abc import Mapping

from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Volumes
from pausedemo.kubelet.volumes.plan import VolumeError, plan_volumes

#: A claim's volume stays until somebody removes it.
_CLAIM_LABELS = {naming.RUN: "claims", naming.OWNER: naming.ENGINE_OWNER}


def create_volumes(
    engine: Volumes, pod: Pod, labels: Mapping[str, str], *, messages: bool = False
) -> None:
    """Make those that are missing, before the sandbox: it would make them without their options.

    ``labels``: who has made them, and for which run. Raises EngineError, and VolumeError when a
    name is taken by a volume that is not the pod's.
    """
    for one in plan_volumes(pod, messages=messages):
        if one.kept:
            if engine.find_volume(one.engine_name) is None:
                engine.create_volume(one.engine_name, _CLAIM_LABELS)
            continue
        made = engine.create_volume(
            one.engine_name, {naming.POD_UID: pod.uid, **labels}, one.options
        )
        if made.labels.get(naming.POD_UID) != pod.uid:
            raise VolumeError(
                f'MountVolume.SetUp failed for volume "{one.name}" : the engine has a volume '
                f"named {one.engine_name} that is not the pod's; remove it"
            )


def remove_volumes(engine: Volumes, uid: str) -> None:
    """Remove all that belong to a pod; its containers and sandboxes have to be gone.

    Claims are kept. Raises Conflict while one is used.
    """
    for volume in engine.list_volumes({naming.POD_UID: uid}):
        engine.remove_volume(volume.name)
