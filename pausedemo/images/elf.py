"""Which shared libraries a program needs, read from the program itself.

With it a recipe takes from Debian's packages only what its program will load, whatever set of
libraries the release at hand links it to.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pausedemo.errors import PausedemoError


@dataclass(frozen=True, slots=True)
class Needs:
    """What a file asks of the dynamic linker. ``interpreter`` is empty in a library."""

    interpreter: str
    libraries: tuple[str, ...]


def parse_needs(data: bytes) -> Needs:
    """What the ELF file needs; nothing for a static one. PausedemoError for any other file."""
    # Here, because most runs find their images built.
    from elftools.common.exceptions import ELFError
    from elftools.construct import ConstructError
    from elftools.elf.dynamic import DynamicSegment
    from elftools.elf.elffile import ELFFile
    from elftools.elf.segments import InterpSegment

    interpreter = ""
    libraries: list[str] = []
    try:
        for segment in ELFFile(io.BytesIO(data)).iter_segments():
            if isinstance(segment, InterpSegment):
                interpreter = segment.get_interp_name()
            elif isinstance(segment, DynamicSegment):
                # The attribute's name is made from the tag's, which no type checker sees.
                libraries += [vars(tag)["needed"] for tag in segment.iter_tags("DT_NEEDED")]
    except (ELFError, ConstructError, ValueError, AttributeError) as error:
        raise PausedemoError(f"not a whole ELF file: {error}") from error
    return Needs(interpreter, tuple(libraries))


def find_libraries(root: Path, programs: Iterable[Path]) -> dict[str, Path]:
    """All that the programs load, directly or not: where it belongs, and its file below ``root``.

    Libraries keep the name they are asked for by, the dynamic linker the path it is called by;
    links on the way are followed. Raises PausedemoError naming what is not there.
    """
    folders = [
        folder
        for base in ("usr/lib", "lib", "usr/lib64", "lib64")
        for folder in (*sorted((root / base).glob("*-linux-gnu*")), root / base)
        if folder.is_dir()
    ]
    found: dict[str, Path] = {}
    seen: set[str] = set()
    waiting = list(programs)
    while waiting:
        program = waiting.pop()
        needs = parse_needs(program.read_bytes())
        for wanted in (*needs.libraries, *filter(None, [needs.interpreter])):
            if wanted in seen:
                continue
            seen.add(wanted)
            name = wanted.rpartition("/")[2]
            file = next((f for f in _candidates(root, folders, name) if f.is_file()), None)
            if file is None:
                raise PausedemoError(f"{program.relative_to(root)} needs {name}: not in {root}")
            place = wanted if "/" in wanted else f"usr/lib/{file.parent.name}/{name}"
            found[place] = file
            waiting.append(file)
    return found


def _candidates(root: Path, folders: Iterable[Path], name: str) -> Iterator[Path]:
    for folder in folders:
        yield resolve_below(root, folder / name)


def resolve_below(root: Path, path: Path) -> Path:
    """Follow symbolic links as if ``root`` were ``/``. At most 40, as path_resolution(7) says."""
    for _ in range(40):
        if not path.is_symlink():
            return path
        target = path.readlink()
        path = root / str(target).lstrip("/") if target.is_absolute() else path.parent / target
    raise PausedemoError(f"cannot follow {path}: too many symbolic links")
