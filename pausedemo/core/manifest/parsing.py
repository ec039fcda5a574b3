"""Manifest files as typed objects: every problem of a file at once, each at its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

from pausedemo.core.files.complaints import describe
from pausedemo.core.files.validation import validate
from pausedemo.core.files.yamltext import MOST_PROBLEMS, Document, load_documents
from pausedemo.core.manifest.meaningless import find_meaningless
from pausedemo.core.manifest.objects import ConfigMap, KubernetesObject, PodManifest, Secret
from pausedemo.core.manifest.rawchecks import check_doubles, check_pid
from pausedemo.core.manifest.rules import check_config_map, check_pod, check_secret
from pausedemo.errors import InvalidFile, Problem

_MODELS: Final[Mapping[str, type[KubernetesObject]]] = {
    "Pod": PodManifest,
    "ConfigMap": ConfigMap,
    "Secret": Secret,
}


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """What a file holds, in its order, and what in it means nothing here."""

    objects: tuple[KubernetesObject, ...]
    warnings: tuple[Problem, ...]


def parse_objects(text: str, source: str) -> list[KubernetesObject]:
    """Read all objects of a manifest file's whole text, in its order. Errors as ``parse_file``."""
    return list(parse_file(text, source).objects)


def parse_file(text: str, source: str) -> ManifestFile:
    """Read a manifest file's whole text: its objects, and warnings of what means nothing here.

    The items of a List are as documents; of one that is empty there are none.
    ``source`` is the file's name, for messages. Raises InvalidFile with every problem of every
    document, or that there is none.
    """
    documents = load_documents(text, source)
    if not documents:
        raise InvalidFile([Problem(source, 0, 0, "the file is empty; expected objects")])
    objects: list[KubernetesObject] = []
    problems: list[Problem] = []
    warnings: list[Problem] = []
    for document in chain.from_iterable(_flatten(one, source, problems) for one in documents):
        try:
            made = _object_from_document(document, source)
            objects.append(made)
            warnings += find_meaningless(made, document, source)
        except InvalidFile as error:
            problems += error.problems
    if problems:
        raise InvalidFile(sorted(set(problems))[:MOST_PROBLEMS])
    return ManifestFile(tuple(objects), tuple(sorted(warnings)))


def parse_pod(text: str, source: str) -> PodManifest:
    """Read the one Pod of a manifest file's whole text.

    ``source`` is the file's name, for messages. Raises InvalidFile with every problem.
    """
    documents = load_documents(text, source)
    if not documents:
        raise InvalidFile([Problem(source, 0, 0, "the file is empty; expected one Pod")])
    if len(documents) > 1:
        line, column = documents[1].place(())
        raise InvalidFile(
            [Problem(source, line, column, "a second document; expected one Pod in the file")]
        )
    return pod_from_document(documents[0], source)


def pod_from_document(document: Document, source: str) -> PodManifest:
    """Read a Pod from a document that is already parsed. Errors as ``parse_pod``."""
    _check_kind(document, source, ["Pod"])
    return _validate_pod(document, source)


def _flatten(document: Document, source: str, problems: list[Problem]) -> Iterator[Document]:
    """The documents that a List holds, those of Lists inside it as well; else the document itself.

    What is wrong with a List itself is added to ``problems``.
    Source: FlattenListVisitor, k8s.io/cli-runtime/pkg/resource/visitor.go.
    """
    data = document.data
    if not isinstance(data, dict) or data.get("kind") != "List":
        yield document
        return
    version, items = data.get("apiVersion", "v1"), data.get("items")
    if version != "v1":
        message = f"apiVersion is {describe(version)}; that of a List is v1"
        problems.append(Problem(source, *document.place(("apiVersion",)), message))
    if isinstance(items, list):
        for index in range(len(items)):
            yield from _flatten(document.part(("items", index)), source, problems)
    elif items is not None:
        message = f"items is {describe(items)}; expected a list of objects"
        problems.append(Problem(source, *document.place(("items",)), message))


def _object_from_document(document: Document, source: str) -> KubernetesObject:
    _check_kind(document, source, _MODELS)
    data = document.data
    kind = data.get("kind") if isinstance(data, dict) else None
    if kind == "ConfigMap":
        return validate(ConfigMap, document, source, rules=[check_config_map])
    if kind == "Secret":
        return validate(Secret, document, source, rules=[check_secret])
    return _validate_pod(document, source)


def _validate_pod(document: Document, source: str) -> PodManifest:
    checks = [check_doubles, check_pid]
    return validate(PodManifest, document, source, checks=checks, rules=[check_pod])


def _check_kind(document: Document, source: str, kinds: Iterable[str]) -> None:
    """Refuse another kind at once: its fields would all be reported as unknown."""
    data, names = document.data, list(kinds)
    if not isinstance(data, dict):
        message = f"expected a {names[0]}: a mapping with apiVersion, kind, metadata and spec"
        raise InvalidFile([Problem(source, *document.place(()), message)])
    for key, wanted in (("kind", names), ("apiVersion", ["v1"])):
        if key in data and data[key] not in wanted:
            message = f"{key} is {describe(data[key])}; only {_list(wanted)} can be made here"
            raise InvalidFile([Problem(source, *document.place((key,)), message)])


def _list(names: list[str]) -> str:
    return " and ".join(", ".join(names).rsplit(", ", 1))
