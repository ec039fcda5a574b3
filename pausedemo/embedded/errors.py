"""What the embedded engine answers when it refuses: an HTTP status and dockerd's own words.

Raised anywhere below the API; the server's middleware is the one place that makes a response of
them. Statuses as moby's ``api/server/httpstatus`` maps its kinds of errors.
"""

from __future__ import annotations

from typing import ClassVar

from pausedemo.errors import PausedemoError


class ApiError(PausedemoError):
    """A refusal that the client reads as ``{"message": ...}`` with ``status``."""

    status: ClassVar[int] = 500

    def __init__(self, message: str = "") -> None:
        self.message = message
        super().__init__(message)


class NotModified(ApiError):
    """It is so already (304); the response has no body."""

    status = 304


class BadParameter(ApiError):
    """The request cannot be meant (400)."""

    status = 400


class Forbidden(ApiError):
    """The object allows no such thing (403)."""

    status = 403


class NotFound(ApiError):
    """There is no such object (404)."""

    status = 404


class Conflict(ApiError):
    """The object's state, or another object, is in the way (409)."""

    status = 409


class ServerError(ApiError):
    """The machine refused, or the engine failed (500)."""

    status = 500


class NotSupported(ApiError):
    """This engine has no such thing (501)."""

    status = 501
