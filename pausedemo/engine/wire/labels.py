"""Labels, by which everything is asked for and known again; and the names of images."""

from __future__ import annotations

from collections.abc import Mapping


def bears_all(attributes: Mapping[str, str], labels: Mapping[str, str | None]) -> bool:
    """Whether all labels are there; one whose value is None may have any."""
    return all(
        key in attributes and value in (None, attributes[key]) for key, value in labels.items()
    )


def render_label_filter(labels: Mapping[str, str | None]) -> dict[str, list[str]]:
    """Write the ``filters`` of a list; a label of value None is asked for by its key only."""
    if not labels:
        return {}
    return {"label": [key if value is None else f"{key}={value}" for key, value in labels.items()]}


def bears_labels(labels: Mapping[str, str], wanted: Mapping[str, str | None]) -> bool:
    """Whether all wanted labels are there; one whose wanted value is None may have any."""
    return all(
        key in labels and (value is None or labels[key] == value) for key, value in wanted.items()
    )


def split_reference(reference: str) -> tuple[str, str]:
    """Split ``registry:5000/name:tag`` into the repository and the tag (``latest`` when none).

    A digest, as in ``name@sha256:...``, stands where the tag would.
    """
    name, at, digest = reference.partition("@")
    if at:
        return split_reference(name)[0], digest
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, "latest"
    return repository, tag
