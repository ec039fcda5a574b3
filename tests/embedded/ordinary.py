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

#: What an engine loads; who can load it can run one.
_TRIAL = "import ctypes, aiohttp, dnslib, pyroute2, pausedemo.embedded.__main__"
_LEFT_OUT = shutil.ignore_patterns("site-packages", "test", "idlelib", "__pycache__", "*.a")


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
    if not _may_run(owner, sys.executable, {"PYTHONPATH": os.pathsep.join(paths)}):
        base, version = Path(sys.base_prefix), f"python{sys.version_info[0]}.{sys.version_info[1]}"
        copy = owner.home / "python"
        shutil.copytree(base / "lib" / version, copy / "lib" / version, ignore=_LEFT_OUT)
        (copy / "bin").mkdir()
        executable = str(shutil.copy2(Path(sys.executable).resolve(), copy / "bin"))
        for library in (base / "lib").glob("libpython*.so*"):
            shutil.copy2(library, copy / "lib", follow_symlinks=False)
        readable = [str(_readable(Path(path), copy / f"path{n}")) for n, path in enumerate(paths)]
        environ = {
            "PYTHONHOME": str(copy),
            "PYTHONPATH": os.pathsep.join(readable),
            "LD_LIBRARY_PATH": str(copy / "lib"),
        }
        if not _may_run(owner, executable, environ):
            skip_or_fail("no Python that an ordinary user may run an engine with")
        return Owner(owner.name, owner.uid, owner.gid, owner.home, (executable,), environ)
    environ = {"PYTHONPATH": os.pathsep.join(paths)}
    return Owner(owner.name, owner.uid, owner.gid, owner.home, (sys.executable,), environ)


def _readable(path: Path, copy: Path) -> Path:
    """A folder of modules that everybody may read: itself, or a copy."""
    if path.name == "site-packages" and path.is_dir():
        shutil.copytree(path, copy, ignore=shutil.ignore_patterns("__pycache__", "playwright"))
    elif (path / "pausedemo").is_dir():
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(path / "pausedemo", copy / "pausedemo", ignore=ignore)
    else:
        return path
    return copy


def _may_run(owner: Owner, python: str, environ: dict[str, str]) -> bool:
    with contextlib.suppress(PermissionError):
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
        return done.returncode == 0
    return False
