"""One request and one reply of the engine's API, whole, as a lie reads and rewrites them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

#: Header names in lower case, values as they were.
Headers = list[tuple[str, str]]

_VERSION: Final = re.compile(r"^/v\d+\.\d+(?=/)")
#: What says how a body is cut; it is said anew for a body that was read whole.
_FRAMING: Final = ("content-length", "transfer-encoding")


def decode_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """h11's header pairs as text; names are in lower case already."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


@dataclass(slots=True)
class _Message:
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str:
        """A header's first value; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def json(self) -> Any:
        """The body as JSON, a new copy each time: assign it to change the message."""
        return json.loads(self.body or b"null")

    @json.setter
    def json(self, value: Any) -> None:
        self.body = json.dumps(value).encode()

    @property
    def content(self) -> tuple[object, ...]:
        """What the message says, however its JSON is spelled: for a comparison."""
        try:
            body = self.json
        except ValueError:
            body = self.body
        return (self._subject, tuple(self.headers), body)

    @property
    def _subject(self) -> str:
        raise NotImplementedError

    def _render(self, first_line: str) -> bytes:
        kept = [(name, value) for name, value in self.headers if name not in _FRAMING]
        kept.append(("content-length", str(len(self.body))))
        lines = [first_line, *(f"{name}: {value}" for name, value in kept)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


@dataclass(slots=True)
class Ask(_Message):
    """A request. ``path`` has no version and no query; ``body`` is empty until it was read."""

    method: str = "GET"
    path: str = "/"
    version: str = ""
    query: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, method: str, target: str, headers: Headers) -> Ask:
        """Read a request's line, such as ``GET /v1.41/containers/json?all=1``, and its headers."""
        path, _, query = target.partition("?")
        found = _VERSION.match(path)
        version = found[0] if found else ""
        pairs = dict(parse_qsl(query, keep_blank_values=True))
        return cls(headers, b"", method, path.removeprefix(version), version, pairs)

    @property
    def target(self) -> str:
        query = urlencode(self.query)
        return f"{self.version}{self.path}{'?' if query else ''}{query}"

    @property
    def object(self) -> str:
        """The id or name in ``/containers/{id}/...`` or ``/exec/{id}/...``."""
        return self.path.split("/")[2]

    @property
    def _subject(self) -> str:
        return f"{self.method} {self.target}"

    def render(self) -> bytes:
        """The request as bytes, its body with a length."""
        return self._render(f"{self.method} {self.target} HTTP/1.1")


@dataclass(slots=True)
class Answer(_Message):
    """A reply, read whole."""

    status: int = 200

    @classmethod
    def of(cls, status: int, value: Any = None) -> Answer:
        """A reply of our own: JSON, or nothing at all."""
        answer = cls([("content-type", "application/json")], b"", status)
        if value is not None:
            answer.json = value
        return answer

    @classmethod
    def refusal(cls, status: int, message: str) -> Answer:
        """A refusal, in the engine's form."""
        return cls.of(status, {"message": message})

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def _subject(self) -> str:
        return str(self.status)

    def render(self, *, with_body: bool = True) -> bytes:
        """The reply as bytes. 204 and 304 have neither body nor length: RFC 9110, 8.6."""
        phrase = HTTPStatus(self.status).phrase
        line = f"HTTP/1.1 {self.status} {phrase}"
        if self.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            kept = [f"{name}: {value}" for name, value in self.headers if name not in _FRAMING]
            return "\r\n".join([line, *kept, "", ""]).encode("latin-1")
        whole = self._render(line)
        return whole if with_body else whole[: len(whole) - len(self.body)]
