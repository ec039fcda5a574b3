"""What is mounted while a container runs: who sees it, on which side of a bind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pausedemo.engine.port import Engine, Mount, MountKind, Propagation
from pausedemo.errors import EngineError
from tests.contract.conftest import Maker
from tests.mounted import mounted


@pytest.fixture(autouse=True)
def here(contract_engine: Engine, make: Maker) -> None:
    """It takes root on the engine's own machine to mount there."""
    found = contract_engine.find_volume(make.volume())
    if os.geteuid() != 0 or found is None or not Path(found.mountpoint).is_dir():
        pytest.skip("it takes root on the engine's own machine to mount there")


def bind(source: Path, propagation: Propagation) -> tuple[Mount, ...]:
    return (
        Mount(kind=MountKind.BIND, source=str(source), target="/seen", propagation=propagation),
    )


@pytest.mark.parametrize(
    ("propagation", "comes_in", "goes_out"),
    [
        (Propagation.PRIVATE, False, False),
        (Propagation.SLAVE, True, False),
        (Propagation.SHARED, True, True),
    ],
)
def test_mounts_pass_in_the_directions_that_were_asked_for(
    contract_engine: Engine,
    make: Maker,
    tmp_path: Path,
    propagation: Propagation,
    comes_in: bool,
    goes_out: bool,
) -> None:
    with mounted(tmp_path / "shared") as shared:
        for name in ("outer", "inner"):
            (shared / name).mkdir()
        container = make.run(mounts=bind(shared, propagation), cap_add=("SYS_ADMIN",))

        def ask(*argv: str) -> tuple[int, bytes]:
            done = contract_engine.exec(container, argv, timeout_s=60)
            return done.exit_code, done.stdout + done.stderr

        with mounted(shared / "outer"):
            (shared / "outer/file").touch()
            assert ask("ls", "/seen/outer") == (0, b"file\n" if comes_in else b"")
        assert ask("mount", "-t", "tmpfs", "tmpfs", "/seen/inner") == (0, b"")
        assert ask("touch", "/seen/inner/file") == (0, b"")
        assert [one.name for one in (shared / "inner").iterdir()] == (["file"] if goes_out else [])
        contract_engine.remove_container(container)


@pytest.mark.parametrize(
    ("propagation", "wanted"),
    [(Propagation.SLAVE, "shared or slave"), (Propagation.SHARED, "shared")],
)
def test_a_mount_that_tells_nobody_cannot_be_followed(
    contract_engine: Engine, make: Maker, tmp_path: Path, propagation: Propagation, wanted: str
) -> None:
    with mounted(tmp_path / "private", "private") as private:
        container = make.create(mounts=bind(private, propagation))
        with pytest.raises(EngineError, match=f"{private} .*it is not a {wanted} mount"):
            contract_engine.start_container(container)
        contract_engine.remove_container(container)
