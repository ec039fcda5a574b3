"""One call of the docker SDK at a time, its errors turned into the port's."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final, ParamSpec, Protocol, TypeVar

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException

from pausedemo.engine import podman
from pausedemo.errors import Conflict, EngineError, EngineGone, NotFound, TimedOut

REQUEST_TIMEOUT_S: Final = 60
POLL_S: Final = 0.01

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Closable(Protocol):
    """What ends with an engine's connection."""

    def close(self) -> None: ...


class Asking:
    """A client of the SDK; the calls that make an engine of it are added by its heirs."""

    def __init__(
        self,
        client: docker.APIClient,
        url: str,
        runtime: str | None = None,
        owned: Closable | None = None,
    ) -> None:
        """``runtime`` is the OCI runtime of all containers made; None: the engine's default.

        ``owned`` is the engine's process when it is ours: it ends when this is closed.
        """
        self._client = client
        self._owned = owned
        self._url = url
        self._runtime = runtime

    @functools.cached_property
    def _podman(self) -> bool:
        return podman.is_podman(self._ask("ask the engine's version", self._client.version))

    def _ask(self, action: str, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Make one SDK call and turn its errors into the port's."""
        try:
            return call(*args, **kwargs)
        except APIError as error:
            status = error.status_code or 0
            message = (error.explanation or str(error)).strip()
            raise _choose_kind(status, error)(action, status, message) from error
        except (requests.Timeout, urllib3.exceptions.ReadTimeoutError) as error:
            raise TimedOut(f"cannot {action}: the engine did not answer in time") from error
        except (
            requests.RequestException,
            urllib3.exceptions.HTTPError,
            DockerException,
            OSError,
        ) as error:
            raise EngineGone(
                f"cannot {action}: the engine at {self._url} has gone: {_innermost(error)}"
            ) from error


def _choose_kind(status: int, error: APIError) -> type[EngineError]:
    """Which of the port's errors it is: by the status, and where that says little by the cause."""
    kinds: dict[int, type[EngineError]] = {404: NotFound, 409: Conflict}
    if status in kinds or error.response is None:
        return kinds.get(status, EngineError)
    return podman.read_cause(error.response.content) or EngineError


def raise_for_status(response: requests.Response) -> None:
    """Raise the SDK's error for a reply that bypassed it."""
    try:
        response.raise_for_status()
    except requests.HTTPError as error:
        docker.errors.create_api_error_from_http_exception(error)


def raise_for_line(action: str, line: Mapping[str, Any]) -> None:
    """Raise what a JSON progress stream reports in its lines: the status was 200 long ago."""
    if "error" in line:
        raise EngineError(action, 500, str(line["error"]))


def _innermost(error: BaseException) -> str:
    """The message at the bottom of a chain of wrapped errors: the one that says what happened."""
    seen: BaseException = error
    while (inner := seen.__cause__ or seen.__context__) is not None:
        seen = inner
    return str(seen) or type(seen).__name__
