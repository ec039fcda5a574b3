from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from pausedemo.errors import PausedemoError
from pausedemo.host import INSTALL_VARIABLE, HostLacks, Tool
from pausedemo.images.recipes.pause import compile_pause
from pausedemo.resources import pause_dir

COMPILERS = ("cc", "clang", "aarch64-linux-gnu-gcc")
STRICT = ("-std=c11", "-pedantic", "-Wall", "-Wextra", "-Werror")


def run_compiler(*command: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    return subprocess.run(
        command, cwd=pause_dir(), capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("compiler", COMPILERS)
def test_no_compiler_has_anything_to_say(compiler: str, tmp_path: Path) -> None:
    output = tmp_path / "pause"
    done = run_compiler(compiler, *STRICT, "@cflags", "-o", str(output), "pause.c")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert output.stat().st_size > 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the limit is for x86_64")
@pytest.mark.parametrize(
    "habits",
    [
        (),
        ("-fcf-protection=full", "-fstack-protector-strong", "-fstack-clash-protection"),
        ("-static-pie", "-Wl,--build-id"),
        ("-g", "-fasynchronous-unwind-tables"),
    ],
)
def test_it_fits_in_1024_bytes_whatever_a_distribution_adds(
    habits: tuple[str, ...], tmp_path: Path
) -> None:
    output = tmp_path / "pause"
    done = run_compiler("cc", *habits, "@cflags", "-o", str(output), "pause.c")
    assert done.returncode == 0, done.stderr
    assert output.stat().st_size <= 1024


def test_the_recipe_makes_an_executable_of_at_most_1024_bytes(native_program: Path) -> None:
    if platform.machine() != "x86_64":
        pytest.skip("the limit is for x86_64")
    assert native_program.stat().st_mode & 0o111 == 0o111
    assert native_program.stat().st_size <= 1024


@pytest.mark.skipif(platform.machine() != "x86_64", reason="-m32 is an option for x86_64")
def test_an_unknown_architecture_is_refused_in_words() -> None:
    done = run_compiler("cc", "-m32", "-fsyntax-only", "pause.c")
    assert done.returncode != 0
    assert "pause.c knows the system calls of x86_64 and aarch64 only" in done.stderr


def test_a_refusal_holds_the_compiler_s_own_words(tmp_path: Path) -> None:
    source = tmp_path / "pause.c"
    source.write_text("int broken = ;\n")
    (tmp_path / "cflags").write_text("-c\n")
    with pytest.raises(
        PausedemoError, match=r"(?s)cannot compile .*pause\.c:1:14: error: expected"
    ):
        compile_pause(source, tmp_path / "pause")
    assert not (tmp_path / "pause").exists()


@pytest.mark.parametrize(
    ("compiler", "package"),
    [("no-such-compiler", "gcc"), ("no-such-target-gcc", "gcc-no-such-target")],
)
def test_a_missing_compiler_is_named_with_its_package(
    compiler: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(INSTALL_VARIABLE, raising=False)
    with pytest.raises(HostLacks) as caught:
        compile_pause(pause_dir() / "pause.c", tmp_path / "pause", compiler)
    assert caught.value.tools == (Tool(compiler, package),)


def test_a_relative_output_lands_where_the_caller_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    compile_pause(pause_dir() / "pause.c", Path("here"))
    assert [path.name for path in tmp_path.iterdir()] == ["here"]
