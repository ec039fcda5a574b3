"""``pausedemo compare``, as a person starts it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pausedemo.cli.compare import Wanted, parse_wanted
from pausedemo.engine.endpoints import Endpoint
from tests.scenario.conftest import Cli, cli

__all__ = ["cli"]

#: Known to differ, and not, on whichever engine the tests use.
STEPS = """
- run: {containers: [a]}
- name: The shell says where it is
  exec: {container: a, command: [sh, -c, 'echo here']}
  expect: {stdout: {contains: there}}
  differs: {docker: it says so, podman: it says so}
- stop: {container: a, grace_s: 0}
- wait: {container: a, state: exited}
  expect: {exit_code: 137}
"""


@pytest.fixture
def engine_url(engine_endpoint: Endpoint) -> str:
    return engine_endpoint.url


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "differing.yaml"
    path.write_text(
        "name: differing\ntitle: Something differs\n"
        "containers:\n  a: {image: busybox, command: [sleep, '100']}\n"
        f"steps:{STEPS}"
    )
    return path


def test_engines_are_laid_side_by_side_in_every_form(
    cli: Cli, engine_url: str, scenario: Path, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("m.json", "m.md", "m.html")]
    options = [
        f"--{kind}={file}" for kind, file in zip(("json", "markdown", "html"), files, strict=True)
    ]
    done = cli(
        "compare", scenario, f"--engine=one={engine_url}", f"--engine={engine_url}", *options
    )
    assert done.returncode == 0, done.stderr
    assert "1 scenario on 2 engines: 0 pass everywhere" in done.stdout
    report = json.loads(files[0].read_text())
    assert report["engines"][0]["label"] == "one"
    (row,) = report["scenarios"]
    assert row["statuses"] == ["known_difference", "known_difference"]
    (departure,) = row["departures"]
    assert [seen["value"] for seen in departure["seen"]] == ["here\n", "here\n"]
    assert [seen["why"] for seen in departure["seen"]] == ["it says so", "it says so"]
    assert "**differing** Something differs" in files[1].read_text()
    assert "<h3>differing</h3>" in files[2].read_text()


def test_an_unknown_difference_fails_the_comparison(
    cli: Cli, engine_url: str, scenario: Path
) -> None:
    scenario.write_text(scenario.read_text().replace("exit_code: 137", "exit_code: 143"))
    done = cli("compare", scenario, f"--engine=one={engine_url}")
    assert done.returncode == 1
    assert "a pod needs (exit_code): 143" in done.stdout
    assert "one: 137" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--all"], 2, "Missing option '--engine'"),
        (["--engine", "auto"], 2, "say what to compare"),
        (["--all", "--engine", "a=docker", "--engine", "a=podman"], 2, "the same label: a, a"),
        (["--all", "--engine", "=docker"], 2, "write it as [LABEL=]ENGINE[+RUNTIME]"),
        (["--all", "--engine", "docker+"], 2, "write it as [LABEL=]ENGINE[+RUNTIME]"),
        (["--all", "--engine", "x=unix:///nowhere.sock"], 3, "nowhere.sock"),
        (["--all", "--engine", "auto", "--html", "/no/where.html"], 2, "there is no folder"),
        (
            ["--all", "--engine", "auto", "--html", "same", "--markdown", "same"],
            2,
            "--markdown and --html name the same file, same; give each report its own",
        ),
        (["--all", "--engine", "auto", "--markdown", "-"], 2, "--markdown -: a report goes to a"),
    ],
)
def test_what_cannot_be_compared_is_told_before_anything_is_made(
    cli: Cli, arguments: list[str], code: int, said: str
) -> None:
    done = cli("compare", *arguments)
    assert done.returncode == code
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("docker", Wanted("docker")),
        ("old=docker", Wanted("docker", "old")),
        ("unix:///run/a=b.sock", Wanted("unix:///run/a=b.sock")),
        ("x=tcp://h:1?a=b", Wanted("tcp://h:1?a=b", "x")),
        ("docker+crun", Wanted("docker", None, "crun")),
        ("x=unix:///run/e.sock+runsc", Wanted("unix:///run/e.sock", "x", "runsc")),
        ("unix:///run/a+b/e.sock", Wanted("unix:///run/a+b/e.sock")),
    ],
)
def test_an_engine_is_named_with_its_label_and_runtime(text: str, wanted: Wanted) -> None:
    assert parse_wanted(text) == wanted
