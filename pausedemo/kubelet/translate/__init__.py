"""A pod to what the engine is asked to create: its sandbox and its containers.

Source: dockershim's docker_sandbox.go, docker_container.go and security_context.go, today in
Mirantis/cri-dockerd, and the kubelet's kuberuntime package.
"""

from pausedemo.core.pods.containerhash import compute_hash
from pausedemo.kubelet.translate.containers import (
    ContainerFacts,
    translate_container,
)
from pausedemo.kubelet.translate.dns import NodeDNS, parse_resolv_conf
from pausedemo.kubelet.translate.sandbox import translate_sandbox
from pausedemo.kubelet.translate.security import check_non_root

__all__ = [
    "ContainerFacts",
    "NodeDNS",
    "check_non_root",
    "compute_hash",
    "parse_resolv_conf",
    "translate_container",
    "translate_sandbox",
]
