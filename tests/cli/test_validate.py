from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from pausedemo.errors import EXIT_PASSED, EXIT_USAGE
from pausedemo.scenario.library import list_names
from tests.cli.conftest import Invoke
from tests.scenario.test_files import write
from tests.scenario.test_library import POD, TEXT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two wrong files, and one whose manifest is wrong, in the current folder."""
    write(tmp_path / "bad.yaml", text=TEXT.replace("title", "titel"))
    write(tmp_path / "good.yaml")
    write(tmp_path / "sub/x,y.yaml", name="x").parent.joinpath("m.yaml").write_text(
        POD.replace("image", "imaeg")
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_text_is_a_line_for_each_problem_and_a_summary(invoke: Invoke, folder: Path) -> None:
    done = invoke("validate", ".")
    assert done.stdout.splitlines() == [
        'bad.yaml:2:1: unknown key "titel"; did you mean "title"?',
        'sub/m.yaml:4:31: unknown key "imaeg"; did you mean "image"?',
        "3 scenario files checked: 2 problems in 2 files",
    ]
    assert (done.code, done.stderr) == (EXIT_USAGE, "")
    assert folder.is_dir()


def test_json_is_for_programs(invoke: Invoke, folder: Path) -> None:
    done = invoke("validate", "bad.yaml", "gone.yaml", "--format", "json")
    assert json.loads(done.stdout) == {
        "schema": 1,
        "files": ["bad.yaml", "gone.yaml"],
        "problems": [
            {
                "file": "bad.yaml",
                "line": 2,
                "column": 1,
                "message": 'unknown key "titel"; did you mean "title"?',
            },
            {
                "file": "gone.yaml",
                "line": None,
                "column": None,
                "message": "cannot read gone.yaml: No such file or directory",
            },
        ],
    }
    assert done.code == EXIT_USAGE
    assert folder.is_dir()


def test_github_gets_annotations_at_the_lines(invoke: Invoke, folder: Path) -> None:
    odd = folder / "a,b.yaml"
    write(odd, name="odd", text=TEXT + "50%: |\n  x\n")
    done = invoke("validate", "bad.yaml", "a,b.yaml", "--format", "github")
    first, second, summary = done.stdout.splitlines()
    title = "title=pausedemo validate"
    assert first.startswith(f'::error {title},file=a%2Cb.yaml,line=5,col=1::unknown key "50%25"')
    assert second.startswith(f"::error {title},file=bad.yaml,line=2,col=1::unknown key")
    assert summary == "2 scenario files checked: 2 problems in 2 files"
    assert done.code == EXIT_USAGE


@pytest.mark.parametrize("form", ["text", "github"])
def test_without_a_problem_there_is_one_line(invoke: Invoke, folder: Path, form: str) -> None:
    done = invoke("validate", folder / "good.yaml", "--format", form)
    assert done.stdout == "1 scenario file checked: no problem\n"
    assert (done.code, done.stderr) == (EXIT_PASSED, "")


def test_what_comes_along_is_right(invoke: Invoke) -> None:
    done = invoke("validate", "--all")
    assert done.stdout == f"{len(list_names())} scenario files checked: no problem\n"
    assert done.code == EXIT_PASSED


@pytest.mark.parametrize("command", ["validate", "run"])
def test_nothing_said_is_no_everything(invoke: Invoke, command: str) -> None:
    done = invoke(command)
    assert (done.code, done.stdout) == (EXIT_USAGE, "")
    assert "NAME, FILE or FOLDER, --tag, --select, or --all" in done.stderr


def test_a_hostile_name_acts_on_no_terminal(invoke: Invoke, tmp_path: Path) -> None:
    path = write(tmp_path / "x.yaml", text=TEXT.replace("title", '"\\e]0;gotcha\\atitle"'))
    done = invoke("validate", path)
    assert done.code == EXIT_USAGE
    assert "\x1b" not in done.stdout
    assert r"\x1b]0;gotcha" in done.stdout


def test_the_schema_is_printed_for_an_editor(invoke: Invoke) -> None:
    done = invoke("schema")
    schema = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert (done.code, done.stderr, done.stdout.isascii()) == (EXIT_PASSED, "", True)
    assert not list(
        jsonschema.Draft202012Validator(schema).iter_errors(
            {"name": "x", "title": "X", "pods": {"p": {"manifest": "m"}}, "steps": [{"apply": {}}]}
        )
    )
