"""What a pod's processes may do: how its fields fit together."""

from __future__ import annotations

import pytest

from tests.core.manifest.problems import problems_of


@pytest.mark.parametrize(
    ("container", "problems"),
    [
        (
            "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
            [
                "securityContext: cannot set `allowPrivilegeEscalation` to false and "
                "`privileged` to true"
            ],
        ),
        (
            "securityContext: {capabilities: {add: [NET_ADMIN, CAP_SYS_ADMIN]}, "
            "allowPrivilegeEscalation: false}",
            [
                "securityContext: cannot set `allowPrivilegeEscalation` to false and "
                "`capabilities.Add` CAP_SYS_ADMIN"
            ],
        ),
        (
            "securityContext: {runAsUser: -1}",
            [
                "securityContext.runAsUser: Invalid value: -1: "
                "must be between 0 and 2147483647, inclusive"
            ],
        ),
        (
            "securityContext: {seccompProfile: {type: Localhost}}",
            [
                "securityContext.seccompProfile.localhostProfile: Required value: "
                "must be set when seccomp type is Localhost"
            ],
        ),
        (
            "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/b.json}}",
            [],
        ),
        (
            "securityContext: {seccompProfile: {type: Localhost, localhostProfile: /a}}",
            [
                'securityContext.seccompProfile.localhostProfile: Invalid value: "/a": '
                "must be a relative path"
            ],
        ),
        (
            "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/../b}}",
            [
                'securityContext.seccompProfile.localhostProfile: Invalid value: "a/../b": '
                "must not contain '..'"
            ],
        ),
        (
            "securityContext: {seccompProfile: {type: Unconfined, localhostProfile: a}}",
            [
                'securityContext.seccompProfile.localhostProfile: Invalid value: "a": '
                "can only be set when seccomp type is Localhost"
            ],
        ),
    ],
)
def test_what_a_container_may_do_fits_together(container: str, problems: list[str]) -> None:
    found = problems_of(f"containers: [{{name: a, image: i, {container}}}]")
    assert [one.replace("spec.containers[0].", "") for one in found] == problems


def test_a_profile_of_the_pod_is_held_to_the_same_rules() -> None:
    found = problems_of(
        "securityContext: {seccompProfile: {type: Localhost}}, containers: [{name: a, image: i}]"
    )
    assert found == [
        "spec.securityContext.seccompProfile.localhostProfile: Required value: "
        "must be set when seccomp type is Localhost"
    ]
