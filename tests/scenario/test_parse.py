from __future__ import annotations

import re
from pathlib import Path

import pytest

from pausedemo.core.manifest import RestartPolicy
from pausedemo.errors import InvalidFile, UsageError
from pausedemo.resources import scenarios_dir
from pausedemo.scenario.kinds import STEP_KINDS, ExecStep
from pausedemo.scenario.library import list_names, load_scenarios
from pausedemo.scenario.parse import Scenario, parse_scenario

MANIFESTS = {
    "one.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\n"
    "spec: {containers: [{name: web, image: i}, {name: side, image: i}]}\n",
    "init.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: two}\n"
    "spec: {containers: [{name: main, image: i}], initContainers: [{name: setup, image: i}]}\n",
    "broken.yaml": "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {}\n",
}
HEAD = "name: demo\ntitle: A demonstration\n"
ONE = HEAD + "pods: {p: {manifest: one.yaml}}\nsteps:\n- apply: {}\n"
TWO = HEAD + "pods:\n  p: {manifest: one.yaml}\n  q: {manifest: init.yaml}\nsteps:\n"
KINDS = ", ".join(STEP_KINDS)


def read_manifest(path: str) -> str:
    if path not in MANIFESTS:
        raise UsageError(f"cannot read {path}: No such file or directory")
    return MANIFESTS[path]


def parse(text: str) -> Scenario:
    return parse_scenario(text, "dir/demo.yaml", read_manifest)


