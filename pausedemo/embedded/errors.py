"""What an API client is told when a request fails: the HTTP status, and dockerd's words."""

from __future__ import annotations

from typing import ClassVar, Final

from pausedemo.errors import PausedemoError

#: How dockerd begins what runc has refused.
RUNTIME_FAILED: Final = "failed to create shim: OCI runtime create failed: runc create failed"


class ApiError(PausedemoError):
    """A refused request. ``message`` is what the client prints; ``status`` the HTTP status."""

    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        self.message = message
        super().__init__(message)


class NotModified(ApiError):
    """The object is already as the request wants it. Has no body."""

    status = 304


class BadParameter(ApiError):
    """The request itself is wrong."""

    status = 400


class Forbidden(ApiError):
    """The object may not be changed in that way."""

    status = 403


class NotFound(ApiError):
    """There is no such object."""

    status = 404


class Conflict(ApiError):
    """The request does not fit the object's state, or the name is taken."""

    status = 409


class ServerError(ApiError):
    """What the engine or the kernel could not do."""

    status = 500


class NotSupported(ApiError):
    """Docker can do it and this engine cannot."""

    status = 501


class Unavailable(ApiError):
    """What only an engine in another state can do."""

    status = 503
