"""A container that ends with whoever holds it."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from pausedemo.engine.port import ContainerState, Engine
from pausedemo.errors import Conflict, NotFound
from tests.contract.conftest import Maker
from tests.waiting import wait_until


def is_gone(engine: Engine, container: str) -> bool:
    try:
        engine.inspect_container(container)
    except NotFound:
        return True
    return False


def test_it_runs_until_it_is_let_go(contract_engine: Engine, make: Maker) -> None:
    config = make.config("cat")
    held = contract_engine.hold_container(config)
    try:
        assert contract_engine.inspect_container(held.id).state is ContainerState.RUNNING
        with pytest.raises(Conflict):
            contract_engine.hold_container(replace(config))
    finally:
        held.close()
    wait_until("it is gone", lambda: is_gone(contract_engine, held.id))
    contract_engine.hold_container(config).close()


def test_it_ends_when_its_holder_is_killed(contract_engine: Engine, make: Maker) -> None:
    config = make.config("cat")
    script = f"""
import time
from pausedemo.engine.connect import connect
from pausedemo.engine.port import ContainerConfig
config = ContainerConfig(name={config.name!r}, image={config.image!r}, command=("cat",),
                         labels={dict(config.labels)!r}, network_mode="none")
held = connect({contract_engine.url!r}).hold_container(config)
print(held.id, flush=True)
time.sleep(1000)
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        held = holder.stdout.readline().strip()
        try:
            assert contract_engine.inspect_container(held).state is ContainerState.RUNNING
        finally:
            holder.kill()
    wait_until("it is gone", lambda: is_gone(contract_engine, held))
