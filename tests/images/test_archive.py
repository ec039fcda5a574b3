"""The docker save archive, as its specification says."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

from pausedemo.images.archive import ImageConfig, write_archive
from pausedemo.images.rootfs import Rootfs

CONFIG = ImageConfig(
    command=("-c", "true"),
    entrypoint=("sh",),
    env={"B": "2", "A": "1"},
    user="1000",
    working_dir="/srv",
    stop_signal="SIGQUIT",
    exposed_ports=("80/tcp",),
    labels={"a": "b"},
)


def write(tmp_path: Path, content: bytes) -> bytes:
    rootfs = Rootfs(empty=True)
    rootfs.add_file("file", content)
    output = io.BytesIO()
    write_archive(output, rootfs, CONFIG, "test/image:1", tmp_path)
    assert list(tmp_path.iterdir()) == []
    return output.getvalue()


def test_config_manifest_and_layer_name_each_other_by_content(tmp_path: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(write(tmp_path, b"x"))) as archive:
        files = {
            member.name: content.read()
            for member in archive
            if (content := archive.extractfile(member))
        }
    manifest = json.loads(files["manifest.json"])
    (config_name,) = [name for name in files if name.endswith(".json") and name != "manifest.json"]
    (layer_name,) = [name for name in files if name.endswith("layer.tar")]
    assert manifest == [
        {"Config": config_name, "Layers": [layer_name], "RepoTags": ["test/image:1"]}
    ]
    assert config_name == hashlib.sha256(files[config_name]).hexdigest() + ".json"
    config = json.loads(files[config_name])
    diff_id = hashlib.sha256(files[layer_name]).hexdigest()
    assert config["rootfs"] == {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]}
    assert config["config"] == {
        "Cmd": ["-c", "true"],
        "Entrypoint": ["sh"],
        "Env": ["A=1", "B=2"],
        "ExposedPorts": {"80/tcp": {}},
        "Labels": {"a": "b"},
        "StopSignal": "SIGQUIT",
        "User": "1000",
        "WorkingDir": "/srv",
    }
    with tarfile.open(fileobj=io.BytesIO(files[layer_name])) as layer:
        assert layer.getnames() == ["file"]


def test_the_same_image_is_the_same_archive_and_another_is_not(tmp_path: Path) -> None:
    assert write(tmp_path, b"x") == write(tmp_path, b"x")
    assert write(tmp_path, b"x") != write(tmp_path, b"y")
