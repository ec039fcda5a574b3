"""A scenario file's text to a Scenario, or every problem of it at its place."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pausedemo.core.expect import references
from pausedemo.core.manifest import PodManifest, parse_pod
from pausedemo.core.nearest import nearest
from pausedemo.core.validation import Path, validate
from pausedemo.core.yamltext import Document, load_documents
from pausedemo.errors import InvalidFile, Problem, UsageError
from pausedemo.scenario.schema import (
    POD,
    Action,
    InContainer,
    Namespaces,
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
    file = validate(ScenarioFile, document, source, checks=[_check_pods, _check_labels])
    manifests, problems = _read_manifests(file, document, source, read_manifest)
    problems += [
        Problem(source, *document.place(path), message)
        for path, message in _check_containers(file, manifests)
    ]
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
    only = next(iter(file.pods)) if len(file.pods) == 1 else None
    for index, step in enumerate(file.steps):
        path: Path = ("steps", index, step.kind)
        pod = step.action.pod or only
        if pod is None:
            yield path, f'"pod" is missing; this scenario has {", ".join(sorted(file.pods))}'
        elif pod not in file.pods:
            close = nearest(pod, file.pods)
            hint = f'did you mean "{close}"?' if close else f"known: {', '.join(file.pods)}"
            yield (*path, "pod"), f'no pod "{pod}" in this scenario; {hint}'
        elif step.kind == "apply":
            if pod in applied:
                yield path, f'the pod "{pod}" was applied before'
            applied.add(pod)
        elif pod not in applied:
            yield path, f'the pod "{pod}" is used before it is applied'
    for pod in sorted(file.pods.keys() - applied):
        yield ("pods", pod), f'the pod "{pod}" is never applied; add a step "apply"'


def _check_labels(file: ScenarioFile) -> Iterator[tuple[Path, str]]:
    """Names given with ``as`` are there once, and before what refers to them."""
    known: set[str] = set()
    for index, step in enumerate(file.steps):
        for reference in references(getattr(step, "expect", None)):
            label = reference.partition(".")[0]
            if label not in known:
                close = nearest(label, known)
                hint = f'did you mean "{close}"?' if close else 'name it there with "as"'
                yield ("steps", index, "expect"), f'no earlier step is "{label}"; {hint}'
        own = getattr(step, "label", None)
        if own in known:
            yield ("steps", index, "as"), f'an earlier step is "{own}" already'
        if own is not None:
            known.add(own)


def _check_containers(
    file: ScenarioFile, manifests: Mapping[str, PodManifest]
) -> Iterator[tuple[Path, str]]:
    """Every container that a step names is in its pod; POD has no shell to run a command in."""
    for index, step in enumerate(file.steps):
        manifest = manifests.get(step.action.pod or next(iter(file.pods)))
        if manifest is None:
            continue
        known = [container.name for container in manifest.spec.all_containers]
        if step.kind not in ("exec", "write"):
            known.append(POD)
        for path, name in _named_containers(step):
            if name not in known:
                close = nearest(name, known)
                hint = f'did you mean "{close}"?' if close else f"known: {', '.join(known)}"
                yield ("steps", index, step.kind, *path), f'no container "{name}"; {hint}'


def _named_containers(step: Step) -> Iterator[tuple[Path, str]]:
    action = step.action
    if isinstance(action, InContainer):
        yield ("container",), action.container
    if isinstance(action, Namespaces):
        for index, name in enumerate(action.containers):
            yield ("containers", index), name
