"""GET as the kubelet asks it, for probes and for hooks.

Source: kubernetes pkg/probe/http (request.go, http.go); Go's net/http client for redirects and for
the words of what goes wrong.
"""

from __future__ import annotations

import contextlib
import http.client
import ssl
import time
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from pausedemo.core.manifest import Container, HTTPGetAction
from pausedemo.core.pods.pod import LATEST_KUBERNETES
from pausedemo.core.rules.dialerrors import DialError, join_host_port
from pausedemo.core.rules.ports import resolve_port
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.reach.dialing import Connection, Dialer
from pausedemo.kubelet.reach.timedsocket import TimedSocket, remaining_s

#: As much of an answer's body as is read.
LONGEST_BODY: Final = 10 * 1024
LONGEST_CHAIN: Final = 10
_TOO_LATE: Final = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
_BROKEN: Final = "net/http: HTTP/1.x transport connection broken"
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PATH_CHARACTERS: Final = "/%:@!$&'()*+,;=~-._"
_QUERY_CHARACTERS: Final = _PATH_CHARACTERS + "?"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class HttpFailure(PausedemoError):
    """There was no answer. ``status`` is that of one whose body broke off; else 0."""

    def __init__(self, message: str, status: int = 0) -> None:
        self.status = status
        super().__init__(message)


class PlainAnswer(HttpFailure):
    """A server that was asked by TLS does not speak it."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What is asked. ``headers`` are sent as they are, in order, after ``Host``."""

    url: SplitResult
    headers: tuple[tuple[str, str], ...]
    host: str

    @property
    def text(self) -> str:
        return self.url.geturl()


@dataclass(frozen=True, slots=True)
class HttpReply:
    """A status, where else to ask, and the body, of LONGEST_BODY bytes at most."""

    status: int
    location: str
    body: bytes


def make_request(
    action: HTTPGetAction, container: Container, pod_ip: str, purpose: str
) -> HttpRequest:
    """The request of a probe or of a hook (``purpose``: ``probe``, ``lifecycle``).

    Raises PortError when the action names a port that the container has not.
    """
    place = join_host_port(action.host or pod_ip, resolve_port(action.port, container))
    path = urlsplit(action.path)
    url = SplitResult(
        action.scheme.value.lower(),
        place,
        quote(path.path if path.path.startswith("/") else f"/{path.path}", _PATH_CHARACTERS),
        quote(path.query, _QUERY_CHARACTERS),
        "",
    )
    headers = [(_canonical(header.name), header.value) for header in action.http_headers]
    named = {name for name, _ in headers}
    if "User-Agent" not in named:
        major, minor = LATEST_KUBERNETES
        headers.append(("User-Agent", f"kube-{purpose}/{major}.{minor}"))
    if "Accept" not in named:
        headers.append(("Accept", "*/*"))
    host = next((value for name, value in headers if name == "Host"), "")
    sent = tuple(
        (name, value)
        for name, value in headers
        # An Accept that is there and empty is one that shall not be sent.
        if name not in ("Host", "Connection") and (name, value) != ("Accept", "")
    )
    return HttpRequest(url, sent, host)


def get(request: HttpRequest, dialer: Dialer, timeout_s: float | None) -> HttpReply:
    """Ask, and follow redirects that stay on the host that was asked first.

    A redirect to another host is the answer itself. ``timeout_s`` is for all of it together.
    Raises HttpFailure in Go's words.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    first = request.url.hostname
    for _ in range(LONGEST_CHAIN):
        reply = _get_once(request, dialer, deadline)
        if reply.status not in _REDIRECTS or not reply.location:
            return reply
        url = _follow(request, reply.location)
        if url.hostname != first or url.scheme not in _DEFAULT_PORTS:
            return reply
        is_relative = not urlsplit(reply.location).netloc
        request = replace(request, url=url, host=request.host if is_relative else "")
    raise HttpFailure(f'Get "{request.text}": stopped after {LONGEST_CHAIN} redirects')


def _follow(request: HttpRequest, location: str) -> SplitResult:
    try:
        url = urlsplit(urljoin(request.text, location))
        _ = url.port  # it is read only when somebody asks
    except ValueError as error:
        wrong = f'failed to parse Location header "{location}": {error}'
        raise HttpFailure(f'Get "{request.text}": {wrong}') from error
    return url


def _canonical(header: str) -> str:
    """A header's name as Go writes it: ``X-Custom-Header``."""
    return "-".join(part.capitalize() for part in header.split("-"))


