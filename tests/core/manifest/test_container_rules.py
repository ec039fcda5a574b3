"""How a container's fields fit together."""

from __future__ import annotations

import pytest

from tests.core.manifest.problems import problems_of

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
        ("livenessProbe: {}", ["livenessProbe: Required value: must specify a handler type"]),
        (
            "securityContext: {privileged: true}, "
            "volumeMounts: [{name: v, mountPath: /a, mountPropagation: Bidirectional}]",
            [],
        ),
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
