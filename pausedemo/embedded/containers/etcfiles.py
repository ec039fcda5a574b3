"""A container's hosts, hostname and resolv.conf: whose copies it sees, and what is in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.containers.node import Node
from pausedemo.embedded.network.model import DnsOptions

#: Where a container's own copy of these lies, by path inside.
FILES: Final = {
    "/etc/resolv.conf": "resolv.conf",
    "/etc/hostname": "hostname",
    "/etc/hosts": "hosts",
}


def file_owner(node: Node, container: Container) -> Container:
    """Whose hosts, hostname and resolv.conf it sees: those of whom it shares the network with."""
    seen = {container.id}
    while (reference := container.donor("NetworkMode")) is not None:
        donor = node.containers.get(reference)
        if donor is None or donor.id in seen:
            break
        seen.add(donor.id)
        container = donor
    return container


def write_files(node: Node, container: Container) -> None:
    """Write hosts, hostname and resolv.conf for who has a network of its own, or the node's."""
    config, host, folder = container.config, container.host, container.folder
    write = _replace
    hostname = config["Hostname"]
    name = _full_name(container)
    write(folder / "hostname", f"{hostname}\n")
    if container.network_mode == "host":
        write(folder / "hosts", _read("/etc/hosts"))
        write(folder / "resolv.conf", _read("/etc/resolv.conf"))
        return
    sandbox = container.sandbox
    if sandbox is None:
        return
    extra = tuple(host["ExtraHosts"] or ())
    write(folder / "hosts", node.networks.hosts_entries(sandbox, name, extra))
    write(folder / "resolv.conf", node.networks.resolv_conf(sandbox, _dns(container)))


def refresh_files(node: Node, container: Container) -> None:
    """Tell who runs of the networks it has now; what it wrote into its hosts file itself, stays."""
    sandbox, folder = container.sandbox, container.folder
    if sandbox is None:
        return
    resolv_conf = node.networks.resolv_conf(sandbox, _dns(container))
    _replace(folder / "resolv.conf", resolv_conf)
    name = _full_name(container)
    end = f"\t{name} {name.partition('.')[0]}" if "." in name else f"\t{name}"
    wanted = node.networks.hosts_entries(sandbox, name, ()).splitlines()
    own = [line for line in wanted if line.endswith(end)]
    there = _read(str(folder / "hosts")).splitlines()
    kept = [line for line in there if not line.endswith(end) or line in own]
    kept += [line for line in own if line not in kept]
    _replace(folder / "hosts", "".join(f"{line}\n" for line in kept))


def _dns(container: Container) -> DnsOptions:
    host = container.host
    return DnsOptions(
        tuple(host["Dns"] or ()), tuple(host["DnsSearch"] or ()), tuple(host["DnsOptions"] or ())
    )


def _full_name(container: Container) -> str:
    hostname, domain = container.config["Hostname"], container.config["Domainname"]
    return f"{hostname}.{domain}" if domain else str(hostname)


def _replace(path: Path, text: str) -> None:
    # In place: who has the file mounted sees it change.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""
