from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo import resources
from pausedemo.errors import PausedemoError

FINDERS = {"pause": resources.pause_dir, "scenarios": resources.scenarios_dir}


def test_a_checkout_has_pause_beside_the_package() -> None:
    names = {path.name for path in resources.pause_dir().iterdir()}
    assert names >= {"pause.c", "pause.ld", "cflags", "Dockerfile"}


@pytest.mark.parametrize("name", FINDERS)
def test_the_packaged_folder_comes_first(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packaged = tmp_path / "pausedemo" / "data" / name
    packaged.mkdir(parents=True)
    (tmp_path / name).mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "pausedemo")
    assert FINDERS[name]() == packaged


@pytest.mark.parametrize("name", FINDERS)
def test_a_checkout_is_told_by_its_pyproject(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / name).mkdir()
    monkeypatch.setattr(resources, "PACKAGE", tmp_path / "pausedemo")
    with pytest.raises(PausedemoError, match=f"cannot find pausedemo's own {name} folder"):
        FINDERS[name]()
    (tmp_path / "pyproject.toml").touch()
    assert FINDERS[name]() == tmp_path / name
