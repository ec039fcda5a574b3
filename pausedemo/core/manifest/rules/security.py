"""What a container's processes may do: the rules between its fields.

Source: kubernetes pkg/apis/core/validation/validation.go (``ValidateSecurityContext``,
``validateSeccompProfileField``).
"""

from __future__ import annotations

from pausedemo.core.files.complaints import Path
from pausedemo.core.manifest.rules.words import Faults, invalid, required
from pausedemo.core.manifest.security import SeccompProfile, SeccompProfileType, SecurityContext


def check_security(context: SecurityContext, path: Path) -> Faults:
    """A container's own; ``path`` is its place."""
    yield from check_seccomp(context.seccomp_profile, (*path, "seccompProfile"))
    if context.allow_privilege_escalation is not False:
        return
    if context.privileged:
        yield path, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
    if {"CAP_SYS_ADMIN"} & set(context.capabilities.add):
        yield (
            path,
            "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
        )


def check_seccomp(profile: SeccompProfile | None, path: Path) -> Faults:
    """A container's filter, or its pod's."""
    if profile is None:
        return
    place = (*path, "localhostProfile")
    if profile.type is SeccompProfileType.LOCALHOST:
        if not profile.localhost_profile:
            yield place, required("must be set when seccomp type is Localhost")
    elif profile.localhost_profile is not None:
        why = "can only be set when seccomp type is Localhost"
        yield place, invalid(profile.localhost_profile, why)
