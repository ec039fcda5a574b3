"""Several engines at once: who is meant, what is run, and who could not come."""

import contextlib
import sys

from engines import together
from engines.table import ENGINES
from engines.together import bring_up_all, render_compare, render_contract, split_names
from pausedemo.errors import EngineUnavailable

URLS = {"docker-26.1": "unix:///a", "podman-4.3": "unix:///b"}


def test_names_of_engines_choose_them_and_the_rest_is_passed_on():
    engines, rest = split_names(["podman-4.3", "--markdown", "t.md", "docker-26.1", "net-join"])
    assert [engine.name for engine in engines] == ["podman-4.3", "docker-26.1"]
    assert rest == ("--markdown", "t.md", "net-join")


def test_without_a_name_all_are_meant():
    assert split_names(["--all"]) == (tuple(ENGINES.values()), ("--all",))


def test_the_whole_catalogue_is_compared_unless_something_is_asked_for():
    others = [sys.executable, "-m", "pausedemo", "compare"]
    others += ["--engine", "docker-26.1=unix:///a", "--engine", "podman-4.3=unix:///b"]
    command = [*others, "--engine", "embedded"]
    assert render_compare(URLS, ()) == [*command, "--all"]
    assert render_compare(URLS, ("net-join",)) == [*command, "net-join"]
    assert render_compare(URLS, ("net-join",), embedded_too=False) == [*others, "net-join"]


def test_the_contract_is_told_its_engines_by_the_environment():
    argv, environ = render_contract(URLS, ("-q",), {"A": "1"})
    assert argv == [sys.executable, "-m", "pytest", "tests/contract", "-q"]
    asked = "docker-26.1=unix:///a podman-4.3=unix:///b"
    assert environ == {"A": "1", "PAUSEDEMO_CONTRACT_ENGINES": asked}


def test_an_engine_that_cannot_come_keeps_nobody_from_the_others(monkeypatch):
    down = []

    @contextlib.contextmanager
    def bring_up(engine):
        if engine.name == "docker-26.1":
            raise EngineUnavailable([(engine.name, "no mirror")], "")
        yield f"unix:///{engine.name}"
        down.append(engine.name)

    monkeypatch.setattr(together, "bring_up", bring_up)
    with bring_up_all(ENGINES.values()) as brought:
        others = [name for name in ENGINES if name != "docker-26.1"]
        assert brought.urls == {name: f"unix:///{name}" for name in others}
        assert brought.missing == {"docker-26.1": "no mirror"}
        assert down == []
    assert down == others[::-1]
    assert together.render_missing(brought.missing) == (
        "engines: docker-26.1 was not brought up: no mirror"
    )
