"""ConfigMaps and Secrets as objects of Kubernetes' API."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pausedemo.core.kubectl.podjson import keep_written, make_metadata
from pausedemo.core.manifest import ConfigMap, Secret


def make_config(
    manifest: ConfigMap | Secret,
    applied: Mapping[str, Any],
    *,
    uid: str,
    created_at: datetime,
    version: str,
) -> dict[str, Any]:
    """The whole object. A Secret's data is in base64, whichever way it was written."""
    everything = manifest.model_dump(mode="json", by_alias=True, exclude_none=True)
    full = keep_written(everything, applied)
    full["metadata"] = make_metadata(full["metadata"], uid, created_at, version)
    if isinstance(manifest, Secret):
        full.pop("stringData", None)
        data = {key: base64.b64encode(value).decode() for key, value in manifest.contents.items()}
        if data:
            full["data"] = data
    return {"apiVersion": "v1", "kind": manifest.kind, **full}
