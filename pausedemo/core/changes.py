"""What it means to apply an object that is there already: nothing, a change, or a refusal.

Defaults are set before anything is compared, as in Kubernetes: to write one out changes nothing.

Source: ValidatePodUpdate, ValidateContainerUpdates, validateOnlyAddedTolerations,
ValidateConfigMapUpdate and ValidateSecretUpdate in pkg/apis/core/validation/validation.go; how a
refusal is printed: checkErr, k8s.io/kubectl/pkg/cmd/util/helpers.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from itertools import zip_longest
from typing import Any, Final, TypeVar

from pausedemo.core.files.complaints import Path, render_path
from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest import (
    ConfigMap,
    Container,
    KubernetesObject,
    PodManifest,
    PodSpec,
    Secret,
)
from pausedemo.core.manifest.podspec import DEFAULT_SCHEDULER
from pausedemo.core.manifest.rules.words import Faults, forbidden, invalid
from pausedemo.core.rules.imagenames import choose_pull_policy
from pausedemo.core.specdiff import render_difference
from pausedemo.errors import PausedemoError

_Model = TypeVar("_Model", bound=KubernetesModel)

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
    if _is_same(old, new):
        return Outcome.UNCHANGED
    faults = list(dict.fromkeys(f"{render_path(path)}: {what}" for path, what in _check(old, new)))
    if faults:
        raise ChangeRefused(new.kind, new.metadata.name, faults)
    return Outcome.CONFIGURED


def _is_same(old: KubernetesObject, new: KubernetesObject) -> bool:
    """Whether both mean the same, whichever way each is written."""
    if old.metadata != new.metadata:
        return False
    match old, new:
        case PodManifest(), PodManifest():
            return _set_defaults(old.spec, old.spec) == _set_defaults(new.spec, old.spec)
        case Secret(), Secret():
            return _secret_facts(old) == _secret_facts(new)
        case _:
            return old == new


def _secret_facts(secret: Secret) -> tuple[object, ...]:
    return secret.contents, secret.type, secret.immutable


def _set_defaults(spec: PodSpec, kept: PodSpec) -> PodSpec:
    """The spec as the API server gives it out, where ``kept`` is the one that is there already.

    Of the defaults these are no constants of the models; a node is chosen whatever is written.
    """
    return spec.model_copy(
        update={
            "containers": _with_policies(spec.containers, kept.containers),
            "init_containers": _with_policies(spec.init_containers, kept.init_containers),
            "scheduler_name": spec.scheduler_name or DEFAULT_SCHEDULER,
            "node_name": None,
        }
    )


def _with_policies(
    containers: Sequence[Container], kept: Sequence[Container]
) -> tuple[Container, ...]:
    """The containers with their pull policies.

    One that neither apply has written stays as it is, whatever becomes of the image.
    """
    settled = []
    for one, before in zip_longest(containers, kept[: len(containers)]):
        unwritten = before is not None and not (one.image_pull_policy or before.image_pull_policy)
        policy = choose_pull_policy(before if unwritten else one)
        settled.append(one.model_copy(update={"image_pull_policy": policy}))
    return tuple(settled)


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
    old, new = _set_defaults(old, old), _set_defaults(new, old)
    munged = new.model_copy(
        update={
            **{name: getattr(old, name) for name in _list_meaningless(PodSpec)},
            "containers": _with_images(new.containers, old.containers),
            "init_containers": _with_images(new.init_containers, old.init_containers),
            "active_deadline_seconds": old.active_deadline_seconds,
            "security_context": _with_meaningless(new.security_context, old.security_context),
        }
    )
    if munged != old:
        difference = render_difference(old, munged)
        why = f"pod updates may not change fields other than {_MUTABLE}\n{difference}\n"
        yield ("spec",), forbidden(why)


def _list_meaningless(model: type[KubernetesModel]) -> list[str]:
    """The fields of a model that may be written and mean nothing here."""
    return [
        name for name, field in model.model_fields.items() if (field.alias or name) in model.ignored
    ]


def _with_meaningless(one: _Model, other: _Model) -> _Model:
    """It with what means nothing as in another."""
    update = {name: getattr(other, name) for name in _list_meaningless(type(one))}
    return one.model_copy(update=update)


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
