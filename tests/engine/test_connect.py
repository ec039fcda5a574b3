"""Endpoints that answer, or say clearly why not: silent, absent, wrong, and over TLS."""

import contextlib
import os
import socket
import subprocess
import threading
import time
from importlib.util import find_spec

import pytest
from docker.errors import DockerException

from pausedemo.engine import connect as connecting
from pausedemo.engine.connect import connect, explain, find_endpoint, probe
from pausedemo.engine.endpoints import Endpoint
from pausedemo.engine.private import prepare_machine
from pausedemo.engine.remains import make_bridge, remove_bridge
from pausedemo.errors import EngineUnavailable, PausedemoError
from pausedemo.host import Tool, find_program, require
from tests.engine.test_endpoints import choose, write_context

START_TIMEOUT_S = 30


@contextlib.contextmanager
def listening(path, serve=None):
    """A Unix socket that accepts connections, and then does what ``serve`` does with each."""
    accepted = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def accept():
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = server.accept()
                    accepted.append(peer)
                    if serve:
                        serve(peer)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()
            for peer in accepted:
                peer.close()


def answer(body):
    def serve(peer):
        if not peer.recv(4096):
            return
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        peer.sendall(head.encode() + body)
        peer.close()

    return serve


def test_an_engine_that_accepts_and_never_answers_does_not_hold_us(tmp_path):
    path = tmp_path / "s"
    began = time.monotonic()
    with listening(path):
        why = probe(Endpoint(f"unix://{path}", "test"), timeout_s=1)
    assert why == "it accepts connections but did not answer in time"
    assert time.monotonic() - began < 60


@pytest.mark.skipif(find_program("ssh") is None, reason="no ssh on this machine")
def test_ssh_to_a_host_that_accepts_and_never_answers_does_not_hold_us():
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ssh://nobody@127.0.0.1:{silent.getsockname()[1]}"
        why = probe(Endpoint(url, "test"), timeout_s=1)
    assert why is not None
    assert "timed out" in why
    assert time.monotonic() - began < 60


@pytest.mark.skipif(find_spec("paramiko") is not None, reason="paramiko is installed here")
def test_ssh_without_its_library_says_how_to_get_it():
    client = Endpoint("ssh://nobody@127.0.0.1:1", "test")
    with pytest.raises(DockerException) as caught:
        connecting.make_client(client, 1)
    assert explain(caught.value) == ("ssh needs one more library: pip install 'pausedemo[ssh]'")


@pytest.mark.parametrize(
    "body", [b"hello", b"{}", b'{"ApiVersion": 5}', b"[]", b'{"ApiVersion":"x"}']
)
def test_something_else_that_answers_is_not_taken_for_an_engine(body, tmp_path):
    path = tmp_path / "s"
    with listening(path, answer(body)):
        why = probe(Endpoint(f"unix://{path}", "test"), timeout_s=2)
    assert why == "what answers there is not a Docker Engine API"


def test_a_socket_that_nobody_serves_is_told_from_one_that_is_not_there(tmp_path):
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "left"))
    assert probe(Endpoint(f"unix://{tmp_path}/left", "test")) == "nothing listens there"
    assert probe(Endpoint(f"unix://{tmp_path}/none", "test")) == "there is no such socket"


def test_a_chosen_engine_that_does_not_answer_is_not_replaced(tmp_path):
    environ = {"DOCKER_HOST": f"unix://{tmp_path}/none"}
    with pytest.raises(EngineUnavailable) as caught:
        find_endpoint("auto", environ, tmp_path)
    what = f"unix://{tmp_path}/none (DOCKER_HOST)"
    assert caught.value.tried == ((what, "there is no such socket"),)
    assert "chosen by DOCKER_HOST" in caught.value.remedy


def test_no_engine_at_all_names_every_place_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("pausedemo.engine.endpoints.DEFAULT_SOCKET", f"unix://{tmp_path}/default")
    with pytest.raises(EngineUnavailable) as caught:
        find_endpoint("docker", {"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path)
    assert str(caught.value).splitlines() == [
        "no engine answers",
        f"  tried unix://{tmp_path}/default (the default socket): there is no such socket",
        f"  tried unix://{tmp_path}/docker.sock (rootless Docker's socket): "
        "there is no such socket",
        f"  tried unix://{tmp_path}/.docker/run/docker.sock (rootless Docker's socket): "
        "there is no such socket",
        f"  {connecting.START_DOCKER}",
    ]


def test_the_next_socket_is_tried_when_one_does_not_answer(tmp_path, engine_socket, monkeypatch):
    monkeypatch.setattr("pausedemo.engine.endpoints.DEFAULT_SOCKET", f"unix://{tmp_path}/default")
    (tmp_path / "docker.sock").symlink_to(engine_socket)
    endpoint = find_endpoint("auto", {"XDG_RUNTIME_DIR": str(tmp_path)}, tmp_path)
    assert endpoint == Endpoint(f"unix://{tmp_path}/docker.sock", "rootless Docker's socket")


# A real dockerd on TCP with certificates


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True, timeout=60)


def make_certificates(folder):
    """ca.pem, a server for 127.0.0.1, and a client's cert.pem and key.pem."""
    folder.mkdir()
    subject = ["-newkey", "rsa:2048", "-nodes", "-subj"]
    openssl(
        folder,
        *["req", "-x509", *subject, "/CN=test CA", "-days", "2"],
        *["-addext", "keyUsage=keyCertSign,cRLSign", "-keyout", "ca-key.pem", "-out", "ca.pem"],
    )
    for name, cert, key, extension in (
        ("server", "server.pem", "server-key.pem", "subjectAltName=IP:127.0.0.1"),
        ("client", "cert.pem", "key.pem", "extendedKeyUsage=clientAuth"),
    ):
        openssl(folder, "req", *subject, f"/CN={name}", "-keyout", key, "-out", f"{name}.csr")
        (folder / "extensions").write_text(
            f"{extension}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
        )
        openssl(
            folder,
            *["x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca-key.pem"],
            *["-CAcreateserial", "-days", "2", "-extfile", "extensions", "-out", cert],
        )
    return folder


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    require(Tool("openssl", "openssl"))
    return make_certificates(tmp_path_factory.mktemp("tls") / "right")


@pytest.fixture(scope="module")
def dockerd(tmp_path_factory, certificates):
    """A dockerd on a socket and on TCP with TLS, clients verified: (socket, port)."""
    try:
        prepare_machine()
    except PausedemoError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no dockerd for this test: {error}")
    folder = tmp_path_factory.mktemp("dockerd")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    path = folder / "docker.sock"
    bridge = f"pdtls{os.getpid()}"
    make_bridge(bridge)
    (folder / "daemon.json").write_text("{}")
    command = [
        str(find_program("dockerd")),
        *("--host", f"unix://{path}", "--host", f"tcp://127.0.0.1:{port}"),
        *("--tlsverify", "--tlscacert", str(certificates / "ca.pem")),
        *("--tlscert", str(certificates / "server.pem")),
        *("--tlskey", str(certificates / "server-key.pem")),
        *("--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")),
        *("--pidfile", str(folder / "pid"), "--config-file", str(folder / "daemon.json")),
        # Not none: a dockerd without a bridge deletes docker0, which may be another engine's.
        *("--bridge", bridge, "--iptables=false", "--ip-forward=false"),
        *("--containerd-namespace", f"test{os.getpid()}"),
    ]
    environ = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
    for name in [name for name in environ if name.startswith("DOCKER_")]:
        del environ[name]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environ)
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while probe(Endpoint(f"unix://{path}", "test"), timeout_s=2) is not None:
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, (folder / "log").read_text()[-2000:]
        yield path, port
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        remove_bridge(bridge)


@pytest.fixture
def engine_socket(dockerd):
    return dockerd[0]


@pytest.fixture
def port(dockerd):
    return dockerd[1]


def docker_server_version(environ, home):
    """What the docker command says of the engine it finds; empty when it finds none."""
    docker = find_program("docker")
    assert docker, "docker.io brings the docker command"
    done = subprocess.run(
        [docker, "version", "--format", "{{.Server.Version}}"],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def assert_engine_answers(environ, home, url):
    engine = connect("auto", environ, home)
    try:
        assert engine.url == url
        version = engine.describe().version
    finally:
        engine.close()
    assert version == docker_server_version(environ, home) != ""


@pytest.mark.engine
def test_docker_host_with_tls_reaches_the_engine_as_the_docker_command_does(
    port, certificates, tmp_path, monkeypatch
):
    # requests would take this bundle for the engine's CA, against our own settings.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    environ = {
        "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(certificates),
    }
    assert_engine_answers(environ, tmp_path, f"tcp://127.0.0.1:{port}")


@pytest.mark.engine
def test_a_context_with_tls_reaches_the_engine_as_the_docker_command_does(
    port, certificates, tmp_path
):
    url = f"tcp://127.0.0.1:{port}"
    write_context(tmp_path, "far", url, skip=False, files=("ca", "cert", "key"))
    for stored in tmp_path.rglob("contexts/tls/*/docker/*.pem"):
        stored.write_bytes((certificates / stored.name).read_bytes())
    choose(tmp_path, "far")
    assert_engine_answers({}, tmp_path, url)
    assert_engine_answers({"DOCKER_CONTEXT": "far"}, tmp_path, url)


@pytest.mark.engine
@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "its certificate is not trusted: unable to get local issuer certificate"),
        ({"ca": "ca.pem", "cert": None}, "it refused our client certificate"),
        ({"ca": None}, "no such file: "),
    ],
)
def test_tls_that_does_not_fit_is_refused_and_said(
    settings, why, port, certificates, tmp_path, monkeypatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "ca.pem"))
    wrong = make_certificates(tmp_path / "wrong")
    folder = tmp_path / "mixed"
    folder.mkdir()
    if settings.get("ca", "wrong") is not None:
        source = certificates if settings.get("ca") else wrong
        (folder / "ca.pem").write_bytes((source / "ca.pem").read_bytes())
    if settings.get("cert", "right") is not None:
        for name in ("cert.pem", "key.pem"):
            (folder / name).write_bytes((certificates / name).read_bytes())
    environ = {
        "DOCKER_HOST": f"tcp://127.0.0.1:{port}",
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(folder),
    }
    with pytest.raises(EngineUnavailable) as caught:
        connect("auto", environ, tmp_path)
    ((what, reason),) = caught.value.tried
    assert what == f"tcp://127.0.0.1:{port} (DOCKER_HOST)"
    assert reason.startswith(why)
    assert docker_server_version(environ, tmp_path) == ""


@pytest.mark.engine
def test_plain_tcp_to_an_engine_that_wants_tls_says_what_to_set(port, tmp_path):
    with pytest.raises(EngineUnavailable, match="DOCKER_TLS_VERIFY"):
        connect("auto", {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}, tmp_path)
