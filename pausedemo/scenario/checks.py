"""What can be wrong between the parts of a scenario file: names that fit nothing, wrong order.

Each check yields (path, message) for what is wrong, at its place in the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pausedemo.core.files.complaints import Path, describe, hint_at
from pausedemo.core.files.nearest import nearest
from pausedemo.core.files.validation import StrictModel
from pausedemo.core.manifest import PodManifest
from pausedemo.core.verdicts.expect import references
from pausedemo.scenario.actions import Action, InContainer, Namespaces, Run
from pausedemo.scenario.kinds import (
    CreateStep,
    ExecStep,
    JudgedStep,
    NamespacesStep,
    RemoveStep,
    RunStep,
    Step,
)
from pausedemo.scenario.node import NODE_KINDS
from pausedemo.scenario.schema import ScenarioFile
from pausedemo.scenario.words import NODE, POD

#: Steps that only a pod can have, and those that only a container outside of pods can.
POD_KINDS = frozenset({"apply", "delete", "http", "pod", "events", "containers"})
#: What can still be asked of a pod that was deleted.
AFTER_KINDS = frozenset({"events", "containers"})
BARE_KINDS = frozenset({"run", "create"})
#: What needs a program in the container beside the main one.
PROGRAM_KINDS = frozenset({"exec", "write"})
PAUSE_IMAGE = "pause"

Found = Iterator[tuple[Path, str]]


def find_pod(file: ScenarioFile, step: Step) -> str | None:
    """The pod that a step is about; "" for the containers outside of pods, None if it is unclear.

    Without a name it is the scenario's only pod, unless the scenario has containers beside it.
    """
    if step.action.pod is not None:
        return step.action.pod
    if step.kind in BARE_KINDS or (file.containers and step.kind not in POD_KINDS):
        return ""
    return next(iter(file.pods)) if len(file.pods) == 1 else None


def check_pods(file: ScenarioFile) -> Found:
    """Every step is about a pod of the scenario that was applied before it, once."""
    if not file.pods and not file.containers:
        yield (), '"pods" or "containers" is missing; a scenario needs one of them'
        return
    applied: set[str] = set()
    deleted: set[str] = set()
    unclear = False
    for index, step in enumerate(file.steps):
        path: Path = ("steps", index, step.kind)
        pod = find_pod(file, step)
        if pod == "":
            continue
        unclear |= pod not in file.pods
        if pod is None:
            known = ", ".join(file.pods) or "none, only containers"
            yield path, f'"pod" is missing; this scenario has {known}'
        elif step.kind in BARE_KINDS:
            yield (*path, "pod"), f"{step.kind} is about containers outside of pods; use apply"
        elif pod not in file.pods:
            hint = hint_at(pod, file.pods, "it has")
            yield (*path, "pod"), f"this scenario has no pod {describe(pod)}; {hint}"
        elif step.kind == "apply":
            if pod in applied:
                yield path, f'the pod "{pod}" was applied before; apply each pod once'
            applied.add(pod)
        elif pod not in applied:
            # Once is enough: all that follows rests on the same missing step.
            yield path, f'the pod "{pod}" is used before a step "apply" has made it'
            applied.add(pod)
        elif pod in deleted and step.kind not in AFTER_KINDS:
            yield (
                path,
                f'the pod "{pod}" was deleted before; only its events and containers are left',
            )
        elif step.kind == "delete":
            deleted.add(pod)
    for pod in () if unclear else file.pods.keys() - applied:
        yield ("pods", pod), f'the pod "{pod}" is never used; apply it in a step, or remove it'


def check_references(file: ScenarioFile) -> Found:
    """Names given with ``as`` are there once, and before what refers to them and their facts."""
    known: dict[str, list[str]] = {}
    for index, step in enumerate(file.steps):
        if not isinstance(step, JudgedStep):
            continue
        for expectation in step.all_expectations:
            for reference in references(expectation):
                if message := _check_reference(reference, known):
                    yield ("steps", index, "expect"), message
        if step.label in known:
            yield ("steps", index, "as"), f'an earlier step is "{step.label}" already'
        elif step.label is not None:
            judged: StrictModel | None = step.expectation
            known[step.label] = list(type(judged).model_fields) if judged else []
        if isinstance(step, ExecStep) and step.exec.detach and "expect" in step.model_fields_set:
            message = "nothing can be expected of a detached command: nobody waits for its end"
            yield ("steps", index, "expect"), message


def check_containers(file: ScenarioFile, manifests: Mapping[str, PodManifest]) -> Found:
    """Every container that a step names is there, and has what the step needs."""
    yield from _check_bare_containers(file)
    for index, step in enumerate(file.steps):
        pod = find_pod(file, step)
        known = _known_containers(file, manifests, pod)
        if known is not None:
            for path, name in _named_containers(step.action):
                place = ("steps", index, step.kind, *path)
                if name == NODE and isinstance(step, NamespacesStep):
                    continue
                if name not in known and not (name == POD and pod):
                    yield place, _word_unknown_container(name, pod, known)
                elif step.kind in PROGRAM_KINDS and (name == POD or known.get(name) == PAUSE_IMAGE):
                    others = ", ".join(one for one in known if known[one] != PAUSE_IMAGE)
                    hint = f"{step.kind} needs one of {others}" if others else "add another"
                    yield place, f"{name} has no shell and no files; {hint}"
        if isinstance(step, NamespacesStep):
            for path, name in _expected_containers(step):
                if name not in step.namespaces.containers:
                    hint = "add it to namespaces.containers"
                    yield (
                        ("steps", index, *path),
                        f"this step does not look at {describe(name)}; {hint}",
                    )
                elif name == NODE and path[3] not in NODE_KINDS:
                    known_kinds = ", ".join(sorted(NODE_KINDS))
                    yield (
                        ("steps", index, *path),
                        f"the node's {path[3]} namespace cannot be seen; only {known_kinds}",
                    )


def _check_reference(reference: str, known: Mapping[str, list[str]]) -> str | None:
    """What is wrong with a reference. ``known`` holds the facts of each earlier step's label."""
    label, fact = reference.split(".")[:2]
    if label not in known:
        close = nearest(label, known)
        hint = f'did you mean "{close}"?' if close else f'give it the name with "as: {label}"'
        return f'{reference}: no earlier step is "{label}"; {hint}'
    if fact not in known[label]:
        hint = hint_at(fact, known[label], "it has")
        return f'{reference}: the step "{label}" has no "{fact}"; {hint}'
    return None


