"""The network endpoints over HTTP, with real networks behind them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from pausedemo.embedded.api.networks import NetworksApi
from pausedemo.embedded.errors import ApiError, BadParameter, NotFound, NotSupported
from pausedemo.embedded.network.model import Attachment, Sandbox
from pausedemo.embedded.network.networks import Networks
from pausedemo.embedded.network.placing import parse_attachment
from tests.embedded.network.sandboxes import needs_root, opened


@dataclass
class Container:
    container_id: str
    container_name: str
    sandbox: Sandbox | None = None
    attachments: dict[str, Attachment] = field(default_factory=dict)
    hostname: str = ""
    is_running: bool = True
    shares_network: bool = False

    @property
    def networks(self) -> tuple[str, ...]:
        return ("bridge", *self.attachments)

    def attached(self, attachment: Attachment) -> None:
        self.attachments[attachment.network] = attachment

    def detached(self, network: str) -> None:
        del self.attachments[network]


@web.middleware
async def tell_errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except ApiError as error:
        return web.json_response({"message": str(error)}, status=error.status)
    return response


@contextlib.asynccontextmanager
async def client() -> AsyncIterator[tuple[TestClient[Any, Any], Networks, Container]]:
    async with opened() as networks:
        container = Container("c" * 64, "web")
        container.sandbox = await networks.connect_sandbox(
            container.container_id, "web", [Attachment("bridge")]
        )

        def find(reference: str) -> Container:
            if reference != "web":
                raise NotFound(f"No such container: {reference}")
            return container

        app = web.Application(middlewares=[tell_errors])
        app.add_routes(NetworksApi(networks, find).routes())
        async with TestClient(TestServer(app)) as http:
            yield http, networks, container


async def call(http: TestClient[Any, Any], method: str, path: str, body: Any = None) -> Any:
    async with http.request(method, path, json=body) as response:
        text = await response.text()
        return response.status, json.loads(text) if text else None


@needs_root
def test_a_network_is_made_joined_left_and_removed():
    async def body() -> None:
        async with client() as (http, networks, container):
            wish = {"Name": "blue", "Labels": {"a": "b"}, "CheckDuplicate": True}
            status, made = await call(http, "POST", "/networks/create", wish)
            assert status == 201
            assert made == {"Id": made["Id"], "Warning": ""}
            assert (await call(http, "POST", "/networks/create", wish)) == (
                409,
                {"message": "network with name blue already exists"},
            )
            joined = {"Container": "web", "EndpointConfig": {"Aliases": ["db"]}}
            assert await call(http, "POST", "/networks/blue/connect", joined) == (200, None)
            assert container.attachments == {"blue": Attachment("blue", ("db",))}
            status, shown = await call(http, "GET", f"/networks/{made['Id'][:12]}")
            assert status == 200
            pool = networks.find("blue").pool
            assert pool is not None
            endpoint = shown["Containers"]["c" * 64]
            assert shown == {
                "Name": "blue",
                "Id": made["Id"],
                "Created": shown["Created"],
                "Scope": "local",
                "Driver": "bridge",
                "EnableIPv6": False,
                "IPAM": {
                    "Driver": "default",
                    "Options": {},
                    "Config": [{"Subnet": str(pool.subnet), "Gateway": str(pool.gateway)}],
                },
                "Internal": False,
                "Attachable": False,
                "Ingress": False,
                "ConfigFrom": {"Network": ""},
                "ConfigOnly": False,
                "Containers": {
                    "c" * 64: {
                        "Name": "web",
                        "EndpointID": endpoint["EndpointID"],
                        "MacAddress": endpoint["MacAddress"],
                        "IPv4Address": f"{pool.subnet.network_address + 2}/16",
                        "IPv6Address": "",
                    }
                },
                "Options": {},
                "Labels": {"a": "b"},
            }
            status, _ = await call(http, "DELETE", "/networks/blue")
            assert status == 403
            left = {"Container": "web"}
            assert await call(http, "POST", "/networks/blue/disconnect", left) == (200, None)
            assert container.attachments == {}
            assert await call(http, "DELETE", "/networks/blue") == (204, None)
            assert await call(http, "GET", "/networks/blue") == (
                404,
                {"message": "network blue not found"},
            )

    asyncio.run(body())


@needs_root
def test_lists_are_filtered_and_prune_removes_what_nobody_uses():
    async def names(http: TestClient[Any, Any], filters: str) -> list[str]:
        status, shown = await call(http, "GET", f"/networks?filters={filters}")
        assert status == 200
        return [one["Name"] for one in shown]

    async def body() -> None:
        async with client() as (http, _, _):
            assert await names(http, "") == ["bridge", "host", "none"]
            await call(http, "POST", "/networks/create", {"Name": "blue", "Labels": {"a": "b"}})
            await call(http, "POST", "/networks/create", {"Name": "red"})
            for filters, expected in (
                ('{"name":{"lu":true}}', ["blue"]),
                ('{"label":["a=b"]}', ["blue"]),
                ('{"label":["a=c"]}', []),
                ('{"type":["custom"]}', ["blue", "red"]),
                ('{"driver":["null"]}', ["none"]),
                ('{"dangling":["1"],"name":["e"]}', ["blue", "red"]),
            ):
                assert await names(http, filters) == expected
            assert await call(http, "GET", '/networks?filters={"shoe":["9"]}') == (
                400,
                {"message": "Invalid filter 'shoe'"},
            )
            assert await call(http, "POST", '/networks/prune?filters={"until":["10m"]}') == (
                200,
                {"NetworksDeleted": None},
            )
            assert await call(http, "POST", "/networks/prune") == (
                200,
                {"NetworksDeleted": ["blue", "red"]},
            )

    asyncio.run(body())


@needs_root
@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("DELETE", "bridge", None, 403, "bridge is a pre-defined network and cannot be removed"),
        ("DELETE", "blue", None, 404, "network blue not found"),
        (
            "POST",
            "create",
            {"Name": "host"},
            403,
            "operation is not permitted on predefined host network ",
        ),
        ("POST", "create", {}, 400, "invalid name: "),
        ("POST", "create", [], 400, "the request's body is not a JSON object"),
        ("POST", "create", {"Name": "x", "Driver": "foo"}, 404, 'plugin "foo" not found'),
        (
            "POST",
            "create",
            {"Name": "x", "Driver": "macvlan"},
            501,
            "networks of driver macvlan are not supported: bridge is",
        ),
        (
            "POST",
            "create",
            {"Name": "x", "EnableIPv6": True},
            501,
            "IPv6 networks are not supported",
        ),
        (
            "POST",
            "create",
            {"Name": "x", "Options": {"com.docker.network.bridge.enable_icc": "false"}},
            501,
            "network option com.docker.network.bridge.enable_icc=false is not supported",
        ),
        (
            "POST",
            "create",
            {"Name": "x", "IPAM": {"Config": [{"Subnet": "ten"}]}},
            400,
            "invalid CIDR address: ten",
        ),
        ("POST", "bridge/connect", {}, 400, "invalid container name or ID: value is empty"),
        ("POST", "bridge/connect", {"Container": "db"}, 404, "No such container: db"),
        (
            "POST",
            "bridge/connect",
            {"Container": "web"},
            403,
            "endpoint with name web already exists in network bridge",
        ),
        (
            "POST",
            "host/connect",
            {"Container": "web"},
            400,
            "container cannot be disconnected from host network or connected to host network",
        ),
        (
            "POST",
            "none/disconnect",
            {"Container": "web"},
            500,
            f"container {'c' * 64} is not connected to network none",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_dockerds_words(method, path, body, status, message):
    async def ask() -> None:
        async with client() as (http, _, _):
            answer = await call(http, method, f"/networks/{path}", body)
            assert answer == (status, {"message": message})

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("config", "attachment"),
    [
        (None, Attachment("blue")),
        ({}, Attachment("blue")),
        (
            {
                "IPAMConfig": {"IPv4Address": "10.0.0.9"},
                "Aliases": ["a", "b", "a"],
                "MacAddress": "02:42:00:00:00:09",
                "Links": None,
            },
            Attachment("blue", ("a", "b"), "10.0.0.9", "02:42:00:00:00:09"),
        ),
    ],
)
def test_an_endpoint_config_is_read(config, attachment):
    assert parse_attachment("blue", config) == attachment


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ([], BadParameter),
        ({"Aliases": "a"}, BadParameter),
        ({"Aliases": [1]}, BadParameter),
        ({"IPAMConfig": "ten"}, BadParameter),
        ({"IPAMConfig": {"IPv4Address": 9}}, BadParameter),
        ({"IPAMConfig": {"IPv6Address": "fd00::9"}}, NotSupported),
        ({"Links": ["a:b"]}, NotSupported),
        ({"DriverOpts": {"com.docker.network.endpoint.ifname": "a"}}, NotSupported),
        ({"DriverOpts": ["a"]}, BadParameter),
        ({"DriverOpts": {"a": 1}}, BadParameter),
    ],
)
def test_an_endpoint_config_that_cannot_be_is_refused(config, kind):
    with pytest.raises(kind):
        parse_attachment("blue", config)
