"""An event as a line that can be read while it scrolls by."""

from __future__ import annotations

import textwrap
from typing import Final

from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent

_REASON_WIDTH: Final = 16
_POD_WIDTH: Final = 12
#: Less room than this for messages is no better than lines that the terminal breaks.
_LEAST_ROOM: Final = 24


def render_event_line(pod: Pod, event: PodEvent, columns: int | None = None) -> str:
    """``12:00:07  web           Started           Started container a``, in local time.

    A Warning bears a ``!`` before its reason. Pods outside of ``default`` bear their namespace.
    ``columns``: how wide a terminal is; the rest of a longer message stands below its beginning.
    """
    name = pod.name if pod.namespace == "default" else f"{pod.namespace}/{pod.name}"
    mark = "! " if event.type == "Warning" else "  "
    time = event.time.astimezone()
    head = f"{time:%H:%M:%S}  {name:<{_POD_WIDTH}} {mark}{event.reason:<{_REASON_WIDTH}}  "
    message = " ".join(event.message.split())
    if columns is None or columns - len(head) < _LEAST_ROOM:
        return head + message
    return textwrap.fill(
        message,
        columns,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )
