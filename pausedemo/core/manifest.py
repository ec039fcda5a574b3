"""Kubernetes manifests as typed models, as far as pausedemo supports them.

A key that Kubernetes knows and pausedemo does not support is told apart from one that nobody
knows. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr

from pausedemo.core.complaints import Path, describe
from pausedemo.core.kubenames import (
    check_dns_label,
    check_dns_subdomain,
    check_label_key,
    check_label_value,
)
from pausedemo.core.validation import KubernetesModel, validate
from pausedemo.core.yamltext import Data, Document, load_documents
from pausedemo.errors import InvalidFile, Problem

#: A day. What is longer is a slip, and the engine counts in 32 bits.
LONGEST_GRACE_S: Final = 24 * 3600


class RestartPolicy(StrEnum):
    """When a container that ended is started again."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class ImagePullPolicy(StrEnum):
    """When a registry is asked for an image."""

    ALWAYS = "Always"
    IF_NOT_PRESENT = "IfNotPresent"
    NEVER = "Never"


def _named(check: Callable[[str], str | None]) -> AfterValidator:
    def refuse(name: str) -> str:
        if wrong := check(name):
            raise ValueError(f"{describe(name)} {wrong}")
        return name

    return AfterValidator(refuse)


def _check_env_name(name: str) -> str | None:
    """Source: IsRelaxedEnvVarName, k8s.io/apimachinery/pkg/util/validation/validation.go."""
    if re.fullmatch(r"[ -<>-~]+", name):
        return None
    return "must consist of printable ASCII characters other than '='"


DnsLabel: TypeAlias = Annotated[StrictStr, _named(check_dns_label)]
DnsSubdomain: TypeAlias = Annotated[StrictStr, _named(check_dns_subdomain)]
LabelKey: TypeAlias = Annotated[StrictStr, _named(check_label_key)]
LabelValue: TypeAlias = Annotated[StrictStr, _named(check_label_value)]
EnvName: TypeAlias = Annotated[StrictStr, _named(_check_env_name)]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The unsupported fields are those of the Kubernetes 1.31 API reference of Pod v1.


class EnvVar(KubernetesModel):
    """One environment variable with a literal value."""

    unsupported = _words("valueFrom")

    name: EnvName
    value: StrictStr = ""


class Container(KubernetesModel):
    """One container of a pod. ``command`` replaces the image's entrypoint, ``args`` its command."""

    unsupported = _words("""
        envFrom lifecycle livenessProbe ports readinessProbe resizePolicy resources
        restartPolicy securityContext startupProbe stdin stdinOnce terminationMessagePath
        terminationMessagePolicy tty volumeDevices volumeMounts
        """)

    name: DnsLabel
    image: Annotated[StrictStr, Field(min_length=1)]
    command: tuple[StrictStr, ...] | None = None
    args: tuple[StrictStr, ...] | None = None
    env: tuple[EnvVar, ...] = ()
    working_dir: StrictStr | None = None
    image_pull_policy: ImagePullPolicy | None = None


class PodSpec(KubernetesModel):
    """What the pod should be."""

    unsupported = _words("""
        activeDeadlineSeconds affinity automountServiceAccountToken dnsConfig dnsPolicy
        enableServiceLinks ephemeralContainers hostAliases hostUsers imagePullSecrets nodeName
        nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates
        resourceClaims resources runtimeClassName schedulerName schedulingGates securityContext
        serviceAccount serviceAccountName setHostnameAsFQDN subdomain tolerations
        topologySpreadConstraints volumes
        """)

    containers: Annotated[tuple[Container, ...], Field(min_length=1)]
    init_containers: tuple[Container, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    share_process_namespace: StrictBool | None = None
    termination_grace_period_seconds: Annotated[StrictInt, Field(ge=0, le=LONGEST_GRACE_S)] = 30
    hostname: DnsLabel | None = None
    host_network: StrictBool = False
    host_pid: Annotated[StrictBool, Field(alias="hostPID")] = False
    host_ipc: Annotated[StrictBool, Field(alias="hostIPC")] = False

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """Init containers first, as they run."""
        return self.init_containers + self.containers


class Metadata(KubernetesModel):
    """What the pod is called."""

    unsupported = _words("""
        creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName
        generation managedFields ownerReferences resourceVersion selfLink uid
        """)

    name: DnsSubdomain
    namespace: DnsLabel = "default"
    labels: Mapping[LabelKey, LabelValue] = Field(default_factory=dict)
    annotations: Mapping[LabelKey, StrictStr] = Field(default_factory=dict)


class PodManifest(KubernetesModel):
    """A whole ``kind: Pod`` document."""

    unsupported = _words("status")

    api_version: StrictStr
    kind: StrictStr
    metadata: Metadata
    spec: PodSpec


def parse_pod(text: str, source: str) -> PodManifest:
    """Read the one Pod of a manifest file's whole text.

    ``source`` is the file's name, for messages. Raises InvalidFile with every problem.
    """
    documents = load_documents(text, source)
    if not documents:
        raise InvalidFile([Problem(source, 0, 0, "the file is empty; expected one Pod")])
    if len(documents) > 1:
        line, column = documents[1].place(())
        raise InvalidFile(
            [Problem(source, line, column, "a second document; expected one Pod in the file")]
        )
    return pod_from_document(documents[0], source)


def pod_from_document(document: Document, source: str) -> PodManifest:
    """Read a Pod from a document that is already parsed. Errors as ``parse_pod``."""
    _check_kind(document, source)
    return validate(PodManifest, document, source, checks=[_check_doubles, _check_pid])


def _check_kind(document: Document, source: str) -> None:
    """Refuse another kind at once: its fields would all be reported as unknown."""
    data = document.data
    if not isinstance(data, dict):
        message = "expected a Pod: a mapping with apiVersion, kind, metadata and spec"
        raise InvalidFile([Problem(source, *document.place(()), message)])
    for key, wanted in (("kind", "Pod"), ("apiVersion", "v1")):
        if key in data and data[key] != wanted:
            message = f"{key} is {describe(data[key])}; only {wanted} can be made here"
            raise InvalidFile([Problem(source, *document.place((key,)), message)])


def _check_doubles(data: Data) -> Iterator[tuple[Path, str]]:
    seen: set[str] = set()
    for key in ("initContainers", "containers"):
        containers = _pick(data, "spec", key)
        for index, container in enumerate(containers if isinstance(containers, list) else ()):
            name = _pick(container, "name")
            if not isinstance(name, str):
                continue
            if name in seen:
                yield (
                    ("spec", key, index, "name"),
                    f"a container named {describe(name)} is there already",
                )
            seen.add(name)


def _check_pid(data: Data) -> Iterator[tuple[Path, str]]:
    if _pick(data, "spec", "hostPID") is _pick(data, "spec", "shareProcessNamespace") is True:
        yield (
            ("spec", "shareProcessNamespace"),
            "shareProcessNamespace and hostPID cannot both be true",
        )


def _pick(data: Data, *path: str) -> Data:
    """The value at a path; None where the path leads nowhere."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data
