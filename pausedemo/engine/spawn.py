"""Run a command in our place: its signals, its exit code, its terminal.

signal(7), posix_spawn(3). The shell's convention for exit codes: 126 cannot be run, 127 is not
there, 128 and the number for a signal.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Final

NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
SI_KERNEL: Final = 0x80

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
    """Run a command to its end, pass it every signal that we get, and return its exit code.

    What a terminal sends (Ctrl-C) has gone to the command already, which is in our process
    group: it is not sent twice. sigwaitinfo(2) tells one from the other.
    """
    waited = FORWARDED | {signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, waited)
    try:
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
            received = signal.sigwaitinfo(waited)
            if received.si_signo != signal.SIGCHLD and received.si_code != SI_KERNEL:
                os.kill(pid, received.si_signo)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
