"""Removing images as dockerd 20.10 does (daemon/images/image_delete.go): names, then the image."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any

from pausedemo.embedded.errors import Conflict
from pausedemo.embedded.filters import Filters, parse_flag, parse_until
from pausedemo.embedded.images.events import Events, tell
from pausedemo.embedded.images.filters import matches_labels
from pausedemo.embedded.images.image import Image
from pausedemo.embedded.images.reference import Reference, parse_reference
from pausedemo.embedded.images.store import ImageStore
from pausedemo.embedded.times import NS

Rows = list[dict[str, str]]


def delete_image(
    store: ImageStore, events: Events, reference: str, *, force: bool = False, prune: bool = True
) -> Rows:
    """Remove a name, or an image; what was untagged and deleted, in that order.

    ``prune``: also the nameless images it was built on. Raises NotFound; Conflict in dockerd's
    words when a container or another image needs it.
    """
    with store.lock:
        image = store.get(reference)
        rows: Rows = []
        untagged = False
        if not _is_id_prefix(image, reference):
            if not force and _is_single(image.names):
                for container in store.containers.in_use(image.id)[:1]:
                    raise Conflict(
                        f'conflict: unable to remove repository reference "{reference}" (must '
                        f"force) - container {container[:12]} is using its referenced image "
                        f"{image.short_id}"
                    )
            rows += _untag(store, events, image, parse_reference(reference).stored())
            if store.get(image.id).names:
                return rows
            untagged = True
        elif _is_single(image.names):
            _check(store, image, force=force, names_matter=False)
            for name in image.names:
                rows += _untag(store, events, image, name)
        _delete(store, events, image.id, rows, force=force, prune=prune, quiet=untagged)
        return rows


def _is_id_prefix(image: Image, text: str) -> bool:
    bare = text.removeprefix("sha256:")
    return image.id.removeprefix("sha256:").startswith(bare)


def _is_single(names: Sequence[Reference]) -> bool:
    """At most one tag, and all names in one repository."""
    repositories = {name.full_name for name in names}
    return len(repositories) <= 1 and sum(1 for name in names if not name.digest) <= 1


def _untag(store: ImageStore, events: Events, image: Image, name: Reference) -> Rows:
    if name not in store.get(image.id).names:
        return []
    store.remove_name(name)
    tell(events, "untag", image)
    rows = [{"Untagged": name.familiar}]
    left = [one for one in store.get(image.id).names if one.full_name == name.full_name]
    if not name.digest and all(one.digest for one in left):
        # Digests of a repository whose last tag is gone go with it.
        for one in left:
            store.remove_name(one)
            tell(events, "untag", image)
            rows.append({"Untagged": one.familiar})
    return rows


def _check(store: ImageStore, image: Image, *, force: bool, names_matter: bool) -> None:
    if store.children(image.id):
        raise _conflict(image, "cannot be forced", "image has dependent child images")
    users = store.containers.in_use(image.id)
    for container in users:
        if store.containers.is_running(container):
            why = f"image is being used by running container {container[:12]}"
            raise _conflict(image, "cannot be forced", why)
    if force:
        return
    if names_matter and image.names:
        raise _conflict(image, "must be forced", "image is referenced in multiple repositories")
    if users:
        why = f"image is being used by stopped container {users[0][:12]}"
        raise _conflict(image, "must be forced", why)


def _conflict(image: Image, force: str, why: str) -> Conflict:
    return Conflict(f"conflict: unable to delete {image.short_id} ({force}) - {why}")


def _delete(
    store: ImageStore,
    events: Events,
    image_id: str,
    rows: Rows,
    *,
    force: bool,
    prune: bool,
    quiet: bool,
) -> None:
    while True:
        image = store.get(image_id)
        try:
            _check(store, image, force=force, names_matter=True)
        except Conflict:
            if not quiet:
                raise
            return  # its name is gone, which is what was asked for; or an ancestor in use
        for name in image.names:
            store.remove_name(name)
            tell(events, "untag", image)
            rows.append({"Untagged": name.familiar})
        gone = store.drop(image)
        tell(events, "delete", image)
        rows.append({"Deleted": image.id})
        chain = _chain_ids(image)
        rows += [{"Deleted": chain[one]} for one in reversed(chain) if one in gone]
        known = {one.id for one in store.images()}
        if not prune or image.parent not in known or store.get(image.parent).names:
            return
        image_id, force, quiet = image.parent, False, True


def _chain_ids(image: Image) -> dict[str, str]:
    """By diff id what dockerd calls a layer: a digest of it and all below (OCI config.md)."""
    found: dict[str, str] = {}
    below = ""
    for layer in image.layers:
        both = f"{below} {layer.diff_id}".encode()
        below = f"sha256:{hashlib.sha256(both).hexdigest()}" if below else layer.diff_id
        found[layer.diff_id] = below
    return found


def prune_images(store: ImageStore, events: Events, filters: Filters) -> dict[str, Any]:
    """``POST /images/prune``: remove what no container uses, of it the nameless unless told."""
    dangling_only = parse_flag(filters, "dangling", default=True)
    until_ns = parse_until(filters, time.time_ns())
    rows: Rows = []
    with store.lock:
        before = store.layers_size()
        parents = {image.parent for image in store.images()}
        for image in store.images():
            if image.id in parents or store.containers.in_use(image.id):
                continue
            if not matches_labels(image, filters):
                continue
            if until_ns is not None and image.created * NS > until_ns:
                continue
            if dangling_only and image.repo_tags:
                continue
            for name in image.names:
                rows += _untag(store, events, image, name)
            _delete(store, events, image.id, rows, force=False, prune=True, quiet=True)
        reclaimed = before - store.layers_size()
    events.publish("image", "prune", "", {"reclaimed": str(reclaimed)})
    return {"ImagesDeleted": rows or None, "SpaceReclaimed": reclaimed}
