from __future__ import annotations

import gzip
import io
import json
import random
import signal
import subprocess
import sys
import tarfile
import time
from typing import Any

import pytest

from pausedemo.embedded.errors import ApiError
from pausedemo.embedded.images.archive import load_images
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.save import save_images
from tests.embedded.images.conftest import list_files, open_store
from tests.embedded.images.tars import (
    digest,
    entry,
    link,
    make_config,
    make_docker_archive,
    make_oci_archive,
    make_tar,
)

LOW = make_tar(entry("low", b"12345"))
HIGH = make_tar(entry("high", b"123"))
# Its header tells the second in which it was packed, so it is packed once.
PACKED = gzip.compress(LOW)
CONFIG = make_config(LOW, HIGH)
DOCKER = make_docker_archive(CONFIG, (LOW, HIGH), ["a:1", "b:2"])
OCI = make_oci_archive(CONFIG, (PACKED, HIGH), "docker.io/library/a:1")


def ignore(line):
    """Progress that nobody reads."""


def read_member(tar: tarfile.TarFile, name: str) -> bytes:
    found = tar.extractfile(name)
    assert found
    return found.read()


def read_json(tar: tarfile.TarFile, name: str) -> Any:
    return json.loads(read_member(tar, name))


@pytest.fixture
def load(store, events, tmp_path):
    def load(data: bytes, **more):
        path = tmp_path / "archive.tar"
        path.write_bytes(data)
        lines: list[dict[str, object]] = []
        load_images(store, events, path, lines.append, **more)
        return lines

    return load


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_docker_archive_is_loaded(store, load, pack, events):
    assert load(pack(DOCKER)) == [
        {"stream": "Loaded image: a:1\n"},
        {"stream": "Loaded image: b:2\n"},
    ]
    assert store.get("a:1").id == store.get("b:2").id == digest(CONFIG)
    assert (store.get("a:1").layer_dirs()[0] / "high").read_bytes() == b"123"
    assert events.actions == ["load"]


def test_an_oci_layout_is_loaded(store, load):
    assert load(OCI) == [{"stream": "Loaded image: a:1\n"}]
    assert store.get("a:1").id == digest(CONFIG)


def test_a_nameless_image_is_told_by_its_id(load):
    lines = load(make_docker_archive(CONFIG, (LOW, HIGH), []), quiet=False)
    assert [line.get("status") for line in lines] == ["Loading layer", "Loading layer", None]
    assert lines[-1] == {"stream": f"Loaded image ID: {digest(CONFIG)}\n"}


def test_a_name_that_another_image_had_is_taken_from_it(store, load):
    load(DOCKER)
    other = make_config(LOW)
    lines = load(make_docker_archive(other, (LOW,), ["a:1"]))
    assert lines == [
        {
            "stream": f"The image a:1 already exists, renaming the old one with ID "
            f"{digest(CONFIG)} to empty string\n"
        },
        {"stream": "Loaded image: a:1\n"},
    ]
    assert store.get(digest(CONFIG)).repo_tags == ["b:2"]


def test_a_layer_that_is_a_link_to_another_is_followed(store, load):
    config = make_config(LOW, LOW)
    name = f"{digest(config)[7:]}.json"
    row = {"Config": name, "RepoTags": None, "Layers": ["one/layer.tar", "two/layer.tar"]}
    load(
        make_tar(
            entry("one/layer.tar", LOW),
            link("two/layer.tar", "../one/layer.tar"),
            entry(name, config),
            entry("manifest.json", json.dumps([row]).encode()),
        )
    )
    assert len(store.get(digest(config)).layers) == 2


