"""The end of a pod that is deleted: all that the engine has of it goes, its record last.

Who is cut off on the way leaves the record, and the next kubelet goes on from there.
"""

from __future__ import annotations

from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod
from pausedemo.engine.port import Engine
from pausedemo.kubelet.cleanup import remove_labelled
from pausedemo.kubelet.objects.events import EventRecorder
from pausedemo.kubelet.objects.pods import Pods
from pausedemo.kubelet.volumes import remove_volumes


def remove_pod(engine: Engine, pods: Pods, recorder: EventRecorder, pod: Pod) -> None:
    """Remove a pod's containers, its data, its events and itself.

    Raises the first PausedemoError; called again, it goes on where it was.
    """
    remove_leftovers(engine, pod.uid)
    recorder.forget(pod)
    pods.forget(pod)


def remove_leftovers(engine: Engine, uid: str) -> None:
    """Remove the containers and the data of a pod, whether anything is known of it or not."""
    cleaned = remove_labelled(engine, {naming.POD_UID: uid})
    if cleaned.failures:
        raise cleaned.failures[0]
    remove_volumes(engine, uid)
