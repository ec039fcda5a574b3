"""gRPC's health checking protocol, asked as the kubelet does.

grpcio is large and seldom wanted, so it is an extra of the package, and loaded at the first such
probe. Source: kubernetes pkg/probe/grpc/grpc.go.
"""

from __future__ import annotations

from typing import Any

from pausedemo.core.pods.pod import LATEST_KUBERNETES
from pausedemo.core.rules.dialerrors import join_host_port
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.reach.dialing import Dialer
from pausedemo.kubelet.reach.forwarding import forwarded


class GrpcMissing(PausedemoError):
    """The packages that a gRPC probe needs are not installed."""


def check_health(
    dialer: Dialer, host: str, port: int, service: str, timeout_s: int
) -> tuple[bool, str]:
    """Whether the service is healthy, and what the kubelet says of it.

    Raises GrpcMissing without the packages, and DialError never: a failure to connect is an answer.
    """
    grpc, messages, stubs = _load()
    place = join_host_port(host, port)
    with forwarded(dialer, host, port, timeout_s) as address:
        major, minor = LATEST_KUBERNETES
        options = [
            ("grpc.primary_user_agent", f"kube-probe/{major}.{minor}"),
            # The proxy of the environment is for the outside.
            ("grpc.enable_http_proxy", 0),
            # Channels of one address share their connections otherwise, also a broken one's pause.
            ("grpc.use_local_subchannel_pool", 1),
        ]
        with grpc.insecure_channel(address, options=options) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=timeout_s)
            except grpc.FutureTimeoutError:
                late = f'timeout: failed to connect service "{place}" within {timeout_s}s'
                return False, f"{late}: context deadline exceeded"
            request = messages.HealthCheckRequest(service=service)
            try:
                reply = stubs.HealthStub(channel).Check(request, timeout=timeout_s)
            except grpc.RpcError as error:
                return False, _say(grpc, error, timeout_s)
    name = messages.HealthCheckResponse.ServingStatus.Name(reply.status)
    if name != "SERVING":
        return False, f'service unhealthy (responded with "{name}")'
    return True, "service healthy"


def _say(grpc: Any, error: Any, timeout_s: int) -> str:
    if error.code() is grpc.StatusCode.UNIMPLEMENTED:
        missing = "error: this server does not implement the grpc health protocol"
        return f"{missing} (grpc.health.v1.Health): {error.details()}"
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return f"timeout: health rpc did not complete within {timeout_s}s"
    # Go writes NotFound where Python has NOT_FOUND.
    code = "".join(word.capitalize() for word in error.code().name.split("_"))
    return f"error: health rpc probe failed: rpc error: code = {code} desc = {error.details()}"


def _load() -> tuple[Any, Any, Any]:
    try:
        import grpc
        from grpc_health.v1 import health_pb2, health_pb2_grpc
    except ImportError as error:
        raise GrpcMissing(
            "gRPC probes need the packages grpcio and grpcio-health-checking:"
            " pip install 'pausedemo[grpc]'"
        ) from error
    return grpc, health_pb2, health_pb2_grpc
