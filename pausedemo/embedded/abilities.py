"""What this machine allows the engine, in words, and what follows from it."""

from __future__ import annotations

from pausedemo.embedded.containers.node import Node

Row = tuple[str, str, str]


def describe_abilities(node: Node) -> list[Row]:
    """Rows of name, what was found, and what follows."""
    found = node.platform
    return [
        _describe_user(node),
        _describe_cgroups(node),
        (
            ("file system", "overlayfs", "layers are shared and never copied")
            if found.overlay is not None
            else ("file system", "no overlayfs", "a container cannot be started here")
        ),
        (
            ("seccomp", "libseccomp", "dangerous system calls are refused, much as Docker does")
            if node.seccomp.is_available
            else (
                "seccomp",
                "no libseccomp",
                "containers may make any system call that their capabilities allow",
            )
        ),
        _describe_network(node),
    ]


def _describe_user(node: Node) -> Row:
    found = node.platform
    if not found.rootless:
        return "user", "root", "containers' root is the machine's, with Docker's capabilities"
    if found.single_id:
        return (
            "user",
            f"{found.uid}, in a user namespace with one id",
            "containers have root only: other users need newuidmap and a range in /etc/subuid",
        )
    return (
        "user",
        f"{found.uid}, in a user namespace",
        "containers' root is an ordinary user outside",
    )


def _describe_cgroups(node: Node) -> Row:
    can = sorted(node.cgroups.controllers)
    version = f"version {node.platform.cgroup_version}"
    if not can:
        return (
            "cgroups",
            f"{version}, none may be written",
            "limits and docker pause are refused",
        )
    return "cgroups", f"{version}: {', '.join(can)}", "limits hold, and containers can be paused"


def _describe_network(node: Node) -> Row:
    reach = node.networks.describe()
    follows = "pods reach each other" + (
        " and the outside" if reach.outside else ", not the outside"
    )
    return "network", reach.how, follows
