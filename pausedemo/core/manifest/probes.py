"""Probes and hooks of containers, and what handles them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StrictInt, StrictStr

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.types import (
    NotNegative,
    PortNumber,
    PortOrName,
    Text,
    words,
)

#: A day. What is longer is a slip, and the engine counts in 32 bits.
LONGEST_GRACE_S: Final = 24 * 3600


class URIScheme(StrEnum):
    """What an HTTP probe speaks."""

    HTTP = "HTTP"
    HTTPS = "HTTPS"


class ExecAction(KubernetesModel):
    """A command in the container, without a shell. Exit code 0 is success."""

    command: tuple[StrictStr, ...] = ()


class HTTPHeader(KubernetesModel):
    """One header of an HTTP request."""

    name: Text
    value: StrictStr = ""


class HTTPGetAction(KubernetesModel):
    """An HTTP request to the pod's address, or to ``host``."""

    path: Text = "/"
    port: PortOrName
    host: StrictStr = ""
    scheme: URIScheme = URIScheme.HTTP
    http_headers: tuple[HTTPHeader, ...] = ()


class TCPSocketAction(KubernetesModel):
    """A TCP connection to the pod's address, or to ``host``."""

    port: PortOrName
    host: StrictStr = ""


class GRPCAction(KubernetesModel):
    """A request of gRPC's health checking protocol."""

    port: PortNumber
    service: StrictStr = ""


class SleepAction(KubernetesModel):
    """A pause."""

    seconds: StrictInt


def _zero_is(default: int) -> AfterValidator:
    """Kubernetes cannot tell 0 from nothing. Source: SetDefaults_Probe."""
    return AfterValidator(lambda number: number or default)


class Probe(KubernetesModel):
    """How to see whether a container is well: exactly one handler, and when to ask it."""

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    tcp_socket: TCPSocketAction | None = None
    grpc: GRPCAction | None = None
    initial_delay_seconds: NotNegative = 0
    timeout_seconds: Annotated[NotNegative, _zero_is(1)] = 1
    period_seconds: Annotated[NotNegative, _zero_is(10)] = 10
    success_threshold: Annotated[NotNegative, _zero_is(1)] = 1
    failure_threshold: Annotated[NotNegative, _zero_is(3)] = 3
    termination_grace_period_seconds: (
        Annotated[StrictInt, Field(ge=1, le=LONGEST_GRACE_S)] | None
    ) = None


class LifecycleHandler(KubernetesModel):
    """What a hook does: exactly one of these."""

    unsupported = words("tcpSocket")

    exec: ExecAction | None = None
    http_get: HTTPGetAction | None = None
    sleep: SleepAction | None = None


class Lifecycle(KubernetesModel):
    """Hooks of a container's life."""

    unsupported = words("stopSignal")

    post_start: LifecycleHandler | None = None
    pre_stop: LifecycleHandler | None = None
