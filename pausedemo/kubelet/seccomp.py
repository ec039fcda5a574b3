"""Seccomp profiles of the machine that the kubelet runs on.

The engine is given a profile's content, so it may be another machine's. Source: dockershim,
helpers.go (``getSeccompDockerOpts``); kubernetes, pkg/kubelet/kuberuntime/helpers.go.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pausedemo.core.manifest import SeccompProfile, SeccompProfileType
from pausedemo.errors import ContainerConfigError

#: The kubelet's own folder, and the variable that names another.
ROOT: Final = "/var/lib/kubelet/seccomp"
ROOT_VARIABLE: Final = "PAUSEDEMO_SECCOMP_ROOT"


def read_profile(profile: SeccompProfile | None, environ: Mapping[str, str] = os.environ) -> str:
    """The content of a profile of type Localhost, on one line; empty for any other.

    Raises ContainerConfigError, which names the file, when it cannot be had or is no JSON.
    """
    if profile is None or profile.type is not SeccompProfileType.LOCALHOST:
        return ""
    path = Path(environ.get(ROOT_VARIABLE) or ROOT, profile.localhost_profile or "")
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        why = error.strerror or str(error)
    except (ValueError, RecursionError) as error:
        why = f"it is no JSON: {error}"
    else:
        return json.dumps(content, separators=(",", ":"))
    raise ContainerConfigError(
        f'cannot load seccomp profile "{path}": {why} (profiles are looked for in '
        f"{ROOT}, or where {ROOT_VARIABLE} says)"
    )
