"""Pods of an infra container and two on one engine: made, killed in part, waited for, removed.

Nothing is asked of the engine while it works, or that would be measured along: what happens is
counted off its events.
"""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Final

from benchmarks.ground import Ground
from pausedemo.clock import SystemClock
from pausedemo.core import naming
from pausedemo.core.manifest import parse_pod
from pausedemo.core.pods.pod import LATEST_KUBERNETES, Deletion, Pod, compute_shares_pid
from pausedemo.engine.connect import make_client
from pausedemo.engine.docker import REQUEST_TIMEOUT_S, DockerEngine
from pausedemo.engine.embedded import start_embedded
from pausedemo.engine.port import Engine, EventStream
from pausedemo.errors import EngineGone, PausedemoError, TimedOut
from pausedemo.kubelet.objects.pods import PodObject, Pods
from pausedemo.kubelet.objects.store import Kind, Store
from pausedemo.scenario.stage import PAUSE_IMAGE

TIMEOUT_S: Final = 300.0
POLL_S: Final = 0.2
#: A program that ends as soon as it is asked to, and does nothing until then.
PROGRAM: Final = "trap 'exit 0' TERM; sleep 86400 & wait"
CONTAINERS: Final = ("a", "b")
MANIFEST: Final = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {
        "terminationGracePeriodSeconds": 5,
        "containers": [
            {"name": name, "image": "busybox", "command": ["sh", "-c", PROGRAM]}
            for name in CONTAINERS
        ],
    },
}
SANDBOX: Final = naming.SANDBOX_CONTAINER_NAME


class PodGround:
    """An engine that has no pods but these."""

    def __init__(self, engine: Engine, stream: EventStream) -> None:
        self._engine = engine
        self._store = Store(engine)
        self._pods = Pods(self._store)
        self._clock = SystemClock()
        self._made: list[PodObject] = []
        self._heard = threading.Condition()
        self._started: dict[tuple[str, str], list[str]] = {}
        self._killed: list[tuple[tuple[str, str], int]] = []
        threading.Thread(target=self._listen, args=(stream,), daemon=True).start()

    @classmethod
    @contextlib.contextmanager
    def open(cls, engine: Engine) -> Iterator[PodGround]:
        """Refuses an engine that keeps pods already: its kubelet would look after them too."""
        if Pods(Store(engine)).records():
            raise PausedemoError(f"{engine.url} keeps pods; name an engine of its own")
        with engine.events({naming.POD_UID: None}) as stream:
            ground = cls(engine, stream)
            try:
                yield ground
            finally:
                ground.remove()

    def time_start(self, count: int) -> float:
        """Seconds from the first record of so many pods until all their containers run."""
        began = time.monotonic()
        made = [self._record() for _ in range(count)]
        wanted = [(one.pod.uid, name) for one in made for name in (SANDBOX, *CONTAINERS)]
        self._wait("the pods run", lambda: all(key in self._started for key in wanted))
        return time.monotonic() - began

    def time_kill(self, count: int) -> float:
        """Seconds from the kill of so many infra containers until their pods run again.

        Raises PausedemoError when anything else was started.
        """
        with self._heard:
            before = {key: list(ids) for key, ids in self._started.items()}
        uids = [one.pod.uid for one in self._made[-count:]]
        calls = [
            threading.Thread(target=self._engine.kill_container, args=(before[uid, SANDBOX][-1],))
            for uid in uids
        ]
        began = time.monotonic()
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        wanted = [(uid, name) for uid in uids for name in (SANDBOX, *CONTAINERS)]

        def is_back() -> bool:
            return all(len(self._started[key]) > len(before[key]) for key in wanted)

        self._wait("the pods run again", is_back)
        took_s = time.monotonic() - began
        ours = {one.pod.uid for one in self._made}
        with self._heard:
            changed = [key for key, ids in self._started.items() if ids != before.get(key)]
        others = [key for key in changed if key[0] in ours]
        if sorted(others) != sorted(wanted):
            raise PausedemoError("the kubelet has started what was not killed")
        return took_s

    def kill_one(self, turn: int) -> None:
        """Kill one container: of each pod in turn, so that none gets a back-off soon."""
        name = CONTAINERS[turn // len(self._made) % len(CONTAINERS)]
        key = (self._made[turn % len(self._made)].pod.uid, name)
        with self._heard:
            container = self._started[key][-1]
            self._killed.append((key, len(self._started[key])))
        self._engine.kill_container(container)

    def wait_restarted(self) -> None:
        """Wait until all that was killed one by one runs again."""

        def is_back() -> bool:
            return all(len(self._started[key]) > count for key, count in self._killed)

        self._wait("what was killed runs again", is_back)

    def clear(self) -> None:
        """Have the kubelet remove all pods, and wait for that."""
        for one in self._made:
            self._pods.mark_deleted(one, Deletion(self._clock.now(), 0))
        deadline = time.monotonic() + TIMEOUT_S
        while self._pods.records():
            if time.monotonic() > deadline:
                raise TimedOut("the kubelet did not remove the pods in time")
            time.sleep(POLL_S)
        self._made.clear()

    def remove(self) -> None:
        """Remove what is left of these pods without a kubelet, and nothing of others."""
        for one in self._made:
            uid = {naming.POD_UID: one.pod.uid}
            for row in self._engine.list_containers(uid):
                self._engine.remove_container(row.id)
            for volume in self._engine.list_volumes(uid):
                self._engine.remove_volume(volume.name)
            for kind in (Kind.EVENT, Kind.POD_STATUS, Kind.POD):
                self._store.delete(kind, one.pod.namespace, one.pod.name)

    def _record(self) -> PodObject:
        applied = {**MANIFEST, "metadata": {"name": f"bench-{uuid.uuid4().hex[:12]}"}}
        manifest = parse_pod(json.dumps(applied), "bench.json")
        shares = compute_shares_pid(manifest.spec, LATEST_KUBERNETES)
        pod = Pod(manifest, str(uuid.uuid4()), self._clock.now(), shares)
        made = self._pods.create(pod, applied)
        self._made.append(made)
        return made

    def _listen(self, stream: EventStream) -> None:
        with contextlib.suppress(EngineGone):
            for event in stream:
                if event.action != "start":
                    continue
                labels = event.attributes
                key = (labels[naming.POD_UID], labels[naming.CONTAINER_NAME])
                with self._heard:
                    self._started.setdefault(key, []).append(event.container_id)
                    self._heard.notify_all()

    def _wait(self, what: str, look: Callable[[], bool]) -> None:
        with self._heard:
            if not self._heard.wait_for(look, TIMEOUT_S):
                raise TimedOut(f"not within {TIMEOUT_S:g} s: {what}")


@contextlib.contextmanager
def open_embedded(ground: Ground) -> Iterator[Engine]:
    """An embedded engine with the images of the ground."""
    with contextlib.ExitStack() as stack:
        process = start_embedded()
        stack.callback(process.close)
        client = make_client(process.endpoint, REQUEST_TIMEOUT_S)
        engine = DockerEngine(client, process.endpoint.url)
        stack.callback(engine.close)
        for image in ground.resolved:
            if image.wanted in (PAUSE_IMAGE, "busybox") or image.wanted.startswith("busybox:"):
                content = b"".join(ground.client.get_image(image.used))
                engine.load_image(io.BytesIO(content))
        yield engine
