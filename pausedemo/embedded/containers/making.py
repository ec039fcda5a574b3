"""From a create request to a container that can be started."""

from __future__ import annotations

import os
import random
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.containers import options
from pausedemo.embedded.containers.container import Container, Placed
from pausedemo.embedded.containers.logfile import LogFile
from pausedemo.embedded.containers.mounts import MountPoint, parse_mounts
from pausedemo.embedded.containers.registry import Containers
from pausedemo.embedded.containers.shapes import CREATE, check_ports, check_shape
from pausedemo.embedded.containers.sources import ensure_source
from pausedemo.embedded.containers.views import complete_host_config
from pausedemo.embedded.errors import ApiError, BadParameter, NotFound, NotSupported
from pausedemo.embedded.images.store import ImageStore
from pausedemo.embedded.network.placing import parse_attachment
from pausedemo.embedded.signals import parse_signal
from pausedemo.embedded.volumes import Volumes

#: Two words make a name for who gave none.
_FIRST: Final = [
    "amber",
    "brave",
    "calm",
    "eager",
    "fair",
    "glad",
    "keen",
    "lucid",
    "merry",
    "noble",
    "quiet",
    "swift",
]
_SECOND: Final = [
    "badger",
    "crane",
    "dolphin",
    "falcon",
    "heron",
    "ibex",
    "lynx",
    "otter",
    "puffin",
    "raven",
    "seal",
    "wren",
]
_SIZE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(?:b|([kmgtp])(?:i?b)?)?", re.IGNORECASE)


class Maker:
    """Makes containers; what it makes on disk lies in one folder for each."""

    def __init__(
        self,
        folder: Path,
        containers: Containers,
        images: ImageStore,
        volumes: Volumes,
        controllers: frozenset[str],
    ) -> None:
        self._folder = folder
        self._containers = containers
        self._images = images
        self._volumes = volumes
        self._controllers = controllers

    def make(self, name: str | None, body: dict[str, Any], platform: str = "") -> Container:
        """Make what a create request asks for. Raises ApiError; then nothing is left."""
        check_shape(body, CREATE)
        check_ports(body)
        host = dict(body.get("HostConfig") or {})
        options.check_keys(body)
        options.check_choices(host)
        options.check_limits(host, self._controllers)
        options.check_modes(body, host)
        networking = body.get("NetworkingConfig") or {}
        for network, endpoint in (networking.get("EndpointsConfig") or {}).items():
            parse_attachment(network, endpoint)
        image_name = body.get("Image") or ""
        if not body.keys() - {"HostConfig", "NetworkingConfig"}:
            raise BadParameter("Config cannot be empty in order to create a container")
        if not image_name:
            raise BadParameter("No image was specified")
        image = self._images.get(image_name)
        options.check_platform(platform, image_name, image.config)
        config = merge_config(body, image.config.get("config") or {})
        options.check_working_dir(config["WorkingDir"])
        options.check_healthcheck(config["Healthcheck"] or {})
        name = options.check_name(name) if name else self._invent_name()
        self._containers.reserve(name)
        container_id = secrets.token_hex(32)
        folder = self._folder / container_id
        placed: list[Placed] = []
        try:
            host = self._resolve(host)
            argv = options.compute_argv(config["Entrypoint"], config["Cmd"])
            config["Hostname"] = self._find_hostname(config, host, container_id)
            security = options.parse_security(host)
            policy = options.parse_restart_policy(host)
            limits = options.parse_limits(host)
            parse_signal(config["StopSignal"])
            points = self._inherit(host, parse_mounts(config, host))
            folder.mkdir()
            for one in ("upper", "work", "merged"):
                (folder / one).mkdir()
            self._place(container_id, points, placed)
            container = Container(
                id=container_id,
                name=name,
                created_ns=time.time_ns(),
                image=image,
                image_name=image_name,
                config=config,
                host=complete_host_config(host),
                networking=networking,
                argv=argv,
                security=security,
                restart_policy=policy,
                limits=limits,
                folder=folder,
                log=open_log(folder, host.get("LogConfig") or {}),
                placed=placed,
            )
        except BaseException:
            self._containers.release(name)
            self.discard(container_id, placed)
            raise
        self._containers.add(container)
        return container

    def discard(
        self, container_id: str, placed: list[Placed], *, volumes: bool = True
    ) -> list[str]:
        """Take away what a container has on disk. Blocks.

        With ``volumes`` its anonymous ones, too; their names.
        """
        removed = []
        shutil.rmtree(self._folder / container_id, ignore_errors=True)
        for one in placed:
            if one.volume:
                self._volumes.release(one.volume, container_id)
                if volumes and one.point.anonymous:
                    self._volumes.remove(one.volume)
                    removed.append(one.volume)
        return removed

    def _place(self, container_id: str, points: list[MountPoint], placed: list[Placed]) -> None:
        for point in points:
            if point.kind == "tmpfs":
                placed.append(Placed(point, Path()))
            elif point.kind == "bind":
                source = Path(point.source)
                # What cannot be made is told at the start, as by dockerd.
                try:
                    ensure_source(point, source)
                except ApiError:
                    if not point.create_source:
                        raise
                placed.append(Placed(point, source))
            else:
                name = point.source or secrets.token_hex(32)
                is_new = name not in self._volumes
                self._volumes.create(name, options=dict(point.options), labels=dict(point.labels))
                self._volumes.hold(name, container_id)
                placed.append(Placed(point, Path(self._volumes.path(name)), name, is_new))

    def _inherit(self, host: dict[str, Any], points: list[MountPoint]) -> list[MountPoint]:
        """Add the mounts of those that VolumesFrom names."""
        own = {point.destination for point in points}
        for text in host.get("VolumesFrom") or []:
            reference, _, mode = text.partition(":")
            for one in self._find_donor(reference).placed:
                if one.point.destination not in own:
                    point = MountPoint(
                        one.point.kind,
                        one.volume or str(one.source),
                        one.point.destination,
                        one.point.readonly or mode == "ro",
                        mode,
                        copy_up=False,
                    )
                    points.append(point)
        return sorted(points, key=lambda point: point.destination.count("/"))

    def _find_donor(self, reference: str) -> Container:
        try:
            return self._containers.find(reference)
        except NotFound as error:
            # "Not found" is for the image: the docker command would pull it and ask again.
            raise BadParameter(str(error)) from error

    def _resolve(self, host: dict[str, Any]) -> dict[str, Any]:
        """``container:<name>`` becomes ``container:<id>``. Raises BadParameter for PID and IPC."""
        resolved = dict(host)
        for key in ("NetworkMode", "PidMode", "IpcMode"):
            kind, _, reference = str(host.get(key) or "").partition(":")
            if kind == "container":
                # For the network dockerd looks for the donor at the start only.
                if key == "NetworkMode":
                    donor = self._containers.get(reference)
                else:
                    try:
                        donor = self._containers.find(reference)
                    except NotFound as error:
                        raise BadParameter(error.message) from None
                if donor is not None:
                    resolved[key] = f"container:{donor.id}"
        return resolved

    def _find_hostname(self, config: dict[str, Any], host: dict[str, Any], own_id: str) -> str:
        kind, _, donor = str(host.get("NetworkMode") or "").partition(":")
        if kind == "container":
            other = self._containers.get(donor)
            return str(other.config["Hostname"]) if other is not None else ""
        return config["Hostname"] or (os.uname().nodename if kind == "host" else own_id[:12])

    def _invent_name(self) -> str:
        for _ in range(100):
            name = f"{random.choice(_FIRST)}_{random.choice(_SECOND)}"  # noqa: S311 - no secret
            if not self._containers.is_taken(name):
                return name
        return f"container_{secrets.token_hex(6)}"


