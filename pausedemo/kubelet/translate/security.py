"""Who a container's processes are and what they may do: the pod's word where it has none.

Source: kubernetes pkg/securitycontext/util.go and pkg/kubelet/kuberuntime/security_context*.go,
cri-dockerd core/security_context.go.
"""

from __future__ import annotations

from typing import Final

from pausedemo.core.manifest import Container, PodSpec, SeccompProfile, SeccompProfileType
from pausedemo.core.pods.pod import Pod
from pausedemo.errors import ContainerConfigError

NO_NEW_PRIVILEGES: Final = "no-new-privileges"
NO_SECCOMP: Final = "seccomp=unconfined"
SECCOMP: Final = "seccomp="


def choose_user(spec: PodSpec, container: Container, image_user: str) -> str | None:
    """``uid`` or ``uid:gid``; None: as the image says. ``image_user``: whom that names."""
    user = container.security_context.run_as_user
    if user is None:
        user = spec.security_context.run_as_user
    group = container.security_context.run_as_group
    if group is None:
        group = spec.security_context.run_as_group
    if group is None:
        return None if user is None else str(user)
    # The image's own group is not wanted, its user is; root where it names none.
    return f"{image_user.partition(':')[0] or '0' if user is None else user}:{group}"


def choose_groups(spec: PodSpec) -> tuple[str, ...]:
    """The groups that every process of the pod has beside its own."""
    context = spec.security_context
    own = () if context.fs_group is None else (context.fs_group,)
    return tuple(map(str, dict.fromkeys((*own, *context.supplemental_groups))))


def choose_seccomp(spec: PodSpec, container: Container) -> SeccompProfile | None:
    """The profile that a container wants; None: it says nothing of that."""
    return container.security_context.seccomp_profile or spec.security_context.seccomp_profile


def choose_security_options(
    spec: PodSpec, container: Container, own_profile: str = ""
) -> tuple[str, ...]:
    """The engine's words for what its processes may not.

    ``own_profile``: the content of the profile that it names. Without one the engine's default
    holds, as under a kubelet with ``seccompDefault``.
    """
    profile = choose_seccomp(spec, container)
    options = []
    if container.security_context.allow_privilege_escalation is False:
        options.append(NO_NEW_PRIVILEGES)
    if profile is not None and profile.type is SeccompProfileType.UNCONFINED:
        options.append(NO_SECCOMP)
    if profile is not None and profile.type is SeccompProfileType.LOCALHOST:
        options.append(f"{SECCOMP}{own_profile}")
    return tuple(options)


def is_privileged(container: Container) -> bool:
    """Whether the container is as powerful as the machine's root."""
    return bool(container.security_context.privileged)


def check_non_root(pod: Pod, container: Container, image_user: str) -> None:
    """Refuse a container that must not run as root and would, or might.

    ``image_user``: whom the image names, empty for root. Raises ContainerConfigError in the
    kubelet's words. Source: verifyRunAsNonRoot, security_context_others.go.
    """
    own, pods = container.security_context, pod.spec.security_context
    required = pods.run_as_non_root if own.run_as_non_root is None else own.run_as_non_root
    if not required:
        return
    user = pods.run_as_user if own.run_as_user is None else own.run_as_user
    named = image_user.partition(":")[0]
    where = f'(pod: "{pod.name}_{pod.namespace}({pod.uid})", container: {container.name})'
    if user is not None:
        if user == 0:
            raise ContainerConfigError(f"container's runAsUser breaks non-root policy {where}")
    elif named in ("", "0"):
        raise ContainerConfigError(f"container has runAsNonRoot and image will run as root {where}")
    elif not named.isdecimal():
        raise ContainerConfigError(
            f"container has runAsNonRoot and image has non-numeric user ({named}), "
            f"cannot verify user is non-root {where}"
        )
