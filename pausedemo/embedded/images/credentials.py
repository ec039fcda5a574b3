"""What a client gives to log in to a registry (``X-Registry-Auth``), and tokens for it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from pausedemo.embedded.errors import BadParameter, NotFound, ServerError


@dataclass(frozen=True, slots=True)
class Credentials:
    """Empty where the client gave none. Secrets stay out of ``repr``."""

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def basic(self) -> str:
        """An ``Authorization`` header's value."""
        pair = f"{self.username}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"


NO_CREDENTIALS: Final = Credentials()


def parse_credentials(header: str) -> Credentials:
    """Credentials from ``X-Registry-Auth``: JSON in base64 for URLs.

    Raises BadParameter.
    """
    if not header:
        return NO_CREDENTIALS
    try:
        padded = header.rstrip("=") + "=" * (-len(header.rstrip("=")) % 4)
        parsed = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True) or b"{}")
    except ValueError as error:
        raise BadParameter("invalid X-Registry-Auth header") from error
    if not isinstance(parsed, dict):
        raise BadParameter("invalid X-Registry-Auth header")

    def read(key: str) -> str:
        return str(parsed.get(key) or "")

    username, password = read("username"), read("password")
    if not username and read("auth"):
        try:
            pair = base64.b64decode(read("auth")).decode()
        except ValueError as error:
            raise BadParameter("invalid X-Registry-Auth header") from error
        username, _, password = pair.partition(":")
    return Credentials(username, password, read("identitytoken"), read("registrytoken"))


def fetch_token(
    session: requests.Session,
    challenge: Mapping[str, str],
    credentials: Credentials,
    timeout_s: tuple[float, float],
) -> str:
    """A bearer token for what ``challenge`` (realm, service, scope) asks.

    Source: distribution's token and oauth2 specifications. Raises NotFound when the server
    refuses, ServerError for no token, requests' errors when it may be tried again.
    """
    realm, scope = challenge["realm"], challenge["scope"]
    wanted = {"scope": scope}
    if "service" in challenge:
        wanted["service"] = challenge["service"]
    if credentials.identity_token:
        form = {
            **wanted,
            "grant_type": "refresh_token",
            "refresh_token": credentials.identity_token,
            "client_id": "docker",
        }
        answer = session.post(realm, data=form, timeout=timeout_s)
    else:
        headers = {"Authorization": credentials.basic} if credentials.username else {}
        answer = session.get(realm, params=wanted, headers=headers, timeout=timeout_s)
    if answer.status_code in (401, 403):
        name = scope.removeprefix("repository:").rpartition(":")[0]
        raise NotFound(
            f"pull access denied for {name}, repository does not exist or may require "
            "'docker login': denied: the token server refuses"
        )
    answer.raise_for_status()
    try:
        found: dict[str, Any] = answer.json()
        token = found.get("token") or found.get("access_token")
    except (ValueError, AttributeError) as error:
        raise ServerError("token server's answer cannot be read") from error
    if not isinstance(token, str):
        raise ServerError("authorization server did not include a token in the response")
    return token
