"""Volumes kept in memory, mounted in the engine's own mount namespace.

The keeper's sees them too, so that containers can bind them; when the engine goes, however it
goes, they go with the namespaces.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pausedemo.embedded.kernel import syscalls
from pausedemo.embedded.kernel.syscalls import MountFlag

_NEVER: Final = MountFlag.NO_SUID | MountFlag.NO_DEV
_FLAGS: Final = {"ro": MountFlag.READ_ONLY, "noexec": MountFlag.NO_EXEC}
#: What is so anyway, or is not had.
_NO_DATA: Final = frozenset({"rw", "exec", "suid", "nosuid", "dev", "nodev"})


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
