"""What is wrong is said once, in one place, and the exit code tells whose fault it is.

1: Kubernetes would refuse it, in its words. 2: the command line or a manifest is wrong. 3: there
is no engine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.cli.pods.conftest import Pods

WEB = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: busybox, command: [sleep, "3600"]}
  - {name: b, image: busybox, command: [sleep, "3600"]}
"""
NO_KIND = 'error: the server doesn\'t have a resource type "foo"'
NO_NAME = "error: resource(s) were provided, but no name was specified; use --all or a selector"
NAME_AND_SELECTOR = "error: name cannot be provided when a selector is specified"
PAIR_AND_SELECTOR = (
    "error: selectors and the all flag cannot be used when passing resource/name arguments"
)
NO_POD = 'Error from server (NotFound): pods "nope" not found'
NO_CONTAINER = "error: container c is not valid for pod web out of: a, b"
SAY_WHAT = "pausedemo: say what: KIND NAME, KIND --all, KIND -l SELECTOR, or -f FILE"
NO_CONTAINERS = "error: configmaps have no containers: name a pod, as pod/web"

BAD_NAMESPACE = (
    "pausedemo: --namespace: namespace 'Bad_NS' must consist of lower-case letters, digits and "
    "'-', and start and end with a letter or digit (such as 'my-name')"
)

#: Words of a command, its exit code, all that is on stderr. None of these asks an engine.
WITHOUT_ENGINE = [
    (["get", "foo"], 1, NO_KIND),
    (["get", "pods,foo"], 1, NO_KIND),
    (["get", "pods", "-l", "a in"], 1, "error: unable to parse requirement: 'a in' is no label "
     "selector"),
    (["describe", "foo", "x"], 1, NO_KIND),
    (["delete", "foo", "x"], 1, NO_KIND),
    (["delete", "pods"], 1, NO_NAME),
    (["get", "pods", "web", "-l", "k=zz"], 1, NAME_AND_SELECTOR),
    (["get", "pod/web", "-l", "k=zz"], 1, PAIR_AND_SELECTOR),
    (["describe", "pod", "web", "-l", "k=zz"], 1, NAME_AND_SELECTOR),
    (["describe", "pod/web", "-l", "k=zz"], 1, PAIR_AND_SELECTOR),
    (["delete", "pod", "web", "-l", "k=zz"], 1, NAME_AND_SELECTOR),
    (["delete", "pod/web", "cm/settings", "-l", "k=zz"], 1, PAIR_AND_SELECTOR),
    (["delete", "pod", "web", "--all"], 1, NAME_AND_SELECTOR),
    (["delete", "pod/web", "--all"], 1, PAIR_AND_SELECTOR),
    (["wait", "pod", "web", "-l", "k=zz", "--for=delete"], 1, NAME_AND_SELECTOR),
    (["wait", "pod/web", "--all", "--for=delete"], 1, PAIR_AND_SELECTOR),
    (["logs", "web", "-l", "k=zz"], 2,
     "pausedemo: only a selector (-l) or a POD name is allowed"),
    (["delete"], 2, SAY_WHAT),
    (["delete", "pod", "web", "-f", "."], 2, SAY_WHAT),
    (["delete", "pod", "x", "--now", "--grace-period", "3"], 1,
     "error: --now and --grace-period cannot be specified together"),
    (["wait", "foo/x", "--for=delete"], 1, NO_KIND),
    (["wait", "pods", "--for=delete"], 1, NO_NAME),
    (["wait", "pod/web"], 1, 'error: unrecognized condition: ""'),
    (["wait", "pod/web", "--for=ready"], 1, 'error: unrecognized condition: "ready"'),
    (["wait", "pod/web", "--for=jsonpath={.status"], 1,
     "error: unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
     "'{name1.name2}' or '{.name1.name2}'"),
    (["wait", "pod/web", "--for=delete", "--timeout=x"], 2,
     'pausedemo: --timeout: time: invalid duration "x"'),
    (["events", "--for", "web"], 1, "error: --for must be in resource/name form"),
    (["events", "--types", "Bad"], 1, "error: valid --types are Normal or Warning"),
    (["exec"], 1, "error: pod or type/name must be specified"),
    (["exec", "web"], 1, "error: you must specify at least one command for the container"),
    (["logs"], 2,
     "pausedemo: expected 'logs [-f] [-p] POD [-c CONTAINER]'; POD is a required argument"),
    (["logs", "web", "--since", "x"], 2, 'pausedemo: --since: time: invalid duration "x"'),
    (["apply"], 2, "pausedemo: say what: -f FILE, -f DIR, or -f - for standard input"),
    (["apply", "-f", "missing.yaml"], 2, 'pausedemo: the path "missing.yaml" does not exist'),
    (["apply", "-f", "web.yaml", "-f", "missing.yaml"], 2,
     'pausedemo: the path "missing.yaml" does not exist'),
    (["apply", "-f", "empty"], 2,
     "pausedemo: error reading [empty]: recognized file extensions are .json, .yaml, .yml"),
    (["apply", "-f", "field.yaml"], 2,
     'pausedemo: field.yaml:8:15: unknown key "imagee"; did you mean "image"?'),
    (["apply", "-f", "web.yaml", "-f", "field.yaml"], 2,
     'pausedemo: field.yaml:8:15: unknown key "imagee"; did you mean "image"?'),
    (["apply", "-f", "kind.yaml"], 2,
     'pausedemo: kind.yaml:3:7: kind is "Deployment"; only Pod, ConfigMap and Secret can be made '
     "here"),
    (["apply", "-f", "nothing.yaml"], 2,
     "pausedemo: nothing.yaml: the file is empty; expected objects"),
    (["apply", "-f", "web.yaml", "--kubernetes-version", "x"], 2,
     "pausedemo: --kubernetes-version: 'x' is not a Kubernetes version such as 1.7"),
    *(
        ([*words, "-n", "Bad_NS"], 2, BAD_NAMESPACE)
        for words in (
            ["apply", "-f", "web.yaml"],
            ["apply", "-f", "settings.yaml"],
            ["delete", "-f", "web.yaml"],
            ["delete", "pods", "--all"],
            ["get", "pods"],
            ["get", "pods", "-A"],
            ["describe", "pods"],
            ["logs", "web"],
            ["events"],
            ["wait", "pod/web", "--for=delete"],
            ["port-forward", "web", "80"],
            ["namespaces", "web"],
        )
    ),
    (["exec", "-n", "Bad_NS", "web", "--", "true"], 2, BAD_NAMESPACE),
    (["get", "pods", "-n", "a b"], 2, BAD_NAMESPACE.replace("Bad_NS", "a b")),
    (["get", "pods", "-n", "n" * 64], 2,
     f"pausedemo: --namespace: namespace '{'n' * 64}' must have at most 63 characters"),
    (["delete", "-f", "missing.yaml"], 2, 'pausedemo: the path "missing.yaml" does not exist'),
]  # fmt: skip