def _check_bare_containers(file: ScenarioFile) -> Found:
    """Containers outside of pods: made before they are used, and those they join are there."""
    joined: set[str] = set()
    for name, entry in file.containers.items():
        for key, other in entry.joined.items():
            joined.add(other)
            if other not in file.containers:
                hint = hint_at(other, file.containers, "it has")
                path: Path = ("containers", name, key)
                yield path, f"this scenario has no container {describe(other)}; {hint}"
    made: set[str] = set()
    used: set[str] = set()
    for index, step in enumerate(file.steps):
        if find_pod(file, step) != "":
            continue
        for path, name in _named_containers(step.action):
            place = ("steps", index, step.kind, *path)
            if isinstance(step, (RunStep, CreateStep)):
                if name in made:
                    yield place, f'the container "{name}" was made before; remove it first'
                made.add(name)
            elif name in file.containers and name not in used | made:
                yield place, f'the container "{name}" is used before "run" or "create" made it'
            if isinstance(step, RemoveStep):
                made.discard(name)
            used.add(name)
    for name in file.containers.keys() - used - joined:
        message = f'the container "{name}" is never used; run it in a step, or remove it'
        yield ("containers", name), message


def _known_containers(
    file: ScenarioFile, manifests: Mapping[str, PodManifest], pod: str | None
) -> Mapping[str, str] | None:
    """The images of the containers that a step may name; None where its pod is unclear."""
    if pod == "":
        return {name: entry.image for name, entry in file.containers.items()}
    manifest = manifests.get(pod or "")
    if manifest is None:
        return None
    return {container.name: container.image for container in manifest.spec.all_containers}


def _word_unknown_container(name: str, pod: str | None, known: Mapping[str, str]) -> str:
    where = "the pod" if pod else "this scenario"
    return f"{where} has no container {describe(name)}; {hint_at(name, known, 'it has')}"


def _named_containers(action: Action) -> Found:
    """The containers that an action names, each with its place below the action."""
    if isinstance(action, InContainer):
        yield ("container",), action.container
    if isinstance(action, (Namespaces, Run)):
        for index, name in enumerate(action.containers):
            yield ("containers", index), name


def _expected_containers(step: NamespacesStep) -> Found:
    groups = step.expect.namespaces
    for word, of_kind in (("shared", groups.shared), ("separate", groups.separate)):
        for kind, names in of_kind.items():
            for index, name in enumerate(names):
                yield ("expect", "namespaces", word, kind, index), name
