from __future__ import annotations

import pytest

from pausedemo.core.manifest import parse_objects
from pausedemo.errors import InvalidFile

NOT_OF_INIT = "may not be set for init containers without restartPolicy=Always"
FIELD_PATHS = ", ".join(
    f'"{path}"'
    for path in (
        *("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName"),
        *("spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP"),
        "status.podIPs",
    )
)
RESOURCES = ", ".join(
    f'"{kind}.{name}"'
    for kind in ("limits", "requests")
    for name in ("cpu", "ephemeral-storage", "memory")
)
QUANTITY = r"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


def problems_of(spec: str) -> list[str]:
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {{{spec}}}\n"
    try:
        parse_objects(text, "pod.yaml")
    except InvalidFile as error:
        return [problem.message for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("container", "problems"),
    [
        ("ports: [{containerPort: 1}, {containerPort: 65535, hostPort: 0}]", []),
        (
            "ports: [{containerPort: 0}, {containerPort: 65536}]",
            [
                "ports[0].containerPort: Invalid value: 0: must be between 1 and 65535, inclusive",
                "ports[1].containerPort: Invalid value: 65536: "
                "must be between 1 and 65535, inclusive",
            ],
        ),
        ("ports: [{}]", ['"containerPort" is missing']),
        (
            "ports: [{name: a, containerPort: 1}, {name: a, containerPort: 2}]",
            ['ports[1].name: Duplicate value: "a"'],
        ),
        (
            "ports: [{name: A, containerPort: 1}, {name: '1', containerPort: 2}]",
            [
                'ports[0].name: Invalid value: "A": must contain only alpha-numeric characters '
                "(a-z, 0-9), and hyphens (-)",
                'ports[1].name: Invalid value: "1": must contain at least one letter (a-z)',
            ],
        ),
        (
            "ports: [{containerPort: 1, hostPort: 5}, {containerPort: 2, hostPort: 5}]",
            ['ports[1].hostPort: Duplicate value: "TCP//5"'],
        ),
        (
            "ports: [{containerPort: 1, hostPort: 5}, "
            "{containerPort: 1, hostPort: 5, protocol: UDP}]",
            [],
        ),
        (
            "ports: [{containerPort: 1, hostIP: x}]",
            [
                'ports[0].hostIP: Invalid value: "x": must be a valid IP address, '
                "(e.g. 10.9.8.7 or 2001:db8::ffff)"
            ],
        ),
        ("volumeMounts: [{name: w, mountPath: /a}]", ['volumeMounts[0].name: Not found: "w"']),
        (
            "volumeMounts: [{name: v, mountPath: /a}, {name: v, mountPath: /a}]",
            ['volumeMounts[1].mountPath: Invalid value: "/a": must be unique'],
        ),
        (
            "volumeMounts: [{name: v, mountPath: 'a:b'}]",
            ["volumeMounts[0].mountPath: Invalid value: \"a:b\": must not contain ':'"],
        ),
        (
            "volumeMounts: [{name: v, mountPath: /a, subPath: /x}, "
            "{name: v, mountPath: /b, subPath: x/../y}]",
            [
                'volumeMounts[0].subPath: Invalid value: "/x": must be a relative path',
                "volumeMounts[1].subPath: Invalid value: \"x/../y\": must not contain '..'",
            ],
        ),
        (
            "volumeMounts: [{name: v, mountPath: /a, mountPropagation: Bidirectional}]",
            [
                "volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation "
                "is available only to privileged containers"
            ],
        ),
        (
            "securityContext: {privileged: true}, "
            "volumeMounts: [{name: v, mountPath: /a, mountPropagation: Bidirectional}]",
            [],
        ),
        ("livenessProbe: {}", ["livenessProbe: Required value: must specify a handler type"]),
        (
            "readinessProbe: {exec: {command: [x]}, tcpSocket: {port: 1}}",
            ["readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
        ),
        ("startupProbe: {exec: {}}", ["startupProbe.exec.command: Required value"]),
        (
            "livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}",
            ["livenessProbe.successThreshold: Invalid value: 2: must be 1"],
        ),
        ("readinessProbe: {tcpSocket: {port: 1}, successThreshold: 2}", []),
        (
            "readinessProbe: {tcpSocket: {port: 1}, terminationGracePeriodSeconds: 2}",
            [
                "readinessProbe.terminationGracePeriodSeconds: Invalid value: 2: "
                "must not be set for readinessProbes"
            ],
        ),
        (
            "livenessProbe: {httpGet: {port: 1, httpHeaders: [{name: 'a b', value: c}]}}",
            [
                'livenessProbe.httpGet.httpHeaders[0].name: Invalid value: "a b": a valid HTTP '
                "header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', "
                "regex used for validation is '[-A-Za-z0-9]+')"
            ],
        ),
        (
            "livenessProbe: {tcpSocket: {port: 70000}, periodSeconds: -1}",
            [
                "livenessProbe.tcpSocket.port: Invalid value: 70000: "
                "must be between 1 and 65535, inclusive",
                "livenessProbe.periodSeconds: Invalid value: -1: "
                "must be greater than or equal to 0",
            ],
        ),
        (
            "lifecycle: {preStop: {sleep: {seconds: 31}}, postStart: {sleep: {seconds: 0}}}",
            [
                "lifecycle.preStop.sleep: Invalid value: 31: must be greater than 0 and less than "
                "terminationGracePeriodSeconds (30)",
                "lifecycle.postStart.sleep: Invalid value: 0: must be greater than 0 and less than "
                "terminationGracePeriodSeconds (30)",
            ],
        ),
        (
            "lifecycle: {preStop: {}}",
            ["lifecycle.preStop: Required value: must specify a handler type"],
        ),
        (
            "restartPolicy: Always",
            ["restartPolicy: Forbidden: may not be set for non-init containers"],
        ),
        (
            "env: [{name: A, valueFrom: {}}]",
            [
                'env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
                "`resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            ],
        ),
        (
            "env: [{name: A, value: x, valueFrom: {configMapKeyRef: {name: c, key: k}}}]",
            ['env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty'],
        ),
        (
            "env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}, "
            "secretKeyRef: {name: c, key: k}}}]",
            [
                'env[0].valueFrom: Invalid value: "": '
                "may not have more than one field specified at a time"
            ],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]",
            [
                'env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": '
                f"supported values: {FIELD_PATHS}"
            ],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.x}}}]",
            [
                'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": '
                "error converting fieldPath: field label not supported: spec.x"
            ],
        ),
        ("env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a/b']\"}}}]", []),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: cpu}}}]",
            [
                'env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "cpu": '
                f"supported values: {RESOURCES}"
            ],
        ),
        (
            "env: [{name: A, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 2}}}]",
            [
                'env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only '
                "divisor's values 1m and 1 are supported with the cpu resource"
            ],
        ),
        (
            "envFrom: [{}, {configMapRef: {name: a}, secretRef: {name: b}}]",
            [
                'envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
                'envFrom[1]: Invalid value: "": '
                "may not have more than one field specified at a time",
            ],
        ),
        (
            "resources: {limits: {cpu: 1}, requests: {cpu: 1001m}}",
            [
                'resources.requests: Invalid value: "1001m": '
                "must be less than or equal to cpu limit of 1"
            ],
        ),
        (
            "resources: {requests: {memory: -1}}",
            ['resources.requests.memory: Invalid value: "-1": must be greater than or equal to 0'],
        ),
        (
            "resources: {limits: {memory: 1x, gpu: 1, a.b/gpu: 1}}",
            [
                f'resources.limits.memory: Invalid value: "1x": quantities must match the '
                f"regular expression {QUANTITY}",
                'resources.limits.gpu: Invalid value: "gpu": '
                "must be a standard resource for containers",
                'resources.limits.a.b/gpu: Invalid value: "a.b/gpu": '
                "pausedemo does not support this resource",
            ],
        ),
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
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name, apiVersion: v2}}}]",
            [
                'env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name": '
                "error converting fieldPath: unsupported pod version: v2"
            ],
        ),
        (
            "env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['a b']\"}}}]",
            [
                'env[0].valueFrom.fieldRef: Invalid value: "a b": must consist of letters, '
                "digits, '-', '_' and '.', and start and end with a letter or digit "
                "(such as 'MyName' or 'my.name')"
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
def test_a_container_s_fields_fit_together(container: str, problems: list[str]) -> None:
    found = problems_of(f"volumes: [{{name: v}}], containers: [{{name: a, image: i, {container}}}]")
    assert [one.replace("spec.containers[0].", "") for one in found] == problems


@pytest.mark.parametrize(
    ("container", "problems"),
    [
        ("restartPolicy: Always, livenessProbe: {tcpSocket: {port: 1}}", []),
        (
            "restartPolicy: Never",
            ['restartPolicy: Unsupported value: "Never": supported values: "Always"'],
        ),
        (
            "lifecycle: {preStop: {exec: {command: [x]}}}, startupProbe: {tcpSocket: {port: 1}}",
            [f"lifecycle: Forbidden: {NOT_OF_INIT}", f"startupProbe: Forbidden: {NOT_OF_INIT}"],
        ),
        (
            "livenessProbe: {tcpSocket: {port: 1}}, readinessProbe: {tcpSocket: {port: 1}}",
            [
                f"livenessProbe: Forbidden: {NOT_OF_INIT}",
                f"readinessProbe: Forbidden: {NOT_OF_INIT}",
            ],
        ),
        ("ports: [{containerPort: 1, hostPort: 5}]", []),
    ],
)
def test_only_sidecars_are_watched(container: str, problems: list[str]) -> None:
    main = "{name: a, image: i, ports: [{containerPort: 1, hostPort: 5}]}"
    found = problems_of(
        f"initContainers: [{{name: b, image: i, {container}}}], containers: [{main}]"
    )
    assert [one.replace("spec.initContainers[0].", "") for one in found] == problems


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
