"""What a pod is called: by others, by itself, and on the engine."""

from __future__ import annotations

from typing import Final

from pausedemo.core import naming
from pausedemo.core.pods.pod import Pod

#: A host name has at most 64 bytes on Linux; the kubelet cuts at 63 (hostname(7), RFC 1123).
HOSTNAME_LENGTH: Final = 63
#: A domain name has as many (uname(2)), and an engine sets it in the kernel too.
DOMAINNAME_LENGTH: Final = 64
CLUSTER_DOMAIN: Final = "cluster.local"


def choose_hostname(pod: Pod) -> str:
    """The pod's host name. Source: kubernetes pkg/kubelet/util, truncatePodHostnameIfNeeded."""
    return (pod.spec.hostname or pod.name)[:HOSTNAME_LENGTH].rstrip(".-")


def choose_domainname(pod: Pod) -> str | None:
    """The domain of a pod with a subdomain, as in a cluster of the usual name.

    None for one that is too long: its pod could not be started. Source: kubernetes
    pkg/kubelet/kubelet_pods.go, GeneratePodHostNameAndDomain.
    """
    if pod.spec.subdomain is None:
        return None
    domain = f"{pod.spec.subdomain}.{pod.namespace}.svc.{CLUSTER_DOMAIN}"
    return domain if len(domain) <= DOMAINNAME_LENGTH else None


def label_pod(pod: Pod) -> dict[str, str]:
    """The labels by which everything that belongs to a pod is found."""
    return {
        naming.POD_NAME: pod.name,
        naming.POD_NAMESPACE: pod.namespace,
        naming.POD_UID: pod.uid,
        naming.POD_CREATED_AT: pod.created_at.isoformat(timespec="seconds"),
    }
