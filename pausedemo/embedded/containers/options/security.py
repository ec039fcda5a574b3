"""What a container's processes may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pausedemo.embedded.containers.capabilities import compute_capabilities
from pausedemo.embedded.errors import BadParameter, NotSupported


@dataclass(frozen=True, slots=True)
class Security:
    """What a container's processes may do.

    ``seccomp``: a filter applies: the default one, or ``profile``, which is Docker's JSON as it
    was given. Like dockerd, nobody looks at that before the container is started.
    """

    capabilities: int
    no_new_privileges: bool
    seccomp: bool
    privileged: bool
    profile: str = ""


def parse_security(host: dict[str, Any]) -> Security:
    """Capabilities and SecurityOpt. Raises BadParameter, and NotSupported for what is not had."""
    privileged = bool(host.get("Privileged"))
    no_new, seccomp, profile = False, not privileged, ""
    for option in host.get("SecurityOpt") or []:
        key, _, value = option.partition("=" if "=" in option else ":")
        match key, value:
            case "no-new-privileges", "" | "true":
                no_new = True
            case "no-new-privileges", "false":
                no_new = False
            case "seccomp", "unconfined":
                seccomp, profile = False, ""
            case "seccomp", _ if value:
                seccomp, profile = not privileged, value
            case ("apparmor" | "label", "unconfined" | "disable"):
                pass
            case (("apparmor" | "label" | "systempaths" | "credentialspec"), _):
                raise NotSupported(f"the embedded engine does not support the option {option!r}")
            case _:
                raise BadParameter(f'invalid --security-opt 2: "{option}"')
    bits = compute_capabilities(
        host.get("CapAdd") or [], host.get("CapDrop") or [], privileged=privileged
    )
    return Security(bits, no_new, seccomp, privileged, profile)
