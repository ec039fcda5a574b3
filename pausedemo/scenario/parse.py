"""A scenario file's text to a Scenario, or every problem of it at its place."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pausedemo.core.complaints import Path, describe, hint_at
from pausedemo.core.expect import references
from pausedemo.core.manifest import PodManifest, parse_pod
from pausedemo.core.nearest import nearest
from pausedemo.core.validation import StrictModel, validate
from pausedemo.core.yamltext import Document, load_documents
from pausedemo.errors import InvalidFile, Problem, UsageError
from pausedemo.scenario.schema import (
    POD,
    Action,
    InContainer,
    Namespaces,
    NamespacesStep,
    ScenarioFile,
    Step,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be run: its file, and the manifests that the file names."""

    source: str
    file: ScenarioFile
    manifests: Mapping[str, PodManifest]

    @property
    def name(self) -> str:
        return self.file.name

    def pod_of(self, action: Action) -> str:
        """Which of the scenario's pods an action is about: the one it names, or the only one."""
        return action.pod or next(iter(self.file.pods))


def parse_scenario(text: str, source: str, read_manifest: Callable[[str], str]) -> Scenario:
    """Read a scenario file's whole text.

    ``source`` names the file in messages. ``read_manifest`` gives the text of a manifest by its
    path beside the scenario, and raises UsageError when it cannot be read. Raises InvalidFile
    with every problem of the scenario and of its manifests.
    """
    documents = load_documents(text, source)
    if len(documents) != 1:
        message = (
            "a second document; expected one scenario in the file"
            if documents
            else "the file is empty; expected one scenario"
        )
        place = documents[1].place(()) if documents else (0, 0)
        raise InvalidFile([Problem(source, *place, message)])
    document = documents[0]
    file = validate(ScenarioFile, document, source)
    manifests, problems = _read_manifests(file, document, source, read_manifest)
    found = [*_check_pods(file), *_check_labels(file), *_check_containers(file, manifests)]
    problems += [Problem(source, *document.place(path), message) for path, message in found]
    if problems:
        raise InvalidFile(problems)
    return Scenario(source, file, manifests)


def _read_manifests(
    file: ScenarioFile, document: Document, source: str, read_manifest: Callable[[str], str]
) -> tuple[dict[str, PodManifest], list[Problem]]:
    manifests: dict[str, PodManifest] = {}
    problems: list[Problem] = []
    for name, entry in file.pods.items():
        beside = posixpath.join(posixpath.dirname(source), entry.manifest)
        try:
            manifests[name] = parse_pod(read_manifest(entry.manifest), beside)
        except InvalidFile as error:
            problems += error.problems
        except UsageError as error:
            place = document.place(("pods", name, "manifest"))
            problems.append(Problem(source, *place, str(error)))
    return manifests, problems


def _check_pods(file: ScenarioFile) -> Iterator[tuple[Path, str]]:
    """Every step is about a pod of the scenario that was applied before it, once."""
    applied: set[str] = set()
    for index, step in enumerate(file.steps):
        path: Path = ("steps", index, step.kind)
        pod = _pod_of(file, step)
        if pod is None:
            yield path, f'"pod" is missing; this scenario has {", ".join(file.pods)}'
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
    for pod in file.pods.keys() - applied:
        yield ("pods", pod), f'the pod "{pod}" is never used; apply it in a step, or remove it'


def _check_labels(file: ScenarioFile) -> Iterator[tuple[Path, str]]:
    """Names given with ``as`` are there once, and before what refers to them and their facts."""
    known: dict[str, list[str]] = {}
    for index, step in enumerate(file.steps):
        expectation: StrictModel | None = getattr(step, "expect", None)
        for reference in references(expectation):
            if message := _check_reference(reference, known):
                yield ("steps", index, "expect"), message
        label = getattr(step, "label", None)
        if label in known:
            yield ("steps", index, "as"), f'an earlier step is "{label}" already'
        elif label is not None and expectation is not None:
            known[label] = list(type(expectation).model_fields)


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


def _check_containers(
    file: ScenarioFile, manifests: Mapping[str, PodManifest]
) -> Iterator[tuple[Path, str]]:
    """Every container that a step names is in its pod; POD has no shell to run a command in."""
    for index, step in enumerate(file.steps):
        manifest = manifests.get(_pod_of(file, step) or "")
        if manifest is not None:
            known = [container.name for container in manifest.spec.all_containers]
            for path, name in _named_containers(step):
                if name not in known and not (name == POD and step.kind not in ("exec", "write")):
                    yield ("steps", index, *path), _word_unknown_container(name, step, known)
        if isinstance(step, NamespacesStep):
            for path, name in _expected_containers(step):
                if name not in step.namespaces.containers:
                    hint = "add it to namespaces.containers"
                    yield (
                        ("steps", index, *path),
                        f"this step does not look at {describe(name)}; {hint}",
                    )


def _word_unknown_container(name: str, step: Step, known: list[str]) -> str:
    if name == POD:
        return f"POD has no shell and no files; {step.kind} needs one of {', '.join(known)}"
    return f"the pod has no container {describe(name)}; {hint_at(name, known, 'it has')}"


def _named_containers(step: Step) -> Iterator[tuple[Path, str]]:
    action = step.action
    if isinstance(action, InContainer):
        yield (step.kind, "container"), action.container
    if isinstance(action, Namespaces):
        for index, name in enumerate(action.containers):
            yield (step.kind, "containers", index), name


def _expected_containers(step: NamespacesStep) -> Iterator[tuple[Path, str]]:
    groups = step.expect.namespaces
    for word, of_kind in (("shared", groups.shared), ("separate", groups.separate)):
        for kind, names in of_kind.items():
            for index, name in enumerate(names):
                yield ("expect", "namespaces", word, kind, index), name


def _pod_of(file: ScenarioFile, step: Step) -> str | None:
    """The pod that a step names, or the only one; None where it should name one."""
    only = next(iter(file.pods)) if len(file.pods) == 1 else None
    return step.action.pod or only
