"""Which OCI runtime an engine shall run its containers with, and whether it can."""

from __future__ import annotations

from pausedemo.engine.port import EngineInfo
from pausedemo.errors import UsageError


def check_runtime(wanted: str, about: EngineInfo) -> None:
    """Raise UsageError, naming the runtimes that there are, when the engine cannot use ``wanted``.

    podman's Docker API takes any name, and runs its own default all the same. Docker takes the
    name of a containerd shim (``io.containerd.kata.v2``) as well as those that it lists; it says
    itself when there is no such shim (moby, daemon/config ``IsPermissibleC8dRuntimeName``).
    """
    if about.name == "podman":
        if wanted != about.runtime:
            raise UsageError(
                f"podman runs everything that its Docker API makes with {about.runtime}, whatever "
                f'is asked for: put runtime = "{wanted}" into the section [engine] of its '
                "containers.conf, and restart its service"
            )
    elif wanted not in about.runtimes and wanted.count(".") < 2:
        known = ", ".join(about.runtimes) or "none that it lists"
        raise UsageError(
            f"{about.name} {about.version} has no runtime {wanted!r}; it has: {known}"
            " (more are added with dockerd's --add-runtime, or in its daemon.json)"
        )
