"""``exec`` and ``logs``: streams, exit codes, and real terminals."""

from __future__ import annotations

import re
import shlex
import sys

import pexpect
import pytest

from tests.cli.pods.conftest import Pods
from tests.waiting import wait_until

WEB = """
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - {name: a, image: busybox, command: [sh, -c, "echo out; echo err >&2; exec sleep 3600"]}
  - {name: b, image: busybox, command: [sh, -c, "while :; do echo b; sleep 0.2; done"]}
"""
NOTICE = 'Defaulted container "a" out of: a, b\n'


@pytest.fixture
def web(pods: Pods) -> Pods:
    pods.apply(WEB)
    return pods


@pytest.fixture
def spoken(web: Pods) -> Pods:
    """A pod whose containers have said something: to run is not yet to have spoken."""
    wait_until("a has said all", lambda: len(web.lines("logs", "web", "-c", "a")) == 2)
    wait_until("b has said something", lambda: web.lines("logs", "web", "-c", "b"))
    return web


def test_a_commands_exit_code_is_passed_on(web: Pods) -> None:
    ended = web("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7", code=7)
    assert ended.stdout == "out\n"
    assert ended.stderr == f"{NOTICE}err\ncommand terminated with exit code 7\n"
    quiet = web("exec", "-q", "web", "-c", "b", "--", "false", code=1)
    assert (quiet.stdout, quiet.stderr) == ("", "")


def test_a_container_that_is_not_there_is_refused(web: Pods) -> None:
    ended = web("exec", "web", "-c", "c", "--", "true", code=1)
    assert ended.stderr == "error: container c is not valid for pod web out of: a, b\n"
    ended = web("exec", "nope", "--", "true", code=1)
    assert ended.stderr == 'Error from server (NotFound): pods "nope" not found\n'


def test_standard_input_is_piped_to_its_end(web: Pods) -> None:
    data = bytes(range(256)) * 1000
    process = web.start("exec", "-i", "web", "-c", "a", "--", "cat")
    out, _ = process.communicate(data, timeout=60)
    assert (out, process.returncode) == (data, 0)


def test_without_a_terminal_of_its_own_it_says_that_there_is_none(web: Pods) -> None:
    process = web.start("exec", "-it", "web", "-c", "a", "--", "tty")
    out, err = process.communicate(b"", timeout=60)
    assert out == b"not a tty\n"
    assert err.startswith(b"Unable to use a TTY - input is not a terminal")


def test_a_terminal_has_the_users_size_and_follows_it(web: Pods) -> None:
    terminal = web.spawn("exec", "-it", "web", "-c", "a", "--", "sh", rows=31, columns=99)
    wait_until("the size is told", lambda: ask_size(terminal) == "31 99")
    terminal.setwinsize(17, 53)
    wait_until("the new size is told", lambda: ask_size(terminal) == "17 53")
    terminal.sendline("exit 3")
    terminal.expect_exact("command terminated with exit code 3")
    assert finish(terminal) == 3


def test_ctrl_c_interrupts_what_the_shell_runs_and_not_the_shell(web: Pods) -> None:
    terminal = web.spawn("exec", "-it", "web", "-c", "a", "--", "sh")
    # What speaks is in the foreground by then; a sleep after it need not be yet.
    terminal.sendline("sh -c 'echo sle\"\"eps; exec sleep 1000'")
    terminal.expect_exact("sleeps")
    terminal.send("\x03")
    terminal.sendline("echo code=$?.")
    terminal.expect_exact("code=130.")
    terminal.send("\x04")
    assert finish(terminal) in (0, 130)


def test_the_terminal_is_as_before_however_the_command_ends(web: Pods) -> None:
    shell = pexpect.spawn("sh", encoding="utf-8", timeout=60)
    web.spawned.append(shell)
    inner = ("exec", "-it", "web", "-c", "a", "--", "sh")
    command = shlex.join([sys.executable, *web.command(*inner)])
    before = read_settings(shell)
    shell.sendline(f"{command}; echo ended=$?.")
    shell.sendline("echo in''side; exit 5")
    shell.expect_exact("inside")
    shell.expect_exact("ended=5.")
    assert read_settings(shell) == before
    shell.sendline(f"timeout --foreground 3 {command}; echo ended=$?.")
    shell.expect_exact("ended=124.")
    assert read_settings(shell) == before


def test_both_outputs_are_in_the_log(spoken: Pods) -> None:
    ended = spoken("logs", "web")
    assert (sorted(ended.stdout.splitlines()), ended.stderr) == (["err", "out"], NOTICE)
    assert spoken("logs", "web", "-c", "a", "--tail", "0").stdout == ""
    stamped = spoken("logs", "web", "a", "--timestamps", "--tail", "1").stdout
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z (out|err)\n", stamped)


def test_a_log_is_followed_line_by_line(web: Pods) -> None:
    process = web.start("logs", "-f", "web", "-c", "b", "--tail", "0")
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(3)] == [b"b\n"] * 3
    web("delete", "pod", "web", "--force")
    process.stdout.read()
    assert process.wait(60) == 0


def test_logs_of_all_containers_stand_behind_their_names(spoken: Pods) -> None:
    lines = spoken("logs", "web", "--all-containers", "--prefix").stdout.splitlines()
    assert {line for line in lines if "/a]" in line} == {"[pod/web/a] out", "[pod/web/a] err"}
    assert {line for line in lines if "/b]" in line} == {"[pod/web/b] b"}
    process = spoken.start("logs", "-f", "-l", "app=web", "--all-containers", "--prefix")
    assert process.stdout is not None
    seen: set[bytes] = set()
    while not {b"[pod/web/a] out\n", b"[pod/web/b] b\n"} <= seen:
        seen.add(process.stdout.readline())
        assert b"" not in seen, process.communicate(timeout=60)
    process.terminate()
    assert process.wait(60) == 130


def test_there_is_no_log_of_a_run_that_never_was(web: Pods) -> None:
    ended = web("logs", "--previous", "web", "-c", "a", code=1)
    assert ended.stderr == (
        'Error from server (BadRequest): previous terminated container "a" in pod "web" not found\n'
    )


def read_settings(shell: pexpect.spawn[str]) -> str:
    shell.sendline("echo now=$(stty -g).")
    shell.expect(r"now=([0-9a-f:]+)\.")
    assert isinstance(shell.match, re.Match)
    return str(shell.match.group(1))


def ask_size(terminal: pexpect.spawn[str]) -> str:
    terminal.sendline("echo size=$(stty size).")
    # Empty before the size was told: busybox has no word for a terminal without one.
    terminal.expect(r"size=([\d ]*)\.")
    assert isinstance(terminal.match, re.Match)
    return str(terminal.match.group(1))


def finish(terminal: pexpect.spawn[str]) -> int:
    terminal.expect(pexpect.EOF)
    terminal.wait()
    terminal.close()
    assert terminal.exitstatus is not None
    return int(terminal.exitstatus)
