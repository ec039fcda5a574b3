"""action.yml: right by GitHub's own schema, and its steps run as a runner would run them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from pausedemo.errors import EXIT_FAILED, EXIT_PASSED, EXIT_USAGE
from pausedemo.resources import PACKAGE
from tests.scenario.conftest import write_scenario

ROOT: Final = PACKAGE.parent
ACTION: Final[dict[str, Any]] = yaml.safe_load((ROOT / "action.yml").read_text())
STEPS: Final[list[dict[str, Any]]] = ACTION["runs"]["steps"]
EXPRESSION: Final = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")
STEP_TIMEOUT_S: Final = 300

ONE_FAILS: Final = """
- apply: {}
- exec: {container: side, command: [echo, hello]}
  expect: {stdout: "good bye\\n"}
"""
NOTHING_FAILS: Final = "- apply: {}"


@dataclass(slots=True)
class Runner:
    """As much of GitHub's runner as a composite action meets."""

    folder: Path
    environ: dict[str, str]
    #: How the steps ended that no output is taken from, by their script and what they are given:
    #: what no input reaches (the installation) would do the same again.
    ended: dict[tuple[str, ...], tuple[int, str]] = field(default_factory=dict)

    def run(self, **inputs: str) -> tuple[int, dict[str, str], str]:
        """Run the steps until one fails: exit code, the action's outputs, what was printed."""
        values = {f"inputs.{name}": one["default"] for name, one in ACTION["inputs"].items()}
        values |= {f"inputs.{name.replace('_', '-')}": value for name, value in inputs.items()}
        values["steps.python.outputs.python-path"] = sys.executable
        said, code = "", 0
        for step in STEPS:
            if "run" not in step or code:
                continue
            env = {name: fill(value, values) for name, value in step.get("env", {}).items()}
            given = step["run"], *(f"{name}={value}" for name, value in env.items())
            if "id" in step or given not in self.ended:
                self.ended[given] = self._run_script(step["run"], env)
            code, printed = self.ended[given]
            said += printed
            for name, value in self._take_outputs():
                values[f"steps.{step['id']}.outputs.{name}"] = value
        outputs = {name: fill(one["value"], values) for name, one in ACTION["outputs"].items()}
        return code, outputs, said

    def _run_script(self, script: str, env: Mapping[str, str]) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={**self.environ, **env},
            cwd=self.folder / "work",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
        )
        return done.returncode, done.stdout

    def _take_outputs(self) -> Iterator[tuple[str, str]]:
        path = Path(self.environ["GITHUB_OUTPUT"])
        text = path.read_text()
        path.write_text("")
        for match in re.finditer(r"^(.+?)<<(.+)\n([\s\S]*?)\n\2$", text, re.MULTILINE):
            yield match[1], match[3]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its expressions' values; what is not there is empty, as for a runner."""
    return EXPRESSION.sub(lambda match: values.get(match[1], ""), text)


@pytest.fixture(scope="module")
def runner(
    tmp_path_factory: pytest.TempPathFactory, engine_environ: dict[str, str], request: Any
) -> Runner:
    request.getfixturevalue("busybox_image")
    request.getfixturevalue("pause_image")
    folder = tmp_path_factory.mktemp("runner")
    for name in ("work", "temp"):
        (folder / name).mkdir()
    (folder / "output").touch()
    environ = {name: value for name, value in engine_environ.items() if name != "PYTHONPATH"}
    environ |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "RUNNER_TEMP": str(folder / "temp"),
    }
    return Runner(folder, environ)


def test_it_is_right_by_the_schema_of_actions() -> None:
    command = ["check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    done = subprocess.run(
        [sys.executable, "-m", *command, ROOT / "action.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_no_script_holds_an_expression() -> None:
    """An input in a script's text would be code: what a pull request is called, for instance."""
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


def test_other_actions_are_pinned_by_their_major_version() -> None:
    used = [step["uses"] for step in STEPS if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@v\d+", one) for one in used)


def test_every_input_is_used_and_every_output_is_written() -> None:
    text = "\n".join(str(step) for step in STEPS)
    assert {match for match in EXPRESSION.findall(text) if match.startswith("inputs.")} == {
        f"inputs.{name}" for name in ACTION["inputs"]
    }
    for name, output in ACTION["outputs"].items():
        assert EXPRESSION.findall(output["value"]) == [f"steps.run.outputs.{name}"]


def test_scenarios_are_played_and_told(runner: Runner) -> None:
    work = runner.folder / "work"
    write_scenario(work, NOTHING_FAILS, name="good")
    write_scenario(work, ONE_FAILS, name="bad")
    code, outputs, said = runner.run(
        scenarios=" good.yaml\n bad.yaml ", junit="j.xml", html="h.html", images="local"
    )
    assert code == EXIT_FAILED, said
    assert outputs == {
        "junit": "j.xml",
        "html": "h.html",
        "json": str(runner.folder / "temp/pausedemo.json"),
        "exit-code": "1",
        "passed": "1",
        "known-difference": "0",
        "failed": "1",
        "error": "0",
        "flaky": "0",
        "skipped": "0",
    }
    assert "<html" in (work / "h.html").read_text()
    assert "<testsuites" in (work / "j.xml").read_text()
    assert "::error title=bad" in said
    assert "1 failed" in (runner.folder / "summary.md").read_text()


def test_select_and_more_arguments_go_through(runner: Runner) -> None:
    work = runner.folder / "work"
    write_scenario(work, NOTHING_FAILS, name="good")
    write_scenario(work, ONE_FAILS, name="bad")
    code, outputs, said = runner.run(
        scenarios=".",
        select="not bad",
        args="--quiet\n--kubernetes-version\n1.7",
        json="r.json",
        images="local",
    )
    assert (code, outputs["passed"], outputs["failed"]) == (EXIT_PASSED, "1", "0"), said
    assert outputs["json"] == "r.json"
    assert (work / "r.json").is_file()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scenarios", '"; touch pwned; "'),
        ("scenarios", "$(touch pwned)"),
        ("scenarios", "--json=pwned"),
        ("select", "x'; touch pwned; '"),
        ("tag", "`touch pwned`"),
        ("engine", "$(touch pwned)"),
        ("images", "local; touch pwned"),
        ("args", "; touch pwned"),
    ],
)
def test_an_input_is_never_a_command(runner: Runner, name: str, value: str) -> None:
    code, outputs, said = runner.run(**{name: value})
    assert code == EXIT_USAGE, said
    assert outputs["exit-code"] == str(EXIT_USAGE)
    assert outputs["passed"] == ""
    assert not list(runner.folder.rglob("pwned"))
    assert "Traceback" not in said
