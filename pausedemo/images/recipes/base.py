"""What a recipe is, and the small files that every image has."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.images.archive import ImageConfig
from pausedemo.images.rootfs import Rootfs
from pausedemo.images.workshop import Workshop

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TOOLS: Final = ("cat", "id", "kill", "ls", "ps", "readlink", "sh", "sleep", "wget")
"""BusyBox's programs that the images of servers have, to be looked at from inside."""

_IMAGES: Final = Path(__file__).resolve().parent.parent
_SHARED: Final = tuple(
    _IMAGES / name for name in ("archive.py", "debian.py", "elf.py", "rootfs.py", "recipes/base.py")
)


@dataclass(frozen=True, slots=True)
class Built:
    """What a recipe made. ``version`` is read from what was built."""

    rootfs: Rootfs
    config: ImageConfig
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one image is built on this machine.

    ``version`` is what is known before building: a pinned version, or the Debian release that
    the packages come from. ``release`` is that release, empty when none matters. ``inputs`` are
    the files whose content decides what comes out.
    ``steps`` is how often ``build`` calls the workshop's ``advance``.
    """

    name: str
    version: str
    inputs: tuple[Path, ...]
    release: str
    steps: int
    build: Callable[[Workshop], Built]

    @property
    def fingerprint(self) -> str:
        """The sha256, in hex, of all that decides what is built, this machine's kind included."""
        digest = hashlib.sha256()
        for text in (self.name, self.version, self.release, platform.machine()):
            digest.update(text.encode() + b"\0")
        for path in (*_SHARED, *self.inputs):
            content = path.read_bytes()
            digest.update(f"{path.name} {len(content)}\0".encode() + content)
        return digest.hexdigest()

    @property
    def tag(self) -> str:
        return f"{self.version}-{self.fingerprint[:12]}"

    @property
    def reference(self) -> str:
        """The image's name on the engine."""
        return f"pausedemo/{self.name}:{self.tag}"


def add_accounts(rootfs: Rootfs, *accounts: tuple[str, int, str]) -> None:
    """Write /etc/passwd and /etc/group: root, nobody and the given (name, uid and gid, home)."""
    everyone = (("root", 0, "/root"), *accounts, ("nobody", 65534, "/nonexistent"))
    shell = "/bin/sh" if "usr/bin/sh" in rootfs else "/sbin/nologin"
    passwd = "".join(
        f"{name}:x:{number}:{number}::{home}:{shell}\n" for name, number, home in everyone
    )
    group = "".join(
        f"{'nogroup' if name == 'nobody' else name}:x:{number}:\n" for name, number, _ in everyone
    )
    rootfs.add_file("etc/passwd", passwd.encode())
    rootfs.add_file("etc/group", group.encode())
    rootfs.add_file("etc/nsswitch.conf", b"hosts: files dns\n")
