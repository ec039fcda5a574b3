from __future__ import annotations

import pytest

from pausedemo.core.manifest import (
    Container,
    ImagePullPolicy,
    Metadata,
    PodManifest,
    PodSpec,
    RestartPolicy,
    parse_pod,
)
from pausedemo.core.pods.pod import compute_shares_pid, parse_kubernetes_version
from pausedemo.errors import InvalidFile
from pausedemo.resources import scenarios_dir
from tests.core.captures import DATA

TOP = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
SPEC = TOP + "spec:\n  containers: [{name: a, image: i}]\n"


def problems_of(text: str) -> list[tuple[int, int, str]]:
    with pytest.raises(InvalidFile) as caught:
        parse_pod(text, "pod.yaml")
    return [(p.line, p.column, p.message) for p in caught.value.problems]


def container(name: str, image: str, command: list[str] | None = None) -> Container:
    made: dict[str, object] = {"name": name, "image": image, "command": command}
    return Container.model_validate(made)


def with_policy(one: Container) -> Container:
    return one.model_copy(update={"image_pull_policy": ImagePullPolicy.IF_NOT_PRESENT})


def test_the_article_s_manifests_are_read_whole() -> None:
    def read(name: str) -> PodManifest:
        return parse_pod((DATA / "manifests" / name).read_text(), name)

    sleep = ["sleep", "3600"]
    assert read("busybox.yaml") == PodManifest.model_construct(
        api_version="v1",
        kind="Pod",
        metadata=Metadata(name="busybox-pod"),
        spec=PodSpec(containers=(container("busybox", "busybox", sleep),)),
    )
    three = (
        with_policy(container("busybox", "busybox", sleep)),
        with_policy(container("ghost", "ghost:3.21")),
        with_policy(container("nginx", "nginx:1.9.1")),
    )
    for name, shares in (("pause-test", None), ("pause-test2", True)):
        pod = read(f"{name}.yaml")
        assert pod.metadata == Metadata(name=name)
        assert pod.spec == PodSpec.model_validate(
            {
                "containers": three,
                "restartPolicy": RestartPolicy.ALWAYS,
                "shareProcessNamespace": shares,
            }
        )


def test_what_travels_with_pausedemo_is_the_article_s() -> None:
    for path in (DATA / "manifests").glob("*.yaml"):
        assert (scenarios_dir() / "manifests" / path.name).read_bytes() == path.read_bytes()


def test_a_manifest_has_kubernetes_defaults() -> None:
    pod = parse_pod(SPEC, "pod.yaml")
    assert (pod.metadata.namespace, pod.metadata.labels, pod.metadata.annotations) == (
        "default",
        {},
        {},
    )
    assert pod.spec.restart_policy is RestartPolicy.ALWAYS
    assert pod.spec.termination_grace_period_seconds == 30
    assert pod.spec.share_process_namespace is None
    assert (pod.spec.host_network, pod.spec.host_pid, pod.spec.host_ipc) == (False, False, False)


