"""Which endpoints are tried, in which order; the docker command is asked for the same choice."""

import json
import os
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from pausedemo.engine.endpoints import (
    DEFAULT_SOCKET,
    Endpoint,
    Tls,
    list_endpoints,
    normalize_url,
    read_current_context,
)
from pausedemo.errors import EngineUnavailable, UsageError
from pausedemo.host import find_program


def write_context(home, name, host, *, skip=None, files=(), config_dir=None):
    config = config_dir or home / ".docker"
    folder = sha256(name.encode()).hexdigest()
    meta = config / "contexts" / "meta" / folder
    meta.mkdir(parents=True)
    docker = {"Host": host} | ({} if skip is None else {"SkipTLSVerify": skip})
    text = {"Name": name, "Metadata": {}, "Endpoints": {"docker": docker}}
    (meta / "meta.json").write_text(json.dumps(text))
    for part in files:
        tls = config / "contexts" / "tls" / folder / "docker"
        tls.mkdir(parents=True, exist_ok=True)
        (tls / f"{part}.pem").write_text(part)


def choose(home, name, config_dir=None):
    config = config_dir or home / ".docker"
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.json").write_text(json.dumps({"currentContext": name}))


@pytest.fixture
def home(tmp_path):
    """A home with three contexts, of which ``current`` is chosen."""
    write_context(tmp_path, "current", "tcp://current:1")
    write_context(tmp_path, "other", "unix:///other.sock")
    write_context(tmp_path, "tls", "tcp://tls:1", files=("ca", "cert", "key"))
    choose(tmp_path, "current")
    return tmp_path


CHOSEN = [
    ({}, "tcp://current:1"),
    ({"DOCKER_CONTEXT": "other"}, "unix:///other.sock"),
    ({"DOCKER_CONTEXT": ""}, "tcp://current:1"),
    ({"DOCKER_CONTEXT": "default"}, DEFAULT_SOCKET),
    ({"DOCKER_CONTEXT": "other", "DOCKER_HOST": "tcp://host:1"}, "tcp://host:1"),
    ({"DOCKER_HOST": "tcp://host:1"}, "tcp://host:1"),
    ({"DOCKER_HOST": "unix:///x.sock"}, "unix:///x.sock"),
    ({"DOCKER_HOST": "ssh://me@host"}, "ssh://me@host"),
    ({"DOCKER_HOST": "host"}, "tcp://host:2375"),
    ({"DOCKER_HOST": "host:5"}, "tcp://host:5"),
    ({"DOCKER_HOST": ":5"}, "tcp://localhost:5"),
    ({"DOCKER_HOST": "tcp://"}, "tcp://localhost:2375"),
    ({"DOCKER_HOST": "tcp://host:5/path"}, "tcp://host:5/path"),
    ({"DOCKER_HOST": "tcp://[::1]:5"}, "tcp://[::1]:5"),
    ({"DOCKER_HOST": "unix://"}, DEFAULT_SOCKET),
    ({"DOCKER_HOST": " tcp://host:5 "}, "tcp://host:5"),
    ({"DOCKER_HOST": "host", "DOCKER_TLS": "1"}, "tcp://host:2375"),
    ({"DOCKER_CONTEXT": "default", "DOCKER_TLS": "1"}, "tcp://localhost:2376"),
]


