"""Last words of real containers, from the message file and from the log."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pausedemo.core.manifest import PodManifest
from pausedemo.core.pods.pod import Pod
from pausedemo.core.rules.actions import ContainerStart
from pausedemo.engine.port import ContainerConfig, ContainerState
from pausedemo.errors import EngineError
from pausedemo.images.cache import ImageCache
from pausedemo.kubelet.pod.termination import TerminationMessages
from pausedemo.kubelet.translate import ContainerFacts, translate_container, translate_sandbox
from pausedemo.kubelet.volumes import (
    Finder,
    create_volumes,
    prepare_volumes,
    remove_volumes,
    resolve_mounts,
)
from tests.conftest import make_resolve
from tests.kubelet.places import LABEL, Reach
from tests.waiting import wait_until

# By which way a port is reached is of no matter here.
pytestmark = pytest.mark.parametrize(
    "reach", ["docker", "embedded"], indirect=True, scope="session"
)

FALLBACK = {"terminationMessagePolicy": "FallbackToLogsOnError"}
LABELS = {LABEL: ""}

Says = Callable[..., str]


@pytest.fixture
def says(reach: Reach, cache: ImageCache) -> Iterator[Says]:
    """Run a script as the only container of a pod to its end, and read its message."""
    engine, pause = reach.engine, make_resolve(reach.engine, cache)("pause").used

    with contextlib.ExitStack() as made:

        def run(script: str, restart_count: int = 0, pod_spec: Any = (), **more: Any) -> str:
            container = {"name": "a", "image": "busybox", "command": ["sh", "-c", script], **more}
            manifest = PodManifest.model_validate(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": "last-words"},
                    "spec": {"containers": [container], **dict(pod_spec)},
                }
            )
            pod = Pod(manifest, str(uuid.uuid4()), datetime.now(UTC), False)
            made.callback(remove_volumes, engine, pod.uid)
            create_volumes(engine, pod, LABELS, messages=True)
            # The score would be refused on a machine that may not lower it.
            sandbox = translate_sandbox(pod, 0, pause, LABELS, messages=True)
            sandbox_id = engine.create_container(_plain(sandbox))
            made.callback(engine.remove_container, sandbox_id)
            engine.start_container(sandbox_id)
            finder = Finder(engine, pause, LABELS)
            prepare_volumes(engine, pod, sandbox_id, lambda _volume: {}, finder, messages=True)
            spec = pod.spec.containers[0]
            mounts = resolve_mounts(
                engine, pod, spec, sandbox_id, finder, restart_count=restart_count, messages=True
            )
            start = ContainerStart("a", restart_count, 0)
            facts = ContainerFacts(mounts=mounts)
            config = translate_container(pod, start, sandbox_id, reach.image, LABELS, facts)
            container_id = engine.create_container(_plain(config))
            made.callback(engine.remove_container, container_id)
            with contextlib.suppress(EngineError):
                engine.start_container(container_id)

            def ended() -> bool:
                return engine.inspect_container(container_id).state is not ContainerState.RUNNING

            wait_until("it ends", ended)
            # A pod that has ended has its sandbox stopped.
            engine.stop_container(sandbox_id, 0)
            return TerminationMessages(engine).read(pod, spec, container_id)

        yield run


def _plain(config: ContainerConfig) -> ContainerConfig:
    return replace(config, oom_score_adj=None)


def test_a_message_is_what_was_written_to_the_default_path(says: Says) -> None:
    assert says("echo -n all is well > /dev/termination-log") == "all is well"


def test_each_start_has_a_message_of_its_own(says: Says) -> None:
    assert says("echo -n fourth > /dev/termination-log; exit 1", restart_count=3) == "fourth"


def test_another_path_is_another_file(says: Says) -> None:
    path = {"terminationMessagePath": "/tmp/why"}
    assert says("cat /tmp/why; echo -n because > /tmp/why; exit 1", **path) == "because"


@pytest.mark.parametrize("script", ["exit 0", "echo noise; exit 1", "kill -9 $$"])
def test_without_words_there_is_no_message(says: Says, script: str) -> None:
    assert says(script) == ""


def test_anybody_in_the_container_may_write_it(says: Says) -> None:
    user = {"securityContext": {"runAsUser": 12345}}
    assert says("echo -n me too > /dev/termination-log", **user) == "me too"


def test_only_the_end_of_a_long_message_is_told(says: Says) -> None:
    script = "{ echo start; yes 0123456 | head -n 1000; echo -n end; } > /dev/termination-log"
    message = says(script)
    assert (len(message), message[-8:]) == (4096, "3456\nend")


def test_what_is_no_text_is_told_as_far_as_it_is(says: Says) -> None:
    assert says(r"printf 'a\377b' > /dev/termination-log") == "a�b"


def test_a_file_that_would_fill_the_memory_is_not_read(says: Says) -> None:
    script = "dd if=/dev/zero of=/dev/termination-log bs=1M seek=17 count=0"
    message = says(script)
    path = "/dev/termination-log"
    assert message == f"Error on reading termination log {path}: file too large: {17 << 20} bytes"


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo out; echo err >&2; exit 1", "out\nerr\n"),
        ("echo out; exit 0", ""),
        ("echo -n said > /dev/termination-log; echo out; exit 1", "said"),
        ("exit 1", ""),
    ],
)
def test_the_log_stands_in_for_a_message_after_an_error(
    says: Says, script: str, message: str
) -> None:
    found = says(script, **FALLBACK)
    assert sorted(found.splitlines()) == sorted(message.splitlines())


def test_of_the_log_the_last_lines_are_told(says: Says) -> None:
    found = says("seq 1 200; exit 1", **FALLBACK)
    assert found == "".join(f"{number}\n" for number in range(121, 201))


def test_of_the_lines_the_last_bytes_are_told(says: Says) -> None:
    found = says(
        "for i in $(seq 50); do yes x | head -n 60 | tr -d '\\n'; echo; done; exit 1", **FALLBACK
    )
    assert (len(found), found.replace("\n", "")) == (2048, "x" * found.count("x"))


def test_what_never_started_has_written_nothing(says: Says) -> None:
    assert says("", command=["/no/such/program"], **FALLBACK) == ""
