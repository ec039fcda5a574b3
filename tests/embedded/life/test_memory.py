"""What is kept in memory for containers goes when they go."""

from __future__ import annotations

from pathlib import Path

from tests.embedded.engines import RunningEngine
from tests.embedded.life.conftest import Start
from tests.waiting import wait_until


def count_shm(engine: RunningEngine) -> list[int]:
    """How many /dev/shm of containers the engine and its keeper have mounted."""
    return [
        Path(f"/proc/{pid}/mounts").read_text().count("/shm tmpfs ")
        for pid in (engine.pid, engine.keeper)
    ]


def test_a_shared_dev_shm_is_one_for_all_and_goes_with_its_owner(
    start: Start, images: tuple[str, str]
) -> None:
    engine = start()
    before = count_shm(engine)
    with engine.client() as client:
        owner = client.containers.run(
            images[1], ["sleep", "600"], ipc_mode="shareable", shm_size="3m", detach=True
        )
        member = client.containers.run(
            images[1], ["sleep", "600"], ipc_mode=f"container:{owner.id}", detach=True
        )
        assert count_shm(engine) == [count + 1 for count in before]
        assert member.exec_run(["sh", "-c", "echo hello > /dev/shm/word"]).exit_code == 0
        assert owner.exec_run(["cat", "/dev/shm/word"]).output == b"hello\n"
        found = owner.exec_run(["sh", "-c", "df /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f 2"])
        assert found.output == b"3072\n"
        member.remove(force=True)
        assert count_shm(engine) == [count + 1 for count in before]
        owner.kill()
        wait_until("its mount is gone", lambda: count_shm(engine) == before)
        owner.start()
        assert owner.exec_run(["ls", "/dev/shm"]).output == b""
        owner.remove(force=True)
        wait_until("the next one's is gone as well", lambda: count_shm(engine) == before)
