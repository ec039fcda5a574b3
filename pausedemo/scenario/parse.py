"""A scenario file's text to a Scenario, or every problem of it at its place."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pausedemo.core.files.complaints import describe
from pausedemo.core.files.validation import validate
from pausedemo.core.files.yamltext import Document, load_documents
from pausedemo.core.manifest import PodManifest, parse_pod
from pausedemo.core.verdicts.results import EngineFacts
from pausedemo.core.verdicts.selectors import parse_selector
from pausedemo.errors import InvalidFile, Problem, UsageError
from pausedemo.scenario.checks import check_containers, check_pods, check_references, find_pod
from pausedemo.scenario.kinds import Step
from pausedemo.scenario.manifestchecks import check_manifests
from pausedemo.scenario.schema import ScenarioFile


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be run: its file, and the manifests that the file names."""

    source: str
    file: ScenarioFile
    manifests: Mapping[str, PodManifest]

    @property
    def name(self) -> str:
        return self.file.name

    def applies_to(self, engine: EngineFacts) -> bool:
        """Whether the scenario can mean anything on an engine."""
        selectors = [parse_selector(text) for text in self.file.engines]
        return not selectors or any(selector.matches(engine) for selector in selectors)

    def pod_of(self, step: Step) -> str:
        """Which of the scenario's pods a step is about; "" for its containers outside of pods."""
        return find_pod(self.file, step) or ""


def parse_scenario(text: str, source: str, read_manifest: Callable[[str], str]) -> Scenario:
    """Read a scenario file's whole text.

    ``source`` names the file in messages. ``read_manifest`` gives the text of a manifest by its
    path beside the scenario, and raises UsageError when it cannot be read. Raises InvalidFile
    with every problem of the scenario and of its manifests.
    """
    documents = load_documents(text, source)
    _refuse_manifest(documents, source)
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
    found = [*check_pods(file), *check_references(file), *check_containers(file, manifests)]
    found += check_manifests(file, manifests)
    problems += [Problem(source, *document.place(path), message) for path, message in found]
    if problems:
        raise InvalidFile(problems)
    return Scenario(source, file, manifests)


def _refuse_manifest(documents: Sequence[Document], source: str) -> None:
    """Say in one problem what would be many: the file is the manifest, not what names it."""
    data = documents[0].data if documents else None
    if isinstance(data, dict) and {"apiVersion", "kind"} <= data.keys() and "steps" not in data:
        kind = describe(data["kind"]).strip('"')
        message = (
            f"this is a Kubernetes manifest (kind: {kind}), not a scenario; "
            'a scenario names it under "pods"'
        )
        raise InvalidFile([Problem(source, *documents[0].key_place(("kind",)), message)])


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
