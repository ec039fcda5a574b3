from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys

import pytest

from pausedemo.embedded.network.model import Attachment, Sandbox
from pausedemo.embedded.network.outside import Reach, compute_helper
from tests.embedded.network.sandboxes import needs_root, opened, run_in

SLIRP = [
    "slirp4netns",
    "--configure",
    "--mtu=1500",
    "--disable-host-loopback",
    "--netns-type=path",
    "--exit-fd=8",
    "/proc/self/fd/7",
    "tap0",
]

TRY = """
import socket, sys
with socket.socket() as s:
    s.settimeout(0.7)
    try:
        s.connect((sys.argv[1], 9))
    except ConnectionRefusedError:
        print("reached")
    except OSError:
        print("not reached")
"""


def reaches(sandbox: Sandbox, address: str) -> bool:
    shown = run_in(sandbox, sys.executable, "-c", TRY, address)
    return {"reached\n": True, "not reached\n": False}[shown]


@needs_root
@pytest.mark.parametrize("rootless", [False, True])
def test_one_network_does_not_lead_into_another(rootless: bool):
    async def body() -> None:
        async with opened(rootless=rootless) as networks:
            await networks.create({"Name": "blue"})
            await networks.create({"Name": "inner", "Internal": True})
            one, two, three, four = [
                await networks.connect_sandbox(name * 64, name, [Attachment(network)])
                for name, network in (("a", "bridge"), ("b", "blue"), ("c", "inner"), ("d", "blue"))
            ]
            blue = two.endpoints["blue"].ip
            inner = three.endpoints["inner"].ip
            assert reaches(four, blue)
            assert not reaches(one, blue)
            assert not reaches(one, inner)
            await networks.release(four)
            await networks.release(two)
            await networks.delete("blue")
            assert not reaches(one, inner)

    asyncio.run(body())


RULES = """
import asyncio, subprocess
from tests.embedded.network.sandboxes import opened
async def main():
    async with opened() as networks:
        print(networks._outside._firewall._table, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


@needs_root
@pytest.mark.skipif(shutil.which("nft") is None, reason="nft lists the rules")
def test_the_rules_on_the_host_end_with_a_killed_engine():
    def tables() -> str:
        done = subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True)
        return done.stdout

    with subprocess.Popen([sys.executable, "-c", RULES], stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        table = one.stdout.readline().strip()
        try:
            assert table in tables()
        finally:
            one.kill()
    for _ in range(100):
        if table not in tables():
            return
        subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError(f"{table} is still there")


@pytest.mark.parametrize(
    ("installed", "command"),
    [
        ((), None),
        (("setpriv",), None),
        (("pasta",), None),
        (("slirp4netns", "pasta", "setpriv"), SLIRP),
        (
            ("pasta", "setpriv"),
            [
                *("setpriv", "--pdeathsig", "KILL", "pasta", "--foreground", "--quiet"),
                *("--config-net", "--no-map-gw", "--netns-only"),
                *("--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none"),
                *("--udp-ns", "none", "--netns", "/proc/self/fd/7"),
            ],
        ),
    ],
)
def test_the_installed_program_leads_out(installed, command, tmp_path, monkeypatch):
    for name in installed:
        (tmp_path / name).touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compute_helper(7, 8) == command


@needs_root
def test_rootless_without_a_program_that_leads_out_that_is_said(tmp_path, monkeypatch):
    async def body() -> Reach:
        async with opened(rootless=True) as networks:
            return networks.describe()

    monkeypatch.setenv("PATH", str(tmp_path))
    assert asyncio.run(body()) == Reach(False, "neither slirp4netns nor pasta is installed")


@needs_root
@pytest.mark.skipif(
    shutil.which("slirp4netns") is None and shutil.which("pasta") is None,
    reason="neither slirp4netns nor pasta is installed",
)
def test_rootless_the_installed_program_runs_until_close():
    async def body() -> None:
        async with opened(rootless=True) as networks:
            helper = networks._outside._helper
            assert helper is not None
            assert networks.describe().outside
        assert helper.returncode is not None

    asyncio.run(body())
