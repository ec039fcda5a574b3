"""auto | docker | podman | embedded | URL -> an engine that answers.

Where ``auto`` finds none, the embedded engine is started for as long as it is used.
Every endpoint that does not answer is kept with its reason; when none does, the error names
them all. When a person chose the endpoint (DOCKER_HOST, a context, a URL) no other is tried:
a command meant for one engine must not quietly run on another.
"""

from __future__ import annotations

import errno
import os
import re
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import docker
import requests
from docker.constants import MINIMUM_DOCKER_API_VERSION
from docker.errors import DockerException
from docker.tls import TLSConfig

from pausedemo.engine.docker import REQUEST_TIMEOUT_S, DockerEngine
from pausedemo.engine.embedded import start_embedded
from pausedemo.engine.endpoints import EMBEDDED, Endpoint, Search, Tls, list_endpoints
from pausedemo.engine.port import Engine
from pausedemo.engine.runtimes import check_runtime
from pausedemo.errors import EngineUnavailable, UsageError
from pausedemo.host import find_program

PROBE_TIMEOUT_S: Final = 5

NOT_AN_ENGINE: Final = "what answers there is not a Docker Engine API"
API_VERSION: Final = re.compile(r"\d+\.\d+")

START_DOCKER: Final = (
    "start Docker (or install it: on Debian, apt-get install docker.io), point DOCKER_HOST at an "
    "engine, or as root on Debian use: pausedemo engine run --install -- COMMAND"
)


KEEPS_NOTHING: Final = (
    "nothing can be kept on an embedded engine that ends with this command: start one with "
    "pausedemo engine serve --socket PATH, and name it with --engine unix://PATH"
)


def connect(
    wanted: str = "auto",
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
    runtime: str | None = None,
    *,
    lasting: bool = False,
) -> Engine:
    """The engine that ``wanted`` means, ready for use. Close it after use.

    With ``runtime`` all its containers run with that OCI runtime instead of its default. With
    ``lasting`` what is made on it must still be there when this process has ended. Raises
    UsageError for a word that is no engine, for a runtime that the engine does not have, and
    where only an engine that ends with us could be had and a lasting one is wanted;
    EngineUnavailable when none answers.
    """
    if wanted == EMBEDDED:
        return _start_embedded(runtime, lasting=lasting)
    search = list_endpoints(wanted, environ, home or Path.home())
    try:
        endpoint = find_answering(search)
    except EngineUnavailable as none_answers:
        if wanted != "auto" or search.chosen:
            raise
        try:
            return _start_embedded(runtime, lasting=lasting)
        except EngineUnavailable as error:
            tried = [*none_answers.tried, *error.tried]
            raise EngineUnavailable(tried, none_answers.remedy) from error
    try:
        client = make_client(endpoint, REQUEST_TIMEOUT_S)
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        raise _unavailable(endpoint, explain(error)) from error
    if runtime is not None:
        _check_runtime(client, endpoint.url, runtime)
    return DockerEngine(client, endpoint.url, runtime)


def _start_embedded(runtime: str | None, *, lasting: bool) -> Engine:
    if lasting:
        raise UsageError(KEEPS_NOTHING)
    process = start_embedded()
    try:
        client = make_client(process.endpoint, REQUEST_TIMEOUT_S)
        if runtime is not None:
            _check_runtime(client, process.endpoint.url, runtime)
    except BaseException:
        process.close()
        raise
    return DockerEngine(client, process.endpoint.url, runtime, process)


def find_endpoint(
    wanted: str = "auto",
    environ: Mapping[str, str] = os.environ,
    home: Path | None = None,
) -> Endpoint:
    """The first endpoint that answers, each asked for at most a few seconds.

    Raises as ``connect`` does; EngineUnavailable.tried has every endpoint and its reason.
    """
    return find_answering(list_endpoints(wanted, environ, home or Path.home()))


def find_answering(search: Search) -> Endpoint:
    """The first of a search's endpoints that answers. Raises EngineUnavailable with all reasons."""
    tried = []
    for endpoint in search.endpoints:
        why = probe(endpoint)
        if why is None:
            return endpoint
        tried.append((str(endpoint), why))
    remedy = START_DOCKER
    if search.chosen:
        source = search.endpoints[0].source
        remedy = f"this engine was chosen by {source}: start it, or take that choice back"
    raise EngineUnavailable(tried, remedy)


def probe(endpoint: Endpoint, timeout_s: int = PROBE_TIMEOUT_S) -> str | None:
    """Ask an endpoint for its version: None when it answers, else why it does not."""
    try:
        if endpoint.url.startswith("unix://"):
            # The SDK forgets to close a socket that could not connect.
            with socket.socket(socket.AF_UNIX) as unix:
                unix.settimeout(timeout_s)
                unix.connect(endpoint.url.removeprefix("unix://"))
        elif endpoint.url.startswith("ssh://"):
            return _probe_ssh(endpoint.url, timeout_s)
        make_client(endpoint, timeout_s).close()
    except subprocess.TimeoutExpired:
        return "ssh did not end in time"
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        return explain(error)
    return None


