"""Where an engine may be, in the order in which the docker command line looks for it.

The order is docker/cli's ``resolveContextName`` (cli/command/cli.go): ``DOCKER_HOST``, then
``DOCKER_CONTEXT``, then ``currentContext`` of the configuration file, then the default socket.
``--host`` comes before all of them and is our ``wanted``. Only when nothing was chosen do we
look further than the docker command does: rootless Docker's sockets, then podman's.

Context files are read here and not by the docker SDK: its ``ContextAPI`` asks the process's
environment, and drops a context's certificates unless all three files are there, while
``docker context create --docker host=...,ca=...`` makes a context with a CA alone.
Nothing in this file connects to anything.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pausedemo.errors import EngineUnavailable, UsageError

DEFAULT_SOCKET: Final = "unix:///var/run/docker.sock"
#: The word for the engine that we bring along.
EMBEDDED: Final = "embedded"
DEFAULT_CONTEXT: Final = "default"
PLAIN_PORT: Final = 2375
TLS_PORT: Final = 2376
SCHEMES: Final = ("unix", "tcp", "http", "https", "ssh")


@dataclass(frozen=True, slots=True)
class Tls:
    """Certificates for a TCP endpoint. ``ca`` None: the system's; ``verify`` False: any server."""

    ca: Path | None
    cert: Path | None
    key: Path | None
    verify: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place where an engine may answer. ``source`` says who named it, for messages."""

    url: str
    source: str
    tls: Tls | None = None

    def __str__(self) -> str:
        return f"{self.url} ({self.source})"


@dataclass(frozen=True, slots=True)
class Search:
    """The endpoints to try, in order. ``chosen``: a person named the one, so there is no other."""

    endpoints: tuple[Endpoint, ...]
    chosen: bool


def list_endpoints(wanted: str, environ: Mapping[str, str], home: Path) -> Search:
    """The endpoints that ``wanted`` means: ``auto``, ``docker``, ``podman`` or a URL.

    Raises UsageError for another word, EngineUnavailable for a context that cannot be read.
    """
    match wanted:
        case "podman":
            return Search(_podman_sockets(environ), chosen=False)
        case _ if wanted == EMBEDDED:
            raise UsageError(
                "the embedded engine has no place of its own: it is started when asked"
            )
        case "auto" | "docker":
            pass
        case _ if "://" in wanted:
            return Search((_host_endpoint(wanted, "the URL given", environ, home),), chosen=True)
        case _:
            raise UsageError(
                f"no such engine: {wanted!r} (auto, docker, podman, embedded or a URL)"
            )

    config_dir = Path(environ.get("DOCKER_CONFIG") or home / ".docker")
    if host := environ.get("DOCKER_HOST"):
        return Search((_host_endpoint(host, "DOCKER_HOST", environ, home),), chosen=True)
    if name := environ.get("DOCKER_CONTEXT"):
        return Search((_named(name, "DOCKER_CONTEXT", environ, home, config_dir),), chosen=True)
    if (name := read_current_context(config_dir)) != DEFAULT_CONTEXT:
        source = str(config_dir / "config.json")
        return Search((_named(name, source, environ, home, config_dir),), chosen=True)
    endpoints = (_default_endpoint(environ, home), *_rootless_sockets(environ, home))
    if wanted == "auto":
        endpoints += _podman_sockets(environ)
    return Search(tuple(dict.fromkeys(endpoints)), chosen=False)


def read_current_context(config_dir: Path) -> str:
    """The context that ``docker context use`` chose; ``default`` when none, or no readable file.

    The docker command warns of a broken configuration file and goes on with the default; so do we.
    """
    try:
        config = json.loads((config_dir / "config.json").read_bytes())
    except (OSError, ValueError):
        return DEFAULT_CONTEXT
    name = config.get("currentContext") if isinstance(config, dict) else None
    return name if isinstance(name, str) and name else DEFAULT_CONTEXT


def read_context(config_dir: Path, name: str, source: str) -> Endpoint:
    """The Docker endpoint of a stored context. ``source``: where its name was found.

    The folder's name is the SHA-256 of the context's name, in ``contexts/meta`` for the host
    and ``contexts/tls`` for certificates (docker/cli, cli/context/store). Raises
    EngineUnavailable when it is not there or not a context.
    """
    folder = hashlib.sha256(name.encode()).hexdigest()
    what = f"context {name} (from {source})"
    try:
        meta = json.loads((config_dir / "contexts" / "meta" / folder / "meta.json").read_bytes())
        docker: dict[str, Any] = meta["Endpoints"]["docker"]
        url = normalize_url(docker["Host"] or DEFAULT_SOCKET)
        skip = bool(docker.get("SkipTLSVerify", False))
    except FileNotFoundError as error:
        remedy = "see docker context ls; unset it, or choose one with docker context use"
        raise EngineUnavailable([(what, "there is no such context")], remedy) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
        why = f"its meta.json cannot be used: {error!r}"
        raise EngineUnavailable([(what, why)], f"see docker context inspect {name}") from error
    tls_dir = config_dir / "contexts" / "tls" / folder / "docker"
    ca, cert, key = (_existing(tls_dir / f"{part}.pem") for part in ("ca", "cert", "key"))
    # docker/cli takes TLS for a context that has certificates, or that says not to verify.
    tls = Tls(ca, cert, key, verify=not skip) if ca or cert or key or skip else None
    return Endpoint(url, what, tls if _is_tcp(url) else None)


def normalize_url(host: str) -> str:
    """A host as people write it, as a full URL: a bare name is TCP, and ports have defaults.

    As docker/cli's ParseHost: ``h`` is ``tcp://h:2375``, with TLS too; ``:5`` is on localhost.
    Raises UsageError for a scheme that is none of ours.
    """
    host = host.strip()
    scheme, separator, rest = host.partition("://")
    if not separator:
        scheme, rest = "tcp", host
    if scheme not in SCHEMES:
        raise UsageError(f"cannot use {host}: an engine's URL starts with {', '.join(SCHEMES)}")
    if scheme == "unix":
        return f"unix://{rest}" if rest else DEFAULT_SOCKET
    if scheme == "ssh":
        return f"ssh://{rest}"
    try:
        parts = urlsplit(f"//{rest}")
        port = parts.port or (TLS_PORT if scheme == "https" else PLAIN_PORT)
    except ValueError as error:
        raise UsageError(f"cannot use {host}: {error}") from error
    name = parts.hostname or "localhost"
    if ":" in name:
        name = f"[{name}]"
    return f"{scheme}://{name}:{port}{parts.path}"


def _named(
    name: str, source: str, environ: Mapping[str, str], home: Path, config_dir: Path
) -> Endpoint:
    if name == DEFAULT_CONTEXT:
        return _default_endpoint(environ, home)
    return read_context(config_dir, name, source)


def _default_endpoint(environ: Mapping[str, str], home: Path) -> Endpoint:
    """Where the docker command goes when nothing is chosen: with TLS it is TCP on localhost."""
    if environ.get("DOCKER_TLS_VERIFY") or environ.get("DOCKER_TLS"):
        host = f"tcp://localhost:{TLS_PORT}"
        return _host_endpoint(host, "TLS settings and no host", environ, home)
    return Endpoint(DEFAULT_SOCKET, "the default socket")


def _host_endpoint(host: str, source: str, environ: Mapping[str, str], home: Path) -> Endpoint:
    url = normalize_url(host)
    return Endpoint(url, source, _environment_tls(environ, home) if _is_tcp(url) else None)


def _environment_tls(environ: Mapping[str, str], home: Path) -> Tls | None:
    """TLS settings of the environment. Any text in DOCKER_TLS_VERIFY, even 0, switches it on.

    docker/cli, cli/flags/options.go: DOCKER_TLS is TLS without verification; a missing
    certificate or key is left out, a missing CA is an error when the engine is asked.
    """
    verify = bool(environ.get("DOCKER_TLS_VERIFY"))
    if not verify and not environ.get("DOCKER_TLS"):
        return None
    folder = Path(
        environ.get("DOCKER_CERT_PATH") or environ.get("DOCKER_CONFIG") or home / ".docker"
    )
    return Tls(
        folder / "ca.pem", _existing(folder / "cert.pem"), _existing(folder / "key.pem"), verify
    )


def _rootless_sockets(environ: Mapping[str, str], home: Path) -> tuple[Endpoint, ...]:
    sockets = (_runtime_dir(environ) / "docker.sock", home / ".docker" / "run" / "docker.sock")
    return tuple(Endpoint(f"unix://{path}", "rootless Docker's socket") for path in sockets)


def _podman_sockets(environ: Mapping[str, str]) -> tuple[Endpoint, ...]:
    sockets = (_runtime_dir(environ) / "podman/podman.sock", Path("/run/podman/podman.sock"))
    return tuple(Endpoint(f"unix://{path}", "podman's socket") for path in sockets)


def _runtime_dir(environ: Mapping[str, str]) -> Path:
    return Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")


def _existing(path: Path) -> Path | None:
    return path if path.exists() else None


def _is_tcp(url: str) -> bool:
    return url.startswith(("tcp://", "http://", "https://"))
