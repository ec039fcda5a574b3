"""The kinds of objects that a manifest file holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeAlias

from pydantic import Field, StrictBool, StrictStr

from pausedemo.core.files.validation import KubernetesModel
from pausedemo.core.manifest.podspec import PodSpec
from pausedemo.core.manifest.rendering import render_object
from pausedemo.core.manifest.types import (
    Base64,
    DnsLabel,
    DnsSubdomain,
    Key,
    LabelKey,
    LabelValue,
    words,
)

_SET_BY_SERVER = "it is set by what keeps the object"


class Metadata(KubernetesModel):
    """What an object is called."""

    unsupported = words("finalizers generateName ownerReferences")
    ignored: ClassVar[Mapping[str, str]] = dict.fromkeys(
        words("""
        creationTimestamp deletionGracePeriodSeconds deletionTimestamp generation managedFields
        resourceVersion selfLink uid
        """),
        _SET_BY_SERVER,
    )

    name: DnsSubdomain
    namespace: DnsLabel = "default"
    labels: Mapping[LabelKey, LabelValue] = Field(default_factory=dict)
    annotations: Mapping[LabelKey, StrictStr] = Field(default_factory=dict)


class _Object(KubernetesModel):
    api_version: StrictStr
    kind: StrictStr
    metadata: Metadata

    def to_applied(self) -> dict[str, Any]:
        """The object as it was written, with no default: plain data for JSON and YAML."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def to_data(self) -> dict[str, Any]:
        """The object with its defaults, as the API server gives it out."""
        return render_object(self)


class PodManifest(_Object):
    """A whole ``kind: Pod`` document."""

    ignored: ClassVar[Mapping[str, str]] = {"status": _SET_BY_SERVER}

    spec: PodSpec


class ConfigMap(_Object):
    """A whole ``kind: ConfigMap`` document."""

    data: Mapping[Key, StrictStr] = Field(default_factory=dict)
    binary_data: Mapping[Key, Base64] = Field(default_factory=dict)
    immutable: StrictBool = False

    @property
    def contents(self) -> Mapping[str, bytes]:
        """All keys, as files have them."""
        return {**{key: text.encode() for key, text in self.data.items()}, **self.binary_data}


class Secret(_Object):
    """A whole ``kind: Secret`` document."""

    data: Mapping[Key, Base64] = Field(default_factory=dict)
    string_data: Mapping[Key, StrictStr] = Field(default_factory=dict)
    type: StrictStr = "Opaque"
    immutable: StrictBool = False

    @property
    def contents(self) -> Mapping[str, bytes]:
        """All keys, as files have them; ``stringData`` goes before ``data``."""
        return {**self.data, **{key: text.encode() for key, text in self.string_data.items()}}

    def to_data(self) -> dict[str, Any]:
        """As of any object; ``stringData`` is part of ``data``, for nobody reads it by itself."""
        return render_object(self.model_copy(update={"data": self.contents, "string_data": {}}))


KubernetesObject: TypeAlias = PodManifest | ConfigMap | Secret
