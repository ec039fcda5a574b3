"""The requests that a lie may be about, by method and path."""

from __future__ import annotations

import re
from typing import Final

from mutation.messages import Ask

LIST: Final = "GET /containers/json"
CREATE: Final = "POST /containers/create"
INSPECT: Final = "GET /containers/{}/json"
START: Final = "POST /containers/{}/start"
STOP: Final = "POST /containers/{}/stop"
RESTART: Final = "POST /containers/{}/restart"
KILL: Final = "POST /containers/{}/kill"
FREEZE: Final = "POST /containers/{}/pause"
THAW: Final = "POST /containers/{}/unpause"
WAIT: Final = "POST /containers/{}/wait"
REMOVE: Final = "DELETE /containers/{}"
TOP: Final = "GET /containers/{}/top"
LOGS: Final = "GET /containers/{}/logs"
PUT_FILES: Final = "PUT /containers/{}/archive"
EXEC_CREATE: Final = "POST /containers/{}/exec"
EXEC_START: Final = "POST /exec/{}/start"
EXEC_INSPECT: Final = "GET /exec/{}/json"
EVENTS: Final = "GET /events"


def is_about(route: str, ask: Ask) -> bool:
    """Whether a request is one of a route's; ``{}`` stands for one id or name."""
    pattern = re.escape(route).replace(r"\{\}", "[^/]+")
    return re.fullmatch(pattern, f"{ask.method} {ask.path}") is not None
