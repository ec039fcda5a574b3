"""What it means to apply an object that is there already: nothing, a change, or a refusal.

Source: ValidatePodUpdate, ValidateContainerUpdates, validateOnlyAddedTolerations,
ValidateConfigMapUpdate and ValidateSecretUpdate in pkg/apis/core/validation/validation.go; how a
refusal is printed: checkErr, k8s.io/kubectl/pkg/cmd/util/helpers.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

from pausedemo.core.files.complaints import Path, render_path
from pausedemo.core.manifest import (
    ConfigMap,
    Container,
    KubernetesObject,
    PodManifest,
    PodSpec,
    Secret,
)
from pausedemo.core.manifest.rules.words import Faults, forbidden, invalid
from pausedemo.core.specdiff import render_difference
from pausedemo.errors import PausedemoError

_IMMUTABLE: Final = "field is immutable when `immutable` is set"
_MUTABLE: Final = ",".join(
    (
        "`spec.containers[*].image`",
        "`spec.initContainers[*].image`",
        "`spec.activeDeadlineSeconds`",
        "`spec.tolerations` (only additions to existing tolerations)",
        "`spec.terminationGracePeriodSeconds` "
        "(allow it to be set to 1 if it was previously negative)",
    )
)


class Outcome(StrEnum):
    """What becomes of an object, in kubectl's words."""

    CREATED = "created"
    CONFIGURED = "configured"
    UNCHANGED = "unchanged"


class ChangeRefused(PausedemoError):
    """A change that Kubernetes does not allow. ``faults``: ``field: what is wrong``, in order."""

    def __init__(self, kind: str, name: str, faults: Sequence[str]) -> None:
        self.kind = kind
        self.name = name
        self.faults = tuple(faults)
        head = f'The {kind} "{name}" is invalid: '
        if len(faults) == 1:
            super().__init__(head + faults[0])
        else:
            super().__init__("\n".join([head, *(f"* {fault}" for fault in faults)]))


def compute_outcome(old: KubernetesObject | None, new: KubernetesObject) -> Outcome:
    """Tell what applying ``new`` means where ``old``, of the same kind and name, is applied.

    Raises ChangeRefused.
    """
    if old is None:
        return Outcome.CREATED
    if old.to_applied() == new.to_applied():
        return Outcome.UNCHANGED
    faults = list(dict.fromkeys(f"{render_path(path)}: {what}" for path, what in _check(old, new)))
    if faults:
        raise ChangeRefused(new.kind, new.metadata.name, faults)
    return Outcome.CONFIGURED


def _check(old: KubernetesObject, new: KubernetesObject) -> Faults:
    match old, new:
        case PodManifest(), PodManifest():
            return _check_pod(old.spec, new.spec)
        case ConfigMap(), ConfigMap():
            return _check_config_map(old, new)
        case Secret(), Secret():
            return _check_secret(old, new)
        case _:
            raise TypeError(f"a {old.kind} does not become a {new.kind}")


def _check_pod(old: PodSpec, new: PodSpec) -> Faults:
    """Faults of the first step that has any, as Kubernetes goes on only with a right one."""
    steps = (_check_containers, _check_deadline, _check_tolerations, _check_gates, _check_rest)
    for step in steps:
        found = list(step(old, new))
        if found:
            yield from found
            return


def _check_containers(old: PodSpec, new: PodSpec) -> Faults:
    why = "pod updates may not add or remove containers"
    if len(old.containers) != len(new.containers):
        yield ("spec", "containers"), forbidden(why)
    elif len(old.init_containers) != len(new.init_containers):
        yield ("spec", "initContainers"), forbidden(why)


def _check_deadline(old: PodSpec, new: PodSpec) -> Faults:
    """It may be set, and lowered."""
    path: Path = ("spec", "activeDeadlineSeconds")
    before, after = old.active_deadline_seconds, new.active_deadline_seconds
    if before is None:
        return
    if after is None:
        why = "must not update from a positive integer to nil value"
        yield path, f"Invalid value: null: {why}"
    elif after > before:
        yield path, invalid(after, "must be less than or equal to previous value")


def _check_tolerations(old: PodSpec, new: PodSpec) -> Faults:
    wanted = [_without_seconds(one) for one in new.tolerations]
    if any(_without_seconds(one) not in wanted for one in old.tolerations):
        why = "existing toleration can not be modified except its tolerationSeconds"
        yield ("spec", "tolerations"), forbidden(why)


def _without_seconds(toleration: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in toleration.items() if key != "tolerationSeconds"}


def _check_gates(old: PodSpec, new: PodSpec) -> Faults:
    names = [gate.get("name") for gate in old.scheduling_gates]
    for index, gate in enumerate(new.scheduling_gates):
        if gate.get("name") not in names:
            why = f"only deletion is allowed, but found new scheduling gate '{gate.get('name')}'"
            yield ("spec", "schedulingGates", index), forbidden(why)


def _check_rest(old: PodSpec, new: PodSpec) -> Faults:
    munged = new.model_copy(
        update={
            "containers": _with_images(new.containers, old.containers),
            "init_containers": _with_images(new.init_containers, old.init_containers),
            "active_deadline_seconds": old.active_deadline_seconds,
            "tolerations": old.tolerations,
            "scheduling_gates": old.scheduling_gates,
        }
    )
    if munged != old:
        difference = render_difference(old, munged)
        why = f"pod updates may not change fields other than {_MUTABLE}\n{difference}\n"
        yield ("spec",), forbidden(why)


def _with_images(
    containers: Sequence[Container], images: Sequence[Container]
) -> tuple[Container, ...]:
    """The containers with the images of others, one by one."""
    pairs = zip(containers, images, strict=True)
    return tuple(one.model_copy(update={"image": other.image}) for one, other in pairs)


def _check_config_map(old: ConfigMap, new: ConfigMap) -> Faults:
    if not old.immutable:
        return
    if not new.immutable:
        yield ("immutable",), forbidden(_IMMUTABLE)
    if old.data != new.data:
        yield ("data",), forbidden(_IMMUTABLE)
    if old.binary_data != new.binary_data:
        yield ("binaryData",), forbidden(_IMMUTABLE)


def _check_secret(old: Secret, new: Secret) -> Faults:
    if old.type != new.type:
        yield ("type",), invalid(new.type, "field is immutable")
    if not old.immutable:
        return
    if not new.immutable:
        yield ("immutable",), forbidden(_IMMUTABLE)
    if old.contents != new.contents:
        yield ("data",), forbidden(_IMMUTABLE)
