"""Several real engines at once, and what is run on all of them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engines.bring_up import bring_up
from engines.table import ENGINES, RealEngine
from pausedemo.errors import EngineUnavailable


@dataclass(frozen=True, slots=True)
class BroughtUp:
    """The engines that are up, name and URL; and why the others are not, by name."""

    urls: Mapping[str, str]
    missing: Mapping[str, str]


@contextlib.contextmanager
def bring_up_all(engines: Iterable[RealEngine]) -> Iterator[BroughtUp]:
    """Every engine that can be, up within the block; those that cannot are no error."""
    urls: dict[str, str] = {}
    missing: dict[str, str] = {}
    with contextlib.ExitStack() as stack:
        for engine in engines:
            try:
                urls[engine.name] = stack.enter_context(bring_up(engine))
            except EngineUnavailable as error:
                missing[engine.name] = "; ".join(why for _, why in error.tried)
        yield BroughtUp(urls, missing)


def split_names(arguments: Sequence[str]) -> tuple[tuple[RealEngine, ...], tuple[str, ...]]:
    """The engines that are named, or all when none is; and the arguments that name none."""
    named = tuple(ENGINES[argument] for argument in arguments if argument in ENGINES)
    rest = tuple(argument for argument in arguments if argument not in ENGINES)
    return named or tuple(ENGINES.values()), rest


def render_missing(missing: Mapping[str, str]) -> str:
    """One paragraph for each engine that is not up; empty when all are."""
    return "\n".join(f"engines: {name} was not brought up: {why}" for name, why in missing.items())


def render_compare(
    urls: Mapping[str, str], arguments: Sequence[str], *, embedded_too: bool = True
) -> list[str]:
    """The command that compares the engines: on the whole catalogue unless told otherwise."""
    argv = [sys.executable, "-m", "pausedemo", "compare"]
    for name, url in urls.items():
        argv += ["--engine", f"{name}={url}"]
    if embedded_too:
        # Ours needs no house: it is there wherever pausedemo is.
        argv += ["--engine", "embedded"]
    return [*argv, *(arguments or ("--all",))]


def render_contract(
    urls: Mapping[str, str], arguments: Sequence[str], environ: Mapping[str, str]
) -> tuple[list[str], dict[str, str]]:
    """The command that asks the engines what the port promises, and its environment."""
    asked = " ".join(f"{name}={url}" for name, url in urls.items())
    argv = [sys.executable, "-m", "pytest", "tests/contract", *arguments]
    return argv, {**environ, "PAUSEDEMO_CONTRACT_ENGINES": asked}