def problems_of(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        parse(text)
    return [
        re.sub(r"^dir/demo\.yaml:(?=\d)", "", str(problem)) for problem in caught.value.problems
    ]


@pytest.mark.parametrize("name", list_names())
def test_every_scenario_that_travels_with_pausedemo_is_right(name: str) -> None:
    (scenario,) = load_scenarios([name])
    assert scenario.name == name
    assert Path(scenario.source).stem == name
    assert Path(scenario.source).is_relative_to(scenarios_dir())
    assert set(scenario.manifests) == set(scenario.file.pods)
    for step in scenario.file.steps:
        assert scenario.pod_of(step) in {"", *scenario.manifests}


def test_the_three_experiments_are_there() -> None:
    assert {"network-share", "pid-share", "pause-kill"} <= set(list_names())


def test_a_scenario_is_read_whole() -> None:
    scenario = parse(
        TWO
        + "- apply: {pod: p}\n- apply: {pod: q}\n"
        + "- name: Look\n  explain: Because.\n  exec: {pod: q, container: setup, command: [ls]}\n"
        + "  as: look\n  within_s: 1.5\n  expect: {stdout: {contains: x}}\n"
        + "- pod: {pod: p}\n  expect: {uid: {differs_from: look.stdout}}\n"
        + "- kill: {pod: q, container: POD}\n"
    )
    assert scenario.manifests["q"].spec.restart_policy is RestartPolicy.ALWAYS
    step = scenario.file.steps[2]
    assert isinstance(step, ExecStep)
    assert (step.title, step.explain, step.label, step.within_s) == (
        "Look",
        "Because.",
        "look",
        1.5,
    )
    assert (step.exec.command, step.exec.timeout_s, step.expect.exit_code) == (("ls",), 20, 0)
    assert [one.kind for one in scenario.file.steps] == ["apply", "apply", "exec", "pod", "kill"]
    assert scenario.file.steps[4].title == "kill POD"
    assert [scenario.pod_of(one) for one in scenario.file.steps] == list("pqqpq")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        # The file as such.
        ("", "dir/demo.yaml: the file is empty; expected one scenario"),
        ("# only this\n", "dir/demo.yaml: the file is empty; expected one scenario"),
        (ONE + "---\na: 1\n", "7:1: a second document; expected one scenario in the file"),
        ("a: [", "2:1: not YAML: while parsing a flow node, did not find expected node content"),
        ("a: &x 1\nb: *x\n", "1:4: anchor '&x' is not accepted: remove it"),
        ("a: !!python/object:os.system x", "1:4: tag 'tag:yaml.org,2002:python/object:os.system'"),
        (ONE + "name: again\n", "6:1: key 'name' is here twice: first on line 1, column 1"),
        ("[]", "1:1: the document must be a mapping, not an empty list"),
        ("just text", '1:1: the document must be a mapping, not "just text"'),
        # Its top.
        (ONE.replace("title", "titel"), '2:1: unknown key "titel"; did you mean "title"?'),
        (ONE.replace("name: demo\n", ""), '1:1: "name" is missing'),
        (
            ONE.replace("demo\n", "My Demo\n"),
            "1:7: name must be lower-case letters, digits and '-', such as my-name, not",
        ),
        (ONE.replace("demo\n", "5\n"), "1:7: name must be lower-case letters, digits and '-'"),
        (HEAD + "pods: {}\nsteps: []\n", "4:8: steps must have at least 1 entry"),
        (
            HEAD + "steps:\n- wait: {container: a, state: exited}\n",
            '1:1: "pods" or "containers" is missing; a scenario needs one of them',
        ),
        (ONE[: ONE.index("- apply")], "4:7: steps must be a list, not nothing"),
        (ONE.replace("p: {", "P_: {"), "3:8: pods.P_: the key must be lower-case letters, digits"),
        (
            ONE.replace("manifest:", "manifset:"),
            '3:12: unknown key "manifset"; did you mean "manifest"?',
        ),
        (
            ONE.replace("one.yaml", "one.yaml, kubelet: yes please"),
            '3:41: pods.p.kubelet must be true or false, not "yes please"',
        ),
        # Steps.
        (ONE + "- exce: {container: web}\n", '6:3: unknown key "exce"; did you mean "exec"?'),
        (ONE + "- Exec: {container: web}\n", '6:3: unknown key "Exec"; did you mean "exec"?'),
        (ONE + "- name: nothing\n", f"6:3: steps[1] must have one of {KINDS}"),
        (ONE + "- frobnicate: 1\n  name: x\n", f"6:3: steps[1] must have one of {KINDS}"),
        (ONE + "- apply\n", f'6:3: steps[1] must be a mapping with one of {KINDS}, not "apply"'),
        (
            ONE + "- exec: {container: web, command: [ls]}\n  pod: p\n",
            "7:3: steps[1] must have only one of exec, pod",
        ),
        (
            ONE + "- exec: {container: web, command: [ls], usr: x}\n",
            '6:41: unknown key "usr"; did you mean "user"?',
        ),
        (
            ONE + "- exec: {container: web, command: [ls]}\n  within: 5\n",
            '7:3: unknown key "within"; did you mean "within_s"?',
        ),
        (ONE + "- apply:\n", "6:9: steps[1].apply must be a mapping, not nothing"),
        (ONE + "- exec: {command: [ls]}\n", '6:9: "container" is missing'),
        (
            ONE + "- exec: {container: web, command: ls}\n",
            '6:35: steps[1].exec.command must be a list, not "ls"',
        ),
        (
            ONE + "- exec: {container: web, command: []}\n",
            "6:35: steps[1].exec.command must have at least 1 entry",
        ),
        (
            ONE + "- exec: {container: web, command: [sleep, 5]}\n",
            "6:43: steps[1].exec.command[1] must be a text, not 5",
        ),
        (
            ONE + "- exec: {container: web, command: [ls], timeout_s: .nan}\n",
            "6:52: steps[1].exec.timeout_s must be a number of seconds, more than 0 and at most",
        ),
        (
            ONE + "- exec: {container: web, command: [ls]}\n  within_s: true\n",
            "7:13: steps[1].within_s must be a number of seconds, more than 0 and at most 3600, "
            "not true",
        ),
        (
            ONE + "- http: {path: x, port: 99999}\n",
            '6:16: steps[1].http.path must be the path of a URL, such as /index.html, not "x"',
        ),
        (
            ONE + "- http: {port: 99999}\n",
            "6:16: steps[1].http.port must be a port number from 1 to 65535, not 99999",
        ),
        (
            ONE + "- write: {container: web, path: etc/x, content: ''}\n",
            "6:33: steps[1].write.path must be the absolute path of a file, such as /etc/hosts",
        ),
        (
            ONE + "- kill: {container: web, signal: 9}\n",
            "6:34: steps[1].kill.signal must be the name of a signal, such as TERM, not 9",
        ),
        (
            ONE + "- stop: {container: web, grace_s: -1}\n",
            "6:35: steps[1].stop.grace_s must be a whole number of seconds from 0 to 3600, not -1",
        ),
        (
            ONE + "- wait: {container: web, state: dead}\n",
            '6:33: steps[1].wait.state must be created, running, paused or exited, not "dead"',
        ),
        (
            ONE + "- pod: {}\n  as: My Row\n  expect: {}\n",
            "7:7: steps[1].as must be lower-case letters, digits and '-', such as my-name",
        ),
        (ONE + "- pod: {}\n", '6:3: "expect" is missing'),
        # Expectations.
        (
            ONE + "- pod: {}\n  expect: {restart: 0}\n",
            '7:12: unknown key "restart"; did you mean "restarts"?',
        ),
        (
            ONE + "- pod: {}\n  expect: {restarts: {atleast: 0}}\n",
            '7:23: unknown key "atleast"; did you mean "at_least"?',
        ),
        (
            ONE + "- pod: {}\n  expect: {restarts: {at_least: many}}\n",
            '7:33: steps[1].expect.restarts.at_least must be a number, not "many"',
        ),
        (
            ONE + "- pod: {}\n  expect: {restarts: {}}\n",
            "7:22: steps[1].expect.restarts: nothing is expected; use contains, matches, is_not",
        ),
        (
            ONE + "- pod: {}\n  expect: {status: [Running]}\n",
            "7:20: steps[1].expect.status must be one value: a text, a number, true, false or "
            "null, not a list of 1",
        ),
        (
            ONE + "- pod: {}\n  expect: {status: {matches: '['}}\n",
            '7:30: steps[1].expect.status.matches: "[" is not a regular expression: ',
        ),
        (
            ONE + "- pod: {}\n  expect: {uid: {same_as: uid}}\n",
            '7:27: steps[1].expect.uid.same_as: "uid" does not name an earlier step\'s fact',
        ),
        (
            ONE + "- exec: {container: web, command: [ps]}\n  expect: {ps: {has: [{comand: x}]}}\n",
            '7:24: unknown key "comand"; did you mean "command"?',
        ),
        (
            ONE + "- exec: {container: web, command: [ps]}\n  expect: {ps: [{pid: 1}]}\n",
            "7:16: steps[1].expect.ps must be a mapping, not a list of 1",
        ),
        (
            ONE + "- namespaces: {containers: [web]}\n"
            "  expect: {namespaces: {shared: {nett: [web, side]}}}\n",
            "7:34: steps[1].expect.namespaces.shared.nett: the key must be a kind of namespace: "
            "cgroup, ipc, mnt, net, pid, time, user or uts",
        ),
        (
            ONE + "- namespaces: {containers: [web]}\n  expect: {namespaces: {}}\n",
            "7:24: steps[1].expect.namespaces: nothing is expected; say what is shared or",
        ),
        # Between the parts.
        (
            ONE + "- pod: {}\n  expect: {uid: {same_as: before.uid}}\n",
            '7:11: before.uid: no earlier step is "before"; give it the name with "as: before"',
        ),
        (
            ONE + "- pod: {}\n  as: before\n  expect: {}\n"
            "- pod: {}\n  expect: {uid: {same_as: befor.uid}}\n",
            '10:11: befor.uid: no earlier step is "befor"; did you mean "before"?',
        ),
        (
            ONE + "- pod: {}\n  as: before\n  expect: {}\n"
            "- pod: {}\n  expect: {uid: {same_as: before.iud}}\n",
            '10:11: before.iud: the step "before" has no "iud"; did you mean "uid"?',
        ),
        (
            ONE + "- pod: {}\n  as: row\n  expect: {uid: {same_as: row.uid}}\n",
            '8:11: row.uid: no earlier step is "row"; give it the name with "as: row"',
        ),
        (
            ONE + "- pod: {}\n  as: row\n  expect: {}\n- http: {}\n  as: row\n",
            '10:7: an earlier step is "row" already',
        ),
        (ONE + "- apply: {}\n", '6:10: the pod "p" was applied before; apply each pod once'),
        (
            ONE.replace("- apply: {}\n", "- http: {}\n- apply: {}\n"),
            '5:9: the pod "p" is used before a step "apply" has made it',
        ),
        (TWO + "- apply: {}\n", '7:10: "pod" is missing; this scenario has p, q'),
        (
            TWO + "- apply: {pod: p}\n",
            '5:6: the pod "q" is never used; apply it in a step, or remove it',
        ),
        (
            ONE + "- http: {pod: pp}\n",
            '6:15: this scenario has no pod "pp"; did you mean "p"?',
        ),
        (
            ONE + "- exec: {container: wbe, command: [ls]}\n",
            '6:21: the pod has no container "wbe"; did you mean "web"?',
        ),
        (
            ONE + "- stop: {container: nginx}\n",
            '6:21: the pod has no container "nginx"; it has: web, side',
        ),
        (
            ONE + "- exec: {container: POD, command: [ls]}\n",
            "6:21: POD has no shell and no files; exec needs one of web, side",
        ),
        (
            ONE + "- namespaces: {containers: [POD, sied]}\n"
            "  expect: {namespaces: {shared: {net: [POD, sied]}}}\n",
            '6:34: the pod has no container "sied"; did you mean "side"?',
        ),
        (
            ONE + "- namespaces: {containers: [POD, web]}\n"
            "  expect: {namespaces: {shared: {net: [POD, side]}}}\n",
            '7:45: this step does not look at "side"; add it to namespaces.containers',
        ),
        (
            ONE.replace("one.yaml", "gone.yaml"),
            "3:22: cannot read gone.yaml: No such file or directory",
        ),
        (ONE.replace("one.yaml", "broken.yaml"), 'dir/broken.yaml:4:7: "containers" is missing'),
    ],
)
def test_what_is_wrong_is_said_at_its_place_with_a_remedy(text: str, problem: str) -> None:
    assert problems_of(text)[0].startswith(problem)


