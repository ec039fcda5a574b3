"""What must hold of ConfigMaps and Secrets.

Source: ValidateConfigMap, ValidateSecret, pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import json
from typing import Final

from pausedemo.core.manifest.objects import ConfigMap, Secret
from pausedemo.core.manifest.rules.words import Faults, invalid, required

_TOKEN: Final = "kubernetes.io/service-account-token"  # noqa: S105 - a type's name
_ACCOUNT: Final = "kubernetes.io/service-account.name"
_NEEDED: Final = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_JSON: Final = (".dockercfg", ".dockerconfigjson")


def check_config_map(config_map: ConfigMap) -> Faults:
    """No key of a ConfigMap is both text and bytes."""
    for key in config_map.data:
        if key in config_map.binary_data:
            yield ("data", key), invalid(key, "duplicate of key present in binaryData")


def check_secret(secret: Secret) -> Faults:
    """A Secret has the keys that its type needs."""
    contents = secret.contents
    for key in _NEEDED.get(secret.type, ()):
        if key not in contents:
            yield ("data", key), required()
        elif key in _JSON and not _is_json(contents[key]):
            yield ("data", key), 'Invalid value: "<secret contents redacted>": invalid JSON'
    if secret.type == "kubernetes.io/basic-auth" and not {"username", "password"} & set(contents):
        yield ("data", "username"), required()
        yield ("data", "password"), required()
    if secret.type == _TOKEN and not secret.metadata.annotations.get(_ACCOUNT):
        yield ("metadata", "annotations", _ACCOUNT), required()


def _is_json(data: bytes) -> bool:
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