@pytest.mark.parametrize("archive", [DOCKER, OCI])
def test_what_is_saved_loads_with_the_same_digests(store, load, tmp_path, events, archive):
    load(archive)
    path = tmp_path / "saved.tar"
    for _ in range(2):
        with path.open("wb") as file:
            save_images(store, events, ["a:1"], file)
    raw = path.read_bytes()
    with tarfile.open(path) as tar:
        names = tar.getnames()
        rows = read_json(tar, "manifest.json")
        index = read_json(tar, "index.json")
    assert f"blobs/sha256/{digest(LOW)[7:]}" in names
    assert rows[0]["RepoTags"] == ["a:1"]
    assert index["manifests"][0]["annotations"] == {
        "io.containerd.image.name": "docker.io/library/a:1",
        "org.opencontainers.image.ref.name": "1",
    }
    again = open_store(tmp_path / "again")
    load_images(again, events, path, ignore)
    assert again.get("a:1").id == digest(CONFIG)
    # The same archive without its docker half is an OCI layout.
    out = io.BytesIO()
    with tarfile.open(path) as tar, tarfile.open(fileobj=out, mode="w") as oci:
        for member in tar:
            if member.name != "manifest.json":
                oci.addfile(member, tar.extractfile(member) if member.isreg() else None)
    (tmp_path / "oci.tar").write_bytes(out.getvalue())
    third = open_store(tmp_path / "third")
    load_images(third, events, tmp_path / "oci.tar", ignore)
    assert third.get("a:1").id == digest(CONFIG)
    with path.open("wb") as file:
        save_images(again, events, ["a:1"], file)
    assert path.read_bytes() == raw


@pytest.mark.parametrize(
    ("names", "tags"),
    [
        (["a"], ["a:1", "a:2"]),
        (["a:2"], ["a:2"]),
        (["a:1", "a:2"], ["a:1", "a:2"]),
        ([digest(CONFIG)], None),
        ([digest(CONFIG)[7:19]], None),
    ],
)
def test_save_keeps_the_names_that_were_asked_for(store, load, tmp_path, events, names, tags):
    load(DOCKER)
    store.tag(digest(CONFIG), "a", "2")
    path = tmp_path / "saved.tar"
    with path.open("wb") as file:
        save_images(store, events, names, file)
    with tarfile.open(path) as tar:
        assert read_json(tar, "manifest.json")[0]["RepoTags"] == tags


