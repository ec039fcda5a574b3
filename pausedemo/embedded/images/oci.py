"""Descriptors, indexes and manifests of OCI image-spec, and Docker's twins of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.images.configs import this_architecture
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.reference import Reference, is_digest, parse_reference
from pausedemo.embedded.images.unpacking import CHUNK, Source

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
MANIFEST_TYPES: Final = (DOCKER_MANIFEST, DOCKER_LIST, OCI_INDEX, OCI_MANIFEST)
NAME: Final = "io.containerd.image.name"
REF_NAME: Final = "org.opencontainers.image.ref.name"
_ATTESTATION: Final = "vnd.docker.reference.type"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a blob is, by digest and size in bytes."""

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = field(default_factory=dict)
    platform: dict[str, Any] = field(default_factory=dict)
    urls: tuple[str, ...] = ()

    @property
    def blob_path(self) -> str:
        return f"blobs/sha256/{self.digest.removeprefix('sha256:')}"

    def verify(self, raw: bytes) -> None:
        """Raises BadArchive when ``raw`` is not this blob."""
        if len(raw) != self.size or hashlib.sha256(raw).hexdigest() != self.digest[7:]:
            raise BadArchive(f"blob is not what its digest says: {self.digest}")

    def verify_stream(self, source: Source) -> None:
        """As ``verify``, for a long one."""
        found, size = hashlib.sha256(), 0
        while data := source.read(CHUNK):
            found.update(data)
            size += len(data)
        if size != self.size or found.hexdigest() != self.digest[7:]:
            raise BadArchive(f"blob is not what its digest says: {self.digest}")


def parse_descriptors(document: dict[str, Any], key: str) -> list[Descriptor]:
    """The descriptors in the list ``key``. Raises BadArchive."""
    rows = document.get(key)
    if not isinstance(rows, list):
        raise BadArchive(f"manifest has no {key}")
    return [_parse_descriptor(row, key) for row in rows]


def _parse_descriptor(row: Any, key: str) -> Descriptor:
    if not isinstance(row, dict):
        raise BadArchive(f"manifest has a wrong entry in {key}")
    digest, size = row.get("digest"), row.get("size")
    if not isinstance(digest, str) or not is_digest(digest):
        raise BadArchive(f"manifest has an entry in {key} without a sha256 digest: {digest}")
    if not isinstance(size, int) or size < 0:
        raise BadArchive(f"manifest has an entry in {key} without a size: {digest}")
    platform, notes, urls = row.get("platform"), row.get("annotations"), row.get("urls")
    return Descriptor(
        media_type=str(row.get("mediaType", "")),
        digest=digest,
        size=size,
        annotations={str(k): str(v) for k, v in notes.items()} if isinstance(notes, dict) else {},
        platform=platform if isinstance(platform, dict) else {},
        urls=tuple(str(url) for url in urls) if isinstance(urls, list) else (),
    )


def choose_manifests(rows: list[Descriptor]) -> list[Descriptor]:
    """The one that fits this machine, of the manifests of one image.

    One without a platform fits when none says that it does. Raises BadArchive for none.
    """
    images = [row for row in rows if _ATTESTATION not in row.annotations]
    fitting = [row for row in images if _fits(row.platform)]
    chosen = fitting or [row for row in images if not row.platform]
    if not chosen:
        raise BadArchive(
            f"no matching manifest for linux/{this_architecture()} in the manifest list entries"
        )
    return chosen[:1]


def _fits(platform: dict[str, Any]) -> bool:
    return platform.get("os") == "linux" and platform.get("architecture") == this_architecture()


def read_names(descriptor: Descriptor) -> tuple[Reference, ...]:
    """The name that an archive's index gives: containerd's annotation, else OCI's if it is whole.

    OCI's own is often only a tag, which names no image. Raises BadArchive for no name.
    """
    text = descriptor.annotations.get(NAME) or descriptor.annotations.get(REF_NAME, "")
    if not text or (NAME not in descriptor.annotations and ":" not in text):
        return ()
    try:
        name = parse_reference(text)
    except ApiError as error:
        raise BadArchive(f"archive has an impossible name {text!r}: {error}") from error
    return (name.with_default_tag(),)
