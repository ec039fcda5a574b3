"""A Docker Engine for the duration of a command: the one that answers, or one of our own.

Several commands may use our own engine at once. The first starts it, the last stops it; two
locks in its home decide who that is. ``gate`` is held while one of them starts or stops it,
``users`` is shared by all who use it. The kernel drops a lock with the process that holds it,
so after a SIGKILL the engine is simply in use by nobody: the next command takes it over, and
stops it when it is the last.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pausedemo.engine.connect import find_answering, probe
from pausedemo.engine.daemon import Place, start_daemon, stop_daemon
from pausedemo.engine.endpoints import Endpoint, list_endpoints
from pausedemo.errors import EngineUnavailable, PausedemoError
from pausedemo.host import INSTALL_VARIABLE, Tool, cache_dir, find_program, may_install, require

GATE_TIMEOUT_S: Final = 180
GATE_POLL_S: Final = 0.05

# Even without firewall rules dockerd's name server for a network wants iptables.
TOOLS: Final = (Tool("dockerd", "docker.io"), Tool("iptables", "iptables"), Tool("ip", "iproute2"))
# Where the kernel has AppArmor on, dockerd loads a profile with this.
APPARMOR_TOOL: Final = Tool("apparmor_parser", "apparmor")
APPARMOR_SWITCH: Final = Path("/sys/module/apparmor/parameters/enabled")

MOUNTS_FILE: Final = Path("/proc/mounts")
POLICY_FILE: Final = Path("/usr/sbin/policy-rc.d")
POLICY_MARK: Final = "# made by pausedemo"

OWN_ENGINE: Final = "a Docker Engine of our own"


@contextlib.contextmanager
def engine_for_command(
    environ: Mapping[str, str] = os.environ, home: Path | None = None
) -> Iterator[Endpoint]:
    """The engine that answers, untouched; else our own, which ends with the block.

    An engine that a person chose (DOCKER_HOST, a context) is not replaced when it does not
    answer. Raises EngineUnavailable with everything tried.
    """
    search = list_endpoints("auto", environ, home or Path.home())
    try:
        endpoint = find_answering(search)
    except EngineUnavailable as none_answers:
        if search.chosen:
            raise
        try:
            prepare_machine()
        except PausedemoError as error:
            tried = [*none_answers.tried, (OWN_ENGINE, str(error))]
            remedy = (
                "start Docker, or set DOCKER_HOST to an engine, or, as root on Debian, let us "
                f"install and run one: --install or {INSTALL_VARIABLE}=1"
            )
            raise EngineUnavailable(tried, remedy) from error
    else:
        yield endpoint
        return
    place = Place.at(cache_dir() / "engine")
    with use_private_engine(place):
        yield place.endpoint


@contextlib.contextmanager
def use_private_engine(place: Place) -> Iterator[None]:
    """Our own engine at ``place`` runs within the block. The last user's end stops it."""
    place.home.mkdir(parents=True, exist_ok=True)
    users = os.open(place.home / "users", os.O_RDWR | os.O_CREAT, 0o600)
    entered = False
    try:
        with _gate(place):
            entered = True
            fcntl.flock(users, fcntl.LOCK_SH)
            if probe(place.endpoint) is not None:
                start_daemon(place)
        yield
    finally:
        if entered:
            with _signals_held(), _gate(place):
                _leave(users, place)
        os.close(users)


def prepare_machine() -> None:
    """Make sure that dockerd can run here; install what is missing where that is allowed.

    Raises HostLacks, or another PausedemoError that says what this machine has not.
    """
    if os.geteuid() != 0:
        raise PausedemoError("only root can run one")
    filesystems = {line.split()[2] for line in MOUNTS_FILE.read_text().splitlines()}
    if not filesystems & {"cgroup", "cgroup2"}:
        raise PausedemoError("no control groups are mounted at /sys/fs/cgroup: dockerd needs them")
    tools = [*TOOLS]
    if APPARMOR_SWITCH.exists() and APPARMOR_SWITCH.read_text().strip() == "Y":
        tools.append(APPARMOR_TOOL)
    missing = any(find_program(tool.command) is None for tool in tools)
    with _services_held_back() if missing and may_install() else contextlib.nullcontext():
        require(*tools)


def render_environment(
    endpoint: Endpoint, environ: Mapping[str, str], home: Path | None = None
) -> dict[str, str]:
    """The environment in which the docker command and its libraries reach ``endpoint``.

    Unchanged when they already do. Else DOCKER_HOST names it, and what would lead elsewhere,
    or ask TLS of a local socket, is dropped.
    """
    search = list_endpoints("docker", environ, home or Path.home())
    if endpoint == search.endpoints[0]:
        return dict(environ)
    dropped = {"DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"}
    kept = {name: value for name, value in environ.items() if name not in dropped}
    return {**kept, "DOCKER_HOST": endpoint.url}


@contextlib.contextmanager
def _gate(place: Place) -> Iterator[None]:
    descriptor = os.open(place.home / "gate", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline = time.monotonic() + GATE_TIMEOUT_S
        while not _try_lock(descriptor):
            if time.monotonic() > deadline:
                why = f"another command has been starting or stopping it for {GATE_TIMEOUT_S} s"
                raise EngineUnavailable([(OWN_ENGINE, why)], f"see who holds {place.home}/gate")
            time.sleep(GATE_POLL_S)
        yield
    finally:
        os.close(descriptor)


def _leave(users: int, place: Place) -> None:
    """Stop the engine when nobody else uses it. Called with the gate held."""
    if _try_lock(users):
        stop_daemon(place)
    fcntl.flock(users, fcntl.LOCK_UN)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """A second Ctrl-C waits until the engine is stopped: half stopped it would stay for ever."""
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _services_held_back() -> Iterator[None]:
    """While packages are installed, Docker's services are not started.

    A Debian package starts its service unless policy-rc.d forbids it (invoke-rc.d(8)). The
    machine's owner asked for a command to run, not for a daemon. An owner's own policy-rc.d
    stands. Ours forbids these services only, and only while this process lives.
    """
    if POLICY_FILE.exists() and POLICY_MARK not in POLICY_FILE.read_text(errors="replace"):
        yield
        return
    POLICY_FILE.write_text(
        f"#!/bin/sh\n{POLICY_MARK} while it installs docker.io; may be removed\n"
        f"[ -d /proc/{os.getpid()} ] || exit 0\n"
        'case "$1" in docker*|containerd*) exit 101 ;; esac\n'
    )
    POLICY_FILE.chmod(0o755)
    try:
        yield
    finally:
        POLICY_FILE.unlink(missing_ok=True)
