"""What a container executes, where, with which variables, and how it is told to end."""

from __future__ import annotations

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
    """The container's variables, then the image's others; a name without ``=`` takes one away."""
    merged: dict[str, str | None] = {}
    for entry in own:
        name, is_set, value = entry.partition("=")
        if not name:
            raise BadParameter(f"invalid environment variable: {entry}")
        merged[name] = value if is_set else None
    for entry in image:
        name, is_set, value = entry.partition("=")
        if is_set:
            merged.setdefault(name, value)
    return [f"{name}={value}" for name, value in merged.items() if value is not None]


def check_working_dir(path: str) -> None:
    """Raises BadParameter in dockerd's words."""
    if path and not path.startswith("/"):
        raise BadParameter(
            f"the working directory '{path}' is invalid, it needs to be an absolute path"
        )
