"""Files that somebody broke: an answer or a message, soon, and never a traceback."""

from __future__ import annotations

import copy
import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from pausedemo.core.files.yamltext import MOST_PROBLEMS, decode, load_documents
from pausedemo.core.manifest import parse_objects, parse_pod
from pausedemo.errors import InvalidFile, UsageError
from pausedemo.resources import scenarios_dir
from pausedemo.scenario.parse import parse_scenario
from tests.core.manifest.examples import DOCUMENTS

MUTATIONS: Final = 10_000
LONGEST_S: Final = 2.0
SEED: Final = 20240501

MANIFESTS: Final = {
    f"manifests/{path.name}": path.read_text()
    for path in sorted((scenarios_dir() / "manifests").glob("*.yaml"))
}

HEAD: Final = """\
name: rich
title: Everything once
tags: [one, two]
pods:
  p: {manifest: manifests/busybox.yaml, kubelet: true}
  q: {manifest: manifests/two-shared.yaml}
steps:
- apply: {pod: p, timeout_s: 5}
- apply: {pod: q}
"""
#: Every feature of both languages once, in small files, so that each mutation hits something.
STEPS: Final = [
    """\
- pod: {pod: p}
  as: row
  within_s: 3.5
  expect: {ready: 1/1, restarts: {at_least: 0, at_most: 9}, uid: {is_not: null}}
- inspect: {pod: q, container: a}
  expect: {state: running, ip: {differs_from: row.ip}}
- containers: {pod: q, all: true}
  expect: {containers: {count: {at_least_as: row.restarts}, has: [{attempt: 0}]}}
""",
    """\
- name: Look
  explain: |
    Why.
  exec: {pod: q, container: a, command: [ps], user: root}
  expect:
    exit_code: {one_of: [0, 1]}
    stdout: {matches: '^x', contains: y}
    ps: {has: [{pid: 1}], lacks: [{state: {matches: ^Z}}], only: [{ppid: 0}], count: 3}
    netstat: {has: [{port: 80, program: null}]}
""",
    """\
- http: {pod: p, path: /x, port: 81}
  expect: {status: 200, title: null, text: {contains: x}}
- write: {pod: q, container: b, path: /etc/x, content: "1"}
- stop: {pod: q, container: POD, grace_s: 1}
- kill: {pod: q, container: a, signal: SIGRTMIN+3}
""",
    """\
- start: {pod: q, container: a}
- wait: {pod: q, container: a, state: running}
  expect: {exit_code: 0}
- namespaces: {pod: q, containers: [POD, a, b]}
  expect: {namespaces: {shared: {net: [a, b]}, separate: {mnt: [a, b]}}}
""",
]
RICH_SCENARIOS: Final = [HEAD + steps for steps in STEPS]
RICH_MANIFEST: Final = """\
apiVersion: v1
kind: Pod
metadata: {name: rich, namespace: demo, labels: {a: b}, annotations: {c/d: "e f"}}
spec:
  initContainers: [{name: i, image: i}]
  containers:
  - {name: a, image: i, command: [x], args: [y], env: [{name: A, value: b}], workingDir: /w}
  - {name: b, image: i, imagePullPolicy: Never}
  restartPolicy: OnFailure
  shareProcessNamespace: true
  terminationGracePeriodSeconds: 5
  hostname: h
  hostNetwork: true
  hostIPC: false
"""

BAD_VALUES: Final[list[Any]] = [
    *(None, True, False, 0, -1, 1.5, float("nan"), float("inf"), 2**63, 2**70, "", "x", "\u2028"),
    *(
        [],
        {},
        [[]],
        [None],
        {"": None},
        {"a": {"b": {}}},
        "0",
        "null",
        "1e9",
        " ",
        "a.b",
        "é" * 300,
    ),
    *("(", "a{99999999999}", "(" * 300, "[[]", "x" * 5000, "POD", "row.uid", "row.", ".", "-", "/"),
    *([1] * 300, {f"k{number}": number for number in range(300)}, "\x00", "\ud7ff", "a\nb"),
]
BAD_TEXT: Final = [
    *("&a ", "*a", "<<: ", "!!str ", "!x ", "---\n", "...\n", "\t", "{", "}", "[", "]", "'", '"'),
    *(": ", "- ", "? ", "|\n", ">\n", "#", "%YAML 9.9\n", "\r", "\x00", "\ufeff", "\\", "%", "@"),
    *("\n", "  ", ",", "0x_", "1_0", "0o7", "~", "\u2028", "`", '"\\0"', '"\\ud800"', "{" * 100),
]


