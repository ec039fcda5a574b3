from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from pausedemo.errors import EXIT_PASSED, EXIT_USAGE
from pausedemo.report.console.paint import Painter
from pausedemo.report.listing import print_listing
from pausedemo.scenario.library import list_names, load_scenarios
from tests.cli.conftest import Invoke
from tests.scenario.test_files import write
from tests.scenario.test_library import TEXT


def tagged(tags: str, title: str = "X") -> str:
    return TEXT.replace("title: X", f"title: {title}\ntags: [{tags}]")


def test_a_pipe_gets_one_line_each_with_tabs(invoke: Invoke, tmp_path: Path) -> None:
    write(tmp_path / "one.yaml", text=tagged("a, b", '"A title:\\nand\\e[31m more"'))
    write(tmp_path / "two.yaml")
    done = invoke("list", tmp_path)
    assert done.stdout == "one\tA title: and more\ta,b\ntwo\tX\t\n"
    assert (done.code, done.stderr) == (EXIT_PASSED, "")


def test_without_a_word_all_that_come_along_are_listed(invoke: Invoke) -> None:
    for arguments in ((), ("--all",)):
        lines = invoke("list", *arguments).stdout.splitlines()
        assert sorted(line.split("\t")[0] for line in lines) == list(list_names())


def test_a_program_gets_json(invoke: Invoke, tmp_path: Path) -> None:
    path = write(tmp_path / "sub/one.yaml", text=tagged("a"))
    assert json.loads(invoke("list", path, "--json").stdout) == {
        "schema": 1,
        "scenarios": [
            {
                "name": "one",
                "title": "X",
                "group": str(tmp_path / "sub"),
                "tags": ["a"],
                "engines": [],
                "links": [],
                "file": str(path),
                "steps": 1,
                "explain": "",
            }
        ],
    }


def test_it_takes_the_options_that_select(invoke: Invoke, tmp_path: Path) -> None:
    for name, tags in (("one", "a"), ("two", "b"), ("three", "a, c")):
        write(tmp_path / f"{name}.yaml", text=tagged(tags))
    done = invoke("list", tmp_path, "--tag", "a", "--tag", "b", "-k", "not c")
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["one", "two"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--tag", "artcle"), "no scenario is selected by --tag artcle among"),
        (("-k", "article and"), "cannot read the expression"),
        (("nothing-like-it",), 'no scenario "nothing-like-it"'),
    ],
)
def test_a_wrong_selection_is_one_error(
    invoke: Invoke, arguments: tuple[str, ...], message: str
) -> None:
    done = invoke("list", *arguments)
    assert (done.code, done.stdout) == (EXIT_USAGE, "")
    assert done.stderr.startswith(f"pausedemo: {message}")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("width", [40, 80, 200])
def test_a_terminal_gets_groups_and_no_line_wider_than_it(tmp_path: Path, width: int) -> None:
    long = "Everything that a person could want to know of a pod, said at some length here"
    write(tmp_path / "b/one.yaml", text=tagged("alpha, beta", long))
    write(tmp_path / "b/two.yaml")
    write(tmp_path / "c" / f"{'long-' * 6}name.yaml", text=tagged("x" * 10, long))
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    print_listing(Painter(console), load_scenarios([str(tmp_path)]))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    lines = text.splitlines()
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == [f"{tmp_path}/b", f"{tmp_path}/c", "3 scenarios"]
    inner = [line for line in lines if line.startswith(" ")]
    assert all(len(line) <= width for line in inner)
    assert " ".join(text.split()).count(long) == 2
    assert "[alpha, beta]" in text
