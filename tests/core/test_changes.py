from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pausedemo.core.changes import ChangeRefused, Outcome, compute_outcome
from pausedemo.core.kubectl.configjson import make_config
from pausedemo.core.kubectl.encoding import render_yaml
from pausedemo.core.kubectl.podjson import make_pod
from pausedemo.core.manifest import KubernetesObject, PodManifest, parse_objects
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podstatus import compute_pod_status
from pausedemo.core.pods.podview import PodView
from pausedemo.core.pods.status import PodStatus
from tests.core.manifest.examples import EVERYTHING

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SPEC = "containers: [{name: a, image: i:1, command: [x]}, {name: b, image: j}]"
MUTABLE = (
    'The Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than '
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)
IMMUTABLE = "Forbidden: field is immutable when `immutable` is set"
TOLERATIONS = (
    "spec.tolerations: Forbidden: "
    "existing toleration can not be modified except its tolerationSeconds"
)


def read(text: str) -> KubernetesObject:
    return parse_objects(text, "one.yaml")[0]


def pod(spec: str, metadata: str = "") -> KubernetesObject:
    top = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: web, {metadata}}}\n"
    return read(f"{top}spec: {{{spec}}}\n")


def config_map(text: str) -> KubernetesObject:
    return read(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\n{text}\n")


def secret(text: str) -> KubernetesObject:
    return read(f"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{text}\n")


def refusal(old: KubernetesObject, new: KubernetesObject) -> str:
    with pytest.raises(ChangeRefused) as caught:
        compute_outcome(old, new)
    return str(caught.value)


def test_what_is_not_there_is_created() -> None:
    assert compute_outcome(None, pod(SPEC)) is Outcome.CREATED


def test_the_same_again_is_unchanged() -> None:
    again = parse_objects(EVERYTHING, "again.yaml")
    for old, new in zip(parse_objects(EVERYTHING, "everything.yaml"), again, strict=True):
        kept = type(old).model_validate(old.to_applied())
        assert compute_outcome(kept, new) is Outcome.UNCHANGED


def test_another_layout_of_the_same_is_unchanged() -> None:
    swapped = "containers: [{image: 'i:1', command: [\"x\"], name: a}, {image: j, name: b}]"
    assert compute_outcome(pod(SPEC), pod(swapped)) is Outcome.UNCHANGED


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (SPEC, SPEC.replace("i:1", "i:2")),
        (f"{SPEC}, initContainers: [{{name: c, image: k}}]",) * 2,
        (SPEC, f"{SPEC}, activeDeadlineSeconds: 60"),
        (f"{SPEC}, activeDeadlineSeconds: 60", f"{SPEC}, activeDeadlineSeconds: 59"),
        # A policy that follows from the image does not follow it later, and is written out here.
        (SPEC, SPEC.replace("image: j", "image: 'j:2', imagePullPolicy: Always")),
        (SPEC, f"{SPEC}, nodeSelector: {{a: b}}, securityContext: {{fsGroupChangePolicy: Always}}"),
        (SPEC, f"{SPEC}, tolerations: [{{key: a}}]"),
        (
            f"{SPEC}, tolerations: [{{key: a, tolerationSeconds: 1}}]",
            f"{SPEC}, tolerations: [{{key: b}}, {{key: a, tolerationSeconds: 2}}]",
        ),
        (f"{SPEC}, schedulingGates: [{{name: g}}]", SPEC),
    ],
)
def test_what_may_change_is_configured(old: str, new: str) -> None:
    changed = new.replace("image: k", "image: k:2")
    assert compute_outcome(pod(old), pod(changed)) is Outcome.CONFIGURED


@pytest.mark.parametrize(
    "written",
    [
        f"{SPEC}, restartPolicy: Always",
        SPEC.replace("image: j", "image: j, imagePullPolicy: Always, resources: {}"),
        SPEC.replace("i:1", "i:1, imagePullPolicy: IfNotPresent, env: []"),
        # It is where it is, whatever is asked for.
        f"{SPEC}, schedulerName: default-scheduler, nodeName: here",
    ],
)
def test_a_default_that_is_written_out_changes_nothing(written: str) -> None:
    assert compute_outcome(pod(SPEC), pod(written)) is Outcome.UNCHANGED
    assert compute_outcome(pod(written), pod(SPEC)) is Outcome.UNCHANGED


