"""Which shared libraries a program needs, read from the program itself.

With it a recipe takes from Debian's packages only what its program will load, whatever set of
libraries the release at hand links it to. Source: elf(5); 64-bit little-endian files only.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError

_PT_LOAD, _PT_DYNAMIC, _PT_INTERP = 1, 2, 3
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5
_HEADER: Final = struct.Struct("<16xHHIQQQIHHHHHH")
_SEGMENT: Final = struct.Struct("<IIQQQQQQ")
_DYNAMIC: Final = struct.Struct("<qQ")
_IDENT: Final = b"\x7fELF\x02\x01"  # 64 bits, little-endian


@dataclass(frozen=True, slots=True)
class Needs:
    """What a file asks of the dynamic linker. ``interpreter`` is empty in a library."""

    interpreter: str
    libraries: tuple[str, ...]


def parse_needs(data: bytes) -> Needs:
    """What the ELF file needs; nothing for a static one.

    Raises PausedemoError for anything but a whole 64-bit little-endian ELF file.
    """
    try:
        return _parse(data)
    except (struct.error, ValueError, UnicodeDecodeError) as error:
        raise PausedemoError(f"not a 64-bit little-endian ELF file: {error}") from error


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


def _parse(data: bytes) -> Needs:
    if not data.startswith(_IDENT):
        raise ValueError("its first bytes are others")
    header = _HEADER.unpack_from(data)
    offset, size, count = header[4], header[8], header[9]
    segments = [_SEGMENT.unpack_from(data, offset + size * i) for i in range(count)]
    interpreter = ""
    dynamic: list[tuple[int, int]] = []
    for kind, _, start, _, _, length, _, _ in segments:
        if kind == _PT_INTERP:
            interpreter = data[start : start + length].rstrip(b"\0").decode()
        elif kind == _PT_DYNAMIC:
            for tag, value in _DYNAMIC.iter_unpack(data[start : start + length]):
                if tag == _DT_NULL:
                    break
                dynamic.append((tag, value))
    strings = next((value for tag, value in dynamic if tag == _DT_STRTAB), None)
    if strings is None:
        return Needs(interpreter, ())
    table = _file_offset(segments, strings)
    libraries = [_string_at(data, table + value) for tag, value in dynamic if tag == _DT_NEEDED]
    return Needs(interpreter, tuple(libraries))


def _file_offset(segments: Iterable[tuple[int, ...]], address: int) -> int:
    for kind, _, start, virtual, _, length, _, _ in segments:
        if kind == _PT_LOAD and virtual <= address < virtual + length:
            return start + address - virtual
    raise ValueError("its string table is in no segment")


def _string_at(data: bytes, offset: int) -> str:
    return data[offset : data.index(b"\0", offset)].decode()
