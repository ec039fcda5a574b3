"""The handlers as the docker SDK sees them, over a unix socket."""

from __future__ import annotations

import asyncio
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import pytest
import requests
from aiohttp import web
from aiohttp.typedefs import Handler

from pausedemo.embedded.api.images import ImagesApi
from pausedemo.embedded.errors import ApiError
from tests.embedded.images.registries import make_manifest, push
from tests.embedded.images.tars import (
    digest,
    entry,
    link,
    make_config,
    make_docker_archive,
    make_tar,
)

LOW = make_tar(entry("low", b"12345"))
CONFIG = make_config(LOW)
ARCHIVE = make_docker_archive(CONFIG, (LOW,), ["a:1"])


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """As the server does: errors become JSON."""
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response({"message": error.message}, status=error.status)


@contextmanager
def serving(store, events, socket) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    app = web.Application(middlewares=[answer_errors], client_max_size=0)
    app.add_routes(ImagesApi(store, events).routes())
    outer = web.Application()
    outer.add_subapp("/v1.41", app)
    runner = web.AppRunner(outer)

    async def start() -> None:
        await runner.setup()
        await web.UnixSite(runner, str(socket)).start()

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@pytest.fixture
def client(store, events, tmp_path):
    with serving(store, events, tmp_path / "s"):
        made = docker.APIClient(f"unix://{tmp_path / 's'}", version="1.41", timeout=20)
        yield made
        made.close()


def test_load_list_inspect_history_tag_and_remove(client, events):
    lines = list(client.load_image(ARCHIVE))
    assert [line.get("status") for line in lines] == ["Loading layer", None]
    assert lines[-1] == {"stream": "Loaded image: a:1\n"}
    (row,) = client.images()
    assert (row["Id"], row["RepoTags"]) == (digest(CONFIG), ["a:1"])
    assert client.images(name="b") == []
    assert client.inspect_image("a:1")["Config"]["Cmd"] == ["/pause"]
    assert client.history("a:1")[0]["CreatedBy"] == "COPY pause"
    assert client.tag("a:1", "localhost:5/x/b", "2")
    assert client.inspect_image("localhost:5/x/b:2")["RepoTags"] == ["a:1", "localhost:5/x/b:2"]
    assert client.remove_image("localhost:5/x/b:2") == [{"Untagged": "localhost:5/x/b:2"}]
    assert [list(one) for one in client.remove_image("a:1")] == [
        ["Untagged"], ["Deleted"], ["Deleted"],
    ]  # fmt: skip
    assert events.actions == ["load", "tag", "untag", "untag", "delete"]
    assert client.prune_images() == {"ImagesDeleted": None, "SpaceReclaimed": 0}


def test_what_is_saved_can_be_loaded(client):
    list(client.load_image(ARCHIVE))
    saved = b"".join(client.get_image("a:1"))
    client.remove_image("a:1")
    list(client.load_image(saved))
    assert client.inspect_image("a:1")["Id"] == digest(CONFIG)
    answer = client.get(client._url("/images/get"), params={"names": ["a:1", digest(CONFIG)]})
    assert answer.content == saved


def test_an_import_makes_an_image_of_a_file_system(client, store):
    lines = client.import_image_from_data(
        LOW, repository="imported", tag="1", changes=['CMD ["/x", "y"]', "ENV A=1 B='2 3'"]
    )
    image_id = json.loads(lines.splitlines()[-1])["status"]
    shown = client.inspect_image("imported:1")
    assert (shown["Id"], shown["Comment"]) == (image_id, "Imported from -")
    assert shown["Config"]["Cmd"] == ["/x", "y"]
    assert shown["Config"]["Env"] == ["A=1", "B=2 3"]
    assert (store.get(image_id).layer_dirs()[0] / "low").read_bytes() == b"12345"


def test_a_pull_sends_its_progress(client, registry):
    push(registry, "t/a", "1", make_manifest(CONFIG, LOW), CONFIG, LOW)
    lines = list(client.pull(f"{registry}/t/a", tag="1", stream=True, decode=True))
    assert lines[-1] == {"status": f"Status: Downloaded newer image for {registry}/t/a:1"}
    assert client.inspect_image(f"{registry}/t/a:1")["Id"] == digest(CONFIG)
    with pytest.raises(docker.errors.NotFound, match="manifest unknown"):
        client.pull(f"{registry}/t/a", tag="2")


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        ("GET", "/images/a%2Fb/json", 404, "no such image: a/b: No such image: a/b:latest"),
        ("GET", "/images/a/b:2/history", 404, "No such image: a/b:2"),
        ("GET", "/images/A/json", 400,
         "invalid reference format: repository name must be lowercase"),
        ("GET", "/images/a/get", 404, "No such image: a:latest"),
        ("GET", "/images/get", 400, "no images to save: names is empty"),
        ("GET", "/images/json?filters=%7B%22x%22%3A%5B%221%22%5D%7D", 400, "Invalid filter 'x'"),
        ("POST", "/images/a/tag?repo=b", 404, "No such image: a:latest"),
        ("DELETE", "/images/a:1?force=1", 404, "No such image: a:1"),
        ("POST", "/images/create?fromSrc=http://127.0.0.1/x", 501,
         "import from a URL is not supported: send the archive itself"),
        ("POST", "/images/create?fromSrc=-&changes=RUN%20x", 400,
         "run is not a valid change command"),
        ("POST", "/images/create?fromImage=a&platform=windows", 501,
         "this engine runs linux/ARCH only, not windows"),
    ],
)  # fmt: skip
def test_errors_have_dockerds_status_and_words(client, method, path, status, message):
    answer = client.request(method, client.base_url + "/v1.41" + path)
    said = re.sub("linux/[a-z0-9]+", "linux/ARCH", answer.json()["message"])
    assert (answer.status_code, said) == (status, message)


def test_what_cannot_be_loaded_is_told_in_the_answer(client):
    said = "archive has no image: neither manifest.json nor index.json is in it"
    answer = client.post(client._url("/images/load"), data=b"")
    assert answer.status_code == 200
    assert answer.json() == {"errorDetail": {"message": said}, "error": said}


def test_a_hostile_import_leaves_nothing(client, store, tmp_path):
    evil = make_tar(entry("good", b"x"), link("l", "/etc"), entry("l/passwd", b""))
    answer = client.post(
        client._url("/images/create"), params={"fromSrc": "-", "repo": "x"}, data=io.BytesIO(evil)
    )
    assert answer.status_code == 400
    assert store.images() == []
    assert not any((tmp_path / "store/layers").iterdir())


def test_an_upload_that_breaks_off_leaves_nothing(client, store, tmp_path):
    def cut():
        yield ARCHIVE[:2000]
        raise ValueError("cut")

    with pytest.raises((ValueError, requests.exceptions.RequestException)):
        client.post(client._url("/images/load"), data=cut())
    client.images()
    assert store.images() == []
    assert list((tmp_path / "store/layers").iterdir()) == []


def test_ids_and_beginnings_name_images_everywhere(client):
    list(client.load_image(ARCHIVE))
    short = digest(CONFIG)[7:19]
    assert client.inspect_image(short)["Id"] == digest(CONFIG)
    client.tag(short, "c")
    assert client.images(filters={"reference": "c"})[0]["RepoTags"] == ["c:latest"]
