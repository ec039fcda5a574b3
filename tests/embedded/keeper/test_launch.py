"""What the keeper is asked to start survives its way over the line."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pausedemo.embedded.keeper.launch import Bind, Launch, Mount, Program, Root, Tool
from pausedemo.embedded.kernel.syscalls import MountFlag, Namespace

# What JSON can hold: no half of a surrogate pair.
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(0, 2**64 - 1)
positions = st.integers(0, 31)
rows = st.tuples(numbers, numbers, numbers)

binds = st.builds(Bind, texts, texts, numbers, st.booleans(), texts, numbers)
mounts = st.builds(Mount, texts, texts, st.sampled_from([0, MountFlag.NO_DEV, 0x2F]), texts)
roots = st.builds(
    Root,
    texts,
    lower=st.lists(texts),
    upper=texts,
    work=texts,
    options=texts,
    tree=st.booleans(),
    nodev=st.booleans(),
    mounts=st.lists(binds | mounts),
    links=st.lists(st.tuples(texts, texts)),
    masked=st.lists(texts),
    readonly_paths=st.lists(texts),
    readonly=st.booleans(),
    sysctls=st.dictionaries(texts, texts),
    outside=st.none() | positions,
)
programs = st.builds(
    Program,
    argv=st.lists(texts),
    env=st.lists(texts),
    cwd=texts,
    user=texts,
    groups=st.lists(texts),
    single_id=st.booleans(),
    capabilities=numbers,
    no_new_privileges=st.booleans(),
    seccomp=st.none() | positions,
    limits=st.lists(rows),
    oom_score_adj=st.none() | st.integers(-1000, 1000),
    make_cwd=st.booleans(),
)
tools = st.builds(Tool, texts, st.dictionaries(texts, texts | st.booleans() | st.lists(texts)))
launches = st.builds(
    Launch,
    new=st.sampled_from([0, Namespace.PID | Namespace.MOUNT]),
    join_pid=st.none() | positions,
    joins=st.lists(st.tuples(positions, numbers)),
    stdio=st.lists(st.none() | positions, min_size=3, max_size=3),
    terminal=st.booleans(),
    size=st.none() | st.tuples(positions, positions),
    console=st.booleans(),
    cgroups=st.lists(texts),
    root=st.none() | roots,
    hostname=st.none() | texts,
    domainname=st.none() | texts,
    program=st.none() | programs,
    tool=st.none() | tools,
)


@given(launches)
def test_a_launch_comes_back_as_it_went(launch: Launch) -> None:
    line = json.dumps(launch.to_json())
    assert Launch.from_json(json.loads(line)) == launch


@given(launches)
def test_reading_a_launch_leaves_its_record_alone(launch: Launch) -> None:
    record = json.loads(json.dumps(launch.to_json()))
    before = json.dumps(record)
    Launch.from_json(record)
    assert json.dumps(record) == before


def test_every_field_is_among_those_that_were_tried() -> None:
    # A new field must be added above, so that it is known to survive.
    known: dict[Any, int] = {Root: 14, Program: 12, Tool: 2, Launch: 13}
    assert {kind: len(fields(kind)) for kind in known} == known
    assert (len(Bind._fields), len(Mount._fields)) == (6, 4)
