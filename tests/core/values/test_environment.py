from __future__ import annotations

import pytest

from pausedemo.core.manifest import ConfigMap, Secret, parse_objects, parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.downward import MissingReference, PodFacts
from pausedemo.core.values.environment import Environment, Objects, resolve_environment
from tests.core.podkit import BORN, UID

OBJECTS_TEXT = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue, size: $(color), 1st: x, a-b.c: y}
binaryData: {blob: AAE=}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {color: cmVk, raw: /w==}
stringData: {pass: word}
"""


def make_objects() -> Objects:
    config_map, secret = parse_objects(OBJECTS_TEXT, "objects.yaml")
    assert isinstance(config_map, ConfigMap)
    assert isinstance(secret, Secret)
    return Objects({"settings": config_map}, {"keys": secret})


def resolve(env: str, env_from: str = "[]") -> Environment:
    container = f"{{name: a, image: i, envFrom: {env_from}, env: {env}}}"
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: demo, labels: {app: shop}}\n"
        f"spec: {{containers: [{container}]}}\n"
    )
    pod = Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)
    facts = PodFacts(node_name="node", pod_ips=("10.0.0.7",))
    return resolve_environment(pod.spec.containers[0], pod, facts, make_objects())


SKIPPED = (
    "Keys [1st] from the EnvFrom configMap demo/settings were skipped since they are considered "
    "invalid environment variable names."
)


@pytest.mark.parametrize(
    ("env", "variables"),
    [
        ("[]", {}),
        ("[{name: A, value: x}, {name: B}]", {"A": "x", "B": ""}),
        ("[{name: A, value: x}, {name: A, value: y}]", {"A": "y"}),
        ("[{name: A, value: x}, {name: B, value: $(A)-$(C)}]", {"A": "x", "B": "x-$(C)"}),
        ("[{name: B, value: $(A)}, {name: A, value: x}]", {"B": "$(A)", "A": "x"}),
        ("[{name: A, value: x}, {name: A, value: $(A)y}]", {"A": "xy"}),
        ("[{name: A, value: $$(A)}]", {"A": "$(A)"}),
        (
            "[{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}, "
            "{name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}, "
            "{name: URL, value: http://$(IP)/}]",
            {"A": "shop", "IP": "10.0.0.7", "URL": "http://10.0.0.7/"},
        ),
        (
            "[{name: A, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}]",
            {"A": "0"},
        ),
        (
            # What comes from elsewhere is not expanded.
            "[{name: color, value: x}, "
            "{name: A, valueFrom: {configMapKeyRef: {name: settings, key: size}}}]",
            {"color": "x", "A": "$(color)"},
        ),
        (
            "[{name: A, valueFrom: {secretKeyRef: {name: keys, key: pass}}}, "
            "{name: B, valueFrom: {secretKeyRef: {name: keys, key: raw}}}]",
            {"A": "word", "B": "\ufffd"},
        ),
        (
            "[{name: A, valueFrom: "
            "{configMapKeyRef: {name: settings, key: gone, optional: true}}}, "
            "{name: B, valueFrom: {configMapKeyRef: {name: gone, key: gone, optional: true}}}, "
            "{name: C, valueFrom: {secretKeyRef: {name: keys, key: gone, optional: true}}}, "
            "{name: D, valueFrom: {secretKeyRef: {name: gone, key: gone, optional: true}}}]",
            {},
        ),
    ],
)
def test_variables_are_resolved_in_order(env: str, variables: dict[str, str]) -> None:
    assert resolve(env) == Environment(variables)


@pytest.mark.parametrize(
    ("env_from", "variables", "skipped"),
    [
        (
            "[{configMapRef: {name: settings}}]",
            {"color": "blue", "size": "$(color)", "a-b.c": "y"},
            (SKIPPED,),
        ),
        (
            "[{prefix: P_, configMapRef: {name: settings}}]",
            {"P_color": "blue", "P_size": "$(color)", "P_1st": "x", "P_a-b.c": "y"},
            (),
        ),
        (
            "[{secretRef: {name: keys}}]",
            {"color": "red", "raw": "\ufffd", "pass": "word"},
            (),
        ),
        (
            "[{prefix: '', secretRef: {name: keys}}, {configMapRef: {name: settings}}]",
            {
                "color": "blue",
                "raw": "\ufffd",
                "pass": "word",
                "size": "$(color)",
                "a-b.c": "y",
            },
            (SKIPPED,),
        ),
        ("[{configMapRef: {name: gone, optional: true}}]", {}, ()),
        ("[{secretRef: {name: gone, optional: true}}]", {}, ()),
    ],
)
def test_whole_objects_become_variables(
    env_from: str, variables: dict[str, str], skipped: tuple[str, ...]
) -> None:
    assert resolve("[]", env_from) == Environment(variables, skipped)


def test_variables_replace_those_of_whole_objects() -> None:
    made = resolve("[{name: color, value: $(color)ish}]", "[{secretRef: {name: keys}}]")
    assert made.variables["color"] == "redish"


@pytest.mark.parametrize(
    ("env", "env_from", "message"),
    [
        ("[]", "[{configMapRef: {name: gone}}]", 'configmap "gone" not found'),
        ("[]", "[{secretRef: {name: gone}}]", 'secret "gone" not found'),
        (
            "[{name: A, valueFrom: {configMapKeyRef: {name: gone, key: k}}}]",
            "[]",
            'configmap "gone" not found',
        ),
        (
            "[{name: A, valueFrom: {configMapKeyRef: {name: settings, key: k}}}]",
            "[]",
            "couldn't find key k in ConfigMap demo/settings",
        ),
        (
            # Bytes are no variable's value.
            "[{name: A, valueFrom: {configMapKeyRef: {name: settings, key: blob}}}]",
            "[]",
            "couldn't find key blob in ConfigMap demo/settings",
        ),
        (
            "[{name: A, valueFrom: {secretKeyRef: {name: gone, key: k}}}]",
            "[]",
            'secret "gone" not found',
        ),
        (
            "[{name: A, valueFrom: {secretKeyRef: {name: keys, key: k}}}]",
            "[]",
            "couldn't find key k in Secret demo/keys",
        ),
        (
            "[{name: A, valueFrom: {resourceFieldRef: {containerName: z, resource: limits.cpu}}}]",
            "[]",
            "container z not found",
        ),
    ],
)
def test_what_is_missing_is_said_in_the_kubelet_s_words(
    env: str, env_from: str, message: str
) -> None:
    with pytest.raises(MissingReference) as caught:
        resolve(env, env_from)
    assert str(caught.value) == message
