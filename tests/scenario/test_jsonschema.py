"""The schema for editors: right by its own dialect, and of one mind with the parser."""

from __future__ import annotations

import contextlib
import copy
import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pausedemo.core.files.yamltext import load_documents
from pausedemo.errors import InvalidFile
from pausedemo.scenario.files import shipped_files
from pausedemo.scenario.jsonschema import DIALECT, make_json_schema
from pausedemo.scenario.kinds import STEP_KINDS
from tests.scenario.test_fuzz import RICH_SCENARIOS, SEED, break_data, read_scenario
from tests.scenario.test_parse import HEAD, MANIFESTS, ONE, parse

SCHEMA = make_json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
#: What the fuzzed files have not: containers outside of pods, engines, differences.
BARE = """\
name: bare
title: Containers outside of pods
source: ["https://github.com/moby/moby/issues/1"]
engines: [docker>=20, podman, any/runc]
containers:
  a: {image: busybox, command: [sleep, "60"], ipc: shareable, publish: [80], env: {A: b}}
  b: {image: busybox, network: "container:a", restart: on-failure, init: true, pid: host}
steps:
- run: {containers: [a]}
- create: {container: b}
  as: made
  expect: {error: {contains: denied}, took_s: {at_least: 0}}
  differs: {podman: Not there., docker<23: {why: So it is., expect: {error: null}}}
- exec: {container: a, command: [x], detach: true}
- logs: {container: a}
  within_s: 2
  expect: {stdout: ""}
- top: {container: a}
  expect: {ps: {count: 1}}
  differs: {docker<23/crun: {why: Two., expect: {ps: {count: 2}}}}
- remove: {container: a, force: true}
"""
RICH = [load_documents(text, "rich.yaml")[0].data for text in [*RICH_SCENARIOS, BARE]]


def errors_of(data: object) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(data)]


def test_it_is_a_schema_of_its_dialect() -> None:
    assert SCHEMA["$schema"] == DIALECT
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("name", shipped_files())
def test_every_scenario_that_comes_along_validates(name: str) -> None:
    text = shipped_files()[name].read_text()
    assert errors_of(load_documents(text, name)[0].data) == []


@pytest.mark.parametrize("data", RICH, ids=range(len(RICH)))
def test_a_file_with_everything_in_it_validates(data: object) -> None:
    assert errors_of(data) == []
    assert accepted(data)


def test_each_kind_of_step_is_a_choice_that_needs_its_key() -> None:
    choices = SCHEMA["properties"]["steps"]["items"]["oneOf"]
    models = [SCHEMA["$defs"][choice["$ref"].removeprefix("#/$defs/")] for choice in choices]
    required = [next(key for key in model["required"] if key in STEP_KINDS) for model in models]
    assert required == list(STEP_KINDS)
    for model, kind in zip(models, STEP_KINDS, strict=True):
        assert model["additionalProperties"] is False
        assert model["description"] == model["properties"][kind]["description"]
    observing = next(model for model in models if "exec" in model["required"])
    assert "as" in observing["properties"]
    assert "label" not in observing["properties"]


def list_properties() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for model, definition in {"ScenarioFile": SCHEMA, **SCHEMA["$defs"]}.items():
        for key, schema in definition.get("properties", {}).items():
            yield model, key, schema


def test_every_key_has_a_sentence_that_an_editor_shows() -> None:
    silent = [f"{model}.{key}" for model, key, schema in list_properties() if not described(schema)]
    assert silent == []


def described(schema: dict[str, Any]) -> bool:
    text: str = schema.get("description", "")
    return text.endswith(".") and not text.startswith("See ")


def test_no_word_of_pydantic_s_is_left() -> None:
    text = json.dumps(SCHEMA)
    for word in ('"gt"', '"ge"', '"lt"', '"le"', '"discriminator"', "``"):
        assert word not in text