def merge_config(body: dict[str, Any], image: dict[str, Any]) -> dict[str, Any]:
    """A container's Config: what was asked, over what the image says. As moby, daemon/commit.go."""
    command = options.as_list(body.get("Cmd"))
    entrypoint = options.as_list(body.get("Entrypoint"))
    if not entrypoint:
        if not command:
            command = options.as_list(image.get("Cmd"))
        if entrypoint is None:
            entrypoint = options.as_list(image.get("Entrypoint"))
    if entrypoint == [""]:  # docker run --entrypoint ""
        entrypoint = None
    return {
        "Hostname": body.get("Hostname") or "",
        "Domainname": body.get("Domainname") or "",
        "User": body.get("User") or image.get("User") or "",
        "AttachStdin": bool(body.get("AttachStdin")),
        "AttachStdout": bool(body.get("AttachStdout", True)),
        "AttachStderr": bool(body.get("AttachStderr", True)),
        "ExposedPorts": {
            **(image.get("ExposedPorts") or {}),
            **(body.get("ExposedPorts") or {}),
            **{port: {} for port in (body.get("HostConfig") or {}).get("PortBindings") or {}},
        },
        "Tty": bool(body.get("Tty")),
        "OpenStdin": bool(body.get("OpenStdin")),
        "StdinOnce": bool(body.get("StdinOnce")),
        "Env": options.merge_env(image.get("Env") or [], body.get("Env") or []),
        "Cmd": command,
        # One by one, as the image's author may know how to ask and the user how often.
        "Healthcheck": {
            **(image.get("Healthcheck") or {}),
            **{key: value for key, value in (body.get("Healthcheck") or {}).items() if value},
        }
        or None,
        "Image": body.get("Image") or "",
        "Volumes": {**(image.get("Volumes") or {}), **(body.get("Volumes") or {})} or None,
        "WorkingDir": body.get("WorkingDir") or image.get("WorkingDir") or "",
        "Entrypoint": entrypoint,
        "OnBuild": None,
        **({"Shell": body["Shell"]} if body.get("Shell") else {}),
        **({"MacAddress": body["MacAddress"]} if body.get("MacAddress") else {}),
        "Labels": {**(image.get("Labels") or {}), **(body.get("Labels") or {})},
        "StopSignal": body.get("StopSignal") or image.get("StopSignal") or "SIGTERM",
        "StopTimeout": body.get("StopTimeout"),
    }


def open_log(folder: Path, wanted: dict[str, Any]) -> LogFile | None:
    """The container's log. Raises BadParameter for a driver that is not had, or options."""
    driver, given = wanted.get("Type") or "json-file", dict(wanted.get("Config") or {})
    if driver == "none":
        return None
    if driver not in ("json-file", "local"):
        raise BadParameter(f'error looking up logging plugin {driver}: plugin "{driver}" not found')
    size, files = given.pop("max-size", None), given.pop("max-file", "1")
    if given:
        raise NotSupported(f"the embedded engine does not support the log option {min(given)!r}")
    if not str(files).isdecimal() or int(files) < 1:
        raise BadParameter(f"max-file must be a number from 1 on: {files!r}")
    return LogFile(folder / "log.json", parse_size(str(size)) if size else 0, int(files))


def parse_size(text: str) -> int:
    """Bytes of ``10m``, which are 10,000,000. Raises BadParameter.

    Source: docker/go-units, FromHumanSize; moby, daemon/logger/jsonfilelog/jsonfilelog.go.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise BadParameter(f"invalid size: '{text}'")
    size = int(float(found[1]) * 1000 ** (" kmgtp".index((found[2] or " ").lower())))
    if size <= 0:
        raise BadParameter("max-size must be a positive number")
    return size
