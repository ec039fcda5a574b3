"""What an ordinary user's containers see of what the machine mounts later."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.embedded.engines import Owner, RunningEngine, running_engine
from tests.mounted import mounted

Load = Callable[[RunningEngine, str], str]


def test_the_machine_is_followed_and_hears_of_nothing(range_owner: Owner, load_image: Load) -> None:
    folder = range_owner.home / "follows"
    folder.mkdir()
    os.chown(folder, range_owner.uid, range_owner.gid)
    # There when the engine starts: a machine whose root is private does not tell of it later.
    with mounted(range_owner.home / "shared") as shared:
        (shared / "later").mkdir()
        with running_engine(folder, owner=range_owner) as engine, engine.client() as client:
            busybox = load_image(engine, "busybox")
            with pytest.raises(docker.errors.APIError, match="but it is not a shared mount"):
                run(client, busybox, shared, "rshared")
            follower = run(client, busybox, shared, "rslave")
            with mounted(shared / "later"):
                (shared / "later/file").touch()
                assert follower.exec_run(["ls", "/seen/later"]).output == b"file\n"
            for one in client.containers.list(all=True):
                one.remove(force=True)


def run(client: Any, image: str, source: Path, propagation: str) -> Any:
    return client.containers.run(
        image,
        ["sleep", "3600"],
        detach=True,
        network_mode="none",
        volumes=[f"{source}:/seen:{propagation}"],
    )
