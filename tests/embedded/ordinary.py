"""An ordinary user of this machine, made for a test and removed after it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

from pausedemo.embedded.usernamespace import SUBGID, SUBUID
from tests.conftest import skip_or_fail
from tests.embedded.engines import Owner

#: What an engine loads; who can load it can run one. It hides pyroute2 (network/messages.py).
_TRIAL = """
import sys, pausedemo.embedded.__main__, pausedemo.embedded.engine, pausedemo.embedded.server
import pausedemo.embedded.images.pull  # only a pull loads it
print("pyroute2", *{name.partition(".")[0] for name in sys.modules})
"""
_LEFT_OUT = shutil.ignore_patterns("site-packages", "test", "idlelib", "*.a")


@contextlib.contextmanager
def ordinary_user(*, with_range: bool) -> Iterator[Owner]:
    """A user with a home, and with or without a range of ids in /etc/subuid and /etc/subgid."""
    if os.geteuid() != 0:
        skip_or_fail("only root can make a user")
    name = f"pausedemo{uuid.uuid4().hex[:8]}"
    texts = {path: path.read_text() for path in (SUBUID, SUBGID) if path.exists()}
    _run("useradd", "--create-home", "--shell", "/bin/sh", name)
    try:
        found = pwd.getpwnam(name)
        for path in (SUBUID, SUBGID):
            _set_range(path, name, f"{name}:{_free_range(path)}:65536" if with_range else None)
        home = Path(found.pw_dir)
        yield _with_python(Owner(name, found.pw_uid, found.pw_gid, home))
    finally:
        _run("userdel", "--force", "--remove", name)
        for path in texts:
            _set_range(path, name, None)


def _run(*command: str) -> None:
    # userdel tells of a mail spool that is not there.
    subprocess.run(command, check=True, capture_output=True, timeout=60)


def _free_range(path: Path) -> int:
    rows = [line.split(":") for line in path.read_text().splitlines() if line.count(":") == 2]
    return max([100_000, *(int(row[1]) + int(row[2]) for row in rows)])


def _set_range(path: Path, name: str, line: str | None) -> None:
    before = path.read_text().splitlines() if path.exists() else []
    kept = [one for one in before if not one.startswith(f"{name}:")]
    path.write_text("".join(f"{one}\n" for one in [*kept, *filter(None, [line])]))


def _with_python(owner: Owner) -> Owner:
    """Let the user have our Python: as it is, or, where root's home is closed, a copy of it."""
    paths = [path for path in sys.path if path]
    if _try(owner, sys.executable, {"PYTHONPATH": os.pathsep.join(paths)}):
        base, version = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
        copy = owner.home / "python"
        shutil.copytree(base / "lib" / version, copy / "lib" / version, ignore=_LEFT_OUT)
        (copy / "bin").mkdir()
        executable = str(shutil.copy2(Path(sys.executable).resolve(), copy / "bin"))
        for library in (base / "lib").glob("libpython*.so*"):
            shutil.copy2(library, copy / "lib", follow_symlinks=False)
        _copy_modules(paths, copy / "modules")
        environ = {
            "PYTHONHOME": str(copy),
            "PYTHONPATH": str(copy / "modules"),
            "LD_LIBRARY_PATH": str(copy / "lib"),
        }
        if problem := _try(owner, executable, environ):
            skip_or_fail(f"no Python that an ordinary user may run an engine with: {problem}")
        return Owner(owner.name, owner.uid, owner.gid, owner.home, (executable,), environ)
    environ = {"PYTHONPATH": os.pathsep.join(paths)}
    return Owner(owner.name, owner.uid, owner.gid, owner.home, (sys.executable,), environ)


def _copy_modules(paths: list[str], target: Path) -> None:
    """Copy what an engine loads beyond the standard library, from where we have it."""
    command = [sys.executable, "-c", _TRIAL]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, env=environ, capture_output=True, check=True, timeout=60)
    target.mkdir()
    for name in done.stdout.decode().split():
        for path in map(Path, paths):
            if path.is_relative_to(sys.base_prefix) and path.name != "site-packages":
                continue
            for found in [path / name, path / f"{name}.py", *path.glob(f"{name}.*.so")]:
                if found.is_dir() and not (target / name).exists():
                    shutil.copytree(found, target / name, ignore=_LEFT_OUT)
                elif found.is_file() and found.suffix in (".py", ".so"):  # and no program's script
                    shutil.copy2(found, target)


def _try(owner: Owner, python: str, environ: dict[str, str]) -> str:
    """Why the user cannot run an engine with that Python; "" when he can."""
    try:
        done = subprocess.run(
            [python, "-B", "-c", _TRIAL],
            env={**environ, "HOME": str(owner.home), "PATH": os.environ["PATH"]},
            cwd="/",
            user=owner.uid,
            group=owner.gid,
            extra_groups=[],
            capture_output=True,
            timeout=60,
            check=False,
        )
    except PermissionError as error:
        return str(error)
    return done.stderr.decode() if done.returncode else ""
