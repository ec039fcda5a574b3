"""Built once, there whole or not at all, and nothing left behind."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pausedemo.errors import PausedemoError
from pausedemo.images.cache import ImageCache
from tests.images.fakes import FAILS, make_counting_recipe

ROOT = Path(__file__).parents[2]

# Another process that builds: the recipe notes that it ran, and takes its time.
BUILDER = """
import sys
from pathlib import Path
from pausedemo.images.archive import ImageConfig
from pausedemo.images.cache import ImageCache
from pausedemo.images.recipes.base import Built, Recipe
from pausedemo.images.resolve import ImageResolver, Policy
from pausedemo.images.catalog import Catalog, CatalogEntry
from pausedemo.images.rootfs import Rootfs
from tests.images.fakes import ImagesInMemory

folder, seconds = Path(sys.argv[1]), sys.argv[2]

def build(workshop):
    with open(folder / "built", "a") as note:
        note.write("x")
    script = 'echo $$ > "$0"/pid; exec sleep "$1"'
    workshop.run(("sh", "-c", script, str(folder), seconds), timeout_s=60)
    return Built(Rootfs(empty=True), ImageConfig(command=("x",)), "1")

def make_recipe():
    return Recipe(name="slow", version="1", inputs=(), release="", steps=1, build=build)

catalog = Catalog({"slow": CatalogEntry(name="slow", candidates=(), recipe="slow")})
resolver = ImageResolver(
    ImagesInMemory(), Policy.LOCAL, catalog=catalog, cache=ImageCache(folder / "cache"),
    recipes={"slow": make_recipe},
)
print(resolver.resolve_all(("slow",))[0].used)
"""


def start_builder(folder: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(BUILDER), str(folder), str(seconds)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_written(path: Path) -> None:
    deadline = time.monotonic() + 20
    while not path.exists() or not path.stat().st_size:
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.02)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}/exe").exists():
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.02)


def test_an_archive_is_named_by_content_and_kept(tmp_path: Path) -> None:
    built: list[str] = []
    recipe = make_counting_recipe(built)
    cache = ImageCache(tmp_path)
    archive = cache.provide(recipe)
    assert archive == tmp_path / f"tiny-1-{recipe.fingerprint[:12]}.tar"
    before = hashlib.sha256(archive.read_bytes()).hexdigest()
    assert cache.provide(recipe) == archive
    assert built == ["tiny"]
    archive.unlink()
    cache.provide(recipe)
    assert hashlib.sha256(archive.read_bytes()).hexdigest() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [archive.name, "tiny.lock"]


def test_what_decides_the_content_decides_the_fingerprint(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("one")
    first = replace(make_counting_recipe([]), inputs=(source,))
    fingerprint = first.fingerprint
    assert len({fingerprint, replace(first, version="2").fingerprint}) == 2
    assert replace(first, release="debian99").fingerprint != fingerprint
    assert replace(first, steps=9).fingerprint == fingerprint
    source.write_text("two")
    assert first.fingerprint != fingerprint


@pytest.mark.parametrize("failure", [FAILS, OSError("disk full"), KeyboardInterrupt()])
def test_a_build_that_fails_leaves_nothing(tmp_path: Path, failure: Exception) -> None:
    expected = PausedemoError if isinstance(failure, Exception) else KeyboardInterrupt
    with pytest.raises(expected):
        ImageCache(tmp_path).provide(make_counting_recipe([], failure=failure))
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.lock"]


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "work-tiny-old").mkdir()
    (tmp_path / "work-tiny-old" / "file").write_text("x")
    (tmp_path / "work-other").mkdir()
    ImageCache(tmp_path).provide(make_counting_recipe([]))
    assert sorted(path.name.partition("-")[2] for path in tmp_path.glob("work-*")) == ["other"]


def test_two_processes_build_once(tmp_path: Path) -> None:
    builders = [start_builder(tmp_path, 1) for _ in range(2)]
    outcomes = [builder.communicate(timeout=30) for builder in builders]
    assert [builder.returncode for builder in builders] == [0, 0], outcomes
    assert outcomes[0] == outcomes[1]
    assert (tmp_path / "built").read_text() == "x"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_ends_at_once_and_the_next_one_works(
    tmp_path: Path, number: signal.Signals
) -> None:
    builder = start_builder(tmp_path, 50)
    wait_until_written(tmp_path / "pid")
    program = int((tmp_path / "pid").read_text())
    began = time.monotonic()
    builder.send_signal(number)
    builder.communicate(timeout=20)
    assert time.monotonic() - began < 60
    assert builder.returncode != 0
    wait_until_gone(program)
    left = [path.name for path in (tmp_path / "cache").iterdir()]
    if number == signal.SIGINT:
        assert left == ["slow.lock"]
    again = start_builder(tmp_path, 0)
    said, trouble = again.communicate(timeout=30)
    assert said.startswith("pausedemo/slow:1-"), trouble
    assert not list((tmp_path / "cache").glob("work-*"))
