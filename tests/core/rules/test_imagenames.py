"""Names of images, and what they mean for a pull."""

from __future__ import annotations

import pytest

from pausedemo.core.manifest import Container, ImagePullPolicy
from pausedemo.core.rules.imagenames import check_image_name, choose_pull_policy

ALWAYS, IF_NOT_PRESENT, NEVER = ImagePullPolicy
DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    "name",
    [
        *("busybox", "busybox:1.36", "a/b/c:d", "localhost:5000/a", "registry.k8s.io/pause:3.10"),
        *(
            f"busybox@{DIGEST}",
            f"busybox:1@{DIGEST}",
            "my_image",
            "my__image",
            "a-b.c",
            "Host.io/x",
        ),
        "[::1]:5000/a",
    ],
)
def test_names_of_images(name: str) -> None:
    assert check_image_name(name) is None


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("bad image", "invalid reference format"),
        ("a:", "invalid reference format"),
        ("a@sha256:1", "invalid reference format"),
        ("-a", "invalid reference format"),
        ("Busy", "invalid reference format: repository name (library/Busy) must be lowercase"),
        ("no/Such:1", "invalid reference format: repository name (no/Such) must be lowercase"),
    ],
)
def test_what_is_no_name_of_an_image(name: str, why: str) -> None:
    assert check_image_name(name) == (
        f'Failed to apply default image tag "{name}": couldn\'t parse image name "{name}": {why}'
    )


@pytest.mark.parametrize(
    ("image", "written", "policy"),
    [
        ("busybox", None, ALWAYS),
        ("busybox:latest", None, ALWAYS),
        ("localhost:5000/busybox", None, ALWAYS),
        ("busybox:1", None, IF_NOT_PRESENT),
        (f"busybox@{DIGEST}", None, IF_NOT_PRESENT),
        ("busybox", NEVER, NEVER),
        ("busybox:1", ALWAYS, ALWAYS),
    ],
)
def test_the_policy_is_the_written_one_or_the_tag_s(
    image: str, written: ImagePullPolicy | None, policy: ImagePullPolicy
) -> None:
    more = {} if written is None else {"imagePullPolicy": written}
    container = Container.model_validate({"name": "a", "image": image, **more})
    assert choose_pull_policy(container) is policy
