"""Run a command in our place: its signals, its exit code, its terminal.

signal(7), posix_spawn(3). The shell's convention for exit codes: 126 cannot be run, 127 is not
there, 128 and the number for a signal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final

NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
#: What the witness of a process group does.
_WITNESS: Final = """
import os, signal
while asked := os.read(0, 1):
    os.write(1, b"y" if signal.sigtimedwait(asked, 0) else b"n")
"""

FORWARDED: Final = frozenset(
    {
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
        signal.SIGQUIT,
        signal.SIGUSR1,
        signal.SIGUSR2,
    }
)


def run_with_signals(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command to its end, and return its exit code.

    It gets each signal that we get as often as if it ran in our place. What is sent to our whole
    process group, a terminal's Ctrl-C or ``kill -TERM -GROUP``, has gone to the command already
    and is not sent twice: a second SIGINT would cut short what the first one made it clean up.
    """
    waited = FORWARDED | {signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    try:
        with _Witness() as witness:  # before the command, which may be signalled at once
            try:
                pid = os.posix_spawnp(
                    command[0],
                    list(command),
                    dict(environ),
                    setsigmask=before,
                    # Python ignores these two for itself; a command expects the default.
                    setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
                )
            except FileNotFoundError:
                print(f"pausedemo: {command[0]}: no such command", file=sys.stderr)
                return NOT_FOUND
            except OSError as error:
                print(f"pausedemo: {command[0]}: {error.strerror}", file=sys.stderr)
                return NOT_EXECUTABLE
            while True:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    code = os.waitstatus_to_exitcode(status)
                    return code if code >= 0 else 128 - code
                number = signal.sigwait(waited)
                if number != signal.SIGCHLD and not witness.saw(number):
                    os.kill(pid, number)
    finally:
        while signal.sigtimedwait(FORWARDED, 0):
            pass  # for a command that has ended: its exit code stands
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Witness:
    """A process of our group that takes a signal when it is asked: what the whole group gets.

    Nothing else tells a signal for a group from one for us alone.
    """

    def __init__(self) -> None:
        self._asks, theirs = socket.socketpair()
        # Our signals are blocked, and so it inherits them. It ends when its input does, whatever
        # ends us.
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _WITNESS],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
            )

    def __enter__(self) -> _Witness:
        return self

    def __exit__(self, *_: object) -> None:
        self._asks.close()
        self._process.kill()
        self._process.wait()

    def saw(self, number: int) -> bool:
        """Whether the whole group got this signal since this was last asked."""
        # We may have ours before the witness has its own: the kernel goes through the group, with
        # its list of processes locked. This changes nothing, and waits for that lock.
        with contextlib.suppress(PermissionError):  # a session's leader has no other group
            os.setpgid(0, os.getpgrp())
        try:
            self._asks.send(bytes([number]))
            return self._asks.recv(1) == b"y"
        except ConnectionError:  # somebody ended it
            return False
