"""Containers of pods that nobody keeps a record of any more.

Source: HandlePodCleanups in kubernetes pkg/kubelet/kubelet_pods.go.
"""

from __future__ import annotations

import contextlib
import threading
from functools import partial
from typing import Final

from pausedemo.core import naming
from pausedemo.engine.port import Engine
from pausedemo.errors import PausedemoError
from pausedemo.kubelet.pod.observe import is_alive
from pausedemo.kubelet.pod.removing import remove_leftovers
from pausedemo.kubelet.threads import do_all

#: What its manifest said of its grace is not known any more: this is what it says by default.
GRACE_S: Final = 30


def end_orphan(engine: Engine, uid: str) -> None:
    """End and remove what is left of such a pod, in a thread. What fails is found again later."""
    threading.Thread(target=_end, args=(engine, uid), name=f"orphan {uid}", daemon=True).start()


def _end(engine: Engine, uid: str) -> None:
    with contextlib.suppress(PausedemoError):
        rows = engine.list_containers({naming.POD_UID: uid, naming.OWNER: naming.ENGINE_OWNER})
        members = [
            row
            for row in rows
            if is_alive(row.state) and row.labels.get(naming.CONTAINER_TYPE) != naming.TYPE_SANDBOX
        ]
        do_all([partial(engine.stop_container, row.id, GRACE_S) for row in members], "orphan")
        remove_leftovers(engine, uid)