def replace_member(archive: bytes, name: str, data: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getmember(name), "to be replaced"
        kept = [
            entry(one.name, data if one.name == name else read_member(tar, one.name)) for one in tar
        ]
    return make_tar(*kept)


def manifest(**row):
    base = {"Config": "c.json", "RepoTags": ["a:1"], "Layers": ["low"]}
    rows = json.dumps([{**base, **row}]).encode()
    return make_tar(
        entry("low", LOW), entry("c.json", make_config(LOW)), entry("manifest.json", rows)
    )


EVIL = make_tar(entry("good", b"x"), link("l", "/etc"), entry("l/passwd", b"root"))
REFUSED = {
    "nothing in it": make_tar(),
    "no tar": b"x" * 5000,
    "legacy": make_tar(entry("repositories", b"{}"), entry("x/layer.tar", LOW)),
    "manifest is no list": make_tar(entry("manifest.json", b"{}")),
    "manifest is no JSON": make_tar(entry("manifest.json", b"[")),
    "manifest is empty": make_tar(entry("manifest.json", b"[]")),
    "manifest of nonsense": make_tar(entry("manifest.json", b'[1, {"Config": 2}]')),
    "manifest is too long": make_tar(entry("manifest.json", b" " * 100_000)),
    "configuration is missing": manifest(Config="missing.json"),
    "configuration is outside": manifest(Config="../../etc/passwd"),
    "layer is outside": manifest(Layers=["/etc/passwd"]),
    "too many layers": manifest(Layers=["low", "low"]),
    "wrong layer": manifest(Layers=["c.json"]),
    "impossible name": manifest(RepoTags=["A:1"]),
    "name without a tag": manifest(RepoTags=["a"]),
    "second image is hostile": make_tar(
        entry("low", LOW), entry("evil", EVIL), entry("c", make_config(LOW)),
        entry("d", make_config(LOW, EVIL)),
        entry("manifest.json", json.dumps([
            {"Config": "c", "RepoTags": ["a:1"], "Layers": ["low"]},
            {"Config": "d", "RepoTags": ["b:1"], "Layers": ["low", "evil"]},
        ]).encode()),
    ),
    "digest of the configuration": replace_member(
        DOCKER, f"{digest(CONFIG)[7:]}.json", make_config(LOW, HIGH, author="me")
    ),
    "digest of a layer": replace_member(DOCKER, "0/layer.tar", HIGH),
    "digest of a blob": replace_member(
        OCI, f"blobs/sha256/{digest(PACKED)[7:]}", LOW
    ),
    "two of one name": make_tar(entry("manifest.json", b"[]"), entry("./manifest.json", b"[]")),
    "member name leads out": make_tar(entry("../x", b""), entry("manifest.json", b"[]")),
    "member link leads out": make_tar(link("manifest.json", "../../etc/passwd")),
    "member link in a loop": make_tar(link("manifest.json", "manifest.json")),
    "member is a device": make_tar(entry("x", type=tarfile.CHRTYPE)),
    "index in itself": make_tar(entry("index.json", b'{"manifests":[{"digest":"x"}]}')),
    "another system": make_docker_archive(make_config(LOW, os="windows"), (LOW,), ["a:1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_or_broken_archive_is_refused_whole(load, tmp_path, store, events, name):
    before = list_files(tmp_path / "store")
    with pytest.raises(BadArchive):
        load(REFUSED[name])
    assert (list_files(tmp_path / "store"), store.images(), events.seen) == (before, [], [])


@pytest.mark.parametrize("archive", [DOCKER, OCI])
def test_an_archive_with_broken_bytes_loads_rightly_or_is_refused_whole(
    load, store, tmp_path, archive
):
    chance = random.Random(4)  # noqa: S311
    for _ in range(150):
        broken = bytearray(archive)
        for _ in range(chance.choice((1, 3, 40))):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        cut = chance.choice((len(broken), chance.randrange(len(broken))))
        try:
            load(bytes(broken[:cut]))
        except ApiError:
            pass
        else:
            for image in store.images():
                assert all(layer.tar.exists() for layer in image.layers)
                store.drop_unnamed(image.id)
    assert list((tmp_path / "store/tmp").iterdir()) == []


LOADER = """
import sys
from pathlib import Path
from pausedemo.embedded.images.archive import load_images
from pausedemo.embedded.images.removal import delete_image
from tests.embedded.images.conftest import EventLog, open_store

store = open_store(Path(sys.argv[1]))
print("ready", flush=True)
for _ in range(10_000):
    load_images(store, EventLog(), Path(sys.argv[2]), print)
    delete_image(store, EventLog(), "a:1")
    delete_image(store, EventLog(), "b:2")
"""


def test_a_store_whose_engine_was_killed_at_any_moment_is_whole(tmp_path, events):
    chance = random.Random(7)  # noqa: S311
    path = tmp_path / "archive.tar"
    path.write_bytes(DOCKER)
    root = tmp_path / "killed"
    for _ in range(8):
        process = subprocess.Popen(
            [sys.executable, "-c", LOADER, root, path], stdout=subprocess.PIPE
        )
        assert process.stdout
        with process.stdout:
            assert process.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.05))
            process.kill()
            process.stdout.read()
        assert process.wait(10) == -signal.SIGKILL
        store = open_store(root)
        assert list((root / "tmp").iterdir()) == []
        for image in store.images():
            for layer in image.layers:
                assert digest(gzip.decompress(layer.tar.read_bytes())) == layer.diff_id
                assert layer.tree.is_dir()
        load_images(store, events, path, ignore)
        assert store.get("a:1").id == digest(CONFIG)
