"""How often and how many at once: the options that make a plan of a run."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Final, ParamSpec, TypeVar

import click

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

#: More at once would only wait for each other, and for memory.
MOST_JOBS: Final = 64
MOST_REPEATS: Final = 100_000


def _read_jobs(context: click.Context, parameter: click.Parameter, value: str) -> int:
    """A number, or ``auto`` for as many as there are processors."""
    if value == "auto":
        return min(len(os.sched_getaffinity(0)), MOST_JOBS)
    jobs = int(value) if value.isascii() and value.isdecimal() and len(value) < 5 else 0
    if not 1 <= jobs <= MOST_JOBS:
        message = f"{value!r} is not auto or a number from 1 to {MOST_JOBS}"
        raise click.BadParameter(message, context, parameter)
    return jobs


def plan_options(command: Callable[_Given, _Result]) -> Callable[..., _Result]:
    """The options that say how scenarios are played; the command gets a ``plan``."""

    @click.option(
        "-j",
        "--jobs",
        callback=_read_jobs,
        default="1",
        show_default=True,
        metavar="N|auto",
        help="Play N scenarios at once; auto: as many as there are processors.",
    )
    @click.option(
        "--repeat",
        type=click.IntRange(1, MOST_REPEATS),
        metavar="N",
        help="Play each scenario N times; one that passes only sometimes is flaky.",
    )
    @click.option(
        "--until-failure",
        is_flag=True,
        help="Repeat until an attempt goes wrong, at most --repeat times; 1000 without it.",
    )
    @click.option(
        "-x", "--fail-fast", is_flag=True, help="Play no more after the first that goes wrong."
    )
    @functools.wraps(command)
    def with_plan(
        jobs: int,
        repeat: int | None,
        until_failure: bool,
        fail_fast: bool,
        *args: _Given.args,
        **kwargs: _Given.kwargs,
    ) -> _Result:
        from pausedemo.scenario.schedule import MOST_ATTEMPTS, Plan

        often = repeat or (MOST_ATTEMPTS if until_failure else 1)
        kwargs["plan"] = Plan(jobs, often, fail_fast or until_failure)
        return command(*args, **kwargs)

    return with_plan
