"""The kubelet's rules against a tiny engine in memory, through random histories."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.manifest import RestartPolicy
from pausedemo.core.pods.pod import Deletion, Pod
from pausedemo.core.pods.status import ContainerStatus, PodStatus, RunState, SandboxStatus
from pausedemo.core.rules.actions import ContainerStart, PodActions, compute_actions
from pausedemo.core.rules.health import Health, Unhealthy
from tests.core.podkit import at, ended, make_pod, not_startable, running, sandbox, seen

NAMES = ("i", "s", "j", "t", "a", "b")
#: Those of them that go on beside the main ones.
SIDECARS = ("s", "t")
#: A pass may create a sandbox, run two init containers, start the rest, and end the pod.
MOST_PASSES = 12


@dataclass
class Engine:
    """What is there, and what the next start of a container will come to."""

    pod: Pod
    now_s: float = 0.0
    sandboxes: list[SandboxStatus] = field(default_factory=list)
    containers: list[ContainerStatus] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    attempts: list[int] = field(default_factory=list)
    unhealthy: dict[str, Unhealthy] = field(default_factory=dict)

    @property
    def health(self) -> dict[str, Health]:
        """What probes say of the containers that run."""
        return {
            one.id: Health(unhealthy=self.unhealthy[one.name])
            for one in self.containers
            if one.state is RunState.RUNNING and one.name in self.unhealthy
        }

    @property
    def status(self) -> PodStatus:
        return seen(*self.sandboxes, *self.containers)

    def sync(self) -> PodActions:
        before = self.status
        actions = compute_actions(self.pod, before, at(self.now_s), self.health)
        if self.pod.deletion:
            assert not actions.create_sandbox
            assert actions.init == actions.containers == ()
        for kill in actions.kill:
            latest = before.latest(kill.name)
            assert latest is not None
            assert (latest.id, latest.state) == (kill.container_id, RunState.RUNNING)
            self.end(kill.name, 137)
            # A probe begins anew with the next one.
            self.unhealthy.pop(kill.name, None)
        if actions.kill_pod:
            assert self.is_alive() or actions.create_sandbox
            self.sandboxes = [replace(s, ready=False, ip="") for s in self.sandboxes]
            for name in NAMES:
                self.end(name, 137)
        if actions.create_sandbox:
            assert not any(s.ready for s in self.sandboxes)
            assert all(actions.attempt > attempt for attempt in self.attempts)
            self.attempts.append(actions.attempt)
            self.sandboxes.append(sandbox(actions.attempt))
        for start in [*actions.init, *actions.containers]:
            # One that the kubelet itself kills just now has not crashed, and does not wait.
            crashed = before.latest(start.name)
            if crashed and crashed.state is RunState.EXITED:
                assert crashed.name not in {kill.name for kill in actions.kill}
                assert crashed.restart_due_in_s(at(self.now_s)) <= 0
            self.start(start)
        waiting = {one.name for one in actions.waiting}
        assert waiting.isdisjoint(start.name for start in actions.containers)
        return actions

    def start(self, start: ContainerStart) -> None:
        last = self.status.latest(start.name)
        assert start.restart_count == (0 if last is None else last.restart_count + 1)
        assert last is None or last.state is not RunState.RUNNING
        newest = max(self.sandboxes, key=lambda s: s.attempt)
        assert newest.ready
        if start.name in self.broken:
            made = not_startable(
                start.name,
                start.restart_count,
                of=newest.attempt,
                at_s=self.now_s,
                back_off_s=start.back_off_s,
            )
        else:
            made = replace(
                running(start.name, start.restart_count, of=newest.attempt),
                started_at=at(self.now_s),
                back_off_s=start.back_off_s,
            )
        self.containers.append(made)
        self.counts[start.name] = start.restart_count

    def end(self, name: str, exit_code: int) -> None:
        last = self.status.latest(name)
        if last is None or last.state is not RunState.RUNNING:
            return
        self.containers.remove(last)
        over = ended(
            name, exit_code, last.restart_count, back_off_s=last.back_off_s, until_s=self.now_s
        )
        self.containers.append(
            replace(over, started_at=last.started_at, sandbox_id=last.sandbox_id)
        )

    def is_alive(self) -> bool:
        return any(s.ready for s in self.sandboxes) or any(
            c.state is RunState.RUNNING for c in self.containers
        )


@dataclass(frozen=True)
class Exit:
    name: str
    exit_code: int

    def happen(self, engine: Engine) -> None:
        engine.end(self.name, self.exit_code)


@dataclass(frozen=True)
class PauseDies:
    takes_all: bool

    def happen(self, engine: Engine) -> None:
        engine.sandboxes = [replace(s, ready=False, ip="") for s in engine.sandboxes]
        for name in NAMES if self.takes_all else ():
            engine.end(name, 137)


@dataclass(frozen=True)
class TimePasses:
    seconds: float

    def happen(self, engine: Engine) -> None:
        engine.now_s += self.seconds


@dataclass(frozen=True)
class Breaks:
    name: str

    def happen(self, engine: Engine) -> None:
        engine.broken ^= {self.name}


@dataclass(frozen=True)
class Fails:
    """A probe gives a container up."""

    name: str
    unhealthy: Unhealthy

    def happen(self, engine: Engine) -> None:
        latest = engine.status.latest(self.name)
        if latest is not None and latest.state is RunState.RUNNING:
            engine.unhealthy[self.name] = self.unhealthy


@dataclass(frozen=True)
class Deleted:
    def happen(self, engine: Engine) -> None:
        engine.pod = replace(engine.pod, deletion=Deletion(at(engine.now_s), 30))


Happening = Exit | PauseDies | TimePasses | Breaks | Fails

HAPPENINGS = st.one_of(
    st.builds(Fails, st.sampled_from(("s", "t", "a", "b")), st.sampled_from(Unhealthy)),
    st.builds(Exit, st.sampled_from(NAMES), st.sampled_from([0, 0, 1, 137])),
    st.builds(PauseDies, st.booleans()),
    st.builds(TimePasses, st.sampled_from([0.5, 9.5, 10.0, 45.0, 301.0, 601.0])),
    st.builds(Breaks, st.sampled_from(NAMES)),
)


@given(
    policy=st.sampled_from(RestartPolicy),
    init=st.sampled_from([(), ("i",), ("s",), ("i", "j"), ("i", "s", "j", "t"), ("s", "t")]),
    history=st.lists(HAPPENINGS, max_size=40),
)
def test_whatever_happens_the_pod_comes_to_rest(
    policy: RestartPolicy,
    init: tuple[str, ...],
    history: list[Happening],
) -> None:
    engine = Engine(make_pod("a", "b", init=init, sidecars=SIDECARS, policy=policy))
    uid = engine.pod.uid
    settle(engine)
    for happening in history:
        counts = dict(engine.counts)
        happening.happen(engine)
        settle(engine)
        assert all(engine.counts[name] >= count for name, count in counts.items())
    assert engine.attempts == sorted(set(engine.attempts))
    assert {container.full_name.split("_")[4] for container in engine.containers} <= {uid}


def settle(engine: Engine) -> None:
    """Sync until there is nothing to do. Init containers that run may end well, meanwhile."""
    for _ in range(MOST_PASSES):
        if engine.sync().nothing:
            return
        for container in engine.pod.spec.init_containers:
            if not container.is_sidecar:
                engine.end(container.name, 0)
    raise AssertionError("the pod never comes to rest")


@given(history=st.lists(HAPPENINGS, max_size=30))
def test_a_pod_of_restart_policy_always_runs_whole_when_it_is_left_in_peace(
    history: list[Happening],
) -> None:
    engine = Engine(make_pod("a", "b", init=("i", "s", "j", "t"), sidecars=SIDECARS))
    for happening in history:
        settle(engine)
        happening.happen(engine)
    engine.broken.clear()
    engine.unhealthy.clear()
    for _ in range(MOST_PASSES):
        settle(engine)
        engine.now_s += 301
    running_now = {c.name for c in engine.containers if c.state is RunState.RUNNING}
    assert running_now == {"s", "t", "a", "b"}
    assert [s.attempt for s in engine.sandboxes if s.ready] == [max(engine.attempts)]


@given(
    policy=st.sampled_from(RestartPolicy),
    before=st.lists(HAPPENINGS, max_size=15),
    after=st.lists(HAPPENINGS, max_size=15),
)
def test_a_deleted_pod_comes_to_its_end_and_starts_nothing_more(
    policy: RestartPolicy, before: list[Happening], after: list[Happening]
) -> None:
    engine = Engine(make_pod("a", "b", init=("i", "s"), sidecars=SIDECARS, policy=policy))
    for happening in before:
        settle(engine)
        happening.happen(engine)
    Deleted().happen(engine)
    counts = dict(engine.counts)
    for happening in after:
        engine.sync()
        happening.happen(engine)
    engine.sync()
    assert engine.sync().remove
    assert not engine.is_alive()
    assert engine.counts == counts


@given(policy=st.sampled_from(RestartPolicy), history=st.lists(HAPPENINGS, max_size=30))
def test_a_main_container_runs_only_after_all_before_it_have_begun(
    policy: RestartPolicy, history: list[Happening]
) -> None:
    engine = Engine(make_pod("a", init=("i", "s", "j"), sidecars=SIDECARS, policy=policy))
    for happening in history:
        engine.sync()
        engine.end("i", 0)
        engine.end("j", 0)
        newest = max(engine.sandboxes, key=lambda one: one.attempt)
        here = {one.name for one in engine.containers if one.sandbox_id == newest.id}
        assert "a" not in here or {"i", "s", "j"} <= here
        assert "j" not in here or {"i", "s"} <= here
        happening.happen(engine)
