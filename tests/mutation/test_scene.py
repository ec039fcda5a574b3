"""What a lie does behind the curtain, on the true engine."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from mutation.bad_pause import BadPause
from mutation.scene import LieFailed, Scene
from pausedemo.engine.embedded import start_embedded


def test_an_image_is_loaded_once_and_under_its_name(tmp_path: Path) -> None:
    """A new layer is told in a line of its own, unless an engine is asked to be quiet."""
    bad = BadPause.KEEPS_ZOMBIES
    with contextlib.closing(start_embedded(tmp_path / "state")) as process:
        scene = Scene(process.endpoint.url.removeprefix("unix://"))

        async def load_twice() -> bool:
            await scene.load_image(bad.reference, bad.archive)
            # It is there: nothing is sent that could be refused.
            await scene.load_image(bad.reference, b"no archive")
            return await scene.runs_pause(bad.reference)

        assert asyncio.run(load_twice())
        with pytest.raises(LieFailed, match="tar cannot be read"):
            asyncio.run(scene.load_image("pausedemo/another", b"no archive"))
