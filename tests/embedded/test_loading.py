"""The engine's libraries are loaded without TLS, and whoever wants it later gets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pausedemo.embedded.loading import without_tls
from tests.embedded.engines import running_engine

LOAD = """
import sys
from pausedemo.embedded.loading import without_tls

with without_tls():
    import asyncio
    from aiohttp import web
print("ssl" in sys.modules)
import requests, ssl, urllib3
print(ssl.create_default_context().check_hostname, urllib3.connection.HTTPSConnection.__name__)
"""


def test_what_is_loaded_without_it_works_and_others_get_it_afterwards() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LOAD], check=True, capture_output=True, text=True, timeout=60
    )
    assert told.stdout == "False\nTrue HTTPSConnection\n"


def test_where_it_is_loaded_already_it_stays() -> None:
    import ssl

    with without_tls():
        import ssl as again
    assert again is ssl is sys.modules["ssl"]


def test_an_engine_that_serves_has_no_openssl_in_its_memory(tmp_path: Path) -> None:
    with running_engine(tmp_path) as engine:
        for pid in (engine.pid, engine.keeper):
            assert "libssl" not in Path(f"/proc/{pid}/maps").read_text()
