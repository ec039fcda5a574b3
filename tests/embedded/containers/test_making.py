"""A container's configuration out of the request and the image, and bodies of the wrong kind."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.making import merge_config, open_log, parse_size
from pausedemo.embedded.errors import BadParameter, NotSupported

IMAGE = {
    "Entrypoint": ["/entry"],
    "Cmd": ["serve"],
    "Env": ["PATH=/bin", "A=image"],
    "User": "app",
    "WorkingDir": "/srv",
    "Labels": {"from": "image", "both": "image"},
    "Volumes": {"/data": {}},
    "ExposedPorts": {"80/tcp": {}},
    "StopSignal": "SIGQUIT",
    "Healthcheck": {"Test": ["CMD", "true"], "Interval": 5, "Retries": 3},
}


# moby, daemon/commit.go, merge; daemon/container.go, mergeAndVerifyConfig.
@pytest.mark.parametrize(
    ("asked", "entrypoint", "command"),
    [
        ({}, ["/entry"], ["serve"]),
        ({"Cmd": ["other"]}, ["/entry"], ["other"]),
        ({"Cmd": []}, ["/entry"], ["serve"]),
        ({"Cmd": "one word"}, ["/entry"], ["one word"]),
        # An entrypoint of its own takes the image's command away.
        ({"Entrypoint": ["sh"]}, ["sh"], None),
        ({"Entrypoint": ["sh"], "Cmd": ["-c", "x"]}, ["sh"], ["-c", "x"]),
        ({"Entrypoint": []}, [], ["serve"]),
        ({"Entrypoint": [""], "Cmd": ["x"]}, None, ["x"]),
        ({"Entrypoint": ""}, None, None),
    ],
)
def test_entrypoint_and_command_are_merged_as_dockerd_does(asked, entrypoint, command):
    merged = merge_config(asked, IMAGE)
    assert (merged["Entrypoint"], merged["Cmd"]) == (entrypoint, command)


def test_what_the_request_leaves_out_is_the_image_s():
    merged = merge_config({}, IMAGE)
    same = ("Env", "User", "WorkingDir", "Labels", "Volumes", "ExposedPorts", "StopSignal")
    assert {key: merged[key] for key in same} == {key: IMAGE[key] for key in same}
    assert merged["Healthcheck"] == IMAGE["Healthcheck"]


def test_what_the_request_says_is_laid_over_the_image():
    asked = {
        "Env": ["A=own"],
        "User": "1000",
        "WorkingDir": "/tmp",
        "Labels": {"both": "own", "own": "own"},
        "Volumes": {"/more": {}},
        "ExposedPorts": {"53/udp": {}},
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": [], "Interval": 9},
    }
    merged = merge_config(asked, IMAGE)
    assert {key: merged[key] for key in asked} == {
        "Env": ["A=own", "PATH=/bin"],
        "User": "1000",
        "WorkingDir": "/tmp",
        "Labels": {"from": "image", "both": "own", "own": "own"},
        "Volumes": {"/data": {}, "/more": {}},
        "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
        "StopSignal": "SIGINT",
        "Healthcheck": {"Test": ["CMD", "true"], "Interval": 9, "Retries": 3},
    }


def test_merging_leaves_the_image_alone():
    before = repr(IMAGE)
    merged = merge_config({"Labels": {"own": "x"}, "Env": ["B=1"]}, IMAGE)
    merged["Labels"]["later"] = merged["ExposedPorts"]["1/tcp"] = "changed"
    assert repr(IMAGE) == before


def test_an_image_that_says_nothing_leaves_docker_s_defaults():
    merged = merge_config({"Cmd": ["x"]}, {})
    assert merged["StopSignal"] == "SIGTERM"
    assert (merged["User"], merged["WorkingDir"], merged["Env"]) == ("", "", [])
    assert (merged["Volumes"], merged["Healthcheck"], merged["Labels"]) == (None, None, {})
    assert (merged["AttachStdin"], merged["AttachStdout"]) == (False, True)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("32b", 32),
        ("10k", 10_000),
        ("10m", 10_000_000),
        ("10MB", 10_000_000),
        ("10 MiB", 10_000_000),
        ("1.5g", 1_500_000_000),
        ("2T", 2 * 10**12),
    ],
)
def test_a_size_is_read_as_go_units_does(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "m", "-1", "0", "0.0k", "10mm", "10ib", "10bb", "1,5m", "\u0661", "nan", "1e3"]
)
def test_a_size_that_is_none_is_refused(text):
    with pytest.raises(BadParameter):
        parse_size(text)


def test_no_log_is_kept_where_none_is_wanted(tmp_path):
    assert open_log(tmp_path, {"Type": "none"}) is None


@pytest.mark.parametrize("wanted", [{}, {"Type": ""}, {"Type": "local", "Config": None}])
def test_a_log_is_kept_where_nothing_else_is_said(tmp_path, wanted):
    log = open_log(tmp_path, wanted)
    assert log is not None
    log.write("stdout", b"line\n", 1)
    log.close()
    assert [one.name for one in tmp_path.iterdir()] == ["log.json"]


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        ({"Type": "syslog"}, BadParameter),
        ({"Type": "json-file", "Config": {"labels": "x"}}, NotSupported),
        ({"Type": "json-file", "Config": {"max-file": "0"}}, BadParameter),
        ({"Type": "json-file", "Config": {"max-file": "x"}}, BadParameter),
        ({"Type": "json-file", "Config": {"max-size": "x"}}, BadParameter),
        ({"Type": "json-file", "Config": {"max-size": [1]}}, BadParameter),
    ],
)
def test_a_log_that_cannot_be_kept_so_is_refused_and_leaves_nothing(tmp_path, wanted, error):
    with pytest.raises(error):
        open_log(tmp_path, wanted)
    assert list(tmp_path.iterdir()) == []
