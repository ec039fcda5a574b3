"""Where an engine keeps its things, and that only one does so there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pausedemo.embedded.errors import Conflict, ServerError

#: How long the keeper of an engine that was killed may take to end all containers.
KEEPER_END_S: Final = 30
_SPARE: Final = ".spare-"
ROOT_STATE: Final = Path("/var/lib/pausedemo/embedded")


@dataclass(frozen=True, slots=True)
class StateFolder:
    """An engine's own folder, held by a lock for as long as the engine lives.

    ``key`` names the engine where the kernel's names are shared by all: cgroups, links.
    ``lock`` is the engine's alone; ``keeping`` the keeper holds as well, until all is ended.
    """

    path: Path
    lock: int
    keeping: int
    is_new: bool
    temporary: bool = False

    @property
    def key(self) -> str:
        """Twelve hexadecimal digits of the folder's path."""
        return make_key(self.path)

    @property
    def containers(self) -> Path:
        """One folder for each container; nothing in it outlives the engine."""
        return self.path / "containers"

    @property
    def images(self) -> Path:
        """Layers, configurations, names."""
        return self.path / "images"

    @property
    def volumes(self) -> Path:
        """Volumes, which do outlive the engine."""
        return self.path / "volumes"

    def sweep(self) -> None:
        """Remove what an engine that was killed left of its containers."""
        shutil.rmtree(self.containers, ignore_errors=True)
        self.containers.mkdir(mode=0o711, parents=True, exist_ok=True)

    def close(self) -> None:
        """Let another engine have it; a temporary one goes."""
        if self.temporary:
            shutil.rmtree(self.path, ignore_errors=True)
        os.close(self.keeping)
        os.close(self.lock)

    def discard(self) -> None:
        """After a start that failed: a folder that it made goes again."""
        if self.is_new:
            shutil.rmtree(self.path, ignore_errors=True)
        self.close()


def make_key(path: Path) -> str:
    """A short name for a path."""
    # Not above: it brings OpenSSL, 3.5 MB, and the keeper has all that this file imports.
    import hashlib

    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


def find_state(socket_path: Path, *, rootless: bool) -> Path:
    """The folder that belongs to a socket when none was named."""
    name = make_key(socket_path)
    if not rootless:
        return ROOT_STATE / name
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share"
    return Path(data) / "pausedemo/embedded" / name


def open_state(path: Path) -> StateFolder:
    """Take a folder for this process.

    The keeper of an engine that was killed may still be ending its containers: that is waited for.
    Raises Conflict when another engine has it, ServerError when it cannot be written.
    """
    is_new = not path.exists()
    lock = _lock_folder(path)
    keeping = _open_lock(path / "keeping")
    try:
        with _time_limit(KEEPER_END_S):
            fcntl.flock(keeping, fcntl.LOCK_EX)
    except TimeoutError:
        os.close(keeping)
        os.close(lock)
        raise Conflict(
            f"processes of an earlier engine still use {path}, {KEEPER_END_S} s after its end"
        ) from None
    return StateFolder(path, lock, keeping, is_new)


def _lock_folder(path: Path) -> int:
    while True:
        try:
            path.mkdir(mode=0o711, parents=True, exist_ok=True)
            lock = _open_lock(path / "lock")
        except FileNotFoundError:
            continue  # swept away between the two: make it again
        except OSError as error:
            raise ServerError(
                f"cannot keep anything in {path} ({error.strerror}): name another folder"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Conflict(
                f"another engine uses {path}: stop it, or name another folder with --state"
            ) from None
        with contextlib.suppress(FileNotFoundError):
            # Who sweeps removes the folder that he has locked: then this lock holds nothing.
            if os.path.samestat(os.fstat(lock), (path / "lock").stat()):
                return lock
        os.close(lock)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    """TimeoutError in the main thread when the block takes longer: flock(2) has no limit."""

    def expire(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def open_spare_state(path: Path) -> StateFolder:
    """As ``open_state``; while another engine has that folder, a temporary one beside it.

    Temporary ones of engines that were killed are removed.
    """
    for left in path.parent.glob(f"{path.name}{_SPARE}*"):
        with contextlib.suppress(Conflict, ServerError):
            replace(open_state(left), temporary=True).close()
    try:
        return open_state(path)
    except Conflict:
        # Not above, as for make_key: few engines need a second folder.
        import tempfile

        spare = Path(tempfile.mkdtemp(prefix=f"{path.name}{_SPARE}", dir=path.parent))
        spare.chmod(0o711)
        return replace(open_state(spare), temporary=True)


def bind_socket(path: Path) -> socket.socket:
    """A listening socket for the owner only. A stale one is taken over, a live one is refused.

    Raises Conflict.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    before = os.umask(0o177)
    try:
        if _is_stale(path):
            path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        listening.bind(str(path))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise Conflict(f"cannot listen at {path}: {error.strerror or error}") from error
    except Conflict:
        listening.close()
        raise
    finally:
        os.umask(before)
    return listening


def _is_stale(path: Path) -> bool:
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(kind):
        raise Conflict(f"{path} is there and is no socket: name another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(5)
        try:
            asking.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError as error:
            raise Conflict(f"cannot tell who listens at {path}: {error}") from error
    raise Conflict(f"an engine already listens at {path}")