def _get_once(request: HttpRequest, dialer: Dialer, deadline: float | None) -> HttpReply:
    url = request.url
    try:
        port = url.port or _DEFAULT_PORTS[url.scheme]
        connection = dialer.connect(url.hostname or "", port, remaining_s(deadline))
    except DialError as error:
        raise HttpFailure(f'Get "{request.text}": {_say_dial(error)}') from error
    except TimeoutError as error:
        raise HttpFailure(f'Get "{request.text}": {_TOO_LATE}') from error
    try:
        return _ask(request, connection, deadline)
    except TimeoutError as error:
        raise HttpFailure(f'Get "{request.text}": {_TOO_LATE}') from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        # ValueError: of http.client, for headers that cannot be sent.
        never = connection.explain() if _is_end(error) else None
        if never is not None:
            raise HttpFailure(f'Get "{request.text}": {never}') from error
        kind = PlainAnswer if _is_plain(error) else HttpFailure
        raise kind(f'Get "{request.text}": {_say(error)}') from error
    finally:
        connection.close()


def _ask(request: HttpRequest, connection: Connection, deadline: float | None) -> HttpReply:
    plain = connection.socket
    plain.settimeout(remaining_s(deadline))
    if request.url.scheme == "https":
        plain = _make_context().wrap_socket(plain, server_hostname=request.url.hostname)
    try:
        client = http.client.HTTPConnection("")
        client.sock = TimedSocket(plain, deadline)
        target = (request.url.path or "/") + (f"?{request.url.query}" if request.url.query else "")
        client.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        client.putheader("Host", request.host or request.url.netloc)
        for name, value in request.headers:
            client.putheader(name, value.encode())
        client.putheader("Connection", "close")
        # A server may answer, and close, before it has read what it was asked.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            client.endheaders()
        response = client.getresponse()
        location = response.getheader("Location") or ""
        return HttpReply(response.status, location, _read_body(response))
    finally:
        plain.close()


def _read_body(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(LONGEST_BODY)
    except TimeoutError as error:
        late = (
            "context deadline exceeded (Client.Timeout or context cancellation while reading body)"
        )
        raise HttpFailure(late, response.status) from error
    except (OSError, http.client.HTTPException) as error:
        raise HttpFailure("unexpected EOF", response.status) from error


def _make_context() -> ssl.SSLContext:
    """Any certificate will do: the kubelet does not ask who the server is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _say_dial(error: DialError) -> str:
    return _TOO_LATE if str(error).endswith("i/o timeout") else str(error)


def _is_end(error: Exception) -> bool:
    """Whether the connection ended without an answer, as one does that never was."""
    return isinstance(
        error, http.client.RemoteDisconnected | ssl.SSLEOFError | ConnectionError | BrokenPipeError
    )


def _is_plain(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) and error.reason in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
    )


def _say(error: Exception) -> str:
    """The words of Go's client for what its server does."""
    if _is_plain(error):
        return "http: server gave HTTP response to HTTPS client"
    if isinstance(error, http.client.RemoteDisconnected | ssl.SSLEOFError):
        return "EOF"
    if isinstance(error, http.client.BadStatusLine):
        return f'{_BROKEN}: malformed HTTP response "{error.args[0].strip()}"'
    if isinstance(error, ssl.SSLError):
        return f"remote error: tls: {(error.reason or str(error)).lower().replace('_', ' ')}"
    if isinstance(error, ConnectionResetError):
        return "read: connection reset by peer"
    return f"{_BROKEN}: {error}"
