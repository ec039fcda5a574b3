"""An event as a line that can be read while it scrolls by."""

from __future__ import annotations

from pausedemo.core.pod import Pod
from pausedemo.core.podevent import PodEvent

_REASON_WIDTH = 16
_POD_WIDTH = 20


def render_event_line(pod: Pod, event: PodEvent) -> str:
    """``12:00:07  web                   Started           Started container a``, in local time.

    A Warning bears a ``!`` before its reason. Pods outside of ``default`` bear their namespace.
    """
    name = pod.name if pod.namespace == "default" else f"{pod.namespace}/{pod.name}"
    mark = "! " if event.type == "Warning" else "  "
    message = " ".join(event.message.split())
    time = event.time.astimezone()
    return f"{time:%H:%M:%S}  {name:<{_POD_WIDTH}} {mark}{event.reason:<{_REASON_WIDTH}}  {message}"
