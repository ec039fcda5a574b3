"""Manifest files of the command line: files, folders, standard input."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pausedemo.errors import InvalidFile, Refused, UsageError

if TYPE_CHECKING:
    from pausedemo.core.manifest import KubernetesObject

#: What counts as a manifest in a folder, as for kubectl.
SUFFIXES: Final = (".json", ".yaml", ".yml")


def read_manifests(
    filenames: Sequence[str],
    *,
    namespace: str,
    namespace_given: bool,
    recursive: bool,
    warn: bool = True,
) -> list[KubernetesObject]:
    """All objects of the files, in order; those without a namespace get ``namespace``.

    Warnings go to stderr, unless ``warn`` is false. Raises InvalidFile with all problems.
    """
    found = read_sources(
        filenames,
        namespace=namespace,
        namespace_given=namespace_given,
        recursive=recursive,
        warn=warn,
    )
    return [one for _, one in found]


def read_sources(
    filenames: Sequence[str],
    *,
    namespace: str,
    namespace_given: bool,
    recursive: bool,
    warn: bool,
) -> list[tuple[str, KubernetesObject]]:
    """As ``read_manifests``, each object with the file that it is from; ``STDIN`` for ``-``."""
    from pausedemo.core.manifest import parse_file

    objects: list[tuple[str, KubernetesObject]] = []
    invalid: list[InvalidFile] = []
    for source, text in _read_texts(filenames, recursive=recursive):
        try:
            found = parse_file(text, source)
        except InvalidFile as error:
            invalid.append(error)
            continue
        for warning in found.warnings if warn else ():
            click.echo(f"Warning: {warning.message}", err=True)
        objects += [(source, place(one, namespace, given=namespace_given)) for one in found.objects]
    if invalid:
        raise InvalidFile(problem for error in invalid for problem in error.problems)
    return objects


def place(one: KubernetesObject, namespace: str, *, given: bool) -> KubernetesObject:
    """The object in its namespace: its own, else the one asked for. Refused when they differ."""
    metadata = one.metadata
    if "namespace" not in metadata.model_fields_set:
        placed = metadata.model_copy(update={"namespace": namespace})
        return one.model_copy(update={"metadata": placed})
    if given and metadata.namespace != namespace:
        raise Refused(
            f'error: the namespace from the provided object "{metadata.namespace}" does not match '
            f"the namespace \"{namespace}\". You must pass '--namespace={metadata.namespace}' to "
            "perform this operation."
        )
    return one


def _read_texts(filenames: Sequence[str], *, recursive: bool) -> Iterator[tuple[str, str]]:
    from pausedemo.core.files.yamltext import decode

    if not filenames:
        raise UsageError("say what: -f FILE, -f DIR, or -f - for standard input")
    for name in filenames:
        if name == "-":
            yield "STDIN", decode(sys.stdin.buffer.read(), "STDIN")
            continue
        for path in _find(Path(name), recursive=recursive):
            try:
                yield str(path), decode(path.read_bytes(), str(path))
            except OSError as error:
                raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _find(path: Path, *, recursive: bool) -> list[Path]:
    if not path.exists():
        raise UsageError(f'the path "{path}" does not exist')
    if not path.is_dir():
        return [path]
    inside = path.rglob("*") if recursive else path.glob("*")
    found = sorted(one for one in inside if one.suffix in SUFFIXES and one.is_file())
    if not found:
        raise UsageError(
            f"error reading [{path}]: recognized file extensions are {', '.join(SUFFIXES)}"
        )
    return found
