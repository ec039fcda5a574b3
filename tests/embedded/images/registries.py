"""Pushing to a registry, and a registry of our own that asks for tokens and misbehaves."""

from __future__ import annotations

import base64
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests

from tests.embedded.images.tars import digest

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LIST = "application/vnd.docker.distribution.manifest.list.v2+json"


def describe(blob: bytes, media_type: str = "x/y") -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest(blob), "size": len(blob)}


def make_manifest(config: bytes, *blobs: bytes) -> bytes:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": describe(config, "application/vnd.docker.container.image.v1+json"),
            "layers": [
                describe(blob, "application/vnd.docker.image.rootfs.diff.tar.gzip")
                for blob in blobs
            ],
        }
    ).encode()


def make_list(**manifests: bytes) -> bytes:
    rows = [
        {**describe(raw, MANIFEST), "platform": {"os": "linux", "architecture": name}}
        for name, raw in manifests.items()
    ]
    return json.dumps({"schemaVersion": 2, "mediaType": LIST, "manifests": rows}).encode()


def push(address: str, path: str, tag: str, manifest: bytes, *blobs: bytes) -> None:
    base = f"http://{address}/v2/{path}"
    for blob in blobs:
        begun = requests.post(f"{base}/blobs/uploads/", timeout=10)
        joint = "&" if "?" in begun.headers["Location"] else "?"
        where = f"{begun.headers['Location']}{joint}digest={digest(blob)}"
        requests.put(where, data=blob, timeout=10).raise_for_status()
    kind = json.loads(manifest)["mediaType"]
    requests.put(
        f"{base}/manifests/{tag}", data=manifest, headers={"Content-Type": kind}, timeout=10
    ).raise_for_status()


class FakeRegistry:
    """What it has by path, and how it is to misbehave.

    ``cut``: how many bytes of a blob it sends before it hangs up, once for each number.
    ``failures``: statuses that it answers first. ``auth``: ``""``, ``"bearer"`` or ``"basic"``.
    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.failures: list[int] = []
        self.auth = ""
        self.password = "secret"  # noqa: S105
        self.ranges = True
        self.asked: list[tuple[str, str]] = []
        self.address = ""

    def add(self, path: str, tag: str, manifest: bytes, *blobs: bytes) -> None:
        for name in (tag, digest(manifest)):
            self.content[f"/v2/{path}/manifests/{name}"] = manifest
        for blob in blobs:
            self.content[f"/v2/{path}/blobs/{digest(blob)}"] = blob

    def is_allowed(self, authorization: str) -> bool:
        if not self.auth:
            return True
        if self.auth == "bearer":
            return authorization == "Bearer t0ken"
        return authorization == self.basic

    @property
    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"me:{self.password}".encode()).decode()

    @property
    def challenge(self) -> str:
        if self.auth == "basic":
            return 'Basic realm="here"'
        return (
            f'Bearer realm="http://{self.address}/token",service="fake",scope="repository:a:pull"'
        )


@contextmanager
def serve(fake: FakeRegistry) -> Iterator[FakeRegistry]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            authorization = self.headers.get("Authorization", "")
            path, _, query = self.path.partition("?")
            fake.asked.append((path, self.headers.get("Range", "")))
            if path == "/token":
                if authorization != fake.basic or "scope=repository%3Aa%3Apull" not in query:
                    self.reply(401, b"{}")
                else:
                    self.reply(200, b'{"token":"t0ken"}')
                return
            if not fake.is_allowed(authorization):
                self.reply(401, b"{}", WWW_Authenticate=fake.challenge)
                return
            if fake.failures:
                self.reply(fake.failures.pop(0), b"{}", Retry_After="3")
                return
            body = fake.content.get(path)
            if body is None:
                self.reply(404, b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no"}]}')
                return
            start = 0
            if "Range" in self.headers and fake.ranges:
                start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if "/blobs/" in path and fake.cuts:
                self.send_response(206 if start else 200)
                if start:
                    self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - start))
                self.end_headers()
                self.wfile.write(body[start : start + fake.cuts.pop(0)])
                self.close_connection = True
                return
            if start:
                span = f"bytes {start}-{len(body) - 1}/{len(body)}"
                self.reply(206, body[start:], Content_Range=span)
            else:
                self.reply(200, body)

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
