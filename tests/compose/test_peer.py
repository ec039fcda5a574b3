"""Our observers read the same facts from Compose's pod as from our own."""

from __future__ import annotations

from pausedemo.core.outputs.netstat import parse_netstat
from pausedemo.core.outputs.page import parse_title
from pausedemo.core.outputs.ps import parse_ps
from pausedemo.engine.port import ContainerState
from pausedemo.errors import PausedemoError
from pausedemo.scenario.node import HttpAnswer, Node
from tests.compose.conftest import MEMBERS, Peer
from tests.waiting import wait_until

PROXY = b"""
server {
  listen 80 default_server;
  location / { proxy_pass http://127.0.0.1:2368; }
}
"""
KINDS = ("net", "pid", "ipc", "uts", "mnt")


def read_commands(pod: Peer) -> list[tuple[int | None, str]]:
    """Each process's command, and its pid where that is the same in every such pod: PID 1."""
    rows = parse_ps(pod.shell("ps", "aux"))
    return sorted((row.pid if row.pid == 1 else 0, row.command) for row in rows)


def read_listeners(pod: Peer) -> set[tuple[str, str, int, str | None, str]]:
    """Sockets that listen, and the first word of their program, where busybox may know it."""
    return {
        (
            *(row.protocol, row.address, row.port, row.state),
            # netstat cuts pid and name together: after a longer pid comes less of the name.
            row.program.name.partition(":")[0] if row.program else "-",
        )
        for row in parse_netstat(pod.shell("netstat", "-ntlp"))
    }


def read_sharing(pod: Peer, node: Node) -> dict[str, int]:
    """Of each kind of namespace, how many different ones the four containers are in."""
    inodes = [node.namespaces(pod.containers[name].pid, KINDS)[1] for name in MEMBERS]
    return {kind: len({one[kind] for one in inodes}) for kind in KINDS}


def ask(pod: Peer, node: Node) -> HttpAnswer | None:
    try:
        return node.get(pod.containers["pause"].ip, 80, "/", 10)
    except PausedemoError:
        return None  # not yet


def wait_until_it_serves(pod: Peer) -> None:
    wait_until(
        "nginx and ghost listen",
        lambda: {80, 2368} <= {port for _, _, port, _, _ in read_listeners(pod)},
    )


def test_who_joined_whom_is_read_off_the_engine(pod: Peer) -> None:
    joined = f"container:{pod.containers['pause'].id}"
    for name in ("busybox", "ghost", "nginx"):
        info = pod.containers[name]
        assert (info.network_mode, info.pid_mode, info.ipc_mode) == (joined, joined, joined), name
        assert (info.ip, info.state) == ("", ContainerState.RUNNING)
    pause = pod.containers["pause"]
    assert (pause.pid_mode, pause.ipc_mode) == ("", "shareable")
    assert pause.ip


def test_namespaces_are_shared_and_separate_alike(
    own_pod: Peer, compose_pod: Peer, node: Node
) -> None:
    ours = read_sharing(own_pod, node)
    assert ours == {"net": 1, "pid": 1, "ipc": 1, "uts": 4, "mnt": 4}
    assert read_sharing(compose_pod, node) == ours


def test_processes_are_the_same(own_pod: Peer, compose_pod: Peer) -> None:
    for pod in (own_pod, compose_pod):
        wait_until_it_serves(pod)
    ours = wait_until(
        "both show the same processes",
        lambda: found if (found := read_commands(own_pod)) == read_commands(compose_pod) else None,
    )
    assert (1, "/pause") in ours
    commands = [command for _, command in ours]
    assert "sleep 3600" in commands
    assert "node current/index.js" in commands
    assert any(command.startswith("nginx: master process") for command in commands)


def test_listeners_are_the_same_programs_and_all(own_pod: Peer, compose_pod: Peer) -> None:
    for pod in (own_pod, compose_pod):
        wait_until_it_serves(pod)
    ours = read_listeners(own_pod)
    assert read_listeners(compose_pod) == ours
    assert {(port, state) for _, _, port, state, _ in ours} == {(80, "LISTEN"), (2368, "LISTEN")}


def test_the_node_gets_the_same_page(own_pod: Peer, compose_pod: Peer, node: Node) -> None:
    ours = wait_until("our pod answers", lambda: ask(own_pod, node))
    theirs = wait_until("Compose's pod answers", lambda: ask(compose_pod, node))
    assert (ours.status, parse_title(ours.text)) == (200, "Welcome to nginx!")
    assert (theirs.status, theirs.text) == (ours.status, ours.text)


def test_a_file_for_nginx_makes_ghost_answer_in_both(pod: Peer, node: Node) -> None:
    """The article's reverse proxy, whoever made the pod."""
    engine, nginx = pod.engine, pod.containers["nginx"].id
    wait_until_it_serves(pod)
    path = "/etc/nginx/conf.d/example.conf"
    engine.put_file(nginx, path, PROXY, 0o644)
    try:
        assert engine.exec(nginx, ["nginx", "-s", "reload"], timeout_s=60).exit_code == 0
        wait_until(
            "Ghost answers",
            lambda: (answer := ask(pod, node)) is not None and parse_title(answer.text) == "Ghost",
        )
    finally:
        # As it was: the pods are for all the tests of this folder.
        engine.put_file(nginx, path, b"", 0o644)
        assert engine.exec(nginx, ["nginx", "-s", "reload"], timeout_s=60).exit_code == 0
        wait_until(
            "nginx answers again",
            lambda: (
                (answer := ask(pod, node)) is not None
                and parse_title(answer.text) == "Welcome to nginx!"
            ),
        )


def test_orphans_are_reaped_in_both(pod: Peer) -> None:
    pod.shell("sh", "-c", "(sleep 0.1 > /dev/null 2>&1 &)")
    wait_until(
        "pause reaped it",
        lambda: (
            not [
                row
                for row in parse_ps(pod.shell("ps", "-o", "pid,ppid,stat,args"))
                if row.zombie or "sleep 0.1" in row.command
            ]
        ),
    )
