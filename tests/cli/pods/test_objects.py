"""``apply``, ``get``, ``describe``, ``events``, ``wait``, ``delete``: the whole life of a pod."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from pausedemo.core import naming
from pausedemo.core.kubectl.objects import render_time
from tests.cli.pods.conftest import Pods
from tests.waiting import wait_until

WEB = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: busybox, command: [sh, -c, "echo out; echo err >&2; exec sleep 3600"]}
  - {name: b, image: busybox, command: [sleep, "3600"]}
"""
SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {a: "1", b: "2"}
---
apiVersion: v1
kind: Secret
metadata: {name: keys}
stringData: {user: admin}
"""
CRASHING = """
apiVersion: v1
kind: Pod
metadata: {name: crash}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: busybox, command: [sh, -c, "echo before; exit 3"]}
"""


def without_age(lines: list[str]) -> list[str]:
    """Rows with AGE for the age at their end."""
    return [re.sub(r"\b(\d+[smh])+$", "AGE", line) for line in lines]


def test_what_is_applied_is_there_and_applied_again_unchanged(pods: Pods) -> None:
    names = ["configmap/settings", "secret/keys", "pod/web"]
    everything = f"{SETTINGS}---{WEB}"
    assert pods.apply(everything).stdout.splitlines() == [f"{name} created" for name in names]
    assert pods.apply(everything).stdout.splitlines() == [f"{name} unchanged" for name in names]
    changed = pods.apply(everything.replace('a: "1"', 'a: "3"')).stdout.splitlines()
    assert changed[0] == "configmap/settings configured"
    rows = pods.lines("get", "po,cm,secret", "--no-headers")
    assert without_age(rows) == [
        "pod/web 2/2 Running 0 AGE",
        "",
        "configmap/settings 2 AGE",
        "",
        "secret/keys Opaque 1 AGE",
    ]


def test_what_is_shown_and_applied_again_is_unchanged(pods: Pods) -> None:
    pods.record(f"{SETTINGS}---{WEB}")
    for target in ("pod/web", "cm/settings", "secret/keys"):
        shown = pods("get", target, "-o", "yaml").stdout
        assert pods.apply(shown).stdout.endswith(" unchanged\n")


def test_a_list_is_applied_and_deleted_item_by_item(pods: Pods) -> None:
    pods.record(WEB + "---" + WEB.replace("web", "db"))
    pods.record(SETTINGS)
    shown = pods("get", "pods,cm,secrets", "-o", "yaml").stdout
    names = ["pod/db", "pod/web", "configmap/settings", "secret/keys"]
    assert pods.apply(shown).stdout.splitlines() == [f"{name} unchanged" for name in names]
    file = str(pods.folder / "manifest.yaml")
    assert pods("delete", "-f", file, "-o", "name").stdout.splitlines() == names
    assert pods.apply(shown).stdout.splitlines() == [f"{name} created" for name in names]
    nothing = pods("get", "pods", "-l", "a=b", "-o", "yaml").stdout
    assert pods.apply(nothing, code=1).stderr == "error: no objects passed to apply\n"
    assert pods("delete", "-f", file).stdout == "No resources found\n"


def test_a_wrong_document_keeps_all_others_from_being_applied(pods: Pods) -> None:
    ended = pods.apply(f"{SETTINGS}---{WEB}".replace("image: busybox", "imagee: busybox"), code=2)
    assert 'did you mean "image"?' in ended.stderr
    assert pods("get", "cm,secret,pods").stderr == (
        f"No resources found in {pods.namespace} namespace.\n"
    )


def test_a_field_that_means_nothing_here_is_warned_of(pods: Pods) -> None:
    ended = pods.apply(WEB.replace("spec:", "spec:\n  nodeSelector: {disk: ssd}"))
    assert ended.stderr.startswith("Warning: ")
    assert "nodeSelector" in ended.stderr
    assert ended.stdout == "pod/web created\n"


def test_a_change_that_kubernetes_refuses_is_refused_in_its_words(pods: Pods) -> None:
    pods.apply(f"{SETTINGS}---{WEB}")
    other = f"{SETTINGS}---{WEB}".replace('"3600"', '"7200"').replace('b: "2"', 'b: "4"')
    ended = pods.apply(other, code=1)
    # As kubectl: the others are applied all the same.
    assert ended.stdout == "configmap/settings configured\nsecret/keys unchanged\n"
    assert ended.stderr.startswith(
        'The Pod "web" is invalid: spec: Forbidden: pod updates may not change fields other than '
        "`spec.containers[*].image`,"
    )


def test_names_selectors_and_namespaces_choose_what_is_shown(pods: Pods) -> None:
    pods.apply(WEB + "---" + WEB.replace("web", "db"))
    assert pods.lines("get", "pods", "-o", "name") == ["pod/db", "pod/web"]
    assert pods.lines("get", "pods", "-l", "app=db", "-o", "name") == ["pod/db"]
    assert pods.lines("get", "pod", "web", "--show-labels", "--no-headers")[0].endswith("app=web")
    everywhere = pods.lines("get", "po", "-A", "--no-headers")
    assert f"{pods.namespace} web 2/2" in " ".join(everywhere)
    ended = pods("get", "pods", "web", "nope", code=1)
    assert ended.stdout.splitlines()[1].startswith("web ")
    assert ended.stderr == 'Error from server (NotFound): pods "nope" not found\n'
    ended = pods("get", "pods", "-l", "app=none")
    assert (ended.stdout, ended.stderr) == (
        "",
        f"No resources found in {pods.namespace} namespace.\n",
    )


def test_whole_objects_are_kubernetes_objects(pods: Pods) -> None:
    pods.apply(f"{SETTINGS}---{WEB}")
    pod = json.loads(pods("get", "pod", "web", "-o", "json").stdout)
    assert pod == yaml.safe_load(pods("get", "pod", "web", "-o", "yaml").stdout)
    status = pod["status"]
    assert (status["phase"], status["qosClass"]) == ("Running", "BestEffort")
    (sandbox,) = pods.engine.list_containers(
        {naming.POD_UID: pod["metadata"]["uid"], naming.CONTAINER_TYPE: naming.TYPE_SANDBOX}
    )
    assert status["podIPs"] == [{"ip": pods.engine.inspect_container(sandbox.id).ip}]
    ids = {
        f"docker://{row.id}"
        for row in pods.engine.list_containers(
            {naming.POD_UID: pod["metadata"]["uid"], naming.CONTAINER_TYPE: naming.TYPE_CONTAINER}
        )
    }
    assert {one["containerID"] for one in status["containerStatuses"]} == ids
    assert all("running" in one["state"] for one in status["containerStatuses"])
    listed = json.loads(pods("get", "secrets", "-o", "json").stdout)
    assert [(one["kind"], one["data"]) for one in listed["items"]] == [
        ("Secret", {"user": "YWRtaW4="})
    ]
    assert json.loads(pods("get", "cm", "-o", "json", "-l", "a=b").stdout)["items"] == []


def test_a_pod_in_the_nodes_network_has_no_address_and_knows_none(pods: Pods) -> None:
    pods.apply("""
        apiVersion: v1
        kind: Pod
        metadata: {name: host}
        spec:
          hostNetwork: true
          restartPolicy: Never
          containers:
          - name: a
            image: busybox
            command: [sh, -c, "echo pod=$POD host=$HOST."]
            env:
            - {name: POD, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
            - {name: HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}
    """)
    status = json.loads(pods("get", "pod", "host", "-o", "json").stdout)["status"]
    assert not {"podIP", "podIPs", "hostIP", "hostIPs"} & set(status)
    pods("wait", "pod/host", "--for=jsonpath={.status.phase}=Succeeded")
    assert pods.lines("logs", "host") == ["pod= host=."]


def test_a_description_ends_with_what_has_happened(pods: Pods) -> None:
    pods.apply(WEB)
    text = pods("describe", "pod", "web").stdout
    assert text.startswith(f"Name:         web\nNamespace:    {pods.namespace}\n")
    told = [line.split() for line in text.partition("Events:\n")[2].splitlines()[2:]]
    reasons = sorted(reason for _, reason, *_ in told if not reason.startswith("Pull"))
    assert reasons == ["Created", "Created", "Started", "Started"]
    assert {(level, source) for level, _, _, source, *_ in told} == {("Normal", "kubelet")}
    assert (
        pods("describe", "po/web").stdout.partition("Events:")[0] == (text.partition("Events:")[0])
    )
    ended = pods("describe", "pod", "nope", code=1)
    assert ended.stderr == 'Error from server (NotFound): pods "nope" not found\n'


def test_events_are_told_of_one_pod_or_of_all(pods: Pods) -> None:
    pods.apply(WEB + "---" + CRASHING)
    rows = pods.lines("events", "--for", "pod/web")
    assert rows[0] == "LAST SEEN TYPE REASON OBJECT MESSAGE"
    assert all(" Pod/web " in row for row in rows[1:])
    assert "Started container b" in " ".join(rows)
    assert {"Pod/web", "Pod/crash"} <= set(" ".join(pods.lines("events")).split())
    ended = pods("events", "--for", "pod/nope")
    assert ended.stderr == f"No events found in {pods.namespace} namespace.\n"
    assert "pod/web" in pods("get", "events").stdout


def test_a_crash_is_seen_with_its_code_and_its_restart(pods: Pods) -> None:
    def crash() -> dict[str, Any] | None:
        pod = json.loads(pods("get", "pod", "crash", "-o", "json").stdout)
        (status,) = pod["status"]["containerStatuses"]
        return None if "running" in status["state"] else status

    pods.apply(CRASHING)
    status = wait_until("the container has ended", crash)
    state = status["state"].get("terminated") or status["lastState"]["terminated"]
    assert (state["exitCode"], state["reason"], status["ready"]) == (3, "Error", False)
    assert pods.lines("get", "pods", "--no-headers")[0].split()[1:3] in (
        ["0/1", "Error"],
        ["0/1", "CrashLoopBackOff"],
    )
    assert pods.lines("logs", "crash") == ["before"]


def test_what_could_not_start_has_the_time_at_which_it_was_made(pods: Pods) -> None:
    never = "restartPolicy: Never\n  terminationGracePeriodSeconds"
    pods.apply(
        CRASHING.replace("terminationGracePeriodSeconds", never).replace(
            'sh, -c, "echo before; exit 3"', "/no/such/program"
        )
    )
    pod = json.loads(pods("get", "pod", "crash", "-o", "json").stdout)
    (status,) = pod["status"]["containerStatuses"]
    ended = status["state"]["terminated"]
    assert ended["reason"] == "ContainerCannotRun"
    made = pods.engine.inspect_container(ended["containerID"].removeprefix("docker://")).created_at
    assert ended["startedAt"] == ended["finishedAt"] == render_time(made)
    assert " 0001 " not in pods("describe", "pod", "crash").stdout


def test_when_the_sandbox_has_ended_no_container_can_be_started_from_then_on(pods: Pods) -> None:
    def condition() -> dict[str, Any]:
        pod = json.loads(pods("get", "pod", "web", "-o", "json").stdout)
        (found,) = (
            one for one in pod["status"]["conditions"] if one["type"] == "PodReadyToStartContainers"
        )
        return dict(found)

    pods.apply(WEB)
    assert condition()["status"] == "True"
    (row,) = pods.engine.list_containers(
        {naming.POD_NAMESPACE: pods.namespace, naming.CONTAINER_TYPE: naming.TYPE_SANDBOX}
    )
    pods.engine.kill_container(row.id, "KILL")
    end = wait_until(
        "the sandbox has ended", lambda: pods.engine.inspect_container(row.id).finished_at
    )
    found = condition()
    assert (found["status"], found["lastTransitionTime"]) == ("False", render_time(end))


def test_waiting_ends_when_it_is_so_or_when_the_time_is_over(pods: Pods) -> None:
    pods.apply(WEB)
    assert pods.lines("wait", "--for=condition=Ready", "pod/web") == ["pod/web condition met"]
    assert pods.lines("wait", "pods", "--all", "--for=jsonpath={.status.phase}=Running") == [
        "pod/web condition met"
    ]
    late = pods("wait", "--for=condition=Ready=False", "pod/web", "--timeout=200ms", code=1)
    assert late.stderr == "error: timed out waiting for the condition on pods/web\n"
    once = pods("wait", "--for=delete", "pod/web", "--timeout=0", code=1)
    assert once.stderr == "error: condition not met for pods/web\n"
    gone = pods("wait", "--for=condition=Ready", "pod/nope", code=1)
    assert gone.stderr == 'Error from server (NotFound): pods "nope" not found\n'
    assert pods.lines("wait", "--for=delete", "pod/nope") == []


def test_it_is_waited_until_all_that_are_named_are_there(pods: Pods) -> None:
    pods.record(SETTINGS.partition("---")[0])
    waiting = pods.start("wait", "cm/settings", "pod/web", "--for=create", "--timeout=60s")
    chosen = pods.start("wait", "pods", "-l", "app=web", "--for=create", "--timeout=60s")
    late = pods("wait", "cm/settings", "pod/web", "--for=create", "--timeout=100ms", code=1)
    assert (late.stdout, late.stderr) == ("", "error: timed out waiting for the condition\n")
    assert pods.lines("wait", "cm/settings", "--for=create", "--timeout=0") == [
        "configmap/settings condition met"
    ]
    pods.record(WEB)
    out, err = waiting.communicate(timeout=60)
    assert (out, err) == (b"configmap/settings condition met\npod/web condition met\n", b"")
    assert chosen.communicate(timeout=60) == (b"pod/web condition met\n", b"")
    nowhere = pods("wait", "pod/web", "-A", "--for=create", code=1)
    assert nowhere.stderr == (
        "error: a resource cannot be retrieved by name across all namespaces\n"
    )


def test_what_is_deleted_leaves_nothing_behind(pods: Pods) -> None:
    pods.apply(f"{SETTINGS}---{WEB}")
    uid = json.loads(pods("get", "pod", "web", "-o", "json").stdout)["metadata"]["uid"]
    assert pods.lines("delete", "pod", "web") == ['pod "web" deleted']
    assert pods.engine.list_containers({naming.POD_UID: uid}) == ()
    assert pods("get", "pods,events").stdout == ""
    assert pods.lines("delete", "cm/settings", "secret/keys") == [
        'configmap "settings" deleted',
        'secret "keys" deleted',
    ]
    ended = pods("delete", "pod", "web", code=1)
    assert ended.stderr == 'Error from server (NotFound): pods "web" not found\n'
    assert pods("delete", "pod", "web", "--ignore-not-found").stdout == "No resources found\n"


def test_a_name_beside_a_selector_deletes_nothing(pods: Pods) -> None:
    pods.record(WEB)
    for words in (["-l", "app=zz"], ["--all"]):
        pods("delete", "pod", "web", *words, code=1)
        pods("delete", "pod/web", *words, code=1)
    assert pods("get", "pods", "-o", "name").stdout == "pod/web\n"


def test_the_end_of_a_pod_can_be_waited_for(pods: Pods) -> None:
    pods.apply(WEB)
    deleting = pods.start("delete", "pod", "web")
    assert pods.lines("wait", "pod/web", "--for=delete") == ["pod/web condition met"]
    out, err = deleting.communicate(timeout=60)
    assert (out, err, deleting.returncode) == (b'pod "web" deleted\n', b"", 0)


def test_deleting_by_file_and_by_force(pods: Pods) -> None:
    pods.apply(f"{SETTINGS}---{WEB}")
    file = str(pods.folder / "manifest.yaml")
    assert pods("delete", "-f", file, "-l", "app=zz").stdout == "No resources found\n"
    ended = pods("delete", "-f", file, "--force")
    assert ended.stdout.splitlines() == [
        'configmap "settings" force deleted',
        'secret "keys" force deleted',
        'pod "web" force deleted',
    ]
    assert ended.stderr.startswith("Warning: Immediate deletion does not wait for confirmation")
    assert pods("get", "pods,cm,secrets").stdout == ""


def test_of_what_is_gone_the_file_that_names_it_is_told(embedded_pods: Pods) -> None:
    embedded_pods.record(SETTINGS)
    file = embedded_pods.folder / "manifest.yaml"
    file.write_text(f"{SETTINGS}---{WEB}")
    ended = embedded_pods("delete", "-f", str(file), code=1)
    assert ended.stdout == 'configmap "settings" deleted\nsecret "keys" deleted\n'
    assert ended.stderr == (
        f'Error from server (NotFound): error when deleting "{file}": pods "web" not found\n'
    )
    ended = embedded_pods("delete", "-f", str(file), "--ignore-not-found")
    assert (ended.stdout, ended.stderr) == ("No resources found\n", "")


def test_a_watch_prints_each_change_as_it_comes(pods: Pods) -> None:
    watching = pods.start("get", "pods", "--watch")
    assert watching.stdout is not None
    pods.apply(WEB)
    seen: list[list[bytes]] = [watching.stdout.readline().split()]
    assert seen[0][:3] == [b"NAME", b"READY", b"STATUS"]
    while seen[-1][1:3] != [b"2/2", b"Running"]:
        seen.append(watching.stdout.readline().split())
        assert seen[-1], watching.communicate(timeout=60)
    pods("delete", "pod", "web")
    # The last row stands for the end.
    assert watching.stdout.readline().split()[0] == b"web"
    watching.terminate()
    assert watching.communicate(timeout=60)[1] == b""
    assert watching.returncode == 130


def test_events_are_told_as_they_come(pods: Pods) -> None:
    watching = pods.start("events", "--watch", "--for", "pod/web")
    assert watching.stdout is not None
    pods.apply(WEB)
    lines: list[bytes] = []
    while not lines or b"Started container b" not in lines[-1]:
        lines.append(watching.stdout.readline())
        assert lines[-1], watching.communicate(timeout=60)
    assert lines[0].split() == [b"LAST", b"SEEN", b"TYPE", b"REASON", b"OBJECT", b"MESSAGE"]
    watching.terminate()
    assert watching.wait(60) == 130


def test_a_drawing_shows_who_shares_which_namespace(pods: Pods) -> None:
    pods.apply(WEB)
    text = pods("namespaces", "web").stdout
    head, *rows = [line.split() for line in text.partition("\n\n")[0].splitlines()]
    assert head[:4] == ["net", "ipc", "uts", "pid"]
    net = [row[row.index(row[1]) + 1] for row in rows]
    assert [row[0] for row in rows] == ["POD", "a", "b"]
    assert len(set(net)) == 1
    assert [row[1] for row in rows] == ["╭", "├", "╰"] or [row[1] for row in rows] == list("/|\\")
    pid = [row[8] for row in rows]
    assert len(set(pid)) == 3
    assert f"net:[{net[0]}] is shared by POD, a and b." in text
