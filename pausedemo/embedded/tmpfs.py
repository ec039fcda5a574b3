"""What is kept in memory, volumes and shared /dev/shm, mounted in the engine's own mount namespace.

The keeper's sees them too, so that containers can bind them; when the engine goes, however it
goes, they go with the namespaces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag

_SHM_FLAGS: Final = MountFlag.NO_SUID | MountFlag.NO_DEV | MountFlag.NO_EXEC
_NEVER: Final = MountFlag.NO_SUID | MountFlag.NO_DEV
_FLAGS: Final = {"ro": MountFlag.READ_ONLY, "noexec": MountFlag.NO_EXEC}
#: What is so anyway, or is not had.
_NO_DATA: Final = frozenset({"rw", "exec", "suid", "nosuid", "dev", "nodev"})


def mount_shm(target: Path, size: int) -> None:
    """Mount a /dev/shm for all that join one IPC namespace, of so many bytes. Raises OSError."""
    syscalls.mount("shm", str(target), "tmpfs", _SHM_FLAGS, f"mode=1777,size={size}")


def unmount_shm(target: Path) -> None:
    """Take it away. It blocks while the kernel waits for its readers. Raises OSError."""
    syscalls.unmount(str(target))


class TmpfsMounter:
    """Mounts them where a volume's directory is."""

    def mount(self, kind: str, device: str, target: Path, options: str) -> None:
        """Mount with the options of tmpfs(5), separated by commas. Raises OSError."""
        flags, data = _NEVER, []
        for option in filter(None, options.split(",")):
            if option in _FLAGS:
                flags |= _FLAGS[option]
            elif option not in _NO_DATA:
                data.append(option)
        syscalls.mount(device, str(target), kind, flags, ",".join(data))

    def unmount(self, target: Path) -> None:
        """Take it away. Raises OSError."""
        syscalls.unmount(str(target))
