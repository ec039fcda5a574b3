"""What a container executes, where, with which variables, and how it is told to end."""

from __future__ import annotations

from collections.abc import Iterable

from pausedemo.embedded.errors import BadParameter


def compute_argv(entrypoint: list[str] | None, command: list[str] | None) -> list[str]:
    """What is executed. Raises BadParameter when there is nothing."""
    argv = [*(entrypoint or []), *(command or [])]
    if not argv or not argv[0]:
        raise BadParameter("No command specified")
    return argv


def as_list(value: str | list[str] | None) -> list[str] | None:
    """Cmd and Entrypoint may come as one string from old clients: it is one word.

    Source: moby, api/types/strslice/strslice.go.
    """
    return [value] if isinstance(value, str) else value


def merge_env(image: list[str], own: list[str]) -> list[str]:
    """What is shown: the container's variables as they were given, then the image's others.

    Source: moby 20.10, ``merge`` of ``daemon/commit.go``.
    """
    names = {entry.partition("=")[0] for entry in own}
    if "" in names:
        nameless = next(entry for entry in own if not entry or entry.startswith("="))
        raise BadParameter(f"invalid environment variable: {nameless}")
    return [*own, *(entry for entry in image if entry.partition("=")[0] not in names)]


def apply_env(before: Iterable[str], given: Iterable[str]) -> list[str]:
    """A program's variables: those from before, and what is given, of one name the last.

    A given name without ``=`` takes away the one from before. Source: moby 20.10,
    ``ReplaceOrAppendEnvVars`` of ``container/env.go``.
    """
    given = tuple(given)
    dropped = {entry for entry in given if "=" not in entry}
    merged = {name: entry for entry in before if (name := entry.partition("=")[0]) not in dropped}
    merged |= {entry.partition("=")[0]: entry for entry in given if "=" in entry}
    return list(merged.values())


def check_working_dir(path: str) -> None:
    """Raises BadParameter in dockerd's words."""
    if path and not path.startswith("/"):
        raise BadParameter(
            f"the working directory '{path}' is invalid, it needs to be an absolute path"
        )
