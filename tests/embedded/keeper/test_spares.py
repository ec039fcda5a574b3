"""Spares: made ahead, of nothing but the keeper, and as good as children made for their start."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pausedemo.embedded.keeper import spares
from pausedemo.embedded.keeper.kinds import Kind, choose_kind
from pausedemo.embedded.keeper.launch import Bind, Launch, Program, Root
from pausedemo.embedded.kernel.syscalls import Namespace
from tests.embedded.keeper.keepers import NEW, TIMEOUT_S, Kept, ended, full, make_root, with_keeper

ALL_SPARES = sum(spares.STOCK.values())
JOINING = Namespace.IPC | Namespace.UTS
PROGRAM = Program(["true"], [])
#: What a program finds itself to be. Process numbers, and numbers of mounts, are its own.
PORTRAIT = """
grep -E '^(Uid|Gid|Groups|NSpid|NSsid|Sig[BICP]|Shd|Cap|NoNew|Seccomp:)' /proc/self/status |
    grep -v '^NS'
head -n 1 /proc/self/mounts | grep -o ' / .*'
cut -d' ' -f 4- /proc/self/mountinfo | sort | sed 's/ shared:[0-9]*//; s/[0-9]*:[0-9]* / /'
ls /proc/self/fd | grep -vx 3
cat /proc/self/oom_score_adj /proc/1/comm
[ $(cut -d' ' -f 6 /proc/self/stat) = $$ ] && echo leads its session
pwd; env | sort; ulimit -a; umask; hostname
ls -l /proc/self/ns | grep -cE 'pid|mnt|ipc|uts'
"""


@pytest.mark.parametrize(
    ("launch", "kind"),
    [
        (Launch(new=int(NEW), program=PROGRAM), Kind.FIRST),
        (Launch(new=int(NEW & ~Namespace.IPC), program=PROGRAM), None),
        (
            Launch(
                new=int(NEW & ~Namespace.IPC),
                joins=[(0, int(Namespace.IPC))],
                program=PROGRAM,
            ),
            Kind.FIRST,
        ),
        (Launch(new=int(NEW | Namespace.CGROUP), program=PROGRAM), Kind.FIRST),
        (Launch(new=int(NEW & ~Namespace.UTS), program=PROGRAM), None),
        (Launch(new=int(NEW & ~Namespace.PID), program=PROGRAM), None),
        (Launch(new=int(Namespace.MOUNT), join_pid=0, program=PROGRAM), Kind.MIDDLE),
        (Launch(join_pid=0, program=PROGRAM), Kind.MIDDLE),
        (Launch(new=int(NEW)), None),
    ],
)
def test_a_launch_takes_the_spare_that_can_become_it(launch: Launch, kind: Kind | None) -> None:
    assert choose_kind(launch) is kind


def test_spares_are_made_replaced_and_taken_along(tree: Path) -> None:
    watched: list[int] = []

    async def test(kept: Kept) -> None:
        first = await full(kept)
        assert await kept.run("echo", "hello") == (0, "hello\n")
        second = await full(kept)
        assert len(first - second) == 1
        killed = min(second)
        os.kill(killed, signal.SIGKILL)
        third = await full(kept, without=killed)
        assert await kept.run("echo", "again") == (0, "again\n")
        watched.extend(os.pidfd_open(pid) for pid in await full(kept))
        assert len(third & second) == ALL_SPARES - 1

    try:
        with_keeper(tree, test)
        assert len(watched) == ALL_SPARES
        for pidfd in watched:
            assert select.select([pidfd], [], [], TIMEOUT_S)[0]
    finally:
        for pidfd in watched:
            os.close(pidfd)


def test_a_spare_holds_nothing_but_its_line_and_the_keeper_s_namespaces(tree: Path) -> None:
    async def test(kept: Kept) -> None:
        running = await kept.launch("sleep", "600")
        for pid in await full(kept, besides=running.pid):
            held = [str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir()]
            lines = [one for one in held if one.startswith("socket:")]
            keepers = {str(Path(f"/proc/{kept.pid}/fd/{number}").readlink()) for number in range(3)}
            assert len(lines) == 1
            assert {*held} - {*lines} <= keepers
            for name in ("mnt", "net", "cgroup"):
                of_keeper = Path(f"/proc/{kept.pid}/ns/{name}").readlink()
                assert Path(f"/proc/{pid}/ns/{name}").readlink() == of_keeper
            assert Path(f"/proc/{pid}/root").readlink() == Path("/")
        running.send_signal(signal.SIGKILL)
        await ended(running)

    with_keeper(tree, test)


def test_a_program_is_the_same_by_a_spare_and_by_a_child_made_for_it(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tree / "etc").mkdir(exist_ok=True)
    (tree / "etc/passwd").write_text("web:x:33:33::/home:/bin/sh\n")
    portraits: dict[bool, list[tuple[int, str]]] = {}

    async def test(kept: Kept) -> None:
        pids = await full(kept) if with_spares else set()
        donor = await kept.launch("sleep", "600")
        member = {
            "new": int(Namespace.MOUNT | Namespace.UTS),
            "joins": [(1, int(Namespace.IPC))],
            "join_pid": 1,
        }
        joined = Namespace.MOUNT | Namespace.IPC | Namespace.UTS
        execed = {"new": 0, "joins": [(1, int(joined))], "join_pid": 1, "root": None}
        limited: dict[str, Any] = {"limits": [(7, 64, 64)]}
        found = [
            await portray(kept, {}),
            await portray(kept, {}, user="web", capabilities=1, no_new_privileges=True),
            await portray(kept, member, donor.pidfd),
            await portray(kept, member, donor.pidfd, user="web", oom_score_adj=100),
            await portray(kept, member, donor.pidfd, **limited),
            await portray(kept, execed, donor.pidfd, cwd="/tmp"),
        ]
        portraits[with_spares] = found
        assert donor.pid in pids or not with_spares
        donor.send_signal(signal.SIGKILL)
        await ended(donor)

    stock = dict(spares.STOCK)
    for with_spares in (True, False):
        wanted = {Kind.FIRST: 3, Kind.MIDDLE: 4} if with_spares else dict.fromkeys(stock, 0)
        monkeypatch.setattr(spares, "STOCK", wanted)
        with_keeper(tree, test)
    assert all(code == 0 and "leads its session" in said for code, said in portraits[True])
    assert portraits[True] == portraits[False]


def test_who_joins_sees_its_own_namespace_s_proc_whatever_lies_at_the_other_s(tree: Path) -> None:
    async def test(kept: Kept) -> None:
        root = make_root(tree)
        foreign = Root(
            target=root.target, tree=True, mounts=[Bind("/proc", "/proc"), *root.mounts[1:]]
        )
        donor = await kept.launch("sleep", "600", launch={"root": foreign})
        await full(kept, besides=donor.pid)
        member = {"new": int(Namespace.MOUNT), "joins": [], "join_pid": 1}
        said = await portray(kept, member, donor.pidfd, script="cat /proc/1/comm")
        assert said == (0, "sleep\n")
        donor.send_signal(signal.SIGKILL)
        await ended(donor)

    with_keeper(tree, test)


@pytest.mark.parametrize("joins", [True, False])
def test_a_mount_namespace_is_at_hand_once_a_program_runs_and_outlives_it(
    tree: Path, joins: bool
) -> None:
    async def test(kept: Kept) -> None:
        donor = await kept.launch("sleep", "600")
        await full(kept, besides=donor.pid)
        launch = {"new": int(Namespace.MOUNT), "join_pid": 0} if joins else {}
        one = await kept.launch("sleep", "600", descriptors=(donor.pidfd,), launch=launch)
        assert (one.mounts is not None) is joins
        before = count_mount_namespaces() - joins
        taken = one.take_mounts()
        assert one.mounts is None
        assert os.fstat(taken).st_ino == Path(f"/proc/{one.pid}/ns/mnt").stat().st_ino
        one.send_signal(signal.SIGKILL)
        assert await ended(one) == 128 + signal.SIGKILL
        assert count_mount_namespaces() == before + 1
        os.close(taken)
        donor.send_signal(signal.SIGKILL)
        await ended(donor)

    with_keeper(tree, test)


def test_a_mount_namespace_that_nobody_took_is_given_back_with_the_process(tree: Path) -> None:
    async def test(kept: Kept) -> None:
        donor = await kept.launch("sleep", "600")
        await full(kept, besides=donor.pid)
        before = count_mount_namespaces()
        launch = {"new": int(Namespace.MOUNT), "join_pid": 0}
        one = await kept.launch("true", descriptors=(donor.pidfd,), launch=launch)
        assert count_mount_namespaces() == before + 1
        assert await ended(one) == 0
        assert count_mount_namespaces() == before
        donor.send_signal(signal.SIGKILL)
        await ended(donor)

    with_keeper(tree, test)


def test_who_ends_at_once_has_started_before_whoever_made_it(tree: Path) -> None:
    async def test(kept: Kept) -> None:
        donor = await kept.launch("sleep", "600")
        member = {"new": int(Namespace.MOUNT), "join_pid": 0}
        for number in range(100):
            # A limit is for a child of the spare's, which tells of itself as well.
            limits = [(7, 64, 64)] if number % 2 else []
            one = await kept.launch(
                "false", descriptors=(donor.pidfd,), launch=member, limits=limits
            )
            assert await ended(one) == 1
        donor.send_signal(signal.SIGKILL)
        await ended(donor)

    with_keeper(tree, test)


def count_mount_namespaces() -> int:
    """How many this process holds by a descriptor."""
    found = 0
    for one in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the folder which is being read
            found += one.readlink().name.startswith("mnt:")
    return found


async def portray(
    kept: Kept,
    launch: dict[str, Any],
    donor: int | None = None,
    *,
    script: str = PORTRAIT,
    **program: Any,
) -> tuple[int, str]:
    """What the script prints in a process that was started so."""
    reading, writing = os.pipe()
    more = {"stdio": [None, 0, 0], **launch}
    if "root" in more and more["root"] is None:
        asked = Launch(**more, program=Program(["sh", "-c", script], [], **program))
        starting = kept.keeper.launch(asked, (writing, donor or 0))
    else:
        held = (writing,) if donor is None else (writing, donor)
        starting = kept.launch("sh", "-c", script, descriptors=held, launch=more, **program)
    process = await starting
    os.close(writing)
    code = await ended(process)
    with open(reading) as stream:  # noqa: PTH123 - all is there already
        return code, stream.read()
