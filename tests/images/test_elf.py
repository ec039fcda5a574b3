"""Which libraries a program needs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pausedemo.errors import PausedemoError
from pausedemo.images.elf import find_libraries, parse_needs, resolve_below

PROGRAM = Path(shutil.which("ls") or "/bin/ls").resolve()


def test_a_program_names_its_interpreter_and_libc() -> None:
    needs = parse_needs(PROGRAM.read_bytes())
    assert needs.interpreter.startswith("/lib")
    assert "libc.so.6" in needs.libraries


def test_all_that_a_program_loads_is_found_in_this_machines_root() -> None:
    found = find_libraries(Path("/"), [PROGRAM])
    interpreter = parse_needs(PROGRAM.read_bytes()).interpreter
    assert {interpreter, "libc.so.6"} <= set(found) | {Path(place).name for place in found}
    assert all(file.is_file() and not file.is_symlink() for file in found.values())
    # What the libraries themselves need is there too.
    names = {place.rpartition("/")[2] for place in found}
    for file in found.values():
        assert set(parse_needs(file.read_bytes()).libraries) <= names


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    shutil.copy(PROGRAM, tmp_path / "ls")
    with pytest.raises(PausedemoError, match=r"^ls needs lib.*: not in "):
        find_libraries(tmp_path, [tmp_path / "ls"])


def test_a_file_cut_short_anywhere_is_refused_or_read() -> None:
    data = PROGRAM.read_bytes()
    whole = parse_needs(data)
    for length in (*range(200), len(data) // 2, len(data) - 200):
        try:
            needs = parse_needs(data[:length])
        except PausedemoError:
            continue
        assert set(needs.libraries) <= set(whole.libraries)
    for text in (b"", b"#!/bin/sh\n", b"\x7fELF\x02\x01"):
        with pytest.raises(PausedemoError, match="not a whole ELF file"):
            parse_needs(text)


def test_links_are_followed_inside_the_root_only(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/real").write_text("x")
    (tmp_path / "absolute").symlink_to("/lib/real")
    (tmp_path / "lib/relative").symlink_to("../absolute")
    (tmp_path / "round").symlink_to("round")
    assert resolve_below(tmp_path, tmp_path / "lib/relative").resolve() == tmp_path / "lib/real"
    with pytest.raises(PausedemoError, match="too many symbolic links"):
        resolve_below(tmp_path, tmp_path / "round")
