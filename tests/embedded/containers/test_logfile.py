from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

import pytest

from pausedemo.embedded.containers.logfile import (
    LINE_LIMIT,
    Entry,
    LogFile,
    parse_record,
    render_record,
    split_lines,
)
from pausedemo.embedded.times import parse_time, render_time


@pytest.mark.parametrize(
    ("time_ns", "text", "fixed"),
    [
        (0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000000Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z", "1970-01-01T00:00:01.500000000Z"),
        (
            1_700_000_000_123_456_789,
            "2023-11-14T22:13:20.123456789Z",
            "2023-11-14T22:13:20.123456789Z",
        ),
    ],
)
def test_a_moment_is_written_as_go_does_and_reads_back(time_ns, text, fixed):
    assert render_time(time_ns) == text
    assert render_time(time_ns, fixed=True) == fixed
    assert parse_time(text) == parse_time(fixed) == time_ns


@pytest.mark.parametrize(
    ("data", "log"),
    [
        (b"a\n", r'"a\n"'),
        (b"<b> & \xe2\x80\xa8\n", r'"\u003cb\u003e \u0026 \u2028\n"'),
        (b"\xff\n", '"\N{REPLACEMENT CHARACTER}\\n"'),
        (b'"\\\x1b\n', r'"\"\\\u001b\n"'),
    ],
)
def test_a_record_is_dockerds(data, log):
    record = render_record(Entry("stderr", 0, data))
    assert record.decode() == f'{{"log":{log},"stream":"stderr","time":"1970-01-01T00:00:00Z"}}\n'


@pytest.mark.parametrize(
    "line", [b"", b"{", b"[]", b"7", b'{"log":"x"}', b'{"log":1,"stream":"stdout","time":"x"}']
)
def test_a_torn_record_is_none(line):
    assert parse_record(line) is None


@pytest.mark.parametrize(
    ("held", "ready", "rest"),
    [
        (b"", [], b""),
        (b"a", [], b"a"),
        (b"a\n", [b"a\n"], b""),
        (b"a\n\nb", [b"a\n", b"\n"], b"b"),
        (b"x" * LINE_LIMIT + b"\n", [b"x" * LINE_LIMIT + b"\n"], b""),
        (b"x" * LINE_LIMIT + b"y\n", [b"x" * LINE_LIMIT, b"y\n"], b""),
        (b"x" * LINE_LIMIT + b"y", [b"x" * LINE_LIMIT], b"y"),
        (b"x" * (LINE_LIMIT - 1) + "é\n".encode(), [b"x" * (LINE_LIMIT - 1), "é\n".encode()], b""),
    ],
)
def test_output_is_cut_at_newlines_and_at_16_kib(held, ready, rest):
    assert split_lines(held) == (ready, rest)


async def gather(log: LogFile, **options) -> list[str]:
    async with aclosing(log.read(**options)) as entries:
        return [entry.data.decode() async for entry in entries]


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    log = LogFile(tmp_path / "x-json.log")
    for number in range(6):
        log.write("stdout" if number % 2 else "stderr", b"%d\n" % number, number * 1000)
    return log


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, "012345"),
        ({"tail": 2}, "45"),
        ({"tail": 0}, ""),
        ({"tail": 99}, "012345"),
        ({"stdout": False}, "024"),
        ({"stdout": False, "tail": 1}, ""),
        ({"since_ns": 3000}, "345"),
        ({"until_ns": 3000}, "0123"),
        ({"since_ns": 2000, "until_ns": 3000}, "23"),
    ],
)
def test_a_reader_gets_what_it_asked_for(log, options, numbers):
    log.close()
    assert asyncio.run(gather(log, **options)) == [f"{number}\n" for number in numbers]


def test_a_line_without_newline_appears_when_the_container_ends(log):
    log.write("stdout", b"half", 7000)
    assert asyncio.run(gather(log, tail=1)) == ["5\n"]
    log.close(8000)
    assert asyncio.run(gather(log, tail=1)) == ["half"]


def test_following_a_closed_log_ends_at_once(log):
    log.close()
    assert len(asyncio.run(gather(log, follow=True))) == 6


@pytest.mark.parametrize("parts", [1, 2, 5])
@pytest.mark.parametrize("tail", [1, 7, 20])
def test_tail_counts_over_all_parts(tmp_path, parts, tail):
    log = LogFile(tmp_path / "log", max_size=200, max_file=parts)
    for number in range(40):
        log.write("stdout", b"%d\n" % number, 0)
    log.close()
    files = sorted(tmp_path.iterdir())
    kept = sum(file.read_bytes().count(b"\n") for file in files)
    assert len(files) == parts
    assert asyncio.run(gather(log, tail=tail)) == [
        f"{number}\n" for number in range(40 - min(tail, kept), 40)
    ]


def test_a_tail_longer_than_a_block_is_found(tmp_path):
    log = LogFile(tmp_path / "log")
    log.write("stdout", b"".join(b"%06d\n" % number for number in range(5000)), 0)
    assert asyncio.run(gather(log, tail=4000)) == [f"{n:06}\n" for n in range(1000, 5000)]
    log.close()


@pytest.mark.parametrize("parts", [1, 3])
def test_a_follower_survives_rotations(tmp_path, parts):
    async def run() -> list[str]:
        log = LogFile(tmp_path / "log", max_size=300, max_file=parts)
        log.open()
        seen: list[str] = []

        async def follow() -> None:
            async with aclosing(log.read(follow=True)) as entries:
                async for entry in entries:
                    seen.append(entry.data.decode())

        task = asyncio.create_task(follow())
        for number in range(100):
            log.write("stdout", b"%d\n" % number, 0)
            await until(seen, number + 1)
        log.close()
        await task
        return seen

    assert asyncio.run(run()) == [f"{number}\n" for number in range(100)]


async def until(seen: list[str], count: int) -> None:
    for _ in range(1000):
        if len(seen) >= count:
            return
        await asyncio.sleep(0)
    raise AssertionError("the follower was not woken")


def test_a_follower_ends_at_close_and_does_not_follow_the_next_life(log):
    async def run() -> list[str]:
        task = asyncio.create_task(gather(log, follow=True, tail=0))
        await asyncio.sleep(0)
        log.write("stdout", b"last\n", 9000)
        log.close()
        log.write("stdout", b"next life\n", 9001)
        return await asyncio.wait_for(task, 5)

    assert asyncio.run(run())[0] == "last\n"
    log.close()


def test_a_follower_with_an_until_in_the_past_ends(log):
    assert len(asyncio.run(gather(log, follow=True, until_ns=10_000))) == 6
    log.close()


def test_remove_leaves_no_part(tmp_path):
    log = LogFile(tmp_path / "log", max_size=50, max_file=3)
    log.write("stdout", b"a\n" * 20 + b"rest", 0)
    log.remove()
    assert list(tmp_path.iterdir()) == []


def test_the_file_is_one_json_object_a_line(log, tmp_path):
    log.close()
    lines = (tmp_path / "x-json.log").read_text().splitlines()
    assert json.loads(lines[1]) == {
        "log": "1\n",
        "stream": "stdout",
        "time": "1970-01-01T00:00:00.000001Z",
    }
