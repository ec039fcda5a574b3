"""Builds a plan: one image after each instruction, told in the classic builder's lines.

Source of the order and the words: moby 20.10 ``builder/dockerfile`` (evaluator, dispatchers).
"""

from __future__ import annotations

import asyncio
import codecs
import re
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress

from pausedemo.embedded.build.arguments import Arguments
from pausedemo.embedded.build.commits import StageState, begin, commit, find_cached, shorten, use
from pausedemo.embedded.build.copies import copy_files, make_workdir
from pausedemo.embedded.build.dockerfile import parse_dockerfile
from pausedemo.embedded.build.evaluate import evaluate
from pausedemo.embedded.build.instructions import (
    Command,
    Copy,
    Instruction,
    Words,
    parse_instruction,
)
from pausedemo.embedded.build.options import BuildOptions
from pausedemo.embedded.build.plan import Plan, Stage
from pausedemo.embedded.build.settings import command_line, note, parse_env
from pausedemo.embedded.build.sources import Sources
from pausedemo.embedded.build.tree import Tree
from pausedemo.embedded.build.words import expand
from pausedemo.embedded.build.workbench import Image, Say, Step, Workbench
from pausedemo.embedded.errors import ApiError, BadParameter, NotFound

#: How a terminal shows what came from stderr, as moby marks it (pkg/streamformatter).
_RED, _PLAIN = "\x1b[91m", "\x1b[0m"


class StepFailed(ApiError):
    """A RUN ended with ``code``; the client gets the code beside the message."""

    def __init__(self, argv: Sequence[str], code: int) -> None:
        self.code = code
        super().__init__(f"The command '{' '.join(argv)}' returned a non-zero code: {code}")


