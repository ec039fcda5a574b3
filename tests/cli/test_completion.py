from __future__ import annotations

import subprocess
import sys

import pytest

from pausedemo.cli.complete import complete_tags
from pausedemo.scenario.library import list_names, load_scenarios
from tests.cli.shells import Shells, shells

__all__ = ["shells"]

TAGS = sorted({tag for one in load_scenarios(list_names()) for tag in one.file.tags})
PIDS = [name for name in list_names() if name.startswith("pid")]


def offered(lines: list[str]) -> list[str]:
    return [line for line in lines if line and not line.startswith("compopt")]


def test_bash_offers_commands_and_options(shells: Shells) -> None:
    assert {"run", "list", "validate", "schema"} <= set(offered(shells.ask_bash("pausedemo", "")))
    assert offered(shells.ask_bash("pausedemo", "val")) == ["validate"]
    assert "--engine" in offered(shells.ask_bash("pausedemo", "run", "--e"))


def test_bash_offers_scenarios_and_else_files(shells: Shells) -> None:
    assert set(PIDS) <= set(offered(shells.ask_bash("pausedemo", "run", "pid")))
    assert "pid-share" in offered(shells.ask_bash("pausedemo", "validate", "pid-"))
    nothing = shells.ask_bash("pausedemo", "run", "./mi")
    assert offered(nothing) == []
    # readline's own file names, where nothing else was found.
    assert "compopt -o default" in nothing


def test_bash_offers_tags_words_and_engines(shells: Shells) -> None:
    assert offered(shells.ask_bash("pausedemo", "run", "--tag", "")) == TAGS
    assert offered(shells.ask_bash("pausedemo", "list", "--tag", "art")) == ["article"]
    assert offered(shells.ask_bash("pausedemo", "list", "-k", "no")) == ["not"]
    assert offered(shells.ask_bash("pausedemo", "run", "--engine", "pod")) == ["podman"]


def test_fish_offers_scenarios_with_titles_tags_and_files(shells: Shells) -> None:
    titles = {one.name: one.file.title for one in load_scenarios(list_names())}
    lines = shells.ask_fish("pausedemo run pid-sh")
    assert f"pid-share\t{titles['pid-share']}" in lines
    assert [line.split("\t")[0] for line in shells.ask_fish("pausedemo run --tag ")] == TAGS
    assert "mine.yaml" in [line.split("\t")[0] for line in shells.ask_fish("pausedemo run mi")]
    assert "validate" in [line.split("\t")[0] for line in shells.ask_fish("pausedemo val")]


@pytest.mark.parametrize(
    ("line", "until"),
    [
        ("pausedemo run pid-sh", "pid-share"),
        ("pausedemo run --tag artic", "article"),
        ("pausedemo run --engine podm", "podman"),
        ("pausedemo validate min", "mine.yaml"),
        ("pausedemo vali", "validate"),
    ],
)
def test_zsh_completes_in_its_line_editor(shells: Shells, line: str, until: str) -> None:
    assert shells.ask_zsh(line, until).endswith(until)


@pytest.mark.parametrize("line", ["pausedemo run ", "pausedemo run --tag "])
def test_completing_loads_nothing_heavy(line: str) -> None:
    program = (
        "import sys, os\n"
        "from pausedemo.cli import main\n"
        "try:\n    main()\n"
        "finally:\n"
        "    heavy = {'docker', 'pydantic', 'rich', 'aiohttp', 'jinja2'} & set(sys.modules)\n"
        "    print('HEAVY', sorted(heavy))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            "PYTHONPATH": ":".join(sys.path),
            "_PAUSEDEMO_COMPLETE": "bash_complete",
            "COMP_WORDS": line,
            "COMP_CWORD": str(len(line.split())),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "plain," in done.stdout
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_tags_are_read_from_heads_as_the_parser_reads_them() -> None:
    context, parameter = object(), object()
    items = complete_tags(context, parameter, "")  # type: ignore[arg-type]
    assert [item.value for item in items] == TAGS
