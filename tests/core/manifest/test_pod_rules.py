"""How a pod's fields fit together."""

from __future__ import annotations

import pytest

from tests.core.manifest.problems import problems_of


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        ("volumes: [{name: a}, {name: a}]", ['volumes[1].name: Duplicate value: "a"']),
        (
            "volumes: [{name: a, emptyDir: {}, hostPath: {path: /x}}]",
            ["volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"],
        ),
        (
            "volumes: [{name: a, nfs: {server: x, path: /}}]",
            ['"nfs" is a Kubernetes field that pausedemo does not support; remove it'],
        ),
        (
            "volumes: [{name: a, hostPath: {path: /a/../b}}]",
            ["volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"],
        ),
        (
            "volumes: [{name: a, emptyDir: {sizeLimit: -1}}]",
            [
                "volumes[0].emptyDir.sizeLimit: Forbidden: "
                "SizeLimit field must be a valid resource quantity"
            ],
        ),
        (
            "volumes: [{name: a, configMap: {name: c, defaultMode: 01000}}]",
            [
                "volumes[0].configMap.defaultMode: Invalid value: 512: "
                "must be a number between 0 and 0777 (octal), both inclusive"
            ],
        ),
        (
            "volumes: [{name: a, secret: {secretName: s, items: [{key: k, path: ../x}]}}]",
            ["volumes[0].secret.items[0].path: Invalid value: \"../x\": must not contain '..'"],
        ),
        (
            "volumes: [{name: a, secret: {secretName: s, items: [{key: k, path: ..x}]}}]",
            ["volumes[0].secret.items[0].path: Invalid value: \"..x\": must not start with '..'"],
        ),
        (
            "volumes: [{name: a, downwardAPI: {items: [{path: x}]}}]",
            [
                "volumes[0].downwardAPI.items[0]: Required value: "
                "one of fieldRef and resourceFieldRef is required"
            ],
        ),
        (
            "volumes: [{name: a, downwardAPI: {items: [{path: x, resourceFieldRef: "
            "{resource: limits.cpu}}]}}]",
            [
                "volumes[0].downwardAPI.items[0].resourceFieldRef.containerName: Required value",
            ],
        ),
        (
            "volumes: [{name: a, downwardAPI: {items: [{path: x, fieldRef: "
            "{fieldPath: status.podIP}}]}}]",
            [
                "volumes[0].downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: "
                '"status.podIP": supported values: "metadata.annotations", "metadata.labels", '
                '"metadata.name", "metadata.namespace", "metadata.uid"'
            ],
        ),
        (
            "volumes: [{name: a, projected: {sources: [{}, {configMap: {name: c}, "
            "secret: {name: s}}]}}]",
            [
                "volumes[0].projected.sources[0]: Required value: "
                "must specify at least one projection type",
                "volumes[0].projected.sources[1].secret: Forbidden: "
                "may not specify more than 1 projection type",
            ],
        ),
        (
            "volumes: [{name: a, projected: {sources: [{configMap: {name: c, items: "
            "[{key: a, path: x/y}]}}, {secret: {name: s, items: [{key: a, path: x//y}]}}]}}]",
            [
                "volumes[0].projected.sources[1].secret.items[0].path: "
                'Invalid value: "x//y": conflicting duplicate paths'
            ],
        ),
        (
            "volumes: [{name: a, downwardAPI: {items: [{path: x, fieldRef: "
            "{fieldPath: metadata.name}, resourceFieldRef: "
            "{containerName: a, resource: limits.cpu}}]}}]",
            [
                'volumes[0].downwardAPI.items[0]: Invalid value: "resource": '
                "fieldRef and resourceFieldRef can not be specified simultaneously"
            ],
        ),
        (
            "volumes: [{name: a, projected: {sources: [{downwardAPI: {items: [{path: x}]}}]}}]",
            [
                "volumes[0].projected.sources[0].downwardAPI.items[0]: Required value: "
                "one of fieldRef and resourceFieldRef is required"
            ],
        ),
        (
            f"dnsConfig: {{searches: [{', '.join(['a' * 63 + '.b' * 20] * 20)}]}}",
            [
                'dnsConfig.searches: Invalid value: "20 paths": must not have more than 2048 '
                "characters (including spaces) in the search list"
            ],
        ),
        (
            "securityContext: {sysctls: [{name: '', value: '1'}]}",
            ["securityContext.sysctls[0].name: Required value"],
        ),
        (
            "dnsPolicy: None",
            ["dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"],
        ),
        (
            "dnsPolicy: None, dnsConfig: {searches: [a]}",
            [
                "dnsConfig.nameservers: Required value: "
                "must provide at least one DNS nameserver when `dnsPolicy` is None"
            ],
        ),
        (
            "dnsConfig: {nameservers: [1.1.1.1, 1.1.1.2, 1.1.1.3, 1.1.1.4]}",
            [
                "dnsConfig.nameservers: Invalid value: ['1.1.1.1', '1.1.1.2', '1.1.1.3', "
                "'1.1.1.4']: must not have more than 3 nameservers"
            ],
        ),
        (
            f"dnsConfig: {{searches: [{', '.join(['a'] * 33)}]}}",
            [
                'dnsConfig.searches: Invalid value: "33 paths": '
                "must not have more than 32 search paths"
            ],
        ),
        ("dnsConfig: {searches: [., a.example., b]}", []),
        (
            "dnsConfig: {searches: [A_]}",
            [
                'dnsConfig.searches[0]: Invalid value: "A_": must consist of lower-case letters, '
                "digits, '-' and '.', and start and end with a letter or digit, as must each part "
                "between dots (such as 'my-name.example')"
            ],
        ),
        (
            "securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}, "
            "{name: kernel.shm_rmid_forced, value: '0'}]}",
            ['securityContext.sysctls[1].name: Duplicate value: "kernel.shm_rmid_forced"'],
        ),
        (
            "securityContext: {sysctls: [{name: a..b, value: '1'}]}",
            [
                'securityContext.sysctls[0].name: Invalid value: "a..b": must have at most 253 '
                r"characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*"
                "[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            ],
        ),
        (
            "hostNetwork: true, "
            "securityContext: {sysctls: [{name: net/core/somaxconn, value: '1'}]}",
            [
                'securityContext.sysctls[0].name: Invalid value: "net/core/somaxconn": '
                "may not be specified when 'hostNetwork' is true"
            ],
        ),
        (
            "hostIPC: true, securityContext: {sysctls: [{name: kernel.sem, value: '1'}]}",
            [
                'securityContext.sysctls[0].name: Invalid value: "kernel.sem": '
                "may not be specified when 'hostIPC' is true"
            ],
        ),
        (
            "activeDeadlineSeconds: 0",
            [
                "activeDeadlineSeconds: Invalid value: 0: "
                "must be between 1 and 2147483647, inclusive"
            ],
        ),
        (
            "hostAliases: [{ip: a, hostnames: [b_]}]",
            [
                'hostAliases[0].ip: Invalid value: "a": must be a valid IP address, '
                "(e.g. 10.9.8.7 or 2001:db8::ffff)",
                'hostAliases[0].hostnames[0]: "b_" must consist of lower-case letters, digits, '
                "'-' and '.', and start and end with a letter or digit, as must each part between "
                "dots (such as 'my-name.example')",
            ],
        ),
        ("os: {name: windows}", ["os.name must be 'linux', not \"windows\""]),
    ],
)
def test_a_pod_s_fields_fit_together(spec: str, problems: list[str]) -> None:
    found = problems_of(f"containers: [{{name: a, image: i}}], {spec}")
    assert [one.removeprefix("spec.") for one in found] == problems


def test_ports_on_the_machine_s_network_are_the_machine_s() -> None:
    ports = "ports: [{containerPort: 80, hostPort: 81}]"
    assert problems_of(f"hostNetwork: true, containers: [{{name: a, image: i, {ports}}}]") == [
        "spec.containers[0].ports[0].containerPort: Invalid value: 80: "
        "must match `hostPort` when `hostNetwork` is true"
    ]


def test_host_ports_of_two_containers_conflict() -> None:
    one = "{name: %s, image: i, ports: [{containerPort: 80, hostPort: 81}]}"
    assert problems_of(f"containers: [{one % 'a'}, {one % 'b'}]") == [
        'spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//81"'
    ]


def test_an_image_has_no_blanks_around_it() -> None:
    assert problems_of("containers: [{name: a, image: ' i'}]") == [
        'spec.containers[0].image: Invalid value: " i": '
        "must not have leading or trailing whitespace"
    ]