def make_client(endpoint: Endpoint, timeout_s: int) -> docker.APIClient:
    """A docker SDK client that has agreed with the engine on an API version.

    ``requests`` lets REQUESTS_CA_BUNDLE and ~/.netrc overrule a session's own settings
    (psf/requests#3829, open), so an engine's CA would be ignored on a machine that sets it: the
    client trusts the endpoint's settings alone. That must be said before the first request,
    therefore the version is asked by a first client that was given one.
    """
    first = _bare_client(endpoint, MINIMUM_DOCKER_API_VERSION, timeout_s)
    try:
        reply = first.version(api_version=False)
    finally:
        first.close()
    version = reply.get("ApiVersion") if isinstance(reply, dict) else None
    if not isinstance(version, str) or not API_VERSION.fullmatch(version):
        raise DockerException(NOT_AN_ENGINE)
    return _bare_client(endpoint, version, timeout_s)


def explain(error: BaseException) -> str:
    """Why an endpoint does not answer, in a few words, from the innermost cause."""
    causes = list(_causes(error))
    for cause in causes:
        match cause:
            case FileNotFoundError():
                return (
                    f"no such file: {cause.filename}"
                    if cause.filename
                    else "there is no such socket"
                )
            case PermissionError():
                return "permission denied: be root, or in the group that owns the socket"
            case ConnectionRefusedError():
                return "nothing listens there"
            case ssl.SSLCertVerificationError():
                return f"its certificate is not trusted: {cause.verify_message}"
            case ssl.SSLError() if "alert" in str(cause).lower():
                return f"it refused our client certificate: {cause.reason}"
            case requests.Timeout() | TimeoutError():
                return "it accepts connections but did not answer in time"
            case requests.JSONDecodeError():
                return NOT_AN_ENGINE
    texts = [str(cause).strip() for cause in causes]
    if any("paramiko" in text for text in texts):
        return "ssh needs one more library: pip install 'pausedemo[ssh]'"
    if any("HTTP request to an HTTPS server" in text for text in texts):
        return "it wants TLS: set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH"
    return texts[-1] or type(causes[-1]).__name__


def _probe_ssh(url: str, timeout_s: int) -> str | None:
    """Ask through ssh, as the SDK will, but with an end: the SDK reads from ssh without one.

    As docker/cli's connhelper: ``docker system dial-stdio`` on the far side joins ssh's streams
    to the engine. A password cannot be asked for here.
    """
    parts = urlsplit(url)
    command = [str(find_program("ssh") or "ssh"), "-o", "BatchMode=yes"]
    command += ["-o", f"ConnectTimeout={timeout_s}"]
    command += ["-l", parts.username] if parts.username else []
    command += ["-p", str(parts.port)] if parts.port else []
    command += ["--", parts.hostname or "", "docker system dial-stdio"]
    request = b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n"
    done = subprocess.run(
        command, input=request, capture_output=True, timeout=3 * timeout_s, check=False
    )
    if b"200 OK" in done.stdout.partition(b"\r\n")[0]:
        return None
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return f"ssh: {said[-1] if said else 'the engine on the far side did not answer'}"


def _bare_client(endpoint: Endpoint, version: str, timeout_s: int) -> docker.APIClient:
    client = docker.APIClient(
        base_url=endpoint.url,
        version=version,
        timeout=timeout_s,
        tls=_sdk_tls(endpoint.tls),
        use_ssh_client=True,
        max_pool_size=32,
    )
    client.trust_env = False
    if endpoint.url.startswith(("tcp://", "http://", "https://")):
        # As the docker command, which takes HTTPS_PROXY and NO_PROXY for engines on TCP.
        client.proxies = requests.utils.get_environ_proxies(client.base_url, no_proxy=None)
    return client


def _sdk_tls(tls: Tls | None) -> TLSConfig | bool:
    if tls is None:
        return False
    # The CA is not looked at when nothing is verified, and need not be there.
    ca = str(tls.ca) if tls.ca and tls.verify else None
    if ca and not Path(ca).exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), ca)
    pair = (str(tls.cert), str(tls.key)) if tls.cert and tls.key else None
    return TLSConfig(client_cert=pair, ca_cert=ca, verify=tls.verify)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what led to it, outermost first; the SDK and urllib3 nest them in ``args``."""
    seen: set[int] = set()
    pending = [error]
    while pending:
        cause = pending.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        inner = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        pending += [one for one in inner if isinstance(one, BaseException)]


def _check_runtime(client: docker.APIClient, url: str, runtime: str) -> None:
    try:
        check_runtime(runtime, DockerEngine(client, url).describe())
    except BaseException:
        client.close()
        raise


def _unavailable(endpoint: Endpoint, why: str) -> EngineUnavailable:
    return EngineUnavailable([(str(endpoint), why)], START_DOCKER)
