"""Scenarios played by pytest on a real engine: what each way to end looks like."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from junitparser import Error, JUnitXml, Properties, Skipped

from pausedemo.engine.port import Engine
from tests.plugin.conftest import Project

pytestmark = pytest.mark.usefixtures("pause_image", "busybox_image")

HELLO = """
- exec: {container: x, command: [echo, hello]}
  expect: {stdout: "hello\\n"}
"""
WRONG = """
- name: x says good bye
  exec: {container: x, command: [echo, hello]}
  expect: {stdout: "good bye\\n", exit_code: 0}
  explain: It was asked to.
- name: x still lives
  exec: {container: x, command: ["true"]}
  expect: {exit_code: 0}
"""
UNREADABLE = """
- name: x listens
  exec: {container: x, command: [echo, hello]}
  expect: {netstat: {has: [{port: 80}]}}
"""
NO_SUCH_IMAGE = """\
name: no-image
title: Nobody has this image
containers: {x: {image: "127.0.0.1:9/no/such:image"}}
steps:
  - run: {containers: [x]}
"""

FAILURE = """\
What x says

✓ PASS  [1/3] Start x
✗ FAIL  [2/3] x says good bye
  $ docker exec CONTAINER echo hello
  │ hello
    stdout:
      expected   actual
      good bye   hello

  It was asked to.
✓ PASS  [3/3] x still lives

scenarios/wrong.yaml:8: x says good bye: not as expected: stdout
"""


def differing(engine: Engine, steps: str) -> str:
    """The steps, with a known difference of the engine at hand in the last one."""
    return f"{steps.rstrip()}\n  differs: {{{engine.describe().name}: It is polite.}}\n"


@pytest.fixture
def mixed(project: Project, engine: Engine) -> Project:
    """A project with a scenario of each way to end."""
    other = "podman" if engine.describe().name == "docker" else "docker"
    project.scenario("good", HELLO)
    project.scenario("wrong", WRONG)
    project.scenario("unreadable", UNREADABLE)
    project.scenario("known", differing(engine, HELLO.replace('"hello', '"good bye')))
    project.scenario("stale", differing(engine, HELLO))
    project.scenario("elsewhere", HELLO, f"engines: [{other}]\n")
    project.write("scenarios/no-image.yaml", NO_SUCH_IMAGE)
    return project


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two-workers"])
def test_every_way_to_end(
    mixed: Project, engine: Engine, left: Callable[[], list[str]], workers: tuple[str, ...]
) -> None:
    done = mixed.run("-ra", "--junitxml=report.xml", *workers, COLUMNS="400")
    text = done.stdout
    assert "1 failed, 2 passed, 1 skipped, 1 xfailed, 1 warning, 2 errors" in text, text
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert left() == []
    mark, about = mixed.mark, engine.describe()
    why = f"({about.name}): It is polite."
    for line in [
        f"FAILED scenarios/wrong.yaml::wrong-{mark} - x says good bye: not as expected: stdout",
        f"ERROR scenarios/unreadable.yaml::unreadable-{mark} - x listens: cannot read netstat",
        "ERROR scenarios/no-image.yaml::no-image - Failed: cannot get image 127.0.0.1:9/no/such",
        f"StaleDifferenceWarning: stale-{mark}, exec x: listed difference not seen {why}",
        "ERROR at setup of no-image",
        f"engine: {about.name} {about.version}, API {about.api_version}, runtime {about.runtime}",
    ]:
        assert line in text, (line, text)
    # pytest 8 writes "reason: " before it.
    xfail = f"XFAIL scenarios/known.yaml::known-{mark} - "
    assert re.search(
        f"{re.escape(xfail)}(reason: )?exec x: known difference {re.escape(why)}", text
    )
    assert re.search(r"SKIPPED \[1\] scenarios/elsewhere.yaml:1: applies to \w+ only", text)
    assert "Traceback" not in text
    assert not re.search(r"\w+\.py:\d+", text)
    shown = re.sub(r"pausedemo-[0-9a-f]{12}-x", "CONTAINER", text)
    assert FAILURE in shown, shown
    check_junit(mixed.folder / "report.xml", mark, about.version)


def check_junit(path: Path, mark: str, version: str) -> None:
    cases = {case.name: case for suite in JUnitXml.fromfile(str(path)) for case in suite}
    properties = cases[f"good-{mark}"].child(Properties)
    assert {one.name: one.value for one in properties}["engine.version"] == version
    [failure] = cases[f"wrong-{mark}"].result
    assert failure.message == "x says good bye: not as expected: stdout"
    assert "✗ FAIL  [2/3] x says good bye" in failure.text
    assert "\x1b" not in failure.text
    assert [type(one) for one in cases["no-image"].result] == [Error]
    assert [type(one) for one in cases[f"known-{mark}"].result] == [Skipped]


def test_colours_where_pytest_has_them(mixed: Project) -> None:
    done = mixed.run("--color=yes", "scenarios/wrong.yaml", TERM="xterm")
    assert "\x1b[1;31m✗ FAIL \x1b[0m" in done.stdout, done.stdout


def test_strict_warnings_make_a_stale_difference_fail_in_words(mixed: Project) -> None:
    done = mixed.run("-W", "error", "scenarios/stale.yaml", "scenarios/good.yaml")
    assert "1 failed, 1 passed" in done.stdout, done.stdout
    assert "listed difference not seen" in done.stdout
    assert "Traceback" not in done.stdout


def test_runxfail_makes_a_known_difference_fail(mixed: Project) -> None:
    done = mixed.run("--runxfail", "scenarios/known.yaml")
    assert "1 failed" in done.stdout
    assert "known difference" in done.stdout


def test_stop_at_the_first_and_run_the_last_failed(mixed: Project) -> None:
    arguments = ["scenarios/wrong.yaml", "scenarios/good.yaml", "-p", "cacheprovider"]
    done = mixed.run("-x", *arguments)
    assert ("1 failed" in done.stdout, "passed" in done.stdout) == (True, False), done.stdout
    again = mixed.run("--lf", *arguments[1:], arguments[0])
    assert ("1 failed" in again.stdout, "passed" in again.stdout) == (True, False), again.stdout


def test_quiet_names_no_engine(mixed: Project) -> None:
    done = mixed.run("-q", "scenarios/good.yaml", "scenarios/good.yaml")
    assert "1 passed" in done.stdout
    assert "engine:" not in done.stdout


def test_a_runtime_that_the_engine_has_not_is_told_by_every_scenario(mixed: Project) -> None:
    done = mixed.run("--pausedemo-runtime=absent", "scenarios/good.yaml")
    assert ("1 error" in done.stdout, "absent" in done.stdout) == (True, True), done.stdout
    assert "Traceback" not in done.stdout
