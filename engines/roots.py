"""The root filesystem of a Debian release with some packages: made once, then kept.

Mirrors, proxies, certificates and keys are those that this machine's own apt has for its own
release; only the name of the release is another.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError
from pausedemo.host import cache_dir, require
from pausedemo.images.debian import (
    MMDEBSTRAP,
    read_apt_options,
    read_release,
    read_sources,
)
from pausedemo.images.workshop import Workshop

BUILD_TIMEOUT_S: Final = 600
SUITE_PARTS: Final = ("-updates", "-security")


@contextlib.contextmanager
def use_root(suite: str, packages: Iterable[str]) -> Iterator[Path]:
    """The folder of a Debian of ``suite`` with ``packages``, from the cache or made now.

    Nobody writes to it: an engine lives in an overlay above it. It stays until ``remove_unused``.
    Raises PausedemoError when this is not Debian, we are not root, or it cannot be fetched;
    HostLacks without mmdebstrap.
    """
    wanted = tuple(sorted(packages))
    digest = hashlib.sha256(" ".join([suite, *wanted]).encode()).hexdigest()[:8]
    root = _folder() / f"{suite}-{digest}"
    _folder().mkdir(parents=True, exist_ok=True)
    with _open_lock(root) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        while not root.exists():
            # Changing a lock lets go of it for a moment: flock(2). So it is looked at again.
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not root.exists():
                with tempfile.TemporaryDirectory(prefix=f"{root.name}.", dir=_folder()) as folder:
                    _build(Workshop(Path(folder), lambda _: None), suite, wanted).rename(root)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield root


def remove_unused() -> tuple[Path, ...]:
    """Remove the root filesystems that no engine lives in now; which they were."""
    removed = []
    for root in sorted(_folder().glob("*-????????")):
        with _open_lock(root) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            shutil.rmtree(root)
            removed.append(root)
    return tuple(removed)


def render_sources(own: Iterable[str], suite: str) -> str:
    """This machine's ``sources.list`` lines for its own release, for ``suite`` instead.

    A line is ``deb [signed-by=KEYRING] URI SUITE main``, where SUITE may go by another name, as
    ``stable-updates``; only SUITE is another.
    """
    lines = []
    for line in own:
        head, known, component = line.rsplit(" ", 2)
        part = next((part for part in SUITE_PARTS if known.endswith(part)), "")
        lines.append(f"{head} {suite}{part} {component}\n")
    return "".join(lines)


def _build(workshop: Workshop, suite: str, packages: tuple[str, ...]) -> Path:
    release, codename = read_release()
    if not release.startswith("debian") or not codename:
        raise PausedemoError(
            f"a Debian's root filesystem is made on Debian only; this is {release}"
        )
    if os.geteuid() != 0:
        raise PausedemoError("only root can make a root filesystem for it")
    require(MMDEBSTRAP)
    sources = workshop.folder / "sources.list"
    sources.write_text(render_sources(read_sources(codename), suite))
    root = workshop.folder / "root"
    command = ["mmdebstrap", "--mode=root", "--variant=apt", "--format=directory"]
    command += [f"--aptopt={option}" for option in read_apt_options()]
    command += [f"--include={','.join(packages)}", suite, str(root), str(sources)]
    try:
        workshop.run(command, timeout_s=BUILD_TIMEOUT_S)
    except PausedemoError:
        shutil.rmtree(root, ignore_errors=True)
        raise
    return root


def _folder() -> Path:
    return cache_dir() / "engines" / "roots"


@contextlib.contextmanager
def _open_lock(root: Path) -> Iterator[int]:
    """The open lock file of a root filesystem; the kernel drops the locks of who is killed."""
    descriptor = os.open(root.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
