"""Every option of a create request is carried out, refused, or known to have no effect here."""

from __future__ import annotations

from typing import Any

import pytest

from tests.embedded.api.wire import ask
from tests.embedded.engines import RunningEngine

#: Fields of HostConfig in API 1.41 (moby, api/types/container/host_config.go) that this engine
#: does not carry out, with a value that would change something.
REFUSED: dict[str, Any] = {
    "BlkioDeviceReadBps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioDeviceReadIOps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioDeviceWriteBps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioDeviceWriteIOps": [{"Path": "/dev/sda", "Rate": 1}],
    "BlkioWeight": 10,
    "BlkioWeightDevice": [{"Path": "/dev/sda", "Weight": 10}],
    "Cgroup": "container:x",
    "CgroupParent": "/x",
    "CpuCount": 1,
    "CpuPercent": 1,
    "CpuRealtimePeriod": 1000,
    "CpuRealtimeRuntime": 1000,
    "CpusetCpus": "0",
    "CpusetMems": "0",
    "DeviceCgroupRules": ["c 1:3 r"],
    "DeviceRequests": [{"Count": -1}],
    "Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x"}],
    "IOMaximumBandwidth": 1,
    "IOMaximumIOps": 1,
    "KernelMemory": 10_000_000,
    "KernelMemoryTCP": 10_000_000,
    "Links": ["a:b"],
    "OomKillDisable": True,
    "StorageOpt": {"size": "1G"},
    "UsernsMode": "host",
    "NotYetInvented": "x",
}


@pytest.mark.parametrize("field", REFUSED)
def test_an_option_that_is_not_carried_out_is_refused(
    embedded: RunningEngine, busybox: str, field: str
) -> None:
    body = {"Image": busybox, "HostConfig": {field: REFUSED[field]}}
    answer = ask(embedded.socket, "POST", "/containers/create", body)
    assert answer.status == 501, answer
    assert answer.message.startswith(f"the embedded engine does not support HostConfig.{field}: ")


@pytest.mark.parametrize(
    "asked",
    [
        {"Links": ["a:b"]},
        {"IPAMConfig": {"IPv6Address": "fd00::9"}},
        {"IPAMConfig": {"LinkLocalIPs": ["169.254.8.8"]}},
        {"DriverOpts": {"com.docker.network.endpoint.sysctls": "a=b"}},
    ],
)
def test_an_option_of_a_network_that_is_not_carried_out_is_refused(
    embedded: RunningEngine, busybox: str, asked: dict[str, Any]
) -> None:
    body = {"Image": busybox, "NetworkingConfig": {"EndpointsConfig": {"bridge": asked}}}
    answer = ask(embedded.socket, "POST", "/containers/create", body)
    assert answer.status == 501, answer
    assert answer.message.endswith(" not supported")


@pytest.mark.parametrize("value", [None, 0, "", False, [], {}])
def test_an_option_that_asks_for_nothing_is_taken(
    embedded: RunningEngine, busybox: str, value: Any
) -> None:
    body = {"Image": busybox, "HostConfig": {"NotYetInvented": value}}
    answer = ask(embedded.socket, "POST", "/containers/create?name=asks-nothing", body)
    gone = ask(embedded.socket, "DELETE", "/containers/asks-nothing")
    assert (answer.status, gone.status) == (201, 204)


@pytest.mark.parametrize("test", [["CMD", "true"], ["CMD-SHELL", "true"], ["NONE"], []])
def test_a_healthcheck_is_taken(embedded: RunningEngine, busybox: str, test: list[str]) -> None:
    body = {"Image": busybox, "Healthcheck": {"Test": test}}
    answer = ask(embedded.socket, "POST", "/containers/create?name=health", body)
    ask(embedded.socket, "DELETE", "/containers/health")
    assert answer.status == 201, answer


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("Interval", 5, "Interval in Healthcheck cannot be less than 1ms"),
        ("Timeout", -5, "Timeout in Healthcheck cannot be less than 1ms"),
        ("Retries", -1, "Retries in Healthcheck cannot be negative"),
    ],
)
def test_a_healthcheck_that_cannot_be_made_is_refused(
    embedded: RunningEngine, busybox: str, field: str, value: int, message: str
) -> None:
    body = {"Image": busybox, "Healthcheck": {"Test": ["CMD", "true"], field: value}}
    answer = ask(embedded.socket, "POST", "/containers/create?name=health", body)
    assert (answer.status, answer.message) == (400, message)