class Executor:
    """One build. ``say`` takes the objects of the response's stream."""

    def __init__(
        self, bench: Workbench, context: Tree, plan: Plan, options: BuildOptions, say: Say
    ) -> None:
        self._bench = bench
        self._plan = plan
        self._options = options
        self._say = say
        self._sources = Sources(bench, context)
        self._arguments = Arguments(options.build_args)
        self._stages: list[StageState] = []
        self._step = 0

    async def run(self) -> str:
        """The id of the last stage's image, tagged as the options say. Raises ApiError."""
        try:
            return await self._run()
        finally:
            self._sources.close()

    async def _run(self) -> str:
        for warning in self._plan.warnings:
            await self._tell(f"{warning}\n")
        for declared in self._plan.arguments:
            await self._announce(declared)
            known = self._arguments.for_from()
            for name, value in declared.pairs:
                default = None if value is None else expand(value, known, declared.escape)
                self._arguments.add_before_from(name, default)
        for stage in self._plan.stages:
            await self._build_stage(stage)
        image_id = self._stages[-1].image_id
        if image_id is None:
            raise BadParameter("No image was generated. Is your Dockerfile empty?")
        if unused := self._arguments.unused():
            names = " ".join(unused)
            await self._tell(f"[Warning] One or more build-args [{names}] were not consumed\n")
        await self._tell(f"Successfully built {shorten(image_id)}\n")
        for tag in self._options.tags:
            await asyncio.to_thread(self._bench.tag, image_id, tag)
            await self._tell(f"Successfully tagged {tag}\n")
        return image_id

    async def _build_stage(self, stage: Stage) -> None:
        await self._announce(stage.start)
        state = await self._begin_stage(stage)
        self._stages.append(state)
        self._arguments.begin_stage()
        await self._tell(f" ---> {state.short_id}\n")
        await self._pull_triggers(state)
        for instruction in stage.instructions:
            await self._announce(instruction)
            await self._execute(state, instruction)
            await self._tell(f" ---> {state.short_id}\n")
        if state.image_id is not None:
            await self._say({"aux": {"ID": state.image_id}})

    async def _begin_stage(self, stage: Stage) -> StageState:
        start = stage.start
        base = expand(start.base, self._arguments.for_from(), start.escape)
        if not base:
            raise BadParameter(f"base name ({start.base}) should not be blank")
        for earlier, built in zip(
            reversed(self._plan.stages[: stage.index]), reversed(self._stages), strict=True
        ):
            if earlier.name and earlier.name == base.lower():
                return begin(await self._built_image(built))
        return begin(None if base == "scratch" else await self._find_image(base))

    async def _built_image(self, built: StageState) -> Image | None:
        if built.image_id is None:
            return None
        return await asyncio.to_thread(self._bench.get_image, built.image_id)

    async def _find_image(self, reference: str) -> Image:
        if not self._options.pull:
            with suppress(NotFound):
                return await asyncio.to_thread(self._bench.get_image, reference)
        await self._bench.pull_image(reference, self._say)
        return await asyncio.to_thread(self._bench.get_image, reference)

    async def _pull_triggers(self, state: StageState) -> None:
        if not state.onbuild:
            return
        count = len(state.onbuild)
        await self._tell(f"# Executing {count} build trigger{'s' if count > 1 else ''}\n")
        for trigger in state.onbuild:
            parsed = parse_dockerfile(trigger, self._plan.escape)
            for line in parsed.lines:
                await self._execute(state, parse_instruction(line, parsed.escape))
        await self._tell(f" ---> {state.short_id}\n")

    async def _tell(self, text: str) -> None:
        await self._say({"stream": text})

    async def _announce(self, instruction: Instruction) -> None:
        self._step += 1
        await self._tell(f"Step {self._step}/{self._plan.step_count} : {instruction.text}")
        await self._tell("\n")

    async def _execute(self, state: StageState, instruction: Instruction) -> None:
        env = parse_env(state.config.get("Env"))
        known = {**env, **self._arguments.for_step(env)}
        match instruction:
            case Copy():
                await self._copy(state, instruction, known)
            case Command(keyword="RUN"):
                await self._run_command(state, instruction, env)
            case _:
                text = evaluate(state, instruction, known, self._arguments)
                is_workdir = isinstance(instruction, Words) and instruction.keyword == "WORKDIR"
                workdir = state.config["WorkingDir"] if is_workdir else ""
                await self._record(state, text, workdir)

    async def _record(self, state: StageState, text: str, workdir: str = "") -> None:
        """An image for an instruction that runs nothing; ``workdir``: a directory it must have."""
        command = note(state.config, text)
        if await self._use_cache(state, command):
            return
        container_id = secrets.token_hex(32)
        await self._tell(f" ---> Running in {container_id[:12]}\n")
        diff_id = None
        if workdir:
            diff_id = await asyncio.to_thread(make_workdir, self._bench, state.image_id, workdir)
        await commit(self._bench, state, command, diff_id)
        await self._tell_removal(container_id)

    async def _tell_removal(self, container_id: str) -> None:
        if self._options.tell_removal:
            await self._tell(f"Removing intermediate container {container_id[:12]}\n")

    async def _use_cache(self, state: StageState, command: Sequence[str]) -> bool:
        if state.misses or not self._options.use_cache:
            return False
        found = await asyncio.to_thread(find_cached, self._bench, state, command)
        if found is None:
            state.misses = True
            return False
        await use(self._bench, state, found)
        await self._tell(" ---> Using cache\n")
        return True

    async def _copy(self, state: StageState, wanted: Copy, known: Mapping[str, str]) -> None:
        source_id = await self._find_source(wanted.stage) if wanted.stage else None
        prepared = await asyncio.to_thread(
            copy_files, self._bench, self._sources, state, wanted, known, source_id
        )
        command = note(state.config, prepared.text)
        if not await self._use_cache(state, command):
            diff_id = await asyncio.to_thread(prepared.store)
            await commit(self._bench, state, command, diff_id)

    async def _find_source(self, name: str) -> str:
        """The image that ``--from`` names: a finished stage by name or number, or any other."""
        finished = len(self._stages) - 1
        for stage in reversed(self._plan.stages[:finished]):
            if stage.name and stage.name == name.lower():
                return self._stage_image(stage.index, name)
        if re.fullmatch("[0-9]{1,9}", name):
            if int(name) >= finished:
                why = (
                    "refers to current build stage"
                    if int(name) == finished
                    else ("index out of bounds")
                )
                raise BadParameter(f"invalid from flag value {name}: {why}")
            return self._stage_image(int(name), name)
        return (await self._find_image(name)).id

    def _stage_image(self, index: int, name: str) -> str:
        image_id = self._stages[index].image_id
        if image_id is None:
            raise BadParameter(f"invalid from flag value {name}: the stage has no files")
        return image_id

    async def _run_command(
        self, state: StageState, command: Command, env: Mapping[str, str]
    ) -> None:
        argv = command_line(state.config, command.words, command.is_shell)
        arguments = self._arguments.for_step(env)
        cached = self._arguments.for_cache(arguments)
        shown = [f"{name}={value}" for name, value in cached.items()]
        # moby's way to say in one list which arguments the command was run with.
        history = [f"|{len(shown)}", *shown, *argv] if shown else argv
        if await self._use_cache(state, history):
            return
        step = Step(
            image_id=state.image_id,
            argv=tuple(argv),
            env=tuple(f"{name}={value}" for name, value in {**arguments, **env}.items()),
            user=state.config.get("User") or "",
            working_dir=state.config.get("WorkingDir") or "/",
            network=self._options.network,
            hosts=self._options.hosts,
            limits=self._options.limits,
        )
        container_id = ""
        decoders = [codecs.getincrementaldecoder("utf-8")("replace") for _ in range(2)]

        async def started(new_id: str) -> None:
            nonlocal container_id
            container_id = new_id
            await self._tell(f" ---> Running in {new_id[:12]}\n")

        async def output(data: bytes, is_error: bool, *, final: bool = False) -> None:
            if text := decoders[is_error].decode(data, final):
                await self._tell(f"{_RED}{text}{_PLAIN}" if is_error else text)

        result = await self._bench.run_step(step, started=started, output=output)
        try:
            await output(b"", False, final=True)
            await output(b"", True, final=True)
            if result.exit_code:
                raise StepFailed(argv, result.exit_code)
            diff_id = await asyncio.to_thread(self._bench.add_layer_from_upper, result.upper)
            await commit(self._bench, state, history, diff_id)
        finally:
            # Also when the client is gone, and its request is cancelled twice.
            await asyncio.shield(self._bench.discard(result.container_id))
        await self._tell_removal(container_id or result.container_id)
