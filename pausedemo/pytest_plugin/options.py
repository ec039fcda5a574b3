"""What a person can set: on the command line, in the environment, in pytest's ini file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

FOLDERS_INI: Final = "pausedemo_scenarios"


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to set. ``choices``: the only values; empty where the engine's side judges."""

    name: str
    default: str
    choices: tuple[str, ...]
    metavar: str
    help: str

    @property
    def option(self) -> str:
        return f"--{self.ini.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return self.ini.upper()

    @property
    def ini(self) -> str:
        return f"pausedemo_{self.name}"


SETTINGS: Final = (
    Setting(
        "engine",
        "auto",
        (),
        "auto|docker|podman|URL",
        "which engine scenarios run on; auto finds it as the docker command does",
    ),
    Setting(
        "runtime",
        "",
        (),
        "NAME",
        "which of the engine's OCI runtimes, such as crun; its own default where it is not given",
    ),
    Setting(
        "images",
        "auto",
        ("auto", "registry", "local"),
        "auto|registry|local",
        "where images come from: local, then a registry, then a recipe; or only one of them",
    ),
    Setting(
        "no_engine",
        "error",
        ("error", "skip"),
        "error|skip",
        "what a scenario is where no engine answers",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds in this run."""

    engine: str
    runtime: str
    images: str
    no_engine: str


def add_options(parser: pytest.Parser) -> None:
    """Register everything that can be set."""
    group = parser.getgroup("pausedemo", "scenarios of pausedemo")
    for setting in SETTINGS:
        default = f"default: {setting.default}; " if setting.default else ""
        told = f"{setting.help} ({default}also ${setting.variable})"
        group.addoption(setting.option, default=None, metavar=setting.metavar, help=told)
        parser.addini(setting.ini, f"as {setting.option}", default="")
    parser.addini(
        FOLDERS_INI,
        "folders whose YAML files are scenarios; where it is not set, scenarios are known by "
        "their keys: name or title, pods or containers, and steps",
        type="paths",
        default=[],
    )


def read_folders(config: pytest.Config) -> tuple[Path, ...]:
    """The folders that are named in the ini file."""
    return tuple(config.getini(FOLDERS_INI))


def read_settings(config: pytest.Config, environ: Mapping[str, str] = os.environ) -> Settings:
    """What holds: the command line's word before the environment's, before the ini file's.

    Raises pytest.UsageError for a word that is none of a setting's.
    """
    return Settings(**{one.name: _read_setting(one, config, environ) for one in SETTINGS})


def _read_setting(setting: Setting, config: pytest.Config, environ: Mapping[str, str]) -> str:
    for place, value in (
        (setting.option, config.getoption(setting.ini)),
        (f"${setting.variable}", environ.get(setting.variable)),
        (f"ini option {setting.ini}", config.getini(setting.ini)),
    ):
        if value:
            if setting.choices and value not in setting.choices:
                known = ", ".join(setting.choices)
                raise pytest.UsageError(f"{place}: {value!r} is none of {known}")
            return str(value)
    return setting.default
