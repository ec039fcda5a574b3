"""Two small runs as a person would see them.

``EXAMPLE``: passes, a failure, an error, a skip, a long output. ``OTHER_ENGINE``: what only a run
on an engine that differs has, or one that was repeated.
"""

from __future__ import annotations

from pausedemo.core.verdicts.results import (
    Difference,
    EngineFacts,
    Failure,
    ImageUse,
    RunResult,
    ScenarioResult,
    Status,
    StepResult,
)
from pausedemo.scenario.listener import Listener

NETSTAT = """\
Active Internet connections (only servers)
Proto Recv-Q Send-Q Local Address           Foreign Address         State       PID/Program name
tcp        0      0 0.0.0.0:2368            0.0.0.0:*               LISTEN      -
tcp        0      0 0.0.0.0:80              0.0.0.0:*               LISTEN      -
"""

PS = """\
PID   USER     COMMAND
    1 root     sleep 3600
   14 root     ps aux
"""

NETWORK_SHARE = ScenarioResult(
    name="network-share",
    title="Containers of a pod share one network namespace",
    source="scenarios/network-share.yaml",
    duration_s=14.25,
    steps=(
        StepResult(
            name="busybox sees the listeners of its neighbours",
            kind="exec",
            command="kubectl exec pause-test --container busybox -- netstat -ntlp",
            status=Status.PASSED,
            output=NETSTAT,
            observed={"netstat": [{"port": 2368}, {"port": 80}]},
            duration_s=0.08,
            explain=(
                "All containers of a pod join the network namespace of the pause container, so "
                "busybox sees\nwhat nginx and ghost listen on. Their processes it does not see: "
                "the column [PID/Program name]\nholds a dash.\n"
            ),
        ),
        StepResult(
            name="busybox sees only its own processes",
            kind="exec",
            command="kubectl exec pause-test --container busybox -- ps aux",
            status=Status.FAILED,
            output=PS,
            observed={"ps": [{"pid": 1, "command": "sleep 3600"}, {"pid": 14}]},
            failures=(
                Failure(
                    "ps",
                    [{"pid": 1, "command": "/pause"}, {"command": "ps aux"}],
                    [
                        {"pid": 1, "user": "root", "command": "sleep 3600"},
                        {"pid": 14, "user": "root", "command": "ps aux"},
                    ],
                ),
                Failure("exit code", 0, 3),
            ),
            duration_s=0.1,
            explain="The PID namespace is not shared unless the pod asks for it.",
        ),
        StepResult(
            name="nginx now leads to ghost",
            kind="http",
            command="curl http://172.17.0.2/",
            status=Status.FAILED,
            output="".join(f"<p>line {number} of the page</p>\n" for number in range(1, 61)),
            observed={"http": {"status": 200, "title": "Welcome to nginx!"}},
            failures=(
                Failure(
                    "http",
                    {"status": 200, "title": "Ghost"},
                    {"status": 200, "title": "Welcome to nginx!", "text": "line 1"},
                ),
            ),
            duration_s=12.0,
        ),
    ),
)

PID_SHARE = ScenarioResult(
    name="pid-share",
    title="With a shared PID namespace pause is PID 1 of the pod",
    source="scenarios/pid-share.yaml",
    duration_s=0.5,
    steps=(
        StepResult(
            name="everyone sees everyone",
            kind="exec",
            command="kubectl exec pause-test2 --container busybox -- ps aux",
            status=Status.ERROR,
            output="OCI runtime exec failed: exec failed: container is not running\n",
            failures=(Failure("", None, "cannot read ps: line 1: 'OCI runtime exec failed'"),),
            duration_s=0.4,
        ),
        StepResult(
            name="pause reaps orphans",
            kind="exec",
            command="docker exec k8s_busybox_pause-test2_default_7d1e_0 sh -c '(sleep 1 &)'",
            status=Status.SKIPPED,
            failures=(Failure("", None, "an earlier step went wrong"),),
        ),
    ),
)

