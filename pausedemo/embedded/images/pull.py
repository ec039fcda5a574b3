"""``docker pull``: an image from a registry into the store, with dockerd's progress lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from pausedemo.embedded.images.archive import Progress
from pausedemo.embedded.images.configs import parse_config, parse_object, read_diff_ids
from pausedemo.embedded.images.credentials import NO_CREDENTIALS, Credentials
from pausedemo.embedded.images.events import Events, tell
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.oci import Descriptor, choose_manifests, parse_descriptors
from pausedemo.embedded.images.reference import Reference
from pausedemo.embedded.images.registry import Registry
from pausedemo.embedded.images.store import ImageStore, Lease

_STEP: Final = 512 * 1024  # bytes between two lines of progress
_BAR: Final = 50


def pull_image(
    store: ImageStore,
    events: Events,
    name: Reference,
    progress: Progress,
    credentials: Credentials = NO_CREDENTIALS,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Image:
    """Pull ``name``, by its digest where it has one; the image, which then has the name.

    Raises NotFound, ServerError, BadArchive; the store is then as it was before.
    """
    name = name.with_default_tag()
    wanted = name.digest or name.tag
    registry = Registry(name, credentials, sleep=sleep)
    try:
        top, _, raw = registry.fetch_manifest(wanted)
        progress({"status": f"Pulling from {name.path}", "id": wanted})
        manifest = _choose(registry, raw)
        with store.lease() as lease:
            image_id = _pull_layers(store, registry, manifest, lease, progress)
            pinned = replace(name, tag="", digest=top)
            was = store.find_name(name)
            for one in {name.stored(), pinned}:
                store.set_name(one, image_id)
    finally:
        registry.close()
    progress({"status": f"Digest: {top}"})
    said = "Image is up to date" if was == image_id else "Downloaded newer image"
    progress({"status": f"Status: {said} for {name.familiar}"})
    image = store.get(image_id)
    tell(events, "pull", image, name.familiar)
    return image


def _choose(registry: Registry, raw: bytes) -> dict[str, Any]:
    """The image's manifest: what was got, or this machine's in it."""
    parsed = parse_object(raw, "manifest")
    if "manifests" in parsed:
        chosen = choose_manifests(parse_descriptors(parsed, "manifests"))[0]
        _, _, raw = registry.fetch_manifest(chosen.digest)
        parsed = parse_object(raw, "manifest")
    if parsed.get("schemaVersion") != 2 or "layers" not in parsed:
        raise BadArchive(
            "registry has the image only as a manifest of schema version 1, or as no image"
        )
    return parsed


def _pull_layers(
    store: ImageStore,
    registry: Registry,
    manifest: dict[str, Any],
    lease: Lease,
    progress: Progress,
) -> str:
    config, *_ = parse_descriptors({"config": [manifest.get("config")]}, "config")
    layers = parse_descriptors(manifest, "layers")
    raw = registry.fetch_document(config, store.limits.max_document_bytes)
    parsed = parse_config(raw)
    if parsed.get("os") not in (None, "", "linux"):
        raise BadArchive(f"image operating system {parsed['os']!r} cannot be used on this platform")
    diff_ids = read_diff_ids(parsed)
    if len(diff_ids) != len(layers):
        raise BadArchive(
            f"invalid manifest, layers length mismatch: expected {len(diff_ids)}, got {len(layers)}"
        )
    for layer, diff_id in zip(layers, diff_ids, strict=True):
        here = store.has_layer(diff_id, lease)
        status = "Already exists" if here else "Pulling fs layer"
        progress({"status": status, "progressDetail": {}, "id": layer.digest[7:19]})
    for layer, diff_id in zip(layers, diff_ids, strict=True):
        if not store.has_layer(diff_id, lease):
            _pull_layer(store, registry, layer, diff_id, lease, progress)
    return store.create_image(raw, expected=config.digest)


def _pull_layer(
    store: ImageStore,
    registry: Registry,
    layer: Descriptor,
    diff_id: str,
    lease: Lease,
    progress: Progress,
) -> None:
    short = layer.digest[7:19]
    told = 0

    def say(status: str) -> None:
        progress({"status": status, "progressDetail": {}, "id": short})

    def tell_bytes(current: int) -> None:
        nonlocal told
        if current - told >= _STEP or current == layer.size:
            told = current
            progress(_describe_progress("Downloading", current, layer.size, short))

    with store.temporary() as path:
        registry.fetch_blob(layer, path, tell_bytes)
        say("Verifying Checksum")
        say("Download complete")
        progress(_describe_progress("Extracting", layer.size, layer.size, short))
        with path.open("rb") as file:
            store.add_layer(file, expected=diff_id, lease=lease)
    say("Pull complete")


def _describe_progress(status: str, current: int, total: int, layer: str) -> dict[str, Any]:
    filled = _BAR * current // total if total else _BAR
    bar = ("=" * filled + ">" * (filled < _BAR)).ljust(_BAR)
    return {
        "status": status,
        "progressDetail": {"current": current, "total": total},
        "progress": f"[{bar}] {_size(current):>7}/{_size(total)}",
        "id": layer,
    }


def _size(count: float) -> str:
    """Bytes as Docker writes them: ``1.234MB``."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.4g}{unit}"
        count /= 1000
    return f"{count:.4g}TB"
