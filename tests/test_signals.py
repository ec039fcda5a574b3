"""Signals are heard at once, even one that interrupts nothing where the main thread waits."""

from __future__ import annotations

import subprocess
import sys

import pytest

TIMEOUT_S = 60
#: The main thread blocks the signal, so that the kernel gives it to another one: like a signal that
#: comes just before the main thread waits, it interrupts nothing there.
LOST = """
import os, queue, signal, sys, threading
from pausedemo.errors import Interrupted
from pausedemo.signals import signals_as_errors

def send():
    waits.wait()
    os.kill(os.getpid(), signal.SIGTERM)

waits = threading.Event()
FOREVER = threading.Thread(target=threading.Event().wait, daemon=True)
other = threading.Thread(target=send)
try:
    with signals_as_errors():
        other.start()
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        waits.set()
        {wait}
except Interrupted as error:
    print(error)
print([one.name for one in threading.enumerate() if one.name == "signals"], end=" ")
print(int(signal.getsignal(signal.SIGURG)))
"""


@pytest.mark.parametrize(
    "wait",
    [
        "queue.SimpleQueue().get()",
        "threading.Event().wait()",
        "FOREVER.start(); FOREVER.join()",
        "os.read(os.pipe()[0], 1)",
        "signal.pause()",
    ],
)
def test_a_signal_that_interrupts_nothing_is_heard_all_the_same(wait: str) -> None:
    done = run(LOST.format(wait=wait))
    assert done.stdout == "stopped by SIGTERM\n[] 0\n", done
    assert done.stderr == ""


#: The lock's taking sends the signal, in C: as if it came just then.
BETWEEN = """
import functools, http.cookiejar, os, signal, sys, threading
from pausedemo.errors import Interrupted
from pausedemo.signals import signals_as_errors

class Lock:
    acquire = staticmethod(functools.partial(os.kill, os.getpid(), signal.SIGTERM))

    def release(self):
        os.write(1, b"released\\n")

sys.unraisablehook = lambda _: None
jar = http.cookiejar.CookieJar()
jar._cookies_lock = Lock()

class Dying:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

try:
    with signals_as_errors():
        {act}
        threading.Event().wait()
except Interrupted as error:
    print(error)
"""


def test_a_signal_leaves_no_lock_taken() -> None:
    done = run(BETWEEN.format(act="jar.clear_session_cookies()"))
    assert done.stdout == "released\nstopped by SIGTERM\n", done
    assert done.stderr == ""


def test_a_signal_that_a_finalizer_drops_is_raised_again() -> None:
    done = run(BETWEEN.format(act="Dying()"))
    assert (done.stdout, done.stderr) == ("stopped by SIGTERM\n", "")


def test_what_a_signal_sets_off_is_not_cut_short_by_the_same_signal() -> None:
    wait = """
        try:
            threading.Event().wait()
        finally:
            threading.Event().wait(0.5)
            os.write(1, b"tidied up; ")"""
    done = run(LOST.format(wait=wait.lstrip()))
    assert done.stdout == "tidied up; stopped by SIGTERM\n[] 0\n", done


def test_a_second_one_is_answered_in_words() -> None:
    wait = """
        try:
            threading.Event().wait()
        finally:
            other.join()
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(0.01)"""
    done = run(LOST.format(wait=wait.lstrip()))
    assert done.stdout == "stopped by SIGTERM\n[] 0\n", done
    assert done.stderr == "pausedemo: stopping already; cleaning up first\n"


def test_who_waits_for_a_signal_by_itself_gets_it() -> None:
    script = """
import os, signal
from pausedemo.signals import signals_as_errors

with signals_as_errors():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    os.kill(os.getpid(), signal.SIGTERM)
    print(signal.sigwaitinfo([signal.SIGTERM]).si_signo == signal.SIGTERM)
"""
    assert run(script).stdout == "True\n"


def test_a_call_may_take_the_lock_that_the_main_thread_holds() -> None:
    script = """
import os, signal, threading
from pausedemo.signals import signals_as_calls

lock, called = threading.Lock(), threading.Event()

def call():
    with lock:
        called.set()

with signals_as_calls(call):
    with lock:
        os.kill(os.getpid(), signal.SIGTERM)
        print(called.wait(0.1))
    print(called.wait(60), threading.active_count())
print(threading.active_count())
"""
    assert run(script).stdout == "False\nTrue 3\n1\n"


def run(script: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