def ask_docker(docker, environ, home, *arguments):
    done = subprocess.run(
        [docker, *arguments],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize(("environ", "url"), CHOSEN)
def test_a_chosen_engine_is_the_only_one(environ, url, home):
    search = list_endpoints("auto", environ, home)
    assert [endpoint.url for endpoint in search.endpoints] == [url]
    assert search.chosen


@pytest.mark.parametrize(("environ", "url"), CHOSEN)
def test_the_docker_command_chooses_the_same(environ, url, home):
    docker = find_program("docker")
    if docker is None:
        pytest.skip("no docker command on this machine to compare with")
    version = ask_docker(docker, {}, home, "--version").split()[2]
    if version.startswith("20.") and ("DOCKER_TLS" in environ or "" in environ.values()):
        pytest.skip(f"docker {version} reads the CA here, and takes an empty variable as set")
    (home / ".docker" / "ca.pem").touch()
    shown = ask_docker(
        docker, environ, home, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"
    )
    assert shown == url


def test_nothing_chosen_means_the_default_socket_then_rootless_then_podman(tmp_path):
    search = list_endpoints("auto", {"XDG_RUNTIME_DIR": "/run/user/7"}, tmp_path)
    assert not search.chosen
    assert search.endpoints == (
        Endpoint(DEFAULT_SOCKET, "the default socket"),
        Endpoint("unix:///run/user/7/docker.sock", "rootless Docker's socket"),
        Endpoint(f"unix://{tmp_path}/.docker/run/docker.sock", "rootless Docker's socket"),
        Endpoint("unix:///run/user/7/podman/podman.sock", "podman's socket"),
        Endpoint("unix:///run/podman/podman.sock", "podman's socket"),
    )


def test_without_a_runtime_folder_the_user_s_own_is_looked_at(tmp_path):
    urls = [endpoint.url for endpoint in list_endpoints("podman", {}, tmp_path).endpoints]
    assert urls == [
        f"unix:///run/user/{os.getuid()}/podman/podman.sock",
        "unix:///run/podman/podman.sock",
    ]


def test_docker_leaves_podman_out(tmp_path):
    sources = [endpoint.source for endpoint in list_endpoints("docker", {}, tmp_path).endpoints]
    assert sources == ["the default socket", *["rootless Docker's socket"] * 2]


def test_podman_is_podman_s_sockets_whatever_docker_was_told(home):
    search = list_endpoints("podman", {"DOCKER_HOST": "tcp://h:1"}, home)
    assert {endpoint.source for endpoint in search.endpoints} == {"podman's socket"}


def test_a_url_is_the_engine_and_takes_the_tls_of_the_environment(tmp_path):
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c", "DOCKER_HOST": "tcp://no:1"}
    search = list_endpoints("tcp://yes", environ, tmp_path)
    tls = Tls(Path("/c/ca.pem"), None, None, verify=True)
    assert search.endpoints == (Endpoint("tcp://yes:2375", "the URL given", tls),)
    assert search.chosen


@pytest.mark.parametrize("word", ["dockr", "embedded", "", "npipe:////./pipe/docker", "fd://"])
def test_a_word_that_is_no_engine_is_bad_usage(word, tmp_path):
    with pytest.raises(UsageError):
        list_endpoints(word, {}, tmp_path)


@pytest.mark.parametrize("host", ["tcp://h:port", "tcp://h:99999", "tcp://[::1", "foo://x"])
def test_a_host_that_is_no_url_is_bad_usage(host):
    with pytest.raises(UsageError):
        normalize_url(host)


@pytest.mark.parametrize(
    ("environ", "present", "expected"),
    [
        ({}, (), None),
        ({"DOCKER_TLS_VERIFY": "", "DOCKER_TLS": ""}, (), None),
        ({"DOCKER_CERT_PATH": "{home}/certs"}, ("ca", "cert", "key"), None),
        ({"DOCKER_TLS_VERIFY": "0"}, (), (".docker/ca", None, None, True)),
        ({"DOCKER_TLS": "1"}, (), (".docker/ca", None, None, False)),
        (
            {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "{home}/certs"},
            ("ca", "cert", "key"),
            ("certs/ca", "certs/cert", "certs/key", True),
        ),
    ],
)
def test_tls_of_the_environment(environ, present, expected, tmp_path):
    (tmp_path / "certs").mkdir()
    for part in present:
        (tmp_path / "certs" / f"{part}.pem").write_text(part)
    environ = {name: value.format(home=tmp_path) for name, value in environ.items()}
    (endpoint,) = list_endpoints("auto", {**environ, "DOCKER_HOST": "tcp://h"}, tmp_path).endpoints
    if expected is None:
        assert endpoint.tls is None
        return
    ca, cert, key = (tmp_path / f"{part}.pem" if part else None for part in expected[:3])
    assert endpoint.tls == Tls(ca, cert, key, expected[3])


def test_a_local_socket_never_takes_tls(tmp_path):
    environ = {"DOCKER_TLS_VERIFY": "1", "DOCKER_HOST": "unix:///x.sock"}
    assert list_endpoints("auto", environ, tmp_path).endpoints[0].tls is None


@pytest.mark.parametrize(
    ("skip", "files", "parts", "verify"),
    [
        (None, (), None, None),
        (False, (), None, None),
        (True, (), (None, None, None), False),
        (False, ("ca",), ("ca", None, None), True),
        (True, ("ca", "cert", "key"), ("ca", "cert", "key"), False),
        (None, ("cert", "key"), (None, "cert", "key"), True),
    ],
)
def test_tls_of_a_context(skip, files, parts, verify, tmp_path):
    write_context(tmp_path, "c", "tcp://h:1", skip=skip, files=files)
    (endpoint,) = list_endpoints("auto", {"DOCKER_CONTEXT": "c"}, tmp_path).endpoints
    if parts is None:
        assert endpoint.tls is None
        return
    folder = tmp_path / ".docker/contexts/tls" / sha256(b"c").hexdigest() / "docker"
    ca, cert, key = (folder / f"{part}.pem" if part else None for part in parts)
    assert endpoint.tls == Tls(ca, cert, key, verify)


def test_the_configuration_folder_can_be_elsewhere(home, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    write_context(home, "there", "tcp://there:1", config_dir=elsewhere)
    choose(home, "there", config_dir=elsewhere)
    search = list_endpoints("auto", {"DOCKER_CONFIG": str(elsewhere)}, home)
    assert search.endpoints[0].url == "tcp://there:1"


@pytest.mark.parametrize(
    "config",
    [b"{bad", b"[]", b"5", b"", b'{"currentContext": 5}', b'{"currentContext": ""}', b"\xff"],
)
def test_a_broken_configuration_file_chooses_nothing(config, tmp_path):
    (tmp_path / "config.json").write_bytes(config)
    assert read_current_context(tmp_path) == "default"


def test_a_context_that_is_not_there_is_named(home):
    with pytest.raises(EngineUnavailable) as caught:
        list_endpoints("auto", {"DOCKER_CONTEXT": "nope"}, home)
    assert caught.value.tried == (
        ("context nope (from DOCKER_CONTEXT)", "there is no such context"),
    )


@pytest.mark.parametrize(
    "meta",
    [
        b"{",
        b"[]",
        b'{"Endpoints": {}}',
        b'{"Endpoints": {"docker": {}}}',
        b'{"Endpoints": {"docker": 5}}',
        b'{"Endpoints": {"docker": {"Host": 5}}}',
        b'{"Endpoints": {"docker": {"Host": "foo://x"}}}',
    ],
)
def test_a_broken_context_is_no_engine_and_no_traceback(meta, tmp_path):
    folder = tmp_path / ".docker/contexts/meta" / sha256(b"c").hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_bytes(meta)
    with pytest.raises(EngineUnavailable, match=r"context c .*meta\.json"):
        list_endpoints("auto", {"DOCKER_CONTEXT": "c"}, tmp_path)
