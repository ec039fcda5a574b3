"""What action.yml runs: ``pausedemo run`` with the action's inputs, and its outputs.

The inputs come as INPUT_ variables. Whatever they hold is an argument, and never a shell's word.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Mapping
from pathlib import Path


def main() -> int:
    """Run, write the outputs, and give the exit code of the run."""
    inputs = {
        name.removeprefix("INPUT_").lower(): value.strip()
        for name, value in os.environ.items()
        if name.startswith("INPUT_")
    }
    inputs["json"] = inputs["json"] or str(Path(os.environ["RUNNER_TEMP"]) / "pausedemo.json")
    # A report of an earlier run would tell of that one, should this one write none.
    Path(inputs["json"]).unlink(missing_ok=True)
    command = [sys.executable, "-m", "pausedemo", "run", *make_arguments(inputs)]
    code = subprocess.run(command, check=False).returncode
    outputs = {
        "junit": inputs["junit"],
        "html": inputs["html"],
        "json": inputs["json"],
        "exit-code": str(code),
        **read_totals(Path(inputs["json"])),
    }
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as file:
        file.write(render_outputs(outputs))
    return code


def make_arguments(inputs: Mapping[str, str]) -> list[str]:
    """The arguments of ``pausedemo run``. An input that looks like an option is none."""
    arguments = [f"--engine={inputs['engine']}", f"--images={inputs['images']}"]
    arguments += [f"--{name}={inputs[name]}" for name in ("json", "junit", "html") if inputs[name]]
    arguments += [f"--tag={tag}" for tag in inputs["tag"].split()]
    if inputs["select"]:
        arguments.append(f"--select={inputs['select']}")
    scenarios = inputs["scenarios"].split()
    if not (scenarios or inputs["tag"] or inputs["select"]):
        arguments.append("--all")
    lines = (line.strip() for line in inputs["args"].splitlines())
    return [*arguments, *filter(None, lines), "--", *scenarios]


def read_totals(report: Path) -> dict[str, str]:
    """How many scenarios ended how; nothing when no report was written."""
    if not report.is_file():
        return {}
    # The report leaves these two out where they are zero.
    totals = {"known_difference": 0, "flaky": 0}
    totals |= json.loads(report.read_text(encoding="utf-8"))["totals"]
    return {name.replace("_", "-"): str(count) for name, count in totals.items()}


def render_outputs(outputs: Mapping[str, str]) -> str:
    """Lines for ``$GITHUB_OUTPUT``: a value may hold anything but the mark at its end."""
    mark = f"end-{uuid.uuid4().hex}"
    return "".join(f"{name}<<{mark}\n{value}\n{mark}\n" for name, value in outputs.items())


if __name__ == "__main__":
    sys.exit(main())