# Wrong by themselves: what holds between parts of a file no schema can say.
WRONG = [
    "[]",
    "just text",
    ONE.replace("title", "titel"),
    ONE.replace("name: demo\n", ""),
    ONE.replace("demo\n", "My Demo\n"),
    ONE.replace("demo\n", "5\n"),
    ONE.replace("A demonstration", "''"),
    ONE.replace("title:", "tags: one\ntitle:"),
    ONE.replace("title:", "tags: [One]\ntitle:"),
    ONE.replace("p: {", "P_: {"),
    ONE.replace("manifest:", "manifset:"),
    ONE.replace("one.yaml", "one.yaml, kubelet: yes please"),
    HEAD + "steps: [{apply: {}}]\n",
    ONE.replace("title:", "engines: [dokcer]\ntitle:"),
    ONE.replace("title:", "source: [nowhere]\ntitle:"),
    ONE.replace("steps:", "containers: {c: {image: i, network: mine}}\nsteps:"),
    *(
        ONE.replace("steps:", f"containers: {{c: {{image: i, {wrong}}}}}\nsteps:")
        for wrong in (r'command: ["\0"]', r'entrypoint: ["\0"]', r'env: {A: "\0"}')
    ),
    ONE[: ONE.index("- apply")],
    *(
        ONE + step
        for step in [
            "- exce: {container: web}\n",
            "- name: nothing\n",
            "- apply\n",
            "- apply:\n",
            "- exec: {container: web, command: [ls]}\n  pod: {}\n",
            "- exec: {container: web, command: [ls], usr: x}\n",
            "- exec: {container: web, command: ls}\n",
            "- exec: {container: web, command: []}\n",
            "- exec: {container: web, command: [sleep, 5]}\n",
            "- exec: {command: [ls]}\n",
            '- exec: {container: web, command: [ls, "a\\0"]}\n',
            "- exec: {container: web, command: [ls]}\n  expect: {exit_code: 256}\n",
            "- exec: {container: web, command: [ls]}\n  expect: {exit_code: -1}\n",
            "- exec: {container: web, command: [ls]}\n  within: 5\n",
            "- exec: {container: web, command: [ls]}\n  within_s: 0\n",
            "- exec: {container: web, command: [ls]}\n  within_s: 3601\n",
            "- exec: {container: web, command: [ls]}\n  within_s: true\n",
            "- exec: {container: web, command: [ls]}\n  label: x\n",
            "- http: {}\n  differs: {dokcer: Why.}\n",
            "- http: {}\n  differs: {docker: {expect: {status: 200}}}\n",
            "- http: {}\n  differs: {docker: ''}\n",
            "- http: {path: x}\n",
            "- http: {port: 99999}\n",
            "- http: {port: 80.5}\n",
            "- write: {container: web, path: etc/x, content: ''}\n",
            "- kill: {container: web, signal: 9}\n",
            "- stop: {container: web, grace_s: -1}\n",
            "- wait: {container: web, state: dead}\n",
            "- pod: {}\n",
            "- pod: {}\n  as: My Row\n  expect: {}\n",
            "- pod: {}\n  expect: {restart: 0}\n",
            "- pod: {}\n  expect: {restarts: {}}\n",
            "- pod: {}\n  expect: {restarts: {atleast: 0}}\n",
            "- pod: {}\n  expect: {restarts: {at_least: many}}\n",
            "- pod: {}\n  expect: {restarts: {one_of: []}}\n",
            "- pod: {}\n  expect: {status: [Running]}\n",
            "- pod: {}\n  expect: {uid: {same_as: uid}}\n",
            "- exec: {container: web, command: [ps]}\n  expect: {ps: [{pid: 1}]}\n",
            "- exec: {container: web, command: [ps]}\n  expect: {ps: {has: [{comand: x}]}}\n",
            "- namespaces: {containers: [web]}\n  expect: {namespaces: {}}\n",
            "- namespaces: {containers: [web, side]}\n"
            "  expect: {namespaces: {shared: {nett: [web, side]}}}\n",
            "- namespaces: {containers: [web, side]}\n"
            "  expect: {namespaces: {shared: {net: [web]}}}\n",
        ]
    ),
]


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_file_is_refused_by_both(text: str) -> None:
    with pytest.raises(InvalidFile):
        parse(text)
    assert errors_of(load_documents(text, "wrong.yaml")[0].data)


def test_the_file_that_the_wrong_ones_were_made_of_is_right() -> None:
    assert parse(ONE).name == "demo"
    assert errors_of(load_documents(ONE, "right.yaml")[0].data) == []
    assert "one.yaml" in MANIFESTS


def accepted(data: object) -> bool:
    try:
        read_scenario(json.dumps(data))
    except InvalidFile:
        return False
    return True


def broken_data(chance: random.Random) -> Iterator[object]:
    while True:
        data = copy.deepcopy(chance.choice(RICH))
        break_data(data, chance)
        while data and chance.random() < 0.3:
            break_data(data, chance)
        # As it is written and read again: JSON has no word for a number that is none.
        with contextlib.suppress(InvalidFile):
            yield load_documents(json.dumps(data), "broken.yaml")[0].data


def test_what_the_parser_accepts_of_broken_files_the_schema_accepts() -> None:
    right = refused = 0
    for data in itertools.islice(broken_data(random.Random(SEED)), 1500):  # noqa: S311
        wrong = errors_of(data)
        if accepted(data):
            right += 1
            assert wrong == [], data
        elif wrong:
            refused += 1
    # And it is no schema that accepts everything.
    assert right > 100
    assert refused > 300


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")),
)
operators = st.dictionaries(
    st.sampled_from(["contains", "matches", "is_not", "one_of", "at_least", "at_most"]),
    scalars | st.lists(scalars, max_size=3),
    max_size=3,
)
matches = scalars | operators
rows = st.fixed_dictionaries(
    {},
    optional={
        "count": matches,
        "has": st.lists(
            st.dictionaries(st.sampled_from(["pid", "user", "command"]), matches), max_size=2
        ),
    },
)
steps = st.one_of(
    st.fixed_dictionaries(
        {
            "exec": st.fixed_dictionaries(
                {"container": st.just("a"), "command": st.lists(scalars, max_size=3)},
                optional={"timeout_s": scalars, "user": scalars, "pod": st.just("q")},
            )
        },
        optional={
            "name": scalars,
            "within_s": scalars,
            "as": st.sampled_from(["x", "x-1", "X", ""]),
            "expect": st.fixed_dictionaries(
                {}, optional={"exit_code": matches, "stdout": matches, "ps": rows}
            ),
        },
    ),
    st.fixed_dictionaries(
        {"http": st.dictionaries(st.sampled_from(["port", "path", "timeout_s"]), scalars)},
        optional={"expect": st.dictionaries(st.sampled_from(["status", "title"]), matches)},
    ),
    st.fixed_dictionaries(
        {"pod": st.just({"pod": "q"})},
        optional={"expect": st.dictionaries(st.sampled_from(["ip", "age_s"]), matches)},
    ),
)


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(step=steps, tags=st.lists(st.sampled_from(["a", "b-c", "B", ""]), max_size=2))
def test_what_the_parser_accepts_the_schema_accepts(step: dict[str, Any], tags: list[str]) -> None:
    data = {
        "name": "drawn",
        "title": "T",
        "tags": tags,
        "pods": {"q": {"manifest": "manifests/two-shared.yaml"}},
        "steps": [{"apply": {}}, step],
    }
    if accepted(data):
        assert errors_of(data) == []
