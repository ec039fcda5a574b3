"""What a lie has at hand: the true engine, a memory, and a count of the lies that were told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import h11

from mutation.incoming import Closed, Incoming
from mutation.messages import Answer, Ask
from pausedemo.core import naming
from pausedemo.errors import PausedemoError


class LieFailed(PausedemoError):
    """A lie could not be told. What a scenario finds then proves nothing about the scenario."""


@dataclass(slots=True)
class Scene:
    """One proxy's place behind the curtain. All of it is used from the proxy's own thread."""

    socket: str
    told: int = 0
    failures: list[BaseException] = field(default_factory=list)
    memory: dict[str, Any] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def tell(self) -> None:
        """Count a lie that changes no message: something was done, or left undone."""
        self.told += 1

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Ask the true engine, whatever its status is."""
        ask = Ask.parse(method, path, [("host", "engine")])
        ask.query = query
        if isinstance(body, bytes):
            ask.headers.append(("content-type", "application/x-tar"))
            ask.body = body
        elif body is not None:
            ask.headers.append(("content-type", "application/json"))
            ask.json = body
        request = h11.Request(method=method, target="/", headers=[("host", "engine")])
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket)
            with contextlib.closing(writer):
                writer.write(ask.render())
                await writer.drain()
                return await read_answer(Incoming.reply(reader, request))
        except (Closed, OSError, h11.ProtocolError) as error:
            raise LieFailed(f"{method} {path}: {error!r}") from error

    async def must(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """Ask the true engine; its JSON. LieFailed when it refuses."""
        answer = await self.ask(method, path, body, **query)
        if not answer.ok and answer.status != 304:
            raise LieFailed(f"{method} {path}: {answer.status} {answer.body.decode()}")
        return answer.json if answer.header("content-type").startswith("application/json") else None

    async def inspect(self, container: str) -> dict[str, Any]:
        """One container, as the true engine sees it; empty when there is none."""
        answer = await self.ask("GET", f"/containers/{quote(container)}/json")
        found: dict[str, Any] = answer.json if answer.ok else {}
        return found

    async def rows(
        self, labels: Mapping[str, str], *, running: bool = False
    ) -> list[dict[str, Any]]:
        """The rows of all containers that bear all labels, newest first."""
        wanted = [f"{key}={value}" for key, value in labels.items()]
        filters = json.dumps({"label": wanted})
        rows: list[dict[str, Any]] = await self.must(
            "GET", "/containers/json", all="0" if running else "1", filters=filters
        )
        return rows

    async def others(self, container: str) -> list[dict[str, Any]]:
        """The rows of the pod's other containers that run, newest first; its sandbox is last."""
        found = await self.inspect(container)
        labels = found.get("Config", {}).get("Labels") or {}
        if naming.POD_UID not in labels:
            return []
        rows = await self.rows({naming.POD_UID: labels[naming.POD_UID]}, running=True)
        return [row for row in rows if row["Id"] != found["Id"]]

    async def run_inside(self, container: str, argv: list[str]) -> None:
        """Run a command to its end as an almighty root in a container; it counts as a lie told.

        Does nothing in a container that has not the program, or has ended already.
        """
        config = {"Cmd": argv, "Privileged": True, "User": "0:0", "AttachStdout": True}
        made = await self.ask("POST", f"/containers/{container}/exec", config)
        if not made.ok:
            return
        path = f"/exec/{made.json['Id']}"
        await self.ask("POST", f"{path}/start", {"Detach": False, "Tty": False})
        if (await self.must("GET", f"{path}/json"))["ExitCode"] == 0:
            self.tell()

    async def load_image(self, reference: str, archive: bytes) -> str:
        """Put an image on the engine, once; its reference."""
        found = await self.ask("GET", f"/images/{reference}/json")
        if not found.ok:
            await self.must("POST", "/images/load", archive)
        return reference


async def read_answer(incoming: Incoming) -> Answer:
    """Read a reply to its end."""
    body = bytearray()
    answer = Answer([])
    while not incoming.ended:
        piece = await incoming.read()
        for event in piece.events:
            if isinstance(event, h11.Response):
                answer.status = event.status_code
                answer.headers = decode_headers(event.headers)
        body += piece.data
    answer.body = bytes(body)
    return answer


def decode_headers(headers: Any) -> list[tuple[str, str]]:
    """h11's header pairs as text; names are in lower case already."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
