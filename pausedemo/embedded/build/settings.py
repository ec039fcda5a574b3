"""How instructions change an image's configuration, and the words that its history keeps. Pure.

Source: moby 20.10 ``builder/dockerfile/dispatchers.go``.
"""

from __future__ import annotations

import copy
import json
import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.signals import parse_signal

Config = dict[str, Any]  # the "config" object of an OCI image configuration

DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_SHELL: Final = ("/bin/sh", "-c")
PORT: Final = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?", re.IGNORECASE)


def parse_env(env: Iterable[str] | None) -> dict[str, str]:
    """``["A=b"]`` as a mapping; a name without ``=`` is no variable."""
    parts = (text.partition("=") for text in env or ())
    return {name: value for name, is_set, value in parts if is_set}


def compute_start(base: Mapping[str, Any] | None) -> Config:
    """What a stage begins with: the base image's configuration, and always a PATH."""
    config = copy.deepcopy(dict(base or {}))
    env = list(config.get("Env") or ())
    if "PATH" not in parse_env(env):
        env.append(f"PATH={DEFAULT_PATH}")
    config["Env"] = env
    for key in ("OpenStdin", "StdinOnce", "Image", "Hostname", "Domainname"):
        config.pop(key, None)
    return config


def shell(config: Mapping[str, Any]) -> tuple[str, ...]:
    """What runs the shell form of a command."""
    return tuple(config.get("Shell") or DEFAULT_SHELL)


def command_line(config: Mapping[str, Any], words: Sequence[str], is_shell: bool) -> list[str]:
    """The arguments to execute: the exec form as it is, or the shell with its text."""
    return [*shell(config), *words] if is_shell else list(words)


def note(config: Mapping[str, Any], text: str) -> list[str]:
    """The command that stands in the history for an instruction which runs nothing."""
    return [*shell(config), f"#(nop) {text}"]


def quote_words(words: Iterable[str]) -> str:
    """Go's %q of a list."""
    return "[" + " ".join(json.dumps(word, ensure_ascii=False) for word in words) + "]"


def set_env(config: Config, pairs: Mapping[str, str]) -> None:
    """Change variables in place, so that their order stays; new ones come last."""
    env = parse_env(config.get("Env")) | dict(pairs)
    config["Env"] = [f"{name}={value}" for name, value in env.items()]


def parse_ports(words: Iterable[str]) -> list[str]:
    """``80``, ``53/udp``, ``8000-8002`` as ``["53/udp", "80/tcp", ...]``, sorted.

    Raises BadParameter.
    """
    ports = set()
    for word in words:
        found = PORT.fullmatch(word)
        if found is None:
            raise BadParameter(f"invalid containerPort: {word}")
        first, last = int(found[1]), int(found[2] or found[1])
        if not 0 < first <= last <= 65535:
            raise BadParameter(f"Invalid containerPort: {word}")
        protocol = (found[3] or "tcp").lower()
        ports |= {f"{port}/{protocol}" for port in range(first, last + 1)}
    return sorted(ports)


def join_workdir(config: Mapping[str, Any], path: str) -> str:
    """An absolute working directory; a relative one goes on from the present."""
    if not path:
        raise BadParameter("cannot normalize nothing")
    joined = posixpath.normpath(posixpath.join("/", config.get("WorkingDir") or "/", path))
    return "/" + joined.lstrip("/")


def check_signal(name: str) -> None:
    """Whether a container can be stopped with a STOPSIGNAL. Raises BadParameter."""
    if not name:
        raise BadParameter("Invalid signal: ")
    parse_signal(name)
