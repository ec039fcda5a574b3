"""A registry by the OCI distribution protocol, as a client that believes nothing unverified."""

from __future__ import annotations

import contextlib
import hashlib
import ipaddress
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import requests

from pausedemo.embedded.errors import NotFound, ServerError
from pausedemo.embedded.images.credentials import NO_CREDENTIALS, Credentials, fetch_token
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.oci import MANIFEST_TYPES, Descriptor
from pausedemo.embedded.images.reference import DOCKER_HUB, Reference

_TIMEOUT_S: Final = (10, 60)  # to connect, between bytes
_ATTEMPTS: Final = 5  # as dockerd's max-download-attempts
_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 20.0
_PIECE: Final = 32 * 1024  # bytes; of one that breaks off urllib3 gives nothing
_MAX_MANIFEST: Final = 4 * 1024 * 1024
_AGAIN: Final = (408, 429, 500, 502, 503, 504)


class _Unfinished(Exception):
    """A transfer that may be tried again."""


def is_loopback(host: str) -> bool:
    """Whether ``host``, with or without a port, is this machine: only then plain HTTP is used."""
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host
    name = name if host.startswith("[") else name.partition(":")[0]
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


class Registry:
    """One repository in one registry. For one thread; close it.

    ``sleep`` waits seconds between attempts.
    """

    def __init__(
        self,
        name: Reference,
        credentials: Credentials = NO_CREDENTIALS,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = name
        host = f"registry-1.{DOCKER_HUB}" if name.domain == DOCKER_HUB else name.domain
        plain = is_loopback(host)
        self._base = f"{'http' if plain else 'https'}://{host}/v2/{name.path}"
        self._credentials = credentials
        self._sleep = sleep
        self._session = requests.Session()
        # Or requests takes credentials from ~/.netrc, which are not for this.
        self._session.trust_env = False
        self._session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
        if not plain:
            self._session.proxies.update(requests.utils.get_environ_proxies(self._base))
        self._authorization = (
            f"Bearer {credentials.registry_token}" if credentials.registry_token else ""
        )

    def close(self) -> None:
        self._session.close()

    def fetch_manifest(self, wanted: str) -> tuple[str, str, bytes]:
        """The manifest of a tag or digest: its digest, media type and bytes.

        Raises NotFound, ServerError in dockerd's words; BadArchive for what is not that digest.
        """
        headers = {"Accept": ", ".join(MANIFEST_TYPES)}
        url = f"{self._base}/manifests/{wanted}"
        for attempt in range(_ATTEMPTS):
            try:
                with self._get(url, headers) as answer:
                    raw = self._read_all(answer, _MAX_MANIFEST)
                    media_type = answer.headers.get("Content-Type", "").partition(";")[0]
                    told = answer.headers.get("Docker-Content-Digest", "")
                break
            except _Unfinished as error:
                self._wait(attempt, error)
        digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
        expected = wanted if wanted.startswith("sha256:") else told
        if expected.startswith("sha256:") and expected != digest:
            raise BadArchive(
                f"manifest verification failed for digest {expected}: the content has {digest}"
            )
        return digest, media_type, raw

    def fetch_document(self, blob: Descriptor, limit: int) -> bytes:
        """A blob that is small: an image configuration."""
        if blob.size > limit:
            raise BadArchive(f"blob is too long for a configuration: {blob.digest}")
        for attempt in range(_ATTEMPTS):
            try:
                with self._get(f"{self._base}/blobs/{blob.digest}", {}) as answer:
                    raw = self._read_all(answer, limit)
                break
            except _Unfinished as error:
                self._wait(attempt, error)
        blob.verify(raw)
        return raw

    def fetch_blob(self, blob: Descriptor, path: Path, tell: Callable[[int], None]) -> None:
        """Write a blob to ``path``; go on where a transfer broke off. ``tell``: bytes so far.

        Raises BadArchive for what is not that digest.
        """
        for attempt in range(_ATTEMPTS):
            try:
                self._fetch_rest(blob, path, tell)
                break
            except _Unfinished as error:
                self._wait(attempt, error)
        with path.open("rb") as file:
            try:
                blob.verify_stream(file)
            except BadArchive as error:
                raise BadArchive(
                    f"filesystem layer verification failed for digest {blob.digest}"
                ) from error

    def _fetch_rest(self, blob: Descriptor, path: Path, tell: Callable[[int], None]) -> None:
        have = path.stat().st_size if path.exists() else 0
        if have == blob.size:
            path.touch()
            return
        headers = {"Range": f"bytes={have}-"} if have else {}
        headers["Accept-Encoding"] = "identity"
        with self._get(f"{self._base}/blobs/{blob.digest}", headers) as answer:
            goes_on = answer.status_code == 206 and answer.headers.get(
                "Content-Range", ""
            ).startswith(f"bytes {have}-")
            have = have if goes_on else 0
            with path.open("ab" if goes_on else "wb") as file, _transfer():
                for data in answer.iter_content(_PIECE):
                    have += len(data)
                    if have > blob.size:
                        raise BadArchive(f"blob is longer than its manifest says: {blob.digest}")
                    file.write(data)
                    tell(have)
        if have < blob.size:
            raise _Unfinished(f"unexpected EOF: {have} of {blob.size} bytes of {blob.digest}")

    def _wait(self, attempt: int, error: _Unfinished) -> None:
        if attempt + 1 == _ATTEMPTS:
            raise ServerError(str(error)) from error
        asked = error.args[1] if len(error.args) > 1 else 0.0
        self._sleep(min(max(_FIRST_PAUSE_S * 2**attempt, asked), _LONGEST_PAUSE_S))

    @staticmethod
    def _read_all(answer: requests.Response, limit: int) -> bytes:
        parts, size = [], 0
        with _transfer():
            for data in answer.iter_content(_PIECE):
                size += len(data)
                if size > limit:
                    raise BadArchive(f"the registry's answer is longer than {limit} bytes")
                parts.append(data)
        return b"".join(parts)

    @contextlib.contextmanager
    def _get(self, url: str, headers: Mapping[str, str]) -> Iterator[requests.Response]:
        answer = self._ask(url, headers)
        if answer.status_code == 401:
            challenge = answer.headers.get("WWW-Authenticate", "")
            answer.close()
            self._authorization = self._answer_challenge(challenge, url)
            answer = self._ask(url, headers)
        with contextlib.closing(answer):
            self._check(answer, url)
            yield answer

    def _ask(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        sent = dict(headers)
        if self._authorization:
            sent["Authorization"] = self._authorization
        try:
            return self._session.get(url, headers=sent, stream=True, timeout=_TIMEOUT_S)
        except requests.exceptions.Timeout as error:
            raise _Unfinished(f'Get "{url}": net/http: request canceled: timeout') from error
        except requests.exceptions.ConnectionError as error:
            text = str(error)
            if "Connection refused" in text:
                host = self._base.split("/")[2]
                raise ServerError(
                    f'Get "{url}": dial tcp {host}: connect: connection refused'
                ) from error
            if "resolve" in text or "Name or service" in text:
                host = self._base.split("/")[2]
                raise ServerError(f'Get "{url}": dial tcp: lookup {host}: no such host') from error
            if isinstance(error, requests.exceptions.SSLError):
                raise ServerError(f'Get "{url}": x509: {text}') from error
            raise _Unfinished(f'Get "{url}": {text}') from error
        except requests.exceptions.RequestException as error:
            raise ServerError(f'Get "{url}": {error}') from error

    def _answer_challenge(self, challenge: str, url: str) -> str:
        kind, _, rest = challenge.partition(" ")
        if kind.lower() == "basic":
            if not self._credentials.username:
                raise ServerError(f'Get "{url}": no basic auth credentials')
            return self._credentials.basic
        if kind.lower() != "bearer":
            raise ServerError(f'Get "{url}": unauthorized: authentication required')
        fields = dict(re.findall(r'(\w+)="([^"]*)"', rest))
        realm = fields.get("realm", "")
        scheme, _, where = realm.partition("://")
        if scheme != "https" and not (scheme == "http" and is_loopback(where.split("/")[0])):
            raise ServerError(f"registry wants tokens from where they are not safe: {realm}")
        fields.setdefault("scope", f"repository:{self.name.path}:pull")
        for attempt in range(_ATTEMPTS):
            try:
                token = fetch_token(self._session, fields, self._credentials, _TIMEOUT_S)
                return f"Bearer {token}"
            except requests.exceptions.RequestException as error:
                self._wait(attempt, _Unfinished(f'Get "{realm}": {error}'))
        raise AssertionError("_wait raises at the last attempt")

    def _check(self, answer: requests.Response, url: str) -> None:
        status = answer.status_code
        if status in (200, 206):
            return
        if status in _AGAIN:
            pause = answer.headers.get("Retry-After", "0")
            asked = float(pause) if pause.isdecimal() else 0.0
            raise _Unfinished(f"received unexpected HTTP status: {status} {answer.reason}", asked)
        code, text = _read_error(answer)
        name = self.name.familiar_name
        if status == 404 and "/manifests/" in url and code != "NAME_UNKNOWN":
            wanted = url.rpartition("/")[2]
            joint = "@" if wanted.startswith("sha256:") else ":"
            raise NotFound(f"manifest for {name}{joint}{wanted} not found: {text}")
        if code == "NAME_UNKNOWN":
            raise NotFound(f"repository {name} not found: {text}")
        if code in ("DENIED", "UNAUTHORIZED") or status in (401, 403):
            raise NotFound(
                f"pull access denied for {name}, repository does not exist or may require "
                f"'docker login': {text}"
            )
        if status == 416:
            raise _Unfinished(f"the registry has no such range: {url}")
        raise ServerError(f"error parsing HTTP {status} response: {text}")


@contextlib.contextmanager
def _transfer() -> Iterator[None]:
    try:
        yield
    except requests.exceptions.RequestException as error:
        raise _Unfinished(str(error)) from error


def _read_error(answer: requests.Response) -> tuple[str, str]:
    """The first error's code, and its text as dockerd prints it: ``manifest unknown: ...``."""
    try:
        raw = next(answer.iter_content(64 * 1024), b"")
        first: dict[str, Any] = json.loads(raw)["errors"][0]
        code = str(first["code"])
        return code, f"{code.lower().replace('_', ' ')}: {first.get('message', '')}"
    except (requests.exceptions.RequestException, ValueError, LookupError, TypeError):
        return "", f"{answer.status_code} {answer.reason}"
