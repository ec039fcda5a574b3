"""What a lie has at hand: the true engine, a memory, and a count of the lies that were told."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import h11

from mutation.incoming import Closed, Incoming
from mutation.messages import Answer, Ask, decode_headers
from mutation.subjects import Body, donor_of, is_subject, labels_of, ownership
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

    def tell(self) -> None:
        """Count a lie that changes no message: something was done, or left undone."""
        self.told += 1

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> Answer:
        """Ask the true engine, whatever its status is. ``body`` is JSON, or bytes of a tar."""
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

    async def inspect(self, container: str) -> Body:
        """One container, as the true engine sees it; empty when there is none."""
        answer = await self.ask("GET", f"/containers/{quote(container)}/json")
        found: Body = answer.json if answer.ok else {}
        return found

    async def members(self, donor: Body) -> list[Body]:
        """All that join a container, running or not, newest first."""
        scenario = labels_of(donor)[naming.SCENARIO]
        filters = json.dumps({"label": [f"{naming.SCENARIO}={scenario}"]})
        rows = await self.must("GET", "/containers/json", all="1", filters=filters)
        found = [await self.inspect(row["Id"]) for row in rows]
        return [one for one in found if one and is_subject(one) and donor_of(one) == donor["Id"]]

    async def siblings(self, member: Body) -> list[Body]:
        """The others that join the same container and run, newest first."""
        donor = await self.inspect(donor_of(member))
        members = await self.members(donor) if donor else []
        return [one for one in members if one["Id"] != member["Id"] and one["State"]["Running"]]

    async def enter(
        self, found: Body, kind: str, argv: list[str], *, target: Body | None = None
    ) -> None:
        """Run a command in a running container's namespace, from outside, as an almighty root.

        ``kind`` is nsenter's word for it (``--net``); the nsenter is that of the container's
        image, and where that has none nothing is done. It counts as a lie. With a ``target``, it
        is that container's namespace, and nobody waits for the command's end. It runs in a
        container that goes when its scenario is taken down.
        """
        pid = str((target or found)["State"]["Pid"])
        helper = {
            "Image": found["Image"],
            "Entrypoint": ["nsenter", "--target", pid, kind, "--", *argv],
            "User": "0:0",
            "Labels": ownership(found),
            "HostConfig": {
                "PidMode": "host",
                "NetworkMode": "none",
                "CapAdd": ["NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE"],
            },
        }
        made = await self.must("POST", "/containers/create", helper)
        if (await self.ask("POST", f"/containers/{made['Id']}/start")).ok:
            self.tell()
            if target is None:
                await self.must("POST", f"/containers/{made['Id']}/wait")

    async def runs_pause(self, image: str) -> bool:
        """Whether an image is one of pause."""
        found = await self.must("GET", f"/images/{image}/json")
        return bool(found["Config"]["Entrypoint"] == ["/pause"])

    async def load_image(self, reference: str, archive: bytes) -> None:
        """Put an image on the engine unless it is there."""
        if not (await self.ask("GET", f"/images/{reference}/json")).ok:
            said = await self.ask("POST", "/images/load", archive, quiet="1")
            # An engine that cannot load it says so in a line of a good answer.
            if not said.ok or any("error" in json.loads(line) for line in said.body.splitlines()):
                raise LieFailed(f"POST /images/load: {said.status} {said.body.decode()}")


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