@pytest.mark.parametrize("word", ["pydantic", "String", "Input", "validation", "[value]", "union"])
def test_no_message_speaks_pydantic(word: str) -> None:
    text = ONE + (
        "- exec: {container: '', command: {}}\n  within_s: x\n  as: []\n"
        "  expect: {exit_code: [1], stdout: {contains: 1, at_least: []}, "
        "ps: {count: {one_of: []}}}\n"
        "- http: {port: x, path: 1}\n  name: ''\n"
        "- 7\n"
    )
    problems = problems_of(text)
    assert len(problems) == 12
    assert not any(word in problem for problem in problems)


def test_all_that_is_wrong_between_the_parts_is_said_at_once() -> None:
    text = (
        TWO.replace("init.yaml", "broken.yaml")
        + "- apply: {pod: p}\n- apply: {pod: p}\n- exec: {pod: p, container: wep, command: [ls]}\n"
        + "- pod: {pod: r}\n  expect: {ip: {same_as: x.ip}}\n"
    )
    assert [problem.split(";")[0] for problem in problems_of(text)] == [
        'dir/broken.yaml:4:7: "containers" is missing',
        '8:10: the pod "p" was applied before',
        '9:29: the pod has no container "wep"',
        '10:14: this scenario has no pod "r"',
        '11:11: x.ip: no earlier step is "x"',
    ]


def test_a_manifest_of_two_pods_is_complained_of_once() -> None:
    text = TWO.replace("one.yaml", "broken.yaml").replace("init.yaml", "broken.yaml")
    text += "- apply: {pod: p}\n- apply: {pod: q}\n"
    assert problems_of(text) == ['dir/broken.yaml:4:7: "containers" is missing']


def test_no_more_than_500_steps_are_taken() -> None:
    text = ONE + "- http: {}\n" * 500
    assert problems_of(text) == ["5:1: steps must have at most 500 entries"]
    assert len(parse(ONE + "- http: {}\n" * 499).file.steps) == 500
