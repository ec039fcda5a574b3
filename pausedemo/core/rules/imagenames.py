"""Names of images: whether they are any, and what a pull policy is when none is written.

Source: distribution/reference; SetDefaults_Container in kubernetes pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

import re
from typing import Final

from pausedemo.core.manifest import Container, ImagePullPolicy

_COMPONENT: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST: Final = (
    r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.?)+(?::[0-9]+)?|\[[a-fA-F0-9:]+\](?::[0-9]+)?"
)
_REFERENCE: Final = re.compile(
    rf"(?:(?:{_HOST})/)?{_COMPONENT}(?:/{_COMPONENT})*"
    r"(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


def check_image_name(name: str) -> str | None:
    """What is wrong with an image's name, in the kubelet's words; None: nothing."""
    if _REFERENCE.fullmatch(name):
        return None
    why = "invalid reference format"
    if _REFERENCE.fullmatch(name.lower()):
        repository = name if "/" in name else f"library/{name}"
        repository = re.sub(r"(:[^/]*)?(@.*)?$", "", repository)
        why += f": repository name ({repository}) must be lowercase"
    return f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {why}'


def choose_pull_policy(container: Container) -> ImagePullPolicy:
    """The policy that is written, or the one that the image's tag makes."""
    if container.image_pull_policy is not None:
        return container.image_pull_policy
    name = container.image.rpartition("/")[2]
    if "@" in name or (":" in name and not name.endswith(":latest")):
        return ImagePullPolicy.IF_NOT_PRESENT
    return ImagePullPolicy.ALWAYS