def break_data(changed: Any, chance: random.Random) -> None:
    """Change one place of the parsed YAML: replace, remove, double, rename or swap."""
    places: list[tuple[Any, Any]] = []
    keys: list[str] = []

    def walk(node: Any) -> None:
        items = node.items() if isinstance(node, dict) else enumerate(node)
        for key, value in list(items):
            places.append((node, key))
            if isinstance(key, str):
                keys.append(key)
            if isinstance(value, (dict, list)):
                walk(value)

    walk(changed)
    node, key = chance.choice(places)
    match chance.randrange(6):
        case 0 | 1:
            node[key] = copy.deepcopy(chance.choice(BAD_VALUES))
        case 2:
            del node[key]
        case 3 if isinstance(node, list):
            node.insert(key, copy.deepcopy(node[key]))
        case 3 | 4 if isinstance(node, dict):
            other = chance.choice([*keys, key[:-1], key + "s", key.upper(), "x"])
            node[other] = node.pop(key)
        case _:
            from_node, from_key = chance.choice(places)
            try:
                node[key] = copy.deepcopy(from_node[from_key])
            except (KeyError, IndexError):
                node[key] = None


def break_text(text: str, chance: random.Random) -> bytes:
    """Change some bytes: flip, cut out, double, put in."""
    data = bytearray(text.encode())
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice([0, 1, 1, 2, 5, 40, 400]))
        match chance.randrange(4):
            case 0:
                data[start:end] = bytes(chance.randrange(256) for _ in range(end - start))
            case 1:
                del data[start:end]
            case 2:
                data[start:start] = data[start:end] * chance.choice([1, 2, 50])
            case _:
                piece = chance.choice(BAD_TEXT).encode(errors="surrogatepass")
                data[start:start] = piece
    return bytes(data)


def read_manifest(path: str) -> str:
    if path not in MANIFESTS:
        raise UsageError(f"cannot read {path[:100]!r}: No such file or directory")
    return MANIFESTS[path]


def read_scenario(text: str) -> object:
    return parse_scenario(text, "fuzz.yaml", read_manifest)


def read_pod(text: str) -> object:
    return parse_pod(text, "fuzz.yaml")


def read_objects(text: str) -> object:
    """What is kept of a right file must be read again as the same."""
    objects = parse_objects(text, "fuzz.yaml")
    for one in objects:
        assert type(one).model_validate(one.to_applied()) == one
    return objects


def broken_files(originals: list[str], chance: random.Random) -> Iterator[bytes]:
    parsed = [
        json.dumps(document.data)
        for text in originals
        for document in load_documents(text, "original")
    ]
    while True:
        which = chance.randrange(len(originals))
        if chance.random() < 0.5:
            yield break_text(originals[which], chance)
            continue
        broken = json.loads(parsed[which])
        break_data(broken, chance)
        while broken and chance.random() < 0.3:
            break_data(broken, chance)
        # JSON is YAML too, and quick to write.
        yield json.dumps(broken).encode()


def read_broken(read: Callable[[str], object], data: bytes) -> InvalidFile | None:
    """None when it is still a right file; another exception goes its way."""
    try:
        read(decode(data, "fuzz.yaml"))
    except InvalidFile as error:
        return error
    return None


@pytest.mark.parametrize(
    ("read", "originals"),
    [
        pytest.param(read_scenario, RICH_SCENARIOS, id="scenarios"),
        pytest.param(read_objects, list(DOCUMENTS), id="objects"),
        pytest.param(read_pod, [*MANIFESTS.values(), *[RICH_MANIFEST] * 5], id="manifests"),
    ],
)
def test_a_broken_file_gets_an_answer_or_a_message(
    read: Callable[[str], object], originals: list[str]
) -> None:
    files = broken_files(originals, random.Random(SEED))  # noqa: S311
    right = 0
    for data in itertools.islice(files, MUTATIONS):
        began = time.process_time()
        error = read_broken(read, data)
        assert time.process_time() - began < LONGEST_S, data
        if error is None:
            right += 1
            continue
        assert 0 < len(error.problems) <= MOST_PROBLEMS, data
        assert all(len(problem.message) < 1000 for problem in error.problems), data
        assert "pydantic" not in str(error), data
    # Else the mutations would all be stopped at the door, and test nothing behind it.
    assert MUTATIONS / 50 < right < MUTATIONS / 2


def test_the_rich_files_are_right() -> None:
    assert all(map(read_scenario, RICH_SCENARIOS))
    assert read_pod(RICH_MANIFEST)
    assert all(map(read_objects, DOCUMENTS))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("- http: {pod: zz}\n" * 30_000, id="many steps"),
        pytest.param("- " * 60, id="nested lists"),
        pytest.param("".join(f"- x{n}: {{}}\n" for n in range(30_000)), id="many unknown kinds"),
        pytest.param("- apply: {" + ", ".join(f"x{n}: 1" for n in range(60_000)) + "}", id="keys"),
        pytest.param(
            "- pod: {}\n  expect: {status: {one_of: [" + "[], " * 100_000 + "]}}\n", id="values"
        ),
    ],
)
def test_a_large_file_is_refused_in_bounded_time(text: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidFile) as caught:
        read_scenario(HEAD + text)
    assert time.process_time() - began < 5 * LONGEST_S
    assert len(caught.value.problems) <= MOST_PROBLEMS
