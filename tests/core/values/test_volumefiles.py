from __future__ import annotations

import pytest

from pausedemo.core.manifest import ConfigMap, Secret, parse_objects, parse_pod
from pausedemo.core.pods.pod import Pod
from pausedemo.core.values.downward import MissingReference, PodFacts
from pausedemo.core.values.environment import Objects
from pausedemo.core.values.quantities import parse_quantity
from pausedemo.core.values.volumefiles import File, Files, make_files
from tests.core.podkit import BORN, UID

OBJECTS_TEXT = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: blue, a: text}
binaryData: {blob: AP8=}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {key: AP8=}
stringData: {pass: word}
"""


def make(source: str) -> Files | None:
    config_map, secret = parse_objects(OBJECTS_TEXT, "objects.yaml")
    assert isinstance(config_map, ConfigMap)
    assert isinstance(secret, Secret)
    text = (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {b: '2', a: '1'}}\nspec:\n"
        "  containers: [{name: a, image: i, resources: {limits: {memory: 64Mi}}}]\n"
        f"  volumes: [{{name: v, {source}}}]\n"
    )
    pod = Pod(parse_pod(text, "pod.yaml"), UID, BORN, shares_pid=False)
    facts = PodFacts(allocatable={"cpu": parse_quantity("2")})
    objects = Objects({"settings": config_map}, {"keys": secret})
    return make_files(pod.spec.volumes[0], pod, facts, objects)


@pytest.mark.parametrize(
    ("source", "files"),
    [
        (
            "configMap: {name: settings}",
            {
                "color": File(b"blue", 0o644),
                "a": File(b"text", 0o644),
                "blob": File(b"\x00\xff", 0o644),
            },
        ),
        (
            "configMap: {name: settings, defaultMode: 0400, items: "
            "[{key: color, path: d//e/f}, {key: blob, path: ./g, mode: 0755}]}",
            {"d/e/f": File(b"blue", 0o400), "g": File(b"\x00\xff", 0o755)},
        ),
        (
            "configMap: {name: settings, optional: true, items: "
            "[{key: color, path: x}, {key: gone, path: y}]}",
            {"x": File(b"blue", 0o644)},
        ),
        ("configMap: {name: gone, optional: true}", {}),
        (
            "secret: {secretName: keys, defaultMode: 0440}",
            {"key": File(b"\x00\xff", 0o440), "pass": File(b"word", 0o440)},
        ),
        (
            "secret: {secretName: keys, items: [{key: pass, path: p, mode: 0}]}",
            {"p": File(b"word", 0)},
        ),
        ("secret: {secretName: gone, optional: true, items: [{key: a, path: b}]}", {}),
        (
            "downwardAPI: {defaultMode: 0444, items: ["
            "{path: labels, fieldRef: {fieldPath: metadata.labels}}, "
            "{path: d/name, fieldRef: {fieldPath: metadata.name}, mode: 0400}, "
            "{path: m, resourceFieldRef: "
            "{containerName: a, resource: limits.memory, divisor: 1Mi}}, "
            "{path: c, resourceFieldRef: {containerName: a, resource: limits.cpu, divisor: 1m}}]}",
            {
                "labels": File(b'a="1"\nb="2"', 0o444),
                "d/name": File(b"web", 0o400),
                "m": File(b"64", 0o444),
                "c": File(b"2000", 0o444),
            },
        ),
        (
            "projected: {defaultMode: 0600, sources: ["
            "{configMap: {name: settings}}, "
            "{secret: {name: keys, items: [{key: pass, path: a}]}}, "
            "{downwardAPI: {items: [{path: uid, fieldRef: {fieldPath: metadata.uid}}]}}, "
            "{configMap: {name: gone, optional: true}}]}",
            {
                "color": File(b"blue", 0o600),
                "a": File(b"word", 0o600),
                "blob": File(b"\x00\xff", 0o600),
                "uid": File(UID.encode(), 0o600),
            },
        ),
        ("emptyDir: {}", None),
        ("hostPath: {path: /srv}", None),
        ("persistentVolumeClaim: {claimName: c}", None),
    ],
)
def test_a_volume_s_files_come_from_its_source(source: str, files: Files | None) -> None:
    assert make(source) == files


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("configMap: {name: gone}", 'configmap "gone" not found'),
        (
            "configMap: {name: settings, items: [{key: gone, path: x}]}",
            "configmap references non-existent config key: gone",
        ),
        ("secret: {secretName: gone}", 'secret "gone" not found'),
        (
            "secret: {secretName: keys, items: [{key: gone, path: x}]}",
            "references non-existent secret key: gone",
        ),
        (
            "downwardAPI: {items: [{path: x, resourceFieldRef: "
            "{containerName: z, resource: limits.cpu}}]}",
            "container z not found",
        ),
        ("projected: {sources: [{secret: {name: gone}}]}", 'secret "gone" not found'),
        (
            "projected: {sources: [{secret: {name: gone}}, {configMap: {name: x}}, "
            "{secret: {name: gone}}]}",
            '[secret "gone" not found, configmap "x" not found]',
        ),
        (
            "configMap: {name: settings, items: [{key: a, path: x}, {key: color, path: x/y/z}]}",
            "x: not a directory, but x/y/z is to be in it",
        ),
    ],
)
def test_what_is_missing_is_said_in_the_kubelet_s_words(source: str, message: str) -> None:
    with pytest.raises(MissingReference) as caught:
        make(source)
    assert str(caught.value) == message
