"""``--change`` of import and commit: the Dockerfile instructions that only touch configuration."""

from __future__ import annotations

import copy
import json
import posixpath
import shlex
from collections.abc import Callable, Iterable
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter

_SHELL: Final = ["/bin/sh", "-c"]
_Config = dict[str, Any]


def apply_changes(config: _Config, changes: Iterable[str]) -> _Config:
    """``config`` (Env, Cmd, ... as in an image) with the instructions applied, in order.

    Raises BadParameter for an instruction that changes no configuration, or a wrong one.
    """
    changed = copy.deepcopy(config)
    for change in changes:
        for line in change.replace("\\\n", " ").splitlines():
            if line.strip():
                _apply(changed, line.strip())
    return changed


def _apply(config: _Config, line: str) -> None:
    word, _, rest = line.partition(" ")
    name, text = word.upper(), rest.strip()
    if name not in _CHANGES:
        raise BadParameter(f"{word.lower()} is not a valid change command")
    if not text and name not in ("CMD", "ENTRYPOINT"):
        raise BadParameter(f"{name} requires at least one argument")
    _CHANGES[name](config, text)


def _split(text: str, name: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise BadParameter(f"{name}: {error}: {text}") from error


def _parse_list(text: str) -> list[str] | None:
    """A JSON list of strings; None for anything else, which is then a shell's line."""
    if not text.startswith("["):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not all(isinstance(one, str) for one in found):
        return None
    words: list[str] = found
    return words


def _command(text: str) -> list[str]:
    words = _parse_list(text)
    return words if words is not None else ([*_SHELL, text] if text else [])


def _set_cmd(config: _Config, text: str) -> None:
    config["Cmd"] = _command(text) or None


def _set_entrypoint(config: _Config, text: str) -> None:
    config["Entrypoint"] = _command(text) or None


def _pairs(text: str, name: str) -> list[tuple[str, str]]:
    words = _split(text, name)
    if "=" not in words[0]:  # the old form: one name, and the rest of the line
        key, _, value = text.partition(" ")
        if not value:
            raise BadParameter(f"{name} must have two arguments")
        return [(key, value.strip())]
    pairs = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise BadParameter(f"Syntax error - can't find = in {word!r}. Must be of the form: "
                               "name=value")  # fmt: skip
        pairs.append((key, value))
    return pairs


def _set_env(config: _Config, text: str) -> None:
    env = {one.partition("=")[0]: one for one in config.get("Env") or []}
    env.update({key: f"{key}={value}" for key, value in _pairs(text, "ENV")})
    config["Env"] = list(env.values())


def _set_labels(config: _Config, text: str) -> None:
    config["Labels"] = {**(config.get("Labels") or {}), **dict(_pairs(text, "LABEL"))}


def _set_ports(config: _Config, text: str) -> None:
    ports = dict(config.get("ExposedPorts") or {})
    for word in text.split():
        number, _, protocol = word.partition("/")
        first, dash, last = number.partition("-")
        known = protocol.lower() in ("", "tcp", "udp", "sctp")
        if not known or not first.isdecimal() or (dash and not last.isdecimal()):
            raise BadParameter(f"Invalid containerPort: {word}")
        low, high = int(first), int(last or first)
        if not 0 < low <= high < 65536:
            raise BadParameter(f"Invalid containerPort: {word}")
        for port in range(low, high + 1):
            ports[f"{port}/{protocol.lower() or 'tcp'}"] = {}
    config["ExposedPorts"] = ports


def _set_volumes(config: _Config, text: str) -> None:
    words = _parse_list(text)
    paths = words if words is not None else text.split()
    config["Volumes"] = {**(config.get("Volumes") or {}), **{path: {} for path in paths}}


def _set_workdir(config: _Config, text: str) -> None:
    before = config.get("WorkingDir") or "/"
    config["WorkingDir"] = posixpath.normpath(posixpath.join("/", before, text))


def _set_user(config: _Config, text: str) -> None:
    config["User"] = text


def _set_stop_signal(config: _Config, text: str) -> None:
    config["StopSignal"] = text


def _add_on_build(config: _Config, text: str) -> None:
    config["OnBuild"] = [*(config.get("OnBuild") or []), text]


_CHANGES: Final[dict[str, Callable[[_Config, str], None]]] = {
    "CMD": _set_cmd,
    "ENTRYPOINT": _set_entrypoint,
    "ENV": _set_env,
    "EXPOSE": _set_ports,
    "LABEL": _set_labels,
    "ONBUILD": _add_on_build,
    "STOPSIGNAL": _set_stop_signal,
    "USER": _set_user,
    "VOLUME": _set_volumes,
    "WORKDIR": _set_workdir,
}
