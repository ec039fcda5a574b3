from __future__ import annotations

import pytest

from pausedemo.core.manifest import (
    ConfigMap,
    Container,
    EmptyDirVolumeSource,
    KubernetesObject,
    PodManifest,
    Probe,
    Secret,
    SecurityContext,
    Volume,
    parse_file,
    parse_objects,
    parse_pod,
)
from pausedemo.core.values.quantities import parse_quantity
from pausedemo.errors import InvalidFile
from tests.core.manifest.examples import DOCUMENTS, EVERYTHING

POD = (
    "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a, image: i}]}\n"
)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"
KEYS = "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\n"


def problems_of(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(InvalidFile) as caught:
        parse_objects(text, "all.yaml")
    return [(p.line, p.column, p.message) for p in caught.value.problems]


def read(kind: type[KubernetesObject], text: str) -> KubernetesObject:
    (made,) = parse_objects(text, "one.yaml")
    assert isinstance(made, kind)
    return made


def test_objects_come_in_the_order_of_the_file() -> None:
    objects = parse_objects(f"{MAP}---\n---\n{POD}---\n{KEYS}", "all.yaml")
    assert [(type(one), one.metadata.name) for one in objects] == [
        (ConfigMap, "settings"),
        (PodManifest, "web"),
        (Secret, "keys"),
    ]


def test_errors_of_all_documents_come_at_once() -> None:
    text = f"{MAP}datas: {{}}\n---\n{POD.replace('image: i', 'imag: i')}---\nkind: Service\n"
    assert problems_of(text) == [
        (4, 1, 'unknown key "datas"; did you mean "data"?'),
        (9, 31, 'unknown key "imag"; did you mean "image"?'),
        (11, 7, 'kind is "Service"; only Pod, ConfigMap and Secret can be made here'),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (0, 0, "the file is empty; expected objects")),
        ("[1]", (1, 1, "expected a Pod: a mapping with apiVersion, kind, metadata and spec")),
        (MAP.replace("v1", "v2"), (1, 13, 'apiVersion is "v2"; only v1 can be made here')),
        ("apiVersion: v1\nkind: ConfigMap\n", (1, 1, '"metadata" is missing')),
        (MAP + "data: {a: 1}", (4, 11, "data.a must be a text, not 1")),
        (
            MAP + "data: {..a: x}",
            (4, 8, "data...a: Invalid value: \"..a\": must not start with '..'"),
        ),
        (
            MAP + "binaryData: {a: '%'}",
            (4, 17, "binaryData.a: illegal base64 data"),
        ),
        (
            MAP + "data: {a: x}\nbinaryData: {a: eA==}",
            (4, 11, 'data.a: Invalid value: "a": duplicate of key present in binaryData'),
        ),
        (KEYS + "data: {a: 1}", (4, 11, "data.a: must be text in base64, not 1")),
        (KEYS + "type: kubernetes.io/tls", (1, 1, "data.tls.crt: Required value")),
        (KEYS + "type: kubernetes.io/ssh-auth", (1, 1, "data.ssh-privatekey: Required value")),
        (KEYS + "type: kubernetes.io/basic-auth", (1, 1, "data.password: Required value")),
        (
            KEYS + "type: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: x}",
            (
                *(1, 1),
                'data..dockerconfigjson: Invalid value: "<secret contents redacted>": invalid JSON',
            ),
        ),
        (
            KEYS + "type: kubernetes.io/service-account-token",
            (
                *(3, 11),
                "metadata.annotations.kubernetes.io/service-account.name: Required value",
            ),
        ),
    ],
)
def test_what_is_wrong_with_an_object_is_said_at_its_place(
    text: str, problem: tuple[int, int, str]
) -> None:
    assert problems_of(text)[0] == problem


def test_the_contents_of_a_config_map_are_bytes() -> None:
    made = read(ConfigMap, MAP + "data: {a: é, b: ''}\nbinaryData: {c: AP8=}\n")
    assert isinstance(made, ConfigMap)
    assert made.contents == {"a": "é".encode(), "b": b"", "c": b"\x00\xff"}


