"""Instructions that run nothing: what each changes in the configuration, and its history's text.

Pure. Two blanks before the keyword, as dockerd has them in ``docker history``; none for WORKDIR.
"""

from __future__ import annotations

from collections.abc import Mapping

from pausedemo.embedded.build.arguments import Arguments
from pausedemo.embedded.build.commits import StageState
from pausedemo.embedded.build.instructions import (
    Command,
    Healthcheck,
    Instruction,
    Onbuild,
    Pairs,
    Words,
)
from pausedemo.embedded.build.settings import (
    check_signal,
    command_line,
    join_workdir,
    parse_ports,
    quote_words,
    set_env,
)
from pausedemo.embedded.build.words import expand
from pausedemo.embedded.errors import BadParameter


def evaluate(
    state: StageState, instruction: Instruction, known: Mapping[str, str], arguments: Arguments
) -> str:
    """Change ``state``; the text for the history. ``known``: variables. Raises BadParameter."""
    match instruction:
        case Command():
            return _set_command(state, instruction)
        case Pairs():
            return _set_pairs(state, instruction, known, arguments)
        case Words():
            return _set_words(state, instruction, known)
        case Healthcheck():
            state.config["Healthcheck"] = health = dict(instruction.health)
            return f" HEALTHCHECK {health}"
        case Onbuild():
            state.config["OnBuild"] = [*state.config.get("OnBuild", ()), instruction.trigger]
            return f" ONBUILD {instruction.trigger}"
    raise BadParameter(f"unknown instruction: {instruction.text}")


def _set_command(state: StageState, command: Command) -> str:
    argv = command_line(state.config, command.words, command.is_shell and bool(command.words))
    if command.keyword == "CMD":
        state.config["Cmd"] = argv
        state.has_cmd = True
    else:
        state.config["Entrypoint"] = argv or None
        if not state.has_cmd:
            # The base image's CMD belongs to the entrypoint that it had.
            state.config.pop("Cmd", None)
    return f" {command.keyword} {quote_words(argv)}"


def _set_pairs(
    state: StageState, declared: Pairs, known: Mapping[str, str], arguments: Arguments
) -> str:
    escape = declared.escape
    pairs = {
        expand(name, known, escape): None if value is None else expand(value, known, escape)
        for name, value in declared.pairs
    }
    texts = {name: value for name, value in pairs.items() if value is not None}
    if declared.keyword == "ENV":
        set_env(state.config, texts)
    elif declared.keyword == "LABEL":
        state.config["Labels"] = (state.config.get("Labels") or {}) | texts
    else:
        for name, value in pairs.items():
            arguments.add(name, value)
    words = (name if value is None else f"{name}={value}" for name, value in pairs.items())
    return f" {declared.keyword} {' '.join(words)}"


def _set_words(state: StageState, given: Words, known: Mapping[str, str]) -> str:
    config = state.config
    words = given.words
    if given.keyword != "SHELL":
        words = tuple(expand(word, known, given.escape) for word in words)
    match given.keyword:
        case "WORKDIR":
            config["WorkingDir"] = join_workdir(config, words[0])
            return f"WORKDIR {config['WorkingDir']}"
        case "USER":
            config["User"] = words[0]
        case "STOPSIGNAL":
            check_signal(words[0])
            config["StopSignal"] = words[0]
        case "MAINTAINER":
            state.whole["author"] = words[0]
        case "SHELL":
            config["Shell"] = list(words)
        case "VOLUME":
            config["Volumes"] = (config.get("Volumes") or {}) | {word: {} for word in words}
        case "EXPOSE":
            # A variable may hold several ports.
            ports = parse_ports(port for word in words for port in word.split())
            config["ExposedPorts"] = (config.get("ExposedPorts") or {}) | {
                port: {} for port in ports
            }
            words = tuple(ports)
    text = " ".join(words)
    return f" {given.keyword} " + (f"[{text}]" if given.keyword in {"SHELL", "VOLUME"} else text)
