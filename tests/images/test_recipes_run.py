"""What the recipes build, run for real."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from pausedemo.engine.docker import DockerEngine
from pausedemo.images.catalog import Catalog
from pausedemo.images.resolve import ResolvedImage

pytestmark = pytest.mark.engine

Start = Callable[..., str]
Resolve = Callable[[str], ResolvedImage]
WAIT_S = 60


def run(engine: DockerEngine, container: str, *argv: str) -> str:
    result = engine.exec(container, argv, timeout_s=30)
    assert result.exit_code == 0, result
    return (result.stdout + result.stderr).decode()


def fetch(engine: DockerEngine, container: str, url: str) -> str:
    """The page, as a program inside the container gets it; tried until it is there."""
    deadline = time.monotonic() + WAIT_S
    while True:
        result = engine.exec(container, ("wget", "-q", "-O", "-", url), timeout_s=30)
        if result.exit_code == 0:
            return result.stdout.decode()
        assert time.monotonic() < deadline, result
        time.sleep(0.1)


def read_title(page: str) -> str | None:
    found = re.search("<title>(.*?)</title>", page)
    return found and found[1]


def read_commands(engine: DockerEngine, container: str) -> list[str]:
    rows = run(engine, container, "ps", "-o", "args").splitlines()[1:]
    return [row.rstrip() for row in rows if not row.startswith("ps ")]


def test_busybox_has_the_programs_of_the_article(
    engine: DockerEngine, resolve: Resolve, start: Start
) -> None:
    container = start(resolve("busybox"), "sleep", "3600")
    rows = run(engine, container, "ps", "aux").splitlines()
    assert rows[0].split() == ["PID", "USER", "COMMAND"]
    assert rows[1].split() == ["1", "root", "sleep", "3600"]
    rows = run(engine, container, "ps", "-o", "pid,ppid,stat,args").splitlines()
    assert rows[1].split() == ["1", "0", "S", "sleep", "3600"]
    assert run(engine, container, "id", "-u", "nobody") == "65534\n"
    assert run(engine, container, "readlink", "/proc/1/ns/net").startswith("net:[")
    trap = "trap 'echo got it; exit 0' TERM; kill -TERM $$; sleep 5"
    assert run(engine, container, "sh", "-c", trap) == "got it\n"
    assert run(engine, container, "stat", "-c", "%a", "/tmp") == "1777\n"
    for program in ("nc", "wget", "httpd", "ls", "cat", "netstat"):
        assert run(engine, container, "which", program) == f"/usr/bin/{program}\n"


def test_netstat_shows_the_listeners_of_others_without_their_processes(
    engine: DockerEngine, resolve: Resolve, start: Start
) -> None:
    busybox = resolve("busybox")
    server = start(busybox, "httpd", "-f", "-p", "0.0.0.0:8080")
    other = start(busybox, "sleep", "3600", network=f"container:{server}")
    deadline = time.monotonic() + WAIT_S
    while len(rows := run(engine, other, "netstat", "-ntlp").splitlines()) < 3:
        assert time.monotonic() < deadline, rows
    assert rows[1].split()[-2:] == ["PID/Program", "name"]
    assert rows[2].split() == ["tcp", "0", "0", "0.0.0.0:8080", "0.0.0.0:*", "LISTEN", "-"]
    assert run(engine, server, "netstat", "-ntlp").split()[-1] == "1/httpd"


def test_nginx_shows_its_page_and_reloads_as_the_article_does(
    engine: DockerEngine, resolve: Resolve, start: Start
) -> None:
    image = resolve("nginx:1.9.1")
    facts = Catalog().find("nginx:1.9.1").facts
    assert facts
    assert image.substitute
    container = start(image)
    assert read_title(fetch(engine, container, f"http://127.0.0.1:{facts.port}/")) == facts.title
    assert read_commands(engine, container) == list(facts.commands)
    said = run(engine, container, "nginx", "-v")
    assert said.strip() == f"nginx version: nginx/{image.version.partition('-')[0]}"
    site = b"server { listen 80 default_server; location / { return 200 ours; } }\n"
    engine.put_file(container, "/etc/nginx/conf.d/example.conf", site, 0o644)
    said = run(engine, container, "nginx", "-t")
    assert "syntax is ok" in said
    assert "test is successful" in said
    assert "signal process started" in run(engine, container, "nginx", "-s", "reload")
    deadline = time.monotonic() + WAIT_S
    while fetch(engine, container, "http://127.0.0.1/") != "ours":
        assert time.monotonic() < deadline


def test_ghost_is_ghost(engine: DockerEngine, resolve: Resolve, start: Start) -> None:
    image = resolve("ghost:3.21")
    facts = Catalog().find("ghost:3.21").facts
    assert facts
    assert (image.substitute, image.version) == (True, "5.130.6")
    container = start(image)
    assert read_commands(engine, container) == list(facts.commands)
    assert run(engine, container, "id", "-u") == f"{facts.uid}\n"
    assert run(engine, container, "cat", "/proc/1/status").split("Uid:")[1].split()[0] == "1000"
    page = fetch(engine, container, f"http://127.0.0.1:{facts.port}/")
    assert read_title(page) == facts.title


def test_pause_runs_as_nobody_in_particular(
    engine: DockerEngine, resolve: Resolve, start: Start
) -> None:
    image = resolve("pause")
    container = start(image)
    engine.stop_container(container, grace_s=5)
    assert engine.inspect_container(container).exit_code == 0
    assert image.version == "1.0"