def test_string_data_goes_before_data() -> None:
    text = "data:\n  a: eA==\n  b: |\n    eQ\n    ==\nstringData: {a: z}\n"
    made = read(Secret, KEYS + text)
    assert isinstance(made, Secret)
    assert made.contents == {"a": b"z", "b": b"y"}
    assert made.type == "Opaque"


def test_no_more_than_a_hundred_problems_of_a_file_are_told() -> None:
    one = MAP + "".join(f"x{number}: 1\n" for number in range(80))
    assert len(problems_of(f"{one}---\n{one}")) == 100


def test_what_was_applied_is_read_again_as_it_was() -> None:
    for one in parse_objects(EVERYTHING, "everything.yaml"):
        applied = one.to_applied()
        again = type(one).model_validate(applied)
        assert again == one
        assert again.to_applied() == applied


def test_what_was_applied_has_no_defaults() -> None:
    pod = read(PodManifest, POD.replace("image: i", "image: i, resources: {limits: {cpu: 0.5}}"))
    container = {"name": "a", "image": "i", "resources": {"limits": {"cpu": "500m"}}}
    assert pod.to_applied() == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web"},
        "spec": {"containers": [container]},
    }


def test_an_object_with_its_defaults_says_them() -> None:
    text = POD.replace(
        "image: i",
        "image: i, readinessProbe: {httpGet: {port: 80}}, "
        "securityContext: {privileged: false}, ports: [{containerPort: 80}], tty: false",
    ).replace("spec: {", "spec: {volumes: [{name: v}, {name: w, configMap: {name: c}}], ")
    probe = {
        "httpGet": {"path": "/", "port": 80, "scheme": "HTTP"},
        "timeoutSeconds": 1,
        "periodSeconds": 10,
        "successThreshold": 1,
        "failureThreshold": 3,
    }
    container = {
        "name": "a",
        "image": "i",
        "ports": [{"containerPort": 80, "protocol": "TCP"}],
        "resources": {},
        "readinessProbe": probe,
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "securityContext": {"privileged": False},
    }
    assert read(PodManifest, text).to_data() == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "containers": [container],
            "volumes": [
                {"name": "v", "emptyDir": {}},
                {"name": "w", "configMap": {"name": "c", "defaultMode": 420}},
            ],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
        },
    }


def test_a_secret_gives_out_all_its_data_in_base64() -> None:
    made = read(Secret, KEYS + "data: {a: eA==}\nstringData: {b: y}\n")
    assert made.to_data() == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "keys", "namespace": "default"},
        "data": {"a": "eA==", "b": "eQ=="},
        "type": "Opaque",
    }


def test_what_is_given_out_means_the_same() -> None:
    for one in parse_objects(EVERYTHING, "everything.yaml"):
        again = type(one).model_validate(one.to_data())
        if isinstance(one, Secret) and isinstance(again, Secret):
            assert again.contents == one.contents
        else:
            assert again == one


def test_containers_have_kubernetes_defaults() -> None:
    container = parse_pod(POD, "pod.yaml").spec.containers[0]
    assert container == Container.model_validate({"name": "a", "image": "i"})
    assert container.security_context == SecurityContext()
    assert (container.termination_message_policy, container.image_pull_policy) == ("File", None)


