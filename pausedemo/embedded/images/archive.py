"""``docker load``: docker archives (``manifest.json``) and OCI layouts (``index.json``).

An archive that has both, as Docker 25 and later write them, is read as a docker archive. A load
is all or nothing: names are given when every image is in the store, and what came before an error
goes again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.images.configs import parse_config, parse_object, read_diff_ids
from pausedemo.embedded.images.events import Events, tell
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.members import Members, open_members
from pausedemo.embedded.images.oci import choose_manifests, parse_descriptors, read_names
from pausedemo.embedded.images.reference import Reference, is_digest, parse_reference
from pausedemo.embedded.images.store import ImageStore, Lease

Progress = Callable[[dict[str, Any]], None]
_MAX_IMAGES: Final = 1000
_MAX_DEPTH: Final = 4  # of indexes in indexes


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One image of an archive. ``image_id``: what it must be, empty if unknown."""

    config: str
    layers: tuple[str, ...]
    names: tuple[Reference, ...]
    image_id: str = ""


def load_images(
    store: ImageStore, events: Events, archive: Path, progress: Progress, *, quiet: bool = True
) -> list[Image]:
    """Load the images of the file ``archive``; each, in its order.

    ``progress`` gets the lines that the API answers. Raises BadArchive; the store is then as it
    was before.
    """
    with (
        store.temporary() as plain,
        store.lease() as lease,
        open_members(archive, plain, store.limits) as members,
    ):
        made: list[tuple[str, _Wanted]] = []
        fresh: list[str] = []
        known = {image.id for image in store.images()}
        try:
            for wanted in _read_wanted(members):
                image_id = _load_one(store, members, wanted, lease, progress, quiet)
                made.append((image_id, wanted))
                if image_id not in known:
                    fresh.append(image_id)
        except BaseException:
            for image_id in dict.fromkeys(reversed(fresh)):
                store.drop_unnamed(image_id)
            raise
        return [_name(store, events, one, wanted, progress) for one, wanted in made]


def _name(
    store: ImageStore, events: Events, image_id: str, wanted: _Wanted, progress: Progress
) -> Image:
    for name in wanted.names:
        before = store.find_name(name)
        if before not in (None, image_id):
            text = (
                f"The image {name.familiar} already exists, renaming the old one with ID {before} "
                "to empty string\n"
            )
            progress({"stream": text})
        store.set_name(name, image_id)
        progress({"stream": f"Loaded image: {name.familiar}\n"})
    image = store.get(image_id)
    if not wanted.names:
        progress({"stream": f"Loaded image ID: {image_id}\n"})
    tell(events, "load", image)
    return image


def _load_one(
    store: ImageStore,
    members: Members,
    wanted: _Wanted,
    lease: Lease,
    progress: Progress,
    quiet: bool,
) -> str:
    raw = members.read(wanted.config)
    config = parse_config(raw)
    if config.get("os") not in (None, "", "linux"):
        raise BadArchive(f"cannot load {config['os']} image on linux")
    diff_ids = read_diff_ids(config)
    if len(diff_ids) != len(wanted.layers):
        raise BadArchive(
            f"invalid manifest, layers length mismatch: expected {len(diff_ids)}, "
            f"got {len(wanted.layers)}"
        )
    for diff_id, path in zip(diff_ids, wanted.layers, strict=True):
        if store.has_layer(diff_id, lease):
            continue
        reader = members.open(path)
        total = reader.left
        store.add_layer(reader, expected=diff_id, lease=lease)
        if not quiet:
            detail = {"current": total, "total": total}
            progress({"status": "Loading layer", "progressDetail": detail, "id": diff_id[7:19]})
    return store.create_image(raw, expected=wanted.image_id)


def _read_wanted(members: Members) -> list[_Wanted]:
    if "manifest.json" in members:
        found = _read_docker(members)
    elif "index.json" in members:
        found = list(_read_oci(members))
    elif "repositories" in members:
        raise BadArchive(
            "archive is in the format of docker before 1.10, without manifest.json: "
            "load it with an old docker and save it again"
        )
    else:
        raise BadArchive("archive has no image: neither manifest.json nor index.json is in it")
    if not 0 < len(found) <= _MAX_IMAGES:
        raise BadArchive(f"archive has {len(found)} images")
    return found


def _read_docker(members: Members) -> list[_Wanted]:
    try:
        rows = json.loads(members.read("manifest.json"))
    except (ValueError, RecursionError) as error:
        raise BadArchive(f"manifest.json cannot be read: {error}") from error
    if not isinstance(rows, list):
        raise BadArchive("manifest.json is not a list")
    found = []
    for row in rows:
        config = row.get("Config") if isinstance(row, dict) else None
        layers = (row.get("Layers") or []) if isinstance(row, dict) else None
        tags = (row.get("RepoTags") or []) if isinstance(row, dict) else None
        if not isinstance(config, str) or not _is_texts(layers) or not _is_texts(tags):
            raise BadArchive("manifest.json has an image without Config or Layers")
        names = tuple(_parse_tag(tag) for tag in tags or [])
        found.append(_Wanted(config, tuple(layers or []), names, _digest_of_path(config)))
    return found


def _digest_of_path(path: str) -> str:
    """The digest that the configuration's own name gives, which must then be right."""
    digest = f"sha256:{path.rpartition('/')[2].removesuffix('.json')}"
    return digest if is_digest(digest) else ""


def _parse_tag(text: str) -> Reference:
    try:
        name = parse_reference(text)
    except ApiError as error:
        raise BadArchive(f"archive has an impossible name {text!r}: {error}") from error
    if not name.tag or name.digest:
        raise BadArchive(f"invalid tag {text!r}")
    return name


def _is_texts(found: Any) -> bool:
    return isinstance(found, list) and all(isinstance(one, str) for one in found)


def _read_oci(members: Members) -> Iterator[_Wanted]:
    index = parse_object(members.read("index.json"), "index.json")
    yield from _read_index(members, index, (), 0)


def _read_index(
    members: Members, index: dict[str, Any], names: tuple[Reference, ...], depth: int
) -> Iterator[_Wanted]:
    if depth > _MAX_DEPTH:
        raise BadArchive("archive has too many indexes in each other")
    rows = parse_descriptors(index, "manifests")
    # At the top are different images; below, the same one for different machines.
    for descriptor in rows if depth == 0 else choose_manifests(rows):
        raw = members.read(descriptor.blob_path)
        descriptor.verify(raw)
        parsed = parse_object(raw, "manifest")
        named = names or read_names(descriptor)
        if "manifests" in parsed:
            yield from _read_index(members, parsed, named, depth + 1)
            continue
        config, *_ = parse_descriptors({"config": [parsed.get("config")]}, "config")
        layers = parse_descriptors(parsed, "layers")
        for layer in layers:
            layer.verify_stream(members.open(layer.blob_path))
        paths = tuple(layer.blob_path for layer in layers)
        yield _Wanted(config.blob_path, paths, named, config.digest)
