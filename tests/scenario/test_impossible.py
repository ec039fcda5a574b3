"""What could be written and can never be: told at its place, with the file."""

from __future__ import annotations

import pytest

from tests.scenario.test_parse import MANIFESTS, ONE, parse, problems_of

EXEC = "- exec: {container: web, command: [ls]}\n"


@pytest.mark.parametrize("more", ["", "---\napiVersion: v1\nkind: ConfigMap\n"])
def test_a_manifest_is_told_from_a_scenario_in_one_problem(more: str) -> None:
    assert problems_of(MANIFESTS["one.yaml"] + more) == [
        "2:1: this is a Kubernetes manifest (kind: Pod), not a scenario; "
        'a scenario names it under "pods"'
    ]


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        (r'command: ["\0"]', "3:38: containers.c.command[0]"),
        (r'entrypoint: ["a\0b"]', "3:41: containers.c.entrypoint[0]"),
        (r'env: {A: "\0"}', "3:37: containers.c.env.A"),
    ],
)
def test_a_container_s_arguments_and_variables_hold_no_nul(entry: str, place: str) -> None:
    text = ONE.replace("pods:", f"containers: {{c: {{image: i, {entry}}}}}\npods:")
    assert problems_of(text) == [f"{place}: a NUL character would end it; leave it out"]


def test_a_command_s_arguments_hold_no_nul() -> None:
    assert problems_of(ONE + r'- exec: {container: web, command: [ls, "a\0b"]}') == [
        "6:40: steps[1].exec.command[1]: a NUL character would end it; leave it out"
    ]


@pytest.mark.parametrize("code", ["256", "-1", "1000.5"])
@pytest.mark.parametrize("step", [EXEC, "- inspect: {container: web}\n"])
def test_no_process_ends_with_a_code_beyond_eight_bits(step: str, code: str) -> None:
    assert problems_of(f"{ONE}{step}  expect: {{exit_code: {code}}}\n") == [
        "7:23: steps[1].expect.exit_code: an exit code is from 0 to 255, "
        f"so that {code} is never seen"
    ]


@pytest.mark.parametrize("code", ["0", "255", "null", "{at_least: 1}", "{is_not: 256}"])
def test_an_exit_code_may_be_what_a_process_can_end_with(code: str) -> None:
    assert len(parse(f"{ONE}{EXEC}  expect: {{exit_code: {code}}}\n").file.steps) == 2
