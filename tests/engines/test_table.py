"""The table of real engines: what is read off its entries must hold for each of them."""

import json

import pytest

from engines.house import House
from engines.table import ENGINES, SOCKET, render_daemon_json


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_a_name_tells_the_version_that_the_engine_must_report(engine):
    kind, version = engine.name.split("-")
    assert kind in ("docker", "podman")
    assert engine.version == f"{version}."
    assert engine.suite in engine.title


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_an_engine_listens_where_its_house_looks(engine, tmp_path):
    assert SOCKET in engine.command
    house = House(engine.name, tmp_path, tmp_path, tmp_path)
    assert SOCKET.endswith(f"/{house.socket.name}")


@pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
def test_every_file_that_a_command_names_is_there(engine):
    named = {
        word.rpartition("/")[2] for word in engine.command if word.endswith((".conf", ".json"))
    }
    assert named == set(engine.files)


def test_daemon_json_adds_runtimes():
    runtimes = {"crun": {"path": "/usr/bin/crun"}}
    assert json.loads(render_daemon_json(runtimes)) == {"runtimes": runtimes}
