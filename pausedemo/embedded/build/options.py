"""The query of POST /build: what is meant, what is accepted without effect, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter, NotSupported

# Where the cache looks first, and what only BuildKit asks for: no image is another for it.
WITHOUT_EFFECT: Final = frozenset({"cachefrom", "session", "buildid", "version"})
# Limits of a step's container: their names in its HostConfig.
LIMITS: Final = {
    "memory": "Memory",
    "memswap": "MemorySwap",
    "cpushares": "CpuShares",
    "cpuquota": "CpuQuota",
    "cpuperiod": "CpuPeriod",
    "shmsize": "ShmSize",
}
NOT_CARRIED_OUT: Final = ("cpusetcpus", "cpusetmems", "cgroupparent")
KNOWN: Final = frozenset(
    {
        *("t", "dockerfile", "nocache", "pull", "q", "rm", "forcerm", "buildargs", "labels"),
        *("target", "networkmode", "extrahosts", "remote", "squash", "platform", "outputs"),
        *("ulimits", "isolation", "securityopt", *LIMITS, *NOT_CARRIED_OUT),
    }
)
NUMBER: Final = re.compile(r"[+-]?[0-9]{1,18}")
REFERENCE: Final = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """``tags`` bear a tag each. ``pull``: ask registries even for what is local.

    ``limits``: of every step's container, as in its HostConfig.
    """

    tags: tuple[str, ...] = ()
    dockerfile: str = ""
    use_cache: bool = True
    pull: bool = False
    quiet: bool = False
    tell_removal: bool = True
    build_args: Mapping[str, str | None] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    target: str = ""
    network: str = ""
    hosts: tuple[str, ...] = ()
    limits: Mapping[str, Any] = field(default_factory=dict)


def parse_options(parameters: Mapping[str, Sequence[str]]) -> BuildOptions:
    """The options of a request's query: each name with its values.

    Raises BadParameter, NotSupported.
    """
    query = {name: values[0] for name, values in parameters.items() if values}
    _refuse(query)
    labels = _parse_object(query, "labels")
    build_args = _parse_object(query, "buildargs")
    if not all(isinstance(value, str) for value in labels.values()):
        raise BadParameter("labels: values are strings")
    if not all(value is None or isinstance(value, str) for value in build_args.values()):
        raise BadParameter("buildargs: values are strings")
    return BuildOptions(
        tags=tuple(dict.fromkeys(complete_tag(tag) for tag in parameters.get("t", ()) if tag)),
        dockerfile=query.get("dockerfile", ""),
        use_cache=not _flag(query, "nocache"),
        pull=_flag(query, "pull"),
        quiet=_flag(query, "q"),
        tell_removal=_flag(query, "rm", default=True) or _flag(query, "forcerm"),
        build_args=build_args,
        labels=labels,
        target=query.get("target", ""),
        network="" if query.get("networkmode") == "default" else query.get("networkmode", ""),
        hosts=tuple(host for host in parameters.get("extrahosts", ()) if host),
        limits=_parse_limits(query),
    )


def complete_tag(reference: str) -> str:
    """``name:tag``, with ``latest`` if it has none. Raises BadParameter."""
    if "@" in reference:
        raise BadParameter("refusing to create a tag with a digest reference")
    found = REFERENCE.fullmatch(reference)
    if found is None:
        raise BadParameter(f'invalid reference format: "{reference}"')
    return reference if found["tag"] else f"{reference}:latest"


def _refuse(query: Mapping[str, str]) -> None:
    if query.get("version") == "2":
        raise NotSupported(
            "this engine has the classic builder only: set DOCKER_BUILDKIT=0 and try again"
        )
    if query.get("remote"):
        raise NotSupported("this engine downloads no build contexts (remote): send one")
    if _flag(query, "squash"):
        raise BadParameter("squash is only supported with experimental mode")
    if query.get("outputs") not in {None, "", "[]", "null"}:
        raise NotSupported("outputs require BuildKit, which this engine does not have")
    platform = query.get("platform", "")
    if platform and platform.split("/")[0] != "linux":
        raise BadParameter(f"unknown operating system or architecture: {platform}")
    isolation = query.get("isolation", "")
    if isolation.lower() not in {"", "default"}:
        raise BadParameter(f'Unsupported isolation: "{isolation}"')
    if query.get("securityopt"):
        raise BadParameter(
            "The daemon on this platform does not support setting security options on build"
        )
    for name in NOT_CARRIED_OUT:
        if query.get(name):
            raise NotSupported(f"the embedded engine does not support {name}: {query[name]!r}")
    unknown = query.keys() - KNOWN - WITHOUT_EFFECT
    if unknown:
        raise NotSupported(f"this engine knows no build option {', '.join(sorted(unknown))}")


def _parse_limits(query: Mapping[str, str]) -> dict[str, Any]:
    """What is set, in HostConfig's shape. Source: moby 20.10 ``build_routes.go``."""
    limits: dict[str, Any] = {}
    for name, key in LIMITS.items():
        text = query.get(name) or "0"
        if not NUMBER.fullmatch(text):
            raise BadParameter(f"error reading {name}: not a number: {text!r}")
        if int(text):
            limits[key] = int(text)
    try:
        ulimits = json.loads(query.get("ulimits") or "null")
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"error reading ulimit settings: {error}") from error
    if not isinstance(ulimits, list | None):
        raise BadParameter("error reading ulimit settings: not a list")
    return limits | ({"Ulimits": ulimits} if ulimits else {})


def _flag(query: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    # As dockerd's httputils.BoolValue: whatever is not one of these is true.
    text = query.get(name)
    if text is None:
        return default
    return text.strip().lower() not in {"", "0", "no", "false", "none"}


def _parse_object(query: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        value = json.loads(query.get(name) or "{}")
        # A lone surrogate or a NUL can neither be a file's name nor a variable's value.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadParameter(f"error reading {name}: {error}") from error
    if "\\u0000" in json.dumps(value):
        raise BadParameter(f"error reading {name}: a NUL character")
    if value is not None and not isinstance(value, dict):
        raise BadParameter(f"error reading {name}: not an object")
    return value or {}
