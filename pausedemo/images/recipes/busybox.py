"""BusyBox from Debian, with the netstat that Debian's BusyBox has not.

Debian builds BusyBox without ``netstat -p``, so netstat comes from net-tools. Its ps prints
PID, USER and COMMAND, as BusyBox's does; procps would print other columns than the image that
this one stands for, and bring libsystemd and eight libraries more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pausedemo.images import debian
from pausedemo.images.archive import ImageConfig
from pausedemo.images.recipes.base import PATH, Built, Recipe, add_accounts
from pausedemo.images.rootfs import Rootfs
from pausedemo.images.workshop import Workshop

_APPLETS_TIMEOUT_S: Final = 10
_NOT_LINKED: Final = ("busybox", "linuxrc", "netstat")


def make_recipe() -> Recipe:
    """The recipe, for this machine's Debian release."""
    release = debian.read_release()[0]
    return Recipe(
        name="busybox",
        version=release,
        inputs=(Path(__file__),),
        release=release,
        steps=2,
        build=_build,
    )


def _build(workshop: Workshop) -> Built:
    workshop.advance("fetching busybox-static and net-tools")
    root = debian.fetch_packages(workshop, ("busybox-static", "net-tools"))
    workshop.advance("putting the files together")
    busybox = debian.find_file(root, "usr/bin/busybox")
    rootfs = Rootfs()
    debian.add_programs(rootfs, root, ("usr/bin/busybox", "usr/bin/netstat"))
    for applet in workshop.run([str(busybox), "--list"], timeout_s=_APPLETS_TIMEOUT_S).split():
        if applet not in _NOT_LINKED:
            rootfs.add_symlink(f"usr/bin/{applet}", "busybox")
    for folder in ("home", "proc", "sys", "dev", "var/www", "var/spool/cron/crontabs"):
        rootfs.add_folder(folder)
    rootfs.add_folder("root", mode=0o700)
    add_accounts(rootfs, ("www-data", 33, "/var/www"))
    config = ImageConfig(command=("sh",), env={"PATH": PATH})
    return Built(rootfs, config, debian.read_package_version(root, "busybox-static"))
