"""The node's side: what is seen from the machine that the engine runs on.

The engine may be on another machine, or inside a virtual one, so the node is looked at through a
container that has the node's namespaces. It is made when it is first needed. Its own links in
/proc tell which namespaces are the node's: those of PID 1 may be hidden, even from root.
"""

from __future__ import annotations

import http.client
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pausedemo.core.outputs.inodes import parse_namespaces
from pausedemo.errors import EngineError, PausedemoError
from pausedemo.kubelet.reach.nodecontainer import NodeContainer

#: The kinds of which the node's own namespace can be seen: those the container shares with it.
NODE_KINDS: Final = frozenset({"cgroup", "ipc", "net", "pid", "time", "user", "uts"})
#: Long enough for an engine under load: a look that is late says nothing of what it looks at.
LOOK_TIMEOUT_S: Final = 60.0
#: As much of an answer as is read; a page that a scenario looks at is smaller.
LONGEST_BODY: Final = 1 << 20

# nc ends when the server closes. Its own input is a pipe that is never at its end: closing our
# half of the connection first would make nginx drop a proxied request (status 499).
_ASK: Final = """
pipe=/dev/shm/ask.$$
mkfifo "$pipe" && exec 3<>"$pipe" && rm "$pipe" || exit 3
printf '%s' "$1" >&3
exec nc -w "$4" "$2" "$3" <&3
"""


class NoAnswer(PausedemoError):
    """A server did not answer, or not in HTTP."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A status, headers with lower-case names, and the body as text."""

    status: int
    reason: str
    headers: Mapping[str, str]
    text: str


class Node:
    """The engine's machine, seen through a container."""

    def __init__(self, container: NodeContainer) -> None:
        self._container = container

    def get(self, ip: str, port: int, path: str, timeout_s: float) -> HttpAnswer:
        """Ask a server with GET. Raises NoAnswer, with what nc said, when none answers."""
        host = ip if port == 80 else f"{ip}:{port}"
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: pausedemo\r\n"
            "Accept: */*\r\nConnection: close\r\n\r\n"
        )
        argv = ["sh", "-c", _ASK, "sh", request, ip, str(port), str(max(1, round(timeout_s)))]
        done = self._container.exec(argv, timeout_s=timeout_s)
        if not done.stdout:
            said = done.stderr.decode(errors="replace").strip() or "it closed the connection"
            raise NoAnswer(f"no answer from {host}: {said}")
        return parse_answer(done.stdout, host)

    def namespaces(self, pid: int, kinds: Iterable[str]) -> tuple[str, Mapping[str, int]]:
        """Look at a process' namespaces: what ``ls -l`` printed, and the inodes by kind."""
        return self._look(str(pid), kinds)

    def own_namespaces(self, kinds: Iterable[str] = NODE_KINDS) -> tuple[str, Mapping[str, int]]:
        """As ``namespaces``, of the node itself; ``kinds`` are of NODE_KINDS."""
        return self._look("self", kinds)

    def all_namespaces(self, pids: Iterable[int]) -> dict[int, Mapping[str, int]]:
        """The inodes of all namespaces of several processes; one that has ended is left out."""
        script = 'for pid; do echo "$pid"; ls -l "/proc/$pid/ns" 2>/dev/null; done'
        argv = ["sh", "-c", script, "sh", *map(str, pids)]
        done = self._container.exec(argv, timeout_s=LOOK_TIMEOUT_S)
        listings: dict[int, list[str]] = {}
        pid = 0
        for line in done.stdout.decode(errors="replace").splitlines():
            if line.isdecimal():
                pid = int(line)
            else:
                listings.setdefault(pid, []).append(line)
        return {pid: parse_namespaces("\n".join(lines)) for pid, lines in listings.items()}

    def _look(self, process: str, kinds: Iterable[str]) -> tuple[str, Mapping[str, int]]:
        argv = ["sh", "-c", 'cd "/proc/$1/ns" && shift && exec ls -l "$@"', "sh", process]
        done = self._container.exec([*argv, *sorted(kinds)], timeout_s=LOOK_TIMEOUT_S)
        text = done.stdout.decode(errors="replace")
        if done.exit_code:
            said = done.stderr.decode(errors="replace").strip()
            raise EngineError(f"see the namespaces of process {process} on the node", 0, said)
        return text, parse_namespaces(text)


def parse_answer(raw: bytes, host: str) -> HttpAnswer:
    """Read a whole HTTP/1 answer. Raises NoAnswer when it is none, or was cut short."""
    response = http.client.HTTPResponse(_Bytes(raw))  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read(LONGEST_BODY)
    except (http.client.HTTPException, ValueError) as error:
        raise NoAnswer(f"no HTTP answer from {host}: {error!r}") from error
    if len(body) < LONGEST_BODY and response.length:
        raise NoAnswer(f"the answer from {host} ended {response.length} bytes too early")
    return HttpAnswer(
        status=response.status,
        reason=response.reason,
        headers={name.lower(): value for name, value in response.getheaders()},
        text=_decode(body, response.headers.get_content_charset("utf-8")),
    )


def _decode(body: bytes, charset: str) -> str:
    try:
        return body.decode(charset, errors="replace")
    except (LookupError, ValueError):
        # A server may name a charset that does not exist, or one that knows no replacement.
        return body.decode("utf-8", errors="replace")


class _Bytes:
    """As much of a socket as http.client wants: something that gives a file to read."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        del mode
        return io.BytesIO(self._raw)
