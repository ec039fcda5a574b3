"""What cannot be used is told in one message with exit code 2; nothing is made, nothing crashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.errors import EXIT_USAGE
from tests.scenario.conftest import POD, Cli

GOOD = """\
name: bad
title: A scenario
pods:
  p: {manifest: pod.yaml}
steps:
- apply: {}
"""
BOMB = "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9) if before else 'x'}]\n"
    for before, name in zip(" abcdefgh".replace(" ", "\0"), "abcdefghi", strict=True)
).replace("*\0", "x")

# Each: the scenario's text, the pod's, and what the message must say, place and advice.
TABLE: dict[str, tuple[str | bytes, str, list[str]]] = {
    "not YAML": ("name: [", POD, [r"bad\.yaml:\d+:\d+: "]),
    "no text": ("\x00\x01", POD, [r"bad\.yaml"]),
    "not UTF-8": (b"name: \xff\xfe", POD, [r"bad\.yaml", "UTF-8"]),
    "a YAML bomb": (BOMB, POD, [r"bad\.yaml:\d+:\d+: "]),
    "an anchor": (GOOD.replace("{manifest", "&x {manifest"), POD, [r"bad\.yaml:4:\d+: .*anchor"]),
    "several documents": (f"{GOOD}---\n{GOOD}", POD, [r"bad\.yaml:\d+:\d+: a second document"]),
    "an empty file": ("", POD, [r"bad\.yaml: the file is empty"]),
    "a list": ("- a\n- b\n", POD, [r"bad\.yaml:1:1: "]),
    "no steps": (
        GOOD.replace("steps:\n- apply: {}", "steps: []"),
        POD,
        [r"bad\.yaml:\d+:\d+: .*steps"],
    ),
    "an unknown step": (
        GOOD + "- exce: {container: web, command: [ls]}\n",
        POD,
        [r"bad\.yaml:7:3: ", "exce", 'did you mean "exec"'],
    ),
    "an unknown key": (
        GOOD + "- exec: {container: web, comand: [ls]}\n",
        POD,
        [r"bad\.yaml:7:\d+: ", "comand", 'did you mean "command"'],
    ),
    "an unknown key in the manifest": (
        GOOD,
        POD.replace("image: busybox, command: [sl", "image: busybox, comand: [sl"),
        [r"pod\.yaml:8:\d+: ", "comand", 'did you mean "command"'],
    ),
    "a wrong type": (
        GOOD + "- exec: {container: web, command: ls}\n",
        POD,
        [r"bad\.yaml:7:\d+: ", "command"],
    ),
    "a wrong type in the manifest": (
        GOOD,
        POD.replace('[sleep, "3600"]', "[sleep, 3600]"),
        [r"pod\.yaml:8:\d+: "],
    ),
    "a number that is too large": (
        GOOD + "- http: {port: 65536}\n",
        POD,
        [r"bad\.yaml:7:\d+: ", "65535"],
    ),
    "duplicate names": (GOOD, POD.replace("side", "web"), [r"pod\.yaml:8:\d+: .*web.* already"]),
    "duplicate keys": (GOOD + "title: Another\n", POD, [r"bad\.yaml:7:1: .*title"]),
    "an invalid name": (
        GOOD,
        POD.replace("name: web", "name: Web_1"),
        [r"pod\.yaml:7:\d+: .*Web_1"],
    ),
    "another kind": (
        GOOD,
        POD.replace("kind: Pod", "kind: Deployment"),
        [r"pod\.yaml:3:\d+: .*Deployment.*Pod"],
    ),
    "two pods in a manifest": (GOOD, f"{POD}---{POD}", [r"pod\.yaml:\d+:\d+: a second document"]),
    "an unknown container": (
        GOOD + "- exec: {container: sied, command: [ls]}\n",
        POD,
        [r"bad\.yaml:7:\d+: ", "sied", 'did you mean "side"'],
    ),
    "an unknown pod": (
        GOOD + "- pod: {pod: q}\n  expect: {ready: 1/1}\n",
        POD,
        [r"bad\.yaml:7:\d+: ", 'no pod "q"'],
    ),
    "a reference to nothing": (
        GOOD + "- pod: {}\n  expect: {uid: {same_as: befroe.uid}}\n",
        POD,
        [r"bad\.yaml:8:\d+: ", "befroe"],
    ),
    "a fact that no step of its kind has": (
        GOOD + "- pod: {}\n  as: row\n  expect: {uid: {same_as: row.uidd}}\n",
        POD,
        [r"bad\.yaml:9:\d+: ", "uidd"],
    ),
    "a regular expression that is none": (
        GOOD + "- exec: {container: web, command: [ls]}\n  expect: {stdout: {matches: '('}}\n",
        POD,
        [r"bad\.yaml:8:\d+: "],
    ),
    "a manifest that is not there": (
        GOOD.replace("pod.yaml", "absent.yaml"),
        POD,
        [r"bad\.yaml:4:\d+: cannot read .*absent\.yaml"],
    ),
    "a claim": (
        GOOD,
        POD + "  volumes: [{name: v, persistentVolumeClaim: {claimName: mine}}]\n",
        [r"bad\.yaml:4:\d+: the volume v is a claim, which would outlive the scenario"],
    ),
    "a volume of what the scenario has not": (
        GOOD,
        POD + "  volumes: [{name: v, configMap: {name: c}}]\n",
        [r"bad\.yaml:4:\d+: the volume v refers to a ConfigMap or Secret"],
    ),
    "a part of a volume of what the scenario has not": (
        GOOD,
        POD + "  volumes: [{name: v, projected: {sources: [{secret: {name: s}}]}}]\n",
        [r"bad\.yaml:4:\d+: the volume v refers to a ConfigMap or Secret"],
    ),
    "an environment of what the scenario has not": (
        GOOD,
        POD.replace("name: web,", "name: web, envFrom: [{secretRef: {name: s}}],"),
        [r"bad\.yaml:4:\d+: the environment of web refers to a ConfigMap or Secret"],
    ),
    "a variable of what the scenario has not": (
        GOOD,
        POD.replace(
            "name: web,",
            "name: web, env: [{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}],",
        ),
        [r"bad\.yaml:4:\d+: the environment of web refers to a ConfigMap or Secret"],
    ),
    "probes that nobody asks": (
        GOOD,
        POD.replace("name: web,", "name: web, livenessProbe: {tcpSocket: {port: 80}},"),
        [r"bad\.yaml:4:\d+: web has probes", 'add "kubelet: true" to the pod'],
    ),
    "a pod that was deleted": (
        GOOD + "- delete: {}\n- events: {}\n  expect: {events: {count: 2}}\n- delete: {}\n",
        POD,
        [r"bad\.yaml:10:\d+: the pod \"p\" was deleted before"],
    ),
    "all of it at once": (
        GOOD.replace("title: A scenario", "titel: A scenario") + "- exce: {}\n- http: {port: 0}\n",
        POD,
        [r"bad\.yaml:2:1: .*titel", r"bad\.yaml:7:\d+: .*exce", r"bad\.yaml:8:\d+: "],
    ),
}


def list_ids(engine: DockerEngine) -> set[str]:
    return {row.id for row in engine.list_containers({})}


def assert_refused(cli: Cli, arguments: list[str], said: list[str]) -> str:
    """Exit code 2, no output, and one message that says it all."""
    done = cli("run", *arguments, "--images", "local")
    assert done.returncode == EXIT_USAGE, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for pattern in said:
        assert re.search(pattern, done.stderr), done.stderr
    return done.stderr


@pytest.mark.parametrize("case", TABLE)
def test_a_file_that_cannot_be_used(
    engine: DockerEngine, cli: Cli, tmp_path: Path, case: str
) -> None:
    scenario, pod, said = TABLE[case]
    path = tmp_path / "bad.yaml"
    path.write_bytes(scenario if isinstance(scenario, bytes) else scenario.encode())
    (tmp_path / "pod.yaml").write_text(pod)
    before = list_ids(engine)
    message = assert_refused(cli, [str(path)], said)
    assert list_ids(engine) - before == set()
    assert all(line.startswith("pausedemo: ") for line in message.splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["network-shar"], ['no scenario "network-shar"', 'did you mean "network-share"']),
        (["xyzzy"], ['no scenario "xyzzy"', "known: back-off, .*network-share, .*pid-share"]),
        (["/no/such/file.yaml"], [r"cannot read /no/such/file\.yaml: No such file"]),
        (["/proc/self/ns"], ["no scenario in the folder /proc/self/ns"]),
        (["network-share", "xyzzy"], ['no scenario "xyzzy"']),
        (["network-share", "--engine", "dokcer"], ["no such engine: 'dokcer'"]),
        (["network-share", "--kubernetes-version", "x"], ["'x' is not a Kubernetes version"]),
        (["network-share", "--images", "remote"], ["--images"]),
        (["network-share", "--no-such-option"], ["--no-such-option"]),
        ([], ["NAME"]),
    ],
)
def test_a_command_that_cannot_be_meant(
    engine: DockerEngine, cli: Cli, arguments: list[str], said: list[str]
) -> None:
    before = list_ids(engine)
    done = cli("run", *arguments)
    assert done.returncode == EXIT_USAGE, done
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    for pattern in said:
        assert re.search(pattern, done.stderr), done.stderr
    assert list_ids(engine) - before == set()


def test_the_files_of_several_scenarios_are_judged_together(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    paths = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for path in paths:
        path.write_text(GOOD + "- exce: {}\n")
    assert_refused(cli, [str(path) for path in paths], [r"one\.yaml:7:3: ", r"two\.yaml:7:3: "])


@pytest.mark.parametrize("option", ["--json", "--junit"])
def test_a_report_that_cannot_be_written_is_told_before_anything_is_made(
    engine: DockerEngine, cli: Cli, tmp_path: Path, option: str
) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    path = tmp_path / "good.yaml"
    path.write_text(GOOD)
    before = list_ids(engine)
    assert_refused(cli, [str(path), option, "/no/such/folder/report"], ["/no/such/folder"])
    assert list_ids(engine) - before == set()
