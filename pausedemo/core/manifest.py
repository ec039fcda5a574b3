"""Kubernetes manifests as typed models, as far as pausedemo supports them.

A key that Kubernetes knows and pausedemo does not support is told apart from one that nobody
knows. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, StrictBool, StrictInt, StrictStr

from pausedemo.core.kubenames import check_dns_label, check_dns_subdomain
from pausedemo.core.validation import KubernetesModel, Path, validate
from pausedemo.core.yamltext import Document, load_documents
from pausedemo.errors import InvalidFile, Problem


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


class EnvVar(KubernetesModel):
    """One environment variable with a literal value."""

    name: Annotated[StrictStr, Field(min_length=1)]
    value: StrictStr = ""


class Container(KubernetesModel):
    """One container of a pod. ``command`` replaces the image's entrypoint, ``args`` its command."""

    name: StrictStr
    image: Annotated[StrictStr, Field(min_length=1)]
    command: tuple[StrictStr, ...] | None = None
    args: tuple[StrictStr, ...] | None = None
    env: tuple[EnvVar, ...] = ()
    working_dir: StrictStr | None = None
    image_pull_policy: ImagePullPolicy | None = None


class PodSpec(KubernetesModel):
    """What the pod should be."""

    containers: Annotated[tuple[Container, ...], Field(min_length=1)]
    init_containers: tuple[Container, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    share_process_namespace: StrictBool | None = None
    termination_grace_period_seconds: Annotated[StrictInt, Field(ge=0)] = 30
    hostname: StrictStr | None = None
    host_network: StrictBool = False
    host_pid: Annotated[StrictBool, Field(alias="hostPID")] = False
    host_ipc: Annotated[StrictBool, Field(alias="hostIPC")] = False

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """Init containers first, as they run."""
        return self.init_containers + self.containers


class Metadata(KubernetesModel):
    """What the pod is called."""

    name: StrictStr
    namespace: StrictStr = "default"
    labels: Mapping[StrictStr, StrictStr] = Field(default_factory=dict)
    annotations: Mapping[StrictStr, StrictStr] = Field(default_factory=dict)


class PodManifest(KubernetesModel):
    """A whole ``kind: Pod`` document."""

    api_version: StrictStr
    kind: StrictStr
    metadata: Metadata
    spec: PodSpec


# Source: the Kubernetes 1.31 API reference of Pod v1.
_UNSUPPORTED_FIELDS: Final = {
    "PodManifest": "status",
    "Metadata": """
        creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName
        generation managedFields ownerReferences resourceVersion selfLink uid
    """,
    "PodSpec": """
        activeDeadlineSeconds affinity automountServiceAccountToken dnsConfig dnsPolicy
        enableServiceLinks ephemeralContainers hostAliases hostUsers imagePullSecrets nodeName
        nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates
        resourceClaims resources runtimeClassName schedulerName schedulingGates securityContext
        serviceAccount serviceAccountName setHostnameAsFQDN subdomain tolerations
        topologySpreadConstraints volumes
    """,
    "Container": """
        envFrom lifecycle livenessProbe ports readinessProbe resizePolicy resources
        restartPolicy securityContext startupProbe stdin stdinOnce terminationMessagePath
        terminationMessagePolicy tty volumeDevices volumeMounts
    """,
    "EnvVar": "valueFrom",
}
UNSUPPORTED: Final[Mapping[str, frozenset[str]]] = {
    model: frozenset(fields.split()) for model, fields in _UNSUPPORTED_FIELDS.items()
}


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
    return validate(
        PodManifest, document, source, unsupported=UNSUPPORTED, checks=[_check_names, _check_pid]
    )


def _check_kind(document: Document, source: str) -> None:
    """Refuse another kind at once: its fields would all be reported as unknown."""
    data = document.data
    if not isinstance(data, dict):
        message = "expected a Pod: a mapping with apiVersion, kind, metadata and spec"
        raise InvalidFile([Problem(source, *document.place(()), message)])
    for key, wanted in (("kind", "Pod"), ("apiVersion", "v1")):
        if key in data and data[key] != wanted:
            message = f"{key} is {data[key]!r}; only {wanted} can be made here"
            raise InvalidFile([Problem(source, *document.place((key,)), message)])


def _check_names(pod: PodManifest) -> Iterator[tuple[Path, str]]:
    for place, name, check in (
        (("metadata", "name"), pod.metadata.name, check_dns_subdomain),
        (("metadata", "namespace"), pod.metadata.namespace, check_dns_label),
        (("spec", "hostname"), pod.spec.hostname, check_dns_label),
    ):
        if name is not None and (message := check(name)):
            yield place, f'"{name}" {message}'
    seen: set[str] = set()
    for key, containers in (
        ("initContainers", pod.spec.init_containers),
        ("containers", pod.spec.containers),
    ):
        for index, container in enumerate(containers):
            path: Path = ("spec", key, index, "name")
            if message := check_dns_label(container.name):
                yield path, f'"{container.name}" {message}'
            if container.name in seen:
                yield path, f'a container named "{container.name}" is there already'
            seen.add(container.name)


def _check_pid(pod: PodManifest) -> Iterator[tuple[Path, str]]:
    if pod.spec.host_pid and pod.spec.share_process_namespace:
        yield (
            ("spec", "shareProcessNamespace"),
            "shareProcessNamespace and hostPID cannot both be true",
        )