def test_a_probe_s_zeros_are_its_defaults() -> None:
    keys = ("timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
    zeros = Probe.model_validate({"exec": {"command": ["x"]}, **dict.fromkeys(keys, 0)})
    assert zeros == Probe.model_validate({"exec": {"command": ["x"]}})
    assert (zeros.timeout_seconds, zeros.period_seconds) == (1, 10)
    assert (zeros.success_threshold, zeros.failure_threshold) == (1, 3)


def test_what_is_limited_is_requested() -> None:
    limits = "resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}"
    spec = parse_pod(POD.replace("image: i", f"image: i, {limits}"), "pod.yaml").spec
    assert spec.containers[0].resources.requests == {
        "cpu": parse_quantity("100m"),
        "memory": parse_quantity("1Gi"),
    }


def test_a_volume_without_a_source_is_an_empty_folder() -> None:
    made = Volume.model_validate({"name": "a"})
    assert made == Volume.model_validate({"name": "a", "emptyDir": {}})
    assert made.empty_dir == EmptyDirVolumeSource()


def test_modes_are_octal() -> None:
    volume = "volumes: [{name: v, configMap: {name: c, defaultMode: 0640}}]"
    source = (
        parse_pod(POD.replace("spec: {", f"spec: {{{volume}, "), "p").spec.volumes[0].config_map
    )
    assert source is not None
    assert source.default_mode == 0o640


def test_fields_without_meaning_are_warned_of_at_their_places() -> None:
    network = DOCUMENTS[5]
    scheduling = DOCUMENTS[6].replace("metadata: {name: scheduling", "metadata: {name: s")
    assert parse_file(network, "pod.yaml").warnings == ()
    warnings = parse_file(scheduling, "pod.yaml").warnings
    assert len(warnings) == 19
    assert [str(one) for one in warnings[:3]] == [
        "pod.yaml:3:21: metadata.uid means nothing here: it is set by what keeps the object",
        "pod.yaml:3:29: metadata.creationTimestamp means nothing here: "
        "it is set by what keeps the object",
        "pod.yaml:5:3: spec.nodeSelector means nothing here: there is one node, and no scheduler",
    ]


def test_what_is_empty_is_not_warned_of() -> None:
    text = POD.replace("spec: {", "spec: {nodeSelector: {}, tolerations: [], affinity: null, ")
    assert parse_file(text, "pod.yaml").warnings == ()


def test_a_login_needs_a_name_or_a_password() -> None:
    assert [message for _, _, message in problems_of(KEYS + "type: kubernetes.io/basic-auth")] == [
        "data.password: Required value",
        "data.username: Required value",
    ]


LIST = """
apiVersion: v1
kind: List
metadata: {resourceVersion: ""}
items:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a, uid: x}}
- apiVersion: v1
  kind: List
  items:
  - {apiVersion: v1, kind: Secret, metadata: {name: b}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}
"""


def test_the_items_of_a_list_are_documents() -> None:
    found = parse_file(LIST, "list.yaml")
    assert [one.metadata.name for one in found.objects] == ["a", "b", "c"]
    assert list(map(str, found.warnings)) == [
        "list.yaml:6:57: metadata.uid means nothing here: it is set by what keeps the object"
    ]
    assert parse_objects("{apiVersion: v1, kind: List, items: []}", "list.yaml") == []


def test_what_is_wrong_in_a_list_is_said_at_its_place() -> None:
    text = LIST.replace("uid", "nam").replace("name: b", "names: b").replace("name: c", "name: -")
    text += """---
{apiVersion: v1, kind: List, items: {}}
---
apiVersion: v2
kind: List
items: [{apiVersion: v1, kind: PodList}, null]
"""
    with pytest.raises(InvalidFile) as caught:
        parse_file(text, "list.yaml")
    lines = str(caught.value).splitlines()
    assert lines.pop(2).startswith('list.yaml:12:52: metadata.name: "-" must consist of ')
    assert lines == [
        'list.yaml:6:57: unknown key "nam"; did you mean "name"?',
        'list.yaml:10:47: unknown key "names"; did you mean "name"?',
        "list.yaml:14:37: items is a mapping; expected a list of objects",
        'list.yaml:16:13: apiVersion is "v2"; that of a List is v1',
        'list.yaml:18:32: kind is "PodList"; only Pod, ConfigMap and Secret can be made here',
        "list.yaml:18:42: expected a Pod: a mapping with apiVersion, kind, metadata and spec",
    ]
