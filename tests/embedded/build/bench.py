"""A workbench over directories: real layers and images, and steps that are real processes.

A step sees the image's environment but not its files, and what it writes into its working
directory is what it has changed: enough for all that a builder does with it.
"""

from __future__ import annotations

import asyncio
import copy
import hashlib
import io
import itertools
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from pausedemo.embedded.build.merged import Merged
from pausedemo.embedded.build.workbench import Output, PathStat, Say, Step, StepResult
from pausedemo.embedded.errors import NotFound


@dataclass(frozen=True)
class StoredImage:
    id: str
    config: Mapping[str, Any]
    parent: str | None = None


@dataclass
class Bench:
    root: Path
    images: dict[str, StoredImage] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    pullable: set[str] = field(default_factory=set)
    pulled: list[str] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    steps: list[Step] = field(default_factory=list)
    _numbers: Iterable[int] = field(default_factory=lambda: itertools.count(1))

    def get_image(self, reference: str) -> StoredImage:
        found = self.images.get(self.names.get(reference, reference))
        found = found or self.images.get(self.names.get(f"{reference}:latest", ""))
        if found is None:
            raise NotFound(f"No such image: {reference}")
        return found

    async def pull_image(self, reference: str, say: Say) -> None:
        if reference not in self.pullable:
            raise NotFound(f"pull access denied for {reference}")
        self.pulled.append(reference)
        await say({"status": f"Pulling {reference}"})

    def merged(self, image_id: str) -> Merged:
        diff_ids = self.images[image_id].config["rootfs"]["diff_ids"]
        return Merged([self.root / diff_id for diff_id in reversed(diff_ids)])

    def stat_path(self, image_id: str | None, path: str) -> PathStat | None:
        return None if image_id is None else self.merged(image_id).stat(path)

    def read_tree(self, image_id: str, path: str) -> IO[bytes]:
        return self.merged(image_id).read(path)

    def add_layer(self, tar: IO[bytes]) -> str:
        data = tar.read()
        diff_id = "sha256:" + hashlib.sha256(data).hexdigest()
        target = self.root / diff_id
        if not target.exists():
            with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                layer.extractall(target, members=map(_without_owner, layer))  # noqa: S202 - our own tar
        return diff_id

    def add_layer_from_upper(self, upper: Path) -> str | None:
        if not any(upper.iterdir()):
            return None
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            tar.add(upper, arcname=".")
        out.seek(0)
        return self.add_layer(out)

    def create_image(self, config: Mapping[str, Any], parent: str | None) -> str:
        text = json.dumps(config)
        image_id = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
        self.images[image_id] = StoredImage(image_id, json.loads(text), parent)
        return image_id

    def tag(self, image_id: str, reference: str) -> None:
        self.names[reference] = image_id

    def children(self, parent: str | None) -> Iterable[StoredImage]:
        return [image for image in self.images.values() if image.parent == parent]

    async def run_step(
        self,
        step: Step,
        *,
        started: Callable[[str], Awaitable[None]],
        output: Output,
    ) -> StepResult:
        number = next(iter(self._numbers))
        container_id = f"{number:064x}"
        self.running.add(container_id)
        self.steps.append(step)
        upper = self.root / f"upper-{number}"
        upper.mkdir()
        await started(container_id)
        process = await asyncio.create_subprocess_exec(
            *step.argv,
            cwd=upper,
            env=dict(text.split("=", 1) for text in step.env),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert process.stdout is not None
        while data := await process.stdout.read(7):
            await output(data, False)
        return StepResult(container_id, await process.wait(), upper)

    async def discard(self, container_id: str) -> None:
        self.running.remove(container_id)
        shutil.rmtree(self.root / f"upper-{int(container_id, 16)}")

    def add_image(self, name: str, files: Mapping[str, object], **config: Any) -> str:
        """An image as if it had been loaded."""
        diff_id = self.add_layer(archive(files))
        whole = {
            "architecture": "amd64",
            "os": "linux",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
            "history": [{"created_by": "loaded"}],
        }
        self.names[f"{name}:latest"] = self.create_image(whole, None)
        return self.names[f"{name}:latest"]

    def listing(self, reference: str) -> dict[str, str]:
        """What an image holds: a file's text, ``-> target`` of a link, ``mode/`` of a directory."""
        result = {}
        file = self.read_tree(self.get_image(reference).id, "/")
        with file, tarfile.open(fileobj=file) as tar:
            for info in tar:
                name = info.name.removeprefix("./")
                if info.issym():
                    result[name] = f"-> {info.linkname}"
                elif info.isdir():
                    result[name] = f"{info.mode:o}/"
                else:
                    content = tar.extractfile(info)
                    result[name] = content.read().decode() if content else ""
        result.pop(".", None)
        return result


def _without_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Owners are looked at in the tar: an ordinary user cannot give files away."""
    mine = copy.copy(member)
    mine.uid, mine.gid, mine.uname, mine.gname = os.getuid(), os.getgid(), "", ""
    return mine


def archive(files: Mapping[str, object]) -> IO[bytes]:
    """A tar: text is a file, None a directory, ``-> x`` a symlink, ``= x`` a hard link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.mode, info.uid, info.gid = 0o644, 1234, 1234
            data = b""
            if content is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o750
            elif isinstance(content, str) and content.startswith(("-> ", "= ")):
                info.type = tarfile.SYMTYPE if content.startswith("-") else tarfile.LNKTYPE
                info.linkname = content.partition(" ")[2]
            else:
                data = content if isinstance(content, bytes) else str(content).encode()
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    out.seek(0)
    return out


def owners(layer: IO[bytes]) -> dict[str, Sequence[object]]:
    """Names of a layer with mode, uid and gid."""
    with tarfile.open(fileobj=layer) as tar:
        return {info.name: (stat.S_IMODE(info.mode), info.uid, info.gid) for info in tar}
