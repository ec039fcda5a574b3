"""A container beside a pod, in its network: what a pod's own containers lack is at hand there."""

from __future__ import annotations

from dataclasses import dataclass

from pausedemo.engine.port import ContainerConfig
from pausedemo.kubelet.reach.nodecontainer import LIFETIME_S, NodeContainer


@dataclass(slots=True)
class PodContainer(NodeContainer):
    """As ``NodeContainer``, in the network of the container ``sandbox_id`` alone."""

    sandbox_id: str = ""

    def make_config(self, name: str) -> ContainerConfig:
        """Nothing of the machine: it only has to reach the pod's ports."""
        return ContainerConfig(
            name=name,
            image=self.find_image(),
            entrypoint=("sleep",),
            command=(str(LIFETIME_S),),
            user="0:0",
            labels=self.labels,
            network_mode=f"container:{self.sandbox_id}",
        )
