from __future__ import annotations

import asyncio
import json

import pytest

from pausedemo.embedded.api.volumes import VolumesApi
from pausedemo.embedded.volumes import Volumes
from tests.embedded.api.serving import Heard, serving


@pytest.fixture
def volumes(tmp_path):
    volumes = Volumes(tmp_path)
    volumes.create("one", labels={"a": "b"})
    volumes.create("two")
    volumes.create()
    volumes.hold("two", "c" * 64)
    return volumes


def ask(volumes, method, path, **options):
    """Status, answer and events of one request."""

    async def run():
        heard = Heard()
        async with serving(VolumesApi(volumes, heard).routes()) as client:
            response = await client.request(method, path, **options)
            text = await response.text()
            return response.status, json.loads(text) if text else None, heard.events

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"name": ["o"]}, ["one", "two"]),
        ({"name": {"two": True}}, ["two"]),
        ({"label": ["a=b"]}, ["one"]),
        ({"dangling": ["false"]}, ["two"]),
        ({"dangling": ["1"], "name": ["o"]}, ["one"]),
        ({"driver": ["nfs"]}, []),
    ],
)
def test_list_chooses(volumes, filters, names):
    status, answer, _ = ask(volumes, "GET", "/volumes", params={"filters": json.dumps(filters)})
    assert status == 200
    assert [volume["Name"] for volume in answer["Volumes"]] == names
    assert answer["Warnings"] is None


def test_create_answers_201_and_tells_it_once(volumes):
    body = {"Name": "new", "Driver": "local", "Labels": {"k": "v"}, "DriverOpts": None}
    status, answer, events = ask(volumes, "POST", "/volumes/create", json=body)
    assert (status, answer["Name"], answer["Labels"]) == (201, "new", {"k": "v"})
    assert events == [("volume", "create", "new", {"driver": "local"})]
    assert ask(volumes, "POST", "/volumes/create", json=body) == (201, answer, [])


@pytest.mark.parametrize("body", ["", "[]", '{"Name": 7}', '{"Labels": ["a"]}'])
def test_create_refuses_what_is_no_such_object(volumes, body):
    assert ask(volumes, "POST", "/volumes/create", data=body)[0] == 400


def test_remove(volumes):
    assert ask(volumes, "DELETE", "/volumes/one") == (
        204,
        None,
        [("volume", "destroy", "one", {"driver": "local"})],
    )
    missing = {"message": "get one: no such volume"}
    assert ask(volumes, "GET", "/volumes/one") == (404, missing, [])
    assert ask(volumes, "DELETE", "/volumes/one") == (404, missing, [])
    assert ask(volumes, "DELETE", "/volumes/one?force=1") == (204, None, [])
    used = {"message": f"remove two: volume is in use - [{'c' * 64}]"}
    assert ask(volumes, "DELETE", "/volumes/two") == (409, used, [])


def test_prune_takes_all_that_nobody_holds(volumes):
    status, answer, events = ask(volumes, "POST", "/volumes/prune")
    assert (status, len(answer["VolumesDeleted"]), answer["SpaceReclaimed"]) == (200, 2, 0)
    assert [event[1] for event in events] == ["destroy", "destroy", "prune"]
    assert ask(volumes, "POST", "/volumes/prune")[1]["VolumesDeleted"] is None


def test_prune_keeps_labels_that_are_excepted(volumes):
    filters = json.dumps({"label!": ["a"]})
    answer = ask(volumes, "POST", "/volumes/prune", params={"filters": filters})[1]
    assert len(answer["VolumesDeleted"]) == 1
    assert volumes.get("one")
