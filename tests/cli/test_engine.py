"""``pausedemo engine run``: the engine that it gives a command; its signals and exit code."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pausedemo.engine.connect import probe
from pausedemo.engine.daemon import Place, find_daemon
from pausedemo.engine.endpoints import DEFAULT_SOCKET, Endpoint
from pausedemo.engine.private import prepare_machine, use_private_engine
from pausedemo.errors import EXIT_NO_ENGINE, EXIT_USAGE, PausedemoError
from tests.engine.test_endpoints import choose, write_context

pytestmark = pytest.mark.engine

PROGRAM = "from pausedemo.cli import main; main()"

# Says when it is ready, then waits for a signal.
TRAP = (
    "trap 'echo got TERM; exit 7' TERM; trap 'echo got INT; exit 8' INT; echo ready $$; "
    "i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done"
)

TELLS_SIGNALS = """
import os, signal
wanted = {signal.SIGUSR1, signal.SIGTERM}
signal.pthread_sigmask(signal.SIG_BLOCK, wanted)
print("ready", os.getpid(), flush=True)
got = None
while got != signal.SIGTERM:
    got = signal.sigwait(wanted)
    print(signal.Signals(got).name, flush=True)
"""


@pytest.fixture(scope="module")
def engine_url(tmp_path_factory):
    """An engine that answers, so that a command needs none of its own."""
    try:
        prepare_machine()
    except PausedemoError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"no engine of our own here: {error}")
    place = Place.at(tmp_path_factory.mktemp("engine"))
    with use_private_engine(place):
        yield place.endpoint.url


@pytest.fixture
def environ(tmp_path):
    """A person's environment in which nothing names an engine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    folders = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    return {**kept, **folders, **runtime, "PYTHONPATH": os.pathsep.join(sys.path)}


def run(environ, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "engine", "run", *arguments],
        env={**environ, **more},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def shown_environment(done):
    assert done.returncode == 0, done.stderr
    variables = json.loads(done.stdout)
    return {name: value for name, value in variables.items() if name.startswith("DOCKER_")}


SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


def test_an_engine_that_docker_host_names_is_used_and_the_environment_left_alone(
    engine_url, environ
):
    given = {"DOCKER_HOST": engine_url, "DOCKER_CONTEXT": "ignored", "DOCKER_CUSTOM": "kept"}
    assert shown_environment(run(environ, "--", *SHOW, **given)) == given


def test_an_engine_that_a_context_names_is_used_and_the_environment_left_alone(
    engine_url, environ, tmp_path
):
    write_context(tmp_path, "mine", engine_url)
    choose(tmp_path, "mine")
    assert shown_environment(run(environ, "--", *SHOW)) == {}


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 42"], 42),
        (["sh", "-c", "kill -KILL $$"], 137),
        (["/nonexistent/command"], 127),
        (["no-such-command-anywhere"], 127),
        (["/etc/passwd"], 126),
        (["/etc"], 126),
    ],
)
def test_the_command_s_exit_code_is_ours(command, code, engine_url, environ):
    done = run(environ, "--", *command, DOCKER_HOST=engine_url)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if code in (126, 127):
        assert command[0] in done.stderr


def test_options_behind_the_command_are_the_command_s(engine_url, environ):
    done = run(environ, "echo", "--install", "-n", "--", "x", DOCKER_HOST=engine_url)
    assert done.stdout == "--install -n -- x\n"


def test_no_command_is_bad_usage(environ):
    assert run(environ).returncode == EXIT_USAGE


def test_a_chosen_engine_that_does_not_answer_is_exit_3_and_the_command_does_not_run(environ):
    done = run(environ, "--", "echo", "ran", DOCKER_HOST="unix:///nonexistent.sock")
    assert (done.returncode, done.stdout) == (EXIT_NO_ENGINE, "")
    assert "unix:///nonexistent.sock (DOCKER_HOST): there is no such socket" in done.stderr