def test_what_is_shown_and_applied_again_is_unchanged() -> None:
    for old in parse_objects(EVERYTHING, "everything.yaml"):
        if isinstance(old, PodManifest):
            made = Pod(old, "1-2-3", NOW, shares_pid=False)
            report = compute_pod_status(made, PodStatus((), ()), PodView(), NOW)
            shown = make_pod(made, old.to_applied(), report, version="7", node="here")
        else:
            shown = make_config(old, old.to_applied(), uid="1-2-3", created_at=NOW, version="7")
        assert compute_outcome(old, read(render_yaml([shown]))) is Outcome.UNCHANGED


def test_a_pull_policy_that_is_not_the_default_is_a_change() -> None:
    told = refusal(pod(SPEC), pod(SPEC.replace("i:1", "i:1, imagePullPolicy: Always")))
    lines = [" ".join(line.split()) for line in told.splitlines()]
    assert [line for line in lines if line[:2] in ("- ", "+ ")] == [
        '- ImagePullPolicy: "IfNotPresent",',
        '+ ImagePullPolicy: "Always",',
    ]


@pytest.mark.parametrize("metadata", ["labels: {a: b}", "annotations: {a: b}"])
def test_labels_and_annotations_may_change(metadata: str) -> None:
    assert compute_outcome(pod(SPEC), pod(SPEC, metadata)) is Outcome.CONFIGURED


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            SPEC,
            "containers: [{name: a, image: i:1, command: [x]}]",
            "spec.containers: Forbidden: pod updates may not add or remove containers",
        ),
        (
            SPEC,
            f"{SPEC}, initContainers: [{{name: c, image: k}}]",
            "spec.initContainers: Forbidden: pod updates may not add or remove containers",
        ),
        (
            f"{SPEC}, activeDeadlineSeconds: 60",
            f"{SPEC}, activeDeadlineSeconds: 61",
            "spec.activeDeadlineSeconds: Invalid value: 61: "
            "must be less than or equal to previous value",
        ),
        (
            f"{SPEC}, activeDeadlineSeconds: 60",
            SPEC,
            "spec.activeDeadlineSeconds: Invalid value: null: "
            "must not update from a positive integer to nil value",
        ),
        (f"{SPEC}, tolerations: [{{key: a}}]", SPEC, TOLERATIONS),
        (
            f"{SPEC}, tolerations: [{{key: a}}]",
            f"{SPEC}, tolerations: [{{key: a, effect: x}}]",
            TOLERATIONS,
        ),
        (
            SPEC,
            f"{SPEC}, schedulingGates: [{{name: g}}]",
            "spec.schedulingGates[0]: Forbidden: "
            "only deletion is allowed, but found new scheduling gate 'g'",
        ),
    ],
)
def test_what_may_not_change_is_refused(old: str, new: str, message: str) -> None:
    assert refusal(pod(old), pod(new)) == f'The Pod "web" is invalid: {message}'