def test_what_kubectl_writes_for_a_dry_run_is_read() -> None:
    text = """
apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: null
  labels:
    run: web
  name: web
  annotations:
spec:
  initContainers: null
  containers:
  - args: [sleep, "1"]
    image: busybox
    name: web
    resources: {}
  restartPolicy: Never
status: {}
"""
    pod = parse_pod(text, "pod.yaml")
    assert pod.metadata == Metadata(name="web", labels={"run": "web"})
    assert [one.name for one in pod.spec.all_containers] == ["web"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (0, 0, "the file is empty; expected one Pod")),
        ("# nothing\n", (0, 0, "the file is empty; expected one Pod")),
        (
            SPEC + "---\n" + SPEC,
            (7, 1, "a second document; expected one Pod in the file"),
        ),
        ("[]", (1, 1, "expected a Pod: a mapping with apiVersion, kind, metadata and spec")),
        ("~", (1, 1, "expected a Pod: a mapping with apiVersion, kind, metadata and spec")),
        (
            "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 3}",
            (2, 7, 'kind is "Deployment"; only Pod can be made here'),
        ),
        (SPEC.replace("v1", "v2"), (1, 13, 'apiVersion is "v2"; only v1 can be made here')),
        ("kind: [Pod]", (1, 7, "kind is a list of 1; only Pod can be made here")),
        (TOP, (1, 1, '"spec" is missing')),
        (SPEC.replace("kind: Pod\n", ""), (1, 1, '"kind" is missing')),
        (
            SPEC + "  shareProcesNamespace: true\n",
            (6, 3, 'unknown key "shareProcesNamespace"; did you mean "shareProcessNamespace"?'),
        ),
        (
            SPEC + "  hostPid: true\n",
            (6, 3, 'unknown key "hostPid"; did you mean "hostPID"?'),
        ),
        (
            SPEC.replace("{name: web}", "{name: web, qqq: 1}"),
            (
                *(3, 23),
                'unknown key "qqq"; known here: annotations, labels, name, namespace',
            ),
        ),
        (
            SPEC + "  ephemeralContainers: [x]\n",
            (
                *(6, 3),
                '"ephemeralContainers" is a Kubernetes field that pausedemo does not support; '
                "remove it",
            ),
        ),
        (
            SPEC.replace("image: i", "image: i, volumeDevices: [x]"),
            (
                *(5, 36),
                '"volumeDevices" is a Kubernetes field that pausedemo does not support; remove it',
            ),
        ),
        (
            SPEC + "  restartPolicy: onfailure\n",
            (
                *(6, 18),
                "spec.restartPolicy must be 'Always', 'OnFailure' or 'Never', "
                'not "onfailure"; did you mean "OnFailure"?',
            ),
        ),
        (
            SPEC + '  shareProcessNamespace: "true"\n',
            (6, 26, 'spec.shareProcessNamespace must be true or false, not "true"'),
        ),
        (
            SPEC + "  terminationGracePeriodSeconds: 1.5\n",
            (
                *(6, 34),
                "spec.terminationGracePeriodSeconds must be a whole number, not 1.5",
            ),
        ),
        (
            SPEC + "  terminationGracePeriodSeconds: -1\n",
            (6, 34, "spec.terminationGracePeriodSeconds must be at least 0, not -1"),
        ),
        (
            SPEC + "  terminationGracePeriodSeconds: 9000000000\n",
            (
                *(6, 34),
                "spec.terminationGracePeriodSeconds must be at most 86400, not 9000000000",
            ),
        ),
        (TOP + "spec: {containers: []}", (4, 20, "spec.containers must have at least 1 entry")),
        (
            TOP + "spec: {containers: {a: b}}",
            (4, 20, "spec.containers must be a list, not a mapping"),
        ),
        (TOP + "spec: {containers: null}", (4, 20, '"containers" is missing')),
        (TOP + "spec: 5", (4, 7, "spec must be a mapping, not 5")),
        (
            SPEC.replace("image: i", "image: i, command: sleep 1"),
            (5, 45, 'spec.containers[0].command must be a list, not "sleep 1"'),
        ),
        (
            SPEC.replace("image: i", "image: i, command: [sleep, 3600]"),
            (5, 53, "spec.containers[0].command[1] must be a text, not 3600"),
        ),
        (
            SPEC.replace("image: i", "image: i, env: [{name: A, value: 1}]"),
            (5, 59, "spec.containers[0].env[0].value must be a text, not 1"),
        ),
        (
            SPEC.replace("image: i", "image: i, env: [{name: A=B}]"),
            (
                *(5, 49),
                'spec.containers[0].env[0].name: "A=B" must consist of printable ASCII '
                "characters other than '='",
            ),
        ),
        (
            SPEC.replace("name: web", "name: Web_1"),
            (
                *(3, 18),
                "metadata.name: \"Web_1\" must consist of lower-case letters, digits, '-' and "
                "'.', and start and end with a letter or digit, as must each part between dots "
                "(such as 'my-name.example')",
            ),
        ),
        (
            SPEC.replace("{name: web}", "{name: web, labels: {-x: y}}"),
            (
                *(3, 32),
                "metadata.labels.-x: \"-x\" must consist of letters, digits, '-', '_' and '.', "
                "and start and end with a letter or digit (such as 'MyName' or 'my.name')",
            ),
        ),
        (
            SPEC.replace("{name: a, image: i}", "{name: a, image: i}, {name: a, image: i}"),
            (5, 44, 'a container named "a" is there already'),
        ),
        (
            SPEC + "  initContainers: [{name: a, image: i}]\n",
            (5, 23, 'a container named "a" is there already'),
        ),
        (
            SPEC + "  hostPID: true\n  shareProcessNamespace: true\n",
            (7, 26, "shareProcessNamespace and hostPID cannot both be true"),
        ),
        (
            "a: &x [1]\nb: *x\n",
            (1, 4, "anchor '&x' is not accepted: remove it"),
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, problem: tuple[int, int, str]) -> None:
    assert problems_of(text)[0] == problem


def test_all_that_is_wrong_is_said_at_once_in_the_order_of_the_file() -> None:
    text = """\
apiVersion: v1
kind: Pod
metadata: {name: -a, namespace: B, lables: {}}
spec:
  hostname: ""
  hostPID: true
  containers:
  - {name: a, imag: x}
  - {name: a, image: 5}
  - {name: POD, image: ""}
  shareProcessNamespace: true
  restartPolicy: 1
"""
    assert [(line, message.split(":")[0][:48]) for line, _, message in problems_of(text)] == [
        (3, "metadata.name"),
        (3, "metadata.namespace"),
        (3, 'unknown key "lables"; did you mean "labels"?'),
        (5, "spec.hostname"),
        (8, 'unknown key "imag"; did you mean "image"?'),
        (9, 'a container named "a" is there already'),
        (9, "spec.containers[1].image must be a text, not 5"),
        (10, "spec.containers[2].name"),
        (10, "spec.containers[2].image must be a text that is not "[:48]),
        (11, "shareProcessNamespace and hostPID cannot both be true"[:48]),
        (12, "spec.restartPolicy must be 'Always', 'OnFailure'"),
    ]


def test_no_more_than_a_hundred_problems_are_told() -> None:
    text = SPEC + "".join(f"  x{number}: 1\n" for number in range(3000))
    assert len(problems_of(text)) == 100


@pytest.mark.parametrize(
    ("text", "version"),
    [("1.7", (1, 7)), ("v1.31", (1, 31)), ("1.7.16", (1, 7)), ("2.0", (2, 0))],
)
def test_kubernetes_versions_are_read(text: str, version: tuple[int, int]) -> None:
    assert parse_kubernetes_version(text) == version


@pytest.mark.parametrize("text", ["", "1", "1.7.x", "latest", "1.-7", " 1.7", "1.7 ", "1.9999"])
def test_what_is_no_kubernetes_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes version"):
        parse_kubernetes_version(text)


@pytest.mark.parametrize(
    ("wanted", "version", "shares"),
    [
        *((None, (1, 6), False), (None, (1, 7), True), (None, (1, 8), False)),
        *((None, (1, 31), False), (True, (1, 8), True), (False, (1, 7), False)),
    ],
)
def test_only_1_7_shared_the_pid_namespace_unasked(
    wanted: bool | None, version: tuple[int, int], shares: bool
) -> None:
    spec = PodSpec(containers=(container("a", "i"),))
    asked = spec.model_copy(update={"share_process_namespace": wanted})
    assert compute_shares_pid(asked, version) is shares