def read_ready(process):
    """Wait for the command's first line; its process id."""
    word, pid = process.stdout.readline().split()
    assert word == "ready"
    return int(pid)


@contextlib.contextmanager
def started(environ, *command, **more):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "engine", "run", "--", *command],
        env={**environ, **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("number", "whole_group", "output", "code"),
    [
        (signal.SIGTERM, False, "got TERM\n", 7),
        (signal.SIGINT, False, "got INT\n", 8),
        (signal.SIGTERM, True, "got TERM\n", 7),
    ],
)
def test_signals_go_to_the_command(number, whole_group, output, code, engine_url, environ):
    with started(environ, "sh", "-c", TRAP, DOCKER_HOST=engine_url) as process:
        read_ready(process)
        if whole_group:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert (out, process.returncode) == (output, code)


def wait_until_taken(pid):
    """Until no signal is pending for a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for _ in range(1000):
        statuses = [Path(f"/proc/{each}/status").read_text() for each in [pid, *children]]
        if all("ShdPnd:\t0000000000000000\n" in each for each in statuses):
            return
        time.sleep(0.01)
    raise AssertionError(statuses)


def test_the_command_gets_each_signal_once_whether_it_is_for_us_or_for_the_group(
    engine_url, environ
):
    command = [sys.executable, "-c", TELLS_SIGNALS]
    with started(environ, *command, DOCKER_HOST=engine_url) as process:
        read_ready(process)
        for send in [os.killpg, os.killpg, os.kill, os.killpg, os.kill, os.kill, os.killpg]:
            send(process.pid, signal.SIGUSR1)
            assert process.stdout.readline() == "SIGUSR1\n"
            wait_until_taken(process.pid)  # of two that are pending one is left
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    assert (out, err, process.returncode) == ("SIGTERM\n", "", 0)


@pytest.mark.skipif(
    probe(Endpoint(DEFAULT_SOCKET, "")) is None, reason="this machine's own Docker answers"
)
@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGINT])
@pytest.mark.usefixtures("engine_url")
def test_without_an_engine_the_command_gets_one_that_ends_with_it(number, environ):
    place = Place.at(Path(environ["XDG_CACHE_HOME"]) / "pausedemo" / "engine")
    script = f"echo $DOCKER_HOST; docker version --format '{{{{.Server.Os}}}}'; {TRAP}"
    more = {"DOCKER_CONTEXT": "", "DOCKER_TLS_VERIFY": ""}
    with started(environ, "sh", "-c", script, **more) as process:
        assert process.stdout.readline() == f"{place.endpoint.url}\n"
        assert process.stdout.readline() == "linux\n"
        command = read_ready(process)
        daemon = find_daemon(place)
        assert daemon
        ended = os.pidfd_open(daemon)
        if number is None:
            os.kill(command, signal.SIGTERM)
        else:
            process.send_signal(number)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (8 if number == signal.SIGINT else 7, "")
    # A pidfd is readable once its process has ended, reaped or not (pidfd_open(2)).
    assert select.select([ended], [], [], 0)[0]
    os.close(ended)
    assert not place.run_dir.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
@pytest.mark.skipif(
    probe(Endpoint(DEFAULT_SOCKET, "")) is None, reason="this machine's own Docker answers"
)
def test_a_person_who_is_not_root_is_told_everything_tried_and_what_to_do(environ):
    # Imported as root: nobody may not read the folders that this interpreter lies in.
    become_nobody = (
        "import os, pausedemo.cli.engine, pausedemo.engine.private, pausedemo.engine.spawn\n"
        "import pausedemo.signals\n"
        "os.setegid(65534); os.seteuid(65534)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", become_nobody + PROGRAM, "engine", "run", "--install", "--", "true"],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == EXIT_NO_ENGINE
    for part in (
        "unix:///var/run/docker.sock",
        "rootless Docker's socket",
        "podman's socket",
        "a Docker Engine of our own: only root can run one",
        "--install",
    ):
        assert part in done.stderr