#: The same where a pod of containers a and b runs.
BESIDE_A_POD = [
    (["get", "pods", "nope"], 1, NO_POD),
    (["describe", "pod", "nope"], 1, NO_POD),
    (["describe", "cm"], 1, "error: only pods can be described here, not ConfigMap"),
    (["delete", "pod", "nope"], 1, NO_POD),
    (["wait", "pod/nope", "--for=condition=Ready"], 1, NO_POD),
    (["wait", "pod/web", "--for=condition=Odd", "--timeout=100ms"], 1,
     "error: timed out waiting for the condition on pods/web"),
    (["exec", "nope", "--", "true"], 1, NO_POD),
    (["exec", "web", "-c", "c", "--", "true"], 1, NO_CONTAINER),
    (["exec", "cm/settings", "--", "true"], 1, NO_CONTAINERS),
    (["logs", "nope"], 1, NO_POD),
    (["logs", "web", "-c", "c"], 1, NO_CONTAINER),
    (["logs", "cm/settings"], 1, NO_CONTAINERS),
    (["port-forward", "nope", "80"], 1, NO_POD),
    (["port-forward", "cm/settings", "80"], 1, NO_CONTAINERS),
    (["port-forward", "web", "99999:80"], 2,
     "pausedemo: '99999' is no port: a number from 1 to 65535, or a port's name"),
    (["port-forward", "web", "8080:http"], 1,
     "error: Pod 'web' does not have a named port 'http'"),
    (["namespaces", "nope"], 1, NO_POD),
    (["namespaces", "cm/settings"], 1, NO_CONTAINERS),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs, with manifests that are right, wrong and none."""
    (tmp_path / "web.yaml").write_text(WEB)
    (tmp_path / "field.yaml").write_text(WEB.replace("image: busybox", "imagee: busybox", 1))
    (tmp_path / "kind.yaml").write_text(WEB.replace("kind: Pod", "kind: Deployment"))
    (tmp_path / "nothing.yaml").write_text("")
    (tmp_path / "settings.yaml").write_text(
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"
    )
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "code", "told"), WITHOUT_ENGINE, ids=[" ".join(one[0]) for one in WITHOUT_ENGINE]
)
@pytest.mark.usefixtures("folder")
def test_a_wrong_command_is_refused_before_any_engine_is_asked(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int, told: str
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ended = invoke(*words)
    assert (ended.code, ended.stdout, ended.stderr) == (code, "", f"{told}\n")


def test_what_does_not_fit_a_pod_is_refused(embedded_pods: Pods) -> None:
    embedded_pods.apply(WEB)
    for words, code, told in BESIDE_A_POD:
        ended = embedded_pods(*words, code=code)
        assert (ended.stdout, ended.stderr) == ("", f"{told}\n"), words


@pytest.mark.parametrize("command", ["get", "describe", "exec", "logs", "show"])
def test_a_word_that_is_missing_or_wrong_is_said_with_the_usage(
    invoke: Invoke, command: str
) -> None:
    words = {"show": ["show"]}.get(command, [command, "--no-such-option"])
    ended = invoke(*words)
    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Usage: pausedemo ")
    assert ended.stderr.splitlines()[-1].startswith("Error: No such ")


@pytest.mark.parametrize(
    "words",
    [
        ["apply", "-f", "web.yaml"],
        ["get", "pods"],
        ["describe", "pod", "web"],
        ["exec", "web", "--", "true"],
        ["logs", "web"],
        ["events"],
        ["wait", "pod/web", "--for=delete"],
        ["port-forward", "web", "80"],
        ["namespaces", "web"],
        ["kubelet"],
        ["delete", "pod", "web"],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.usefixtures("folder")
def test_where_no_engine_answers_each_command_says_so(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    ended = invoke(*words)
    assert (ended.code, ended.stdout) == (3, "")
    assert ended.stderr.splitlines()[0] == "pausedemo: no engine answers"
    assert "/nowhere.sock" in ended.stderr
