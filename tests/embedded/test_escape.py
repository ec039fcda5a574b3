"""A container that runs as root neither sees nor changes what is the host's."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import pytest

from tests.conftest import skip_or_fail
from tests.embedded.engines import RunningEngine

SCRIPT = Path(__file__).with_name("escapes.py")
PYTHON = Path("/usr/bin/python3")


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Things of the host that nobody inside may reach."""
    marker = tmp_path_factory.mktemp("host") / "marker"
    marker.write_text("the host's")
    disks = {Path("/").stat().st_dev, Path("/usr").stat().st_dev}
    abstract = f"pausedemo-{uuid.uuid4().hex}"
    victim = subprocess.Popen(["sleep", "3600"])
    with socket.socket(socket.AF_UNIX) as named, socket.create_server(("127.0.0.1", 0)) as lo:
        named.bind("\0" + abstract)
        named.listen()
        try:
            yield {
                "marker": str(marker),
                "disks": [(os.major(one), os.minor(one)) for one in disks],
                "abstract": abstract,
                "port": lo.getsockname()[1],
                "pid": victim.pid,
            }
            assert victim.poll() is None
            assert marker.read_text() == "the host's"
        finally:
            victim.kill()
            victim.wait()


def inside(
    engine: RunningEngine, image: str, facts: dict[str, Any], *, by_exec: bool, **options: Any
) -> dict[str, str]:
    """What the ways out came to: as a container's main program, or as another one in it."""
    if not PYTHON.exists():
        skip_or_fail(f"no {PYTHON} to look from inside with")
    command = ["/usr/bin/python3", "-c", SCRIPT.read_text(), json.dumps(facts)]
    # The host's programs, read-only, in place of the image's.
    volumes = ["/usr:/usr:ro", "/volume"]
    with engine.client() as client:
        first = ["sleep", "3600"] if by_exec else command
        container = client.containers.create(image, first, volumes=volumes, **options)
        try:
            container.start()
            if by_exec:
                done = container.exec_run(command, demux=True)
                code, (output, errors) = done.exit_code, done.output
            else:
                code = container.wait(timeout=60)["StatusCode"]
                output = container.logs(stdout=True, stderr=False)
                errors = container.logs(stdout=False, stderr=True)
        finally:
            container.remove(force=True, v=True)
    assert code == 0, (errors or b"").decode()
    found: dict[str, str] = json.loads(output)
    return found


@pytest.mark.parametrize("by_exec", [False, True], ids=["main", "exec"])
def test_no_way_leads_out(
    any_engine: RunningEngine,
    load_image: Callable[[RunningEngine, str], str],
    facts: dict[str, Any],
    by_exec: bool,
) -> None:
    image = load_image(any_engine, "busybox")
    found = inside(any_engine, image, facts, by_exec=by_exec)
    assert len(found) > 80
    assert {way: said for way, said in found.items() if said} == {}


def test_the_ways_are_real_ones_where_the_engine_is_told_to_let_go(
    embedded: RunningEngine, busybox: str, facts: dict[str, Any]
) -> None:
    """Else the test above could not fail."""
    found = inside(embedded, busybox, facts, by_exec=False, privileged=True)
    ways = ["call fsopen", "call mount tmpfs", "kmsg in /tmp", "kmsg in /dev", "vsock"]
    assert [way for way in ways if not found[way]] == []


LINKS = ["etc/hosts", "etc/hostname", "etc/resolv.conf", "dev", "proc", "sys", "data", "work"]


@pytest.mark.parametrize("form", ["{target}", "../../../../../../..{target}"])
def test_links_in_an_image_lead_nowhere_but_into_the_image(
    any_engine: RunningEngine,
    load_image: Callable[[RunningEngine, str], str],
    tmp_path: Path,
    form: str,
) -> None:
    tmp_path.chmod(0o777)
    secret = tmp_path / "secret"
    secret.write_text("the host's")
    secret.chmod(0o666)
    image = load_image(any_engine, "busybox")
    with any_engine.client() as client:
        tag = _import(client, image, form.format(target=tmp_path))
        container = client.containers.create(
            tag,
            ["/usr/bin/busybox", "sh", "-c", "cat /data/secret; echo x > /data/mine; sleep 60"],
            volumes=["/data"],
            working_dir="/room",
        )
        try:
            for path in ("/room/secret", "/sys/secret", "/etc/hosts/secret"):
                with pytest.raises(docker.errors.APIError):
                    container.get_archive(path)
            container.put_archive("/", _tar({"work/mine": b"x"}))
            container.start()
            with pytest.raises(docker.errors.APIError):
                container.get_archive("/room/secret")
            assert b"the host's" not in container.logs()
        except docker.errors.APIError as error:
            # Refused whole is well, too.
            assert "the host's" not in str(error)  # noqa: PT017 - it need not be raised
        finally:
            container.remove(force=True, v=True)
            client.images.remove(tag, force=True)
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]
    assert secret.read_text() == "the host's"


def _import(client: docker.DockerClient, image: str, target: str) -> str:
    """An image of busybox's programs, in which what Docker mounts over are links to ``target``."""
    source = client.containers.create(image)
    try:
        data, _ = source.get_archive("/usr")
        tar = io.BytesIO(b"".join(data))
    finally:
        source.remove()
    with tarfile.open(fileobj=tar, mode="a") as archive:
        for name in LINKS:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    tag = f"links:{uuid.uuid4().hex[:12]}"
    repository, _, version = tag.partition(":")
    client.api.import_image_from_data(tar.getvalue(), repository=repository, tag=version)
    return tag


def _tar(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()
