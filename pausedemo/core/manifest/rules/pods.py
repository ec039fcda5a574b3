"""What must hold of a whole pod.

Source: validatePodSpec, validatePodDNSConfig, validateSysctls, validatePodHostSysctl in
pkg/apis/core/validation/validation.go; k8s.io/component-helpers/node/util/sysctl/namespace.go.
"""

from __future__ import annotations

import re
from typing import Final

from pausedemo.core.files.kubenames import check_dns_subdomain
from pausedemo.core.manifest.objects import PodManifest
from pausedemo.core.manifest.podspec import DNSPolicy, PodDNSConfig, PodSpec
from pausedemo.core.manifest.rules.containers import check_containers
from pausedemo.core.manifest.rules.security import check_seccomp
from pausedemo.core.manifest.rules.volumes import check_volumes
from pausedemo.core.manifest.rules.words import Faults, duplicate, invalid, required

_SEGMENT: Final = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SYSCTL_TEXT: Final = rf"({_SEGMENT}[\./])*{_SEGMENT}"
#: The same without a choice of ways to match, which a long name would take for ever to try.
_SYSCTL: Final = re.compile(r"[a-z0-9]+(?:[-_]+[a-z0-9]+)*(?:[./][a-z0-9]+(?:[-_]+[a-z0-9]+)*)*")
_LONGEST_SYSCTL: Final = 253
_MOST_NAMESERVERS: Final = 3
_MOST_SEARCHES: Final = 32
_MOST_SEARCH_CHARACTERS: Final = 2048


def check_pod(pod: PodManifest) -> Faults:
    """Everything about a pod whose fields are right one by one."""
    yield from check_volumes(pod.spec)
    yield from check_containers(pod.spec)
    yield from _check_dns(pod.spec)
    yield from _check_sysctls(pod.spec)
    place = ("spec", "securityContext", "seccompProfile")
    yield from check_seccomp(pod.spec.security_context.seccomp_profile, place)


def _check_dns(spec: PodSpec) -> Faults:
    config = spec.dns_config
    path = ("spec", "dnsConfig")
    if spec.dns_policy is DNSPolicy.NONE and not config.nameservers:
        if config == PodDNSConfig():
            yield path, required("must provide `dnsConfig` when `dnsPolicy` is None")
        else:
            why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
            yield (*path, "nameservers"), required(why)
    if len(config.nameservers) > _MOST_NAMESERVERS:
        wrong = f"must not have more than {_MOST_NAMESERVERS} nameservers"
        yield (*path, "nameservers"), invalid(list(config.nameservers)[:4], wrong)
    if len(config.searches) > _MOST_SEARCHES:
        wrong = f"must not have more than {_MOST_SEARCHES} search paths"
        yield (*path, "searches"), invalid(f"{len(config.searches)} paths", wrong)
    for index, search in enumerate(config.searches):
        # "." is no search at all, and a dot at the end says that the name is whole.
        wrong_name = check_dns_subdomain(search.removesuffix(".")) if search != "." else None
        if wrong_name:
            yield (*path, "searches", index), invalid(search, wrong_name)
    if len(" ".join(config.searches)) > _MOST_SEARCH_CHARACTERS:
        wrong = (
            f"must not have more than {_MOST_SEARCH_CHARACTERS} characters "
            "(including spaces) in the search list"
        )
        yield (*path, "searches"), invalid(f"{len(config.searches)} paths", wrong)


def _check_sysctls(spec: PodSpec) -> Faults:
    seen: set[str] = set()
    for index, sysctl in enumerate(spec.security_context.sysctls):
        path = ("spec", "securityContext", "sysctls", index, "name")
        name = sysctl.name
        if not name:
            yield path, required()
        elif len(name) > _LONGEST_SYSCTL or not _SYSCTL.fullmatch(name):
            wrong = f"must have at most {_LONGEST_SYSCTL} characters and match regex {_SYSCTL_TEXT}"
            yield path, invalid(name, wrong)
        elif name in seen:
            yield path, duplicate(name)
        seen.add(name)
        dotted = name.replace("/", ".")
        if spec.host_network and dotted.startswith("net."):
            yield path, invalid(name, "may not be specified when 'hostNetwork' is true")
        if spec.host_ipc and _is_of_ipc(dotted):
            yield path, invalid(name, "may not be specified when 'hostIPC' is true")


def _is_of_ipc(name: str) -> bool:
    return name == "kernel.sem" or name.startswith(("kernel.shm", "kernel.msg", "fs.mqueue."))