@pytest.mark.parametrize(
    ("new", "difference"),
    [
        (
            f"{SPEC}, restartPolicy: Never, terminationGracePeriodSeconds: 5, hostPID: true",
            """\
  core.PodSpec{
      ... // 3 identical fields
-     RestartPolicy: "Always",
+     RestartPolicy: "Never",
-     TerminationGracePeriodSeconds: 30,
+     TerminationGracePeriodSeconds: 5,
      ... // 4 identical fields
-     HostPID: false,
+     HostPID: true,
      ... // 24 identical fields
  }
""",
        ),
        (
            # The image may change, so it is no difference.
            SPEC.replace("[x]", "[x, y]").replace("i:1", "i:2"),
            """\
  core.PodSpec{
      Containers: []core.Container{
          {
              ... // 2 identical fields
-             Command: []string{"x"},
+             Command: []string{"x", "y"},
              ... // 19 identical fields
          },
          ... // 1 identical element
      },
      ... // 33 identical fields
  }
""",
        ),
        (
            SPEC.replace(
                "image: j",
                "image: j, tty: true, resources: {limits: {cpu: 500m}}, "
                "ports: [{containerPort: 80}], livenessProbe: {tcpSocket: {port: 80}}",
            )
            + ", volumes: [{name: v, emptyDir: {medium: Memory, sizeLimit: 1Gi}}], "
            "dnsPolicy: Default",
            """\
  core.PodSpec{
      Containers: []core.Container{
          ... // 1 identical element
          {
              ... // 5 identical fields
              Ports: []core.ContainerPort{
+                 {ContainerPort: 80},
              },
              ... // 2 identical fields
              Resources: core.ResourceRequirements{
-                 Limits: {},
+                 Limits: {"cpu": {s: "500m"}},
-                 Requests: {},
+                 Requests: {"cpu": {s: "500m"}},
              },
              ... // 3 identical fields
-             LivenessProbe: nil,
+             LivenessProbe: {TCPSocket: {Port: 80}},
              ... // 8 identical fields
-             TTY: false,
+             TTY: true,
          },
      },
      ... // 1 identical field
      Volumes: []core.Volume{
+         {Name: "v", EmptyDir: {Medium: "Memory", SizeLimit: {s: "1Gi"}}},
      },
      ... // 3 identical fields
-     DNSPolicy: "ClusterFirst",
+     DNSPolicy: "Default",
      ... // 27 identical fields
  }
""",
        ),
    ],
)
def test_a_refusal_shows_the_difference(new: str, difference: str) -> None:
    told = refusal(pod(SPEC), pod(new))
    assert told.replace("\t", "    ") == f"{MUTABLE}\n{difference}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "immutable: true\ndata: {a: x}",
            "immutable: true\ndata: {a: y}",
            f'The ConfigMap "c" is invalid: data: {IMMUTABLE}',
        ),
        (
            "immutable: true\nbinaryData: {a: eA==}",
            "immutable: true",
            f'The ConfigMap "c" is invalid: binaryData: {IMMUTABLE}',
        ),
        (
            "immutable: true\ndata: {a: x}",
            "data: {a: y}",
            f'The ConfigMap "c" is invalid: \n* immutable: {IMMUTABLE}\n* data: {IMMUTABLE}',
        ),
    ],
)
def test_an_immutable_config_map_stays(old: str, new: str, message: str) -> None:
    assert refusal(config_map(old), config_map(new)) == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "immutable: true\ndata: {a: eA==}",
            "immutable: true\ndata: {a: eQ==}",
            f'The Secret "s" is invalid: data: {IMMUTABLE}',
        ),
        (
            "immutable: true\ndata: {a: eA==}",
            "data: {a: eA==}",
            f'The Secret "s" is invalid: immutable: {IMMUTABLE}',
        ),
        (
            "type: a/b",
            "type: c/d",
            'The Secret "s" is invalid: type: Invalid value: "c/d": field is immutable',
        ),
    ],
)
def test_an_immutable_secret_stays_and_so_does_its_type(old: str, new: str, message: str) -> None:
    assert refusal(secret(old), secret(new)) == message


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (config_map("data: {a: x}"), config_map("data: {a: y}")),
        (config_map("data: {a: x}"), config_map("data: {a: x}\nimmutable: true")),
        (secret("data: {a: eA==}"), secret("data: {a: eQ==}")),
    ],
)
def test_the_others_change(old: KubernetesObject, new: KubernetesObject) -> None:
    assert compute_outcome(old, new) is Outcome.CONFIGURED


def test_what_is_written_in_another_way_is_the_same_secret() -> None:
    old, new = (
        secret("immutable: true\ndata: {a: eA==}"),
        secret("immutable: true\nstringData: {a: x}"),
    )
    assert compute_outcome(old, new) is Outcome.UNCHANGED


def test_kinds_do_not_change() -> None:
    with pytest.raises(TypeError, match="a ConfigMap does not become a Secret"):
        compute_outcome(config_map(""), secret(""))
