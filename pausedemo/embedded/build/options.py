"""The query of POST /build: what is meant, what is accepted without effect, what is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter, NotSupported

# Hints for a build's containers that change no image; this engine does not limit a build.
WITHOUT_EFFECT: Final = frozenset(
    {
        *("memory", "memswap", "cpushares", "cpuquota", "cpuperiod", "cpusetcpus", "cpusetmems"),
        *("cgroupparent", "shmsize", "ulimits", "cachefrom", "session", "buildid", "isolation"),
        *("version", "securityopt"),
    }
)
KNOWN: Final = frozenset(
    {
        *("t", "dockerfile", "nocache", "pull", "q", "rm", "forcerm", "buildargs", "labels"),
        *("target", "networkmode", "extrahosts", "remote", "squash", "platform", "outputs"),
    }
)
REFERENCE: Final = re.compile(
    r"(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?/)?"
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """``tags`` bear a tag each. ``pull``: ask registries even for what is local."""

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
    unknown = query.keys() - KNOWN - WITHOUT_EFFECT
    if unknown:
        raise NotSupported(f"this engine knows no build option {', '.join(sorted(unknown))}")


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