PAUSE_KILL = ScenarioResult(
    name="pause-kill",
    title="The pause container's life is the life of the pod's containers",
    source="scenarios/pause-kill.yaml",
    duration_s=65.4,
    steps=(
        StepResult(
            name="stop the pause container",
            kind="stop",
            command="docker stop k8s_POD_pause-test2_default_7d1e_0",
            status=Status.PASSED,
            output="k8s_POD_pause-test2_default_7d1e_0\n",
            duration_s=65.0,
        ),
    ),
)

EXAMPLE = RunResult(
    engine=EngineFacts("Docker Engine", "20.10.24", "1.41", "runc"),
    images=(
        ImageUse("busybox", "busybox", False),
        ImageUse("nginx:1.9.1", "nginx:1.22.1", True),
        ImageUse("ghost:3.21", "ghost:5.130.6", True),
    ),
    scenarios=(NETWORK_SHARE, PID_SHARE, PAUSE_KILL),
)

IPC_SHARE = ScenarioResult(
    name="ipc-share",
    title="A shared memory segment is seen by all containers of a pod",
    source="scenarios/ipc-share.yaml",
    duration_s=1.9,
    steps=(
        StepResult(
            name="the pod's containers share the IPC namespace",
            kind="namespaces",
            command="docker exec node ls -l /proc/4711/ns",
            status=Status.PASSED,
            duration_s=0.2,
        ),
        StepResult(
            name="/dev/shm is the same file system",
            kind="exec",
            command="docker exec k8s_b_ipc_default_7d1e_0 cat /dev/shm/note",
            status=Status.KNOWN_DIFFERENCE,
            output="cat: can't open '/dev/shm/note': No such file or directory\n",
            observed={"exit_code": 1},
            failures=(Failure("exit code", 0, 1),),
            duration_s=0.1,
            explain="The namespace holds System V objects; /dev/shm is a mount beside it.",
            difference=Difference(
                "podman<4",
                "mounts a /dev/shm of its own into a container that joins another's IPC namespace",
                shows=True,
            ),
        ),
        StepResult(
            name="the host name is the pod's",
            kind="exec",
            command="docker exec k8s_b_ipc_default_7d1e_0 hostname",
            status=Status.PASSED,
            output="ipc\n",
            duration_s=0.1,
            difference=Difference(
                "podman", "gives each container a UTS namespace of its own", shows=False
            ),
        ),
    ),
)

ZOMBIES = ScenarioResult(
    name="zombies",
    title="pause reaps the orphans of all containers",
    source="scenarios/zombies.yaml",
    duration_s=24.0,
    attempts=(Status.PASSED,) * 9 + (Status.FAILED, Status.ERROR, Status.PASSED, Status.FAILED),
    steps=(
        StepResult(
            name="no zombie is left",
            kind="exec",
            command="docker exec k8s_b_zombies_default_7d1e_0 ps -o pid,stat",
            status=Status.FAILED,
            output="PID   STAT\n    1 S\n    9 Z\n",
            observed={"ps": [{"pid": 1, "stat": "S"}, {"pid": 9, "stat": "Z"}]},
            failures=(Failure("ps", [], [{"pid": 9, "stat": "Z"}]),),
            duration_s=0.1,
            difference=Difference("podman", "does not show other users' zombies", shows=False),
        ),
    ),
)

OOM_SCORE = ScenarioResult(
    name="oom-score",
    title="The infra container is the last that the kernel kills for memory",
    source="scenarios/oom-score.yaml",
    duration_s=0.0,
    steps=(),
    not_applicable="needs an engine that may lower an OOM score",
)

OTHER_ENGINE = RunResult(
    engine=EngineFacts("Podman Engine", "3.4.4", "1.40", "crun"),
    images=(ImageUse("busybox", "busybox", False),),
    scenarios=(IPC_SHARE, ZOMBIES, OOM_SCORE, PAUSE_KILL),
)


def replay(listener: Listener, run: RunResult) -> None:
    """Tell the listener what a runner would have told it."""
    listener.run_started(run.engine)
    for image in run.images:
        listener.image_resolved(image)
    for scenario in run.scenarios:
        listener.scenario_started(scenario.name, scenario.title, len(scenario.steps))
        for step in scenario.steps:
            listener.step_started(step.name, step.kind, step.command)
            listener.step_finished(step)
        listener.scenario_finished(scenario)
    listener.run_finished(run)
