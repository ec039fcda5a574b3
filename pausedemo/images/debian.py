"""Files from Debian's packages, fetched the way this machine's own apt is set up to fetch them."""

from __future__ import annotations

import gzip
import os
import platform
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pausedemo.errors import PausedemoError
from pausedemo.host import Tool, require
from pausedemo.images.elf import find_libraries, resolve_below
from pausedemo.images.rootfs import Rootfs
from pausedemo.images.workshop import Workshop

MMDEBSTRAP: Final = Tool("mmdebstrap", "mmdebstrap")
#: What mmdebstrap needs beside itself when it is run by an ordinary user.
USER_TOOLS: Final = (Tool("newuidmap", "uidmap"),)
_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_FETCH_TIMEOUT_S: Final = 300
_ASK_TIMEOUT_S: Final = 30
_TARGET: Final = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(CODENAME)"
_CHANGELOG_HEAD: Final = re.compile(r"(?P<source>[a-z0-9.+-]+) \((?P<version>[^)]+)\) ")


def read_release() -> tuple[str, str]:
    """This machine's distribution and release, as (``debian12``, ``bookworm``) or another's."""
    try:
        facts = platform.freedesktop_os_release()
    except OSError:
        return "unknown", ""
    return facts.get("ID", "linux") + facts.get("VERSION_ID", ""), facts.get("VERSION_CODENAME", "")


def fetch_packages(workshop: Workshop, packages: Iterable[str]) -> Path:
    """The files of the packages and of all they depend on, unpacked below a new folder.

    Nothing is configured and no script of a package runs. Raises PausedemoError when this is
    not Debian, or fetching fails; HostLacks without mmdebstrap.
    """
    release, codename = read_release()
    if not release.startswith("debian") or not codename:
        raise PausedemoError(f"Debian's packages can be unpacked on Debian only; this is {release}")
    require(MMDEBSTRAP)
    is_root = os.geteuid() == 0
    if not is_root:
        require(*USER_TOOLS)
    sources = workshop.folder / "sources.list"
    sources.write_text("".join(f"{line}\n" for line in read_sources(codename)))
    root, archive = workshop.folder / "debian", workshop.folder / "debian.tar"
    command = ["mmdebstrap", "--quiet", "--variant=extract"]
    command += [f"--aptopt={option}" for option in read_apt_options()]
    command.append(f"--include={','.join(packages)}")
    if is_root:
        command += ["--mode=root", "--format=directory", codename, str(root), str(sources)]
        workshop.run(command, timeout_s=_FETCH_TIMEOUT_S)
        return root
    # It needs a range in /etc/subuid, and says so when there is none. Inside its user namespace
    # it works as another user, whom our own folder is closed to.
    command += ["--mode=unshare", "--format=tar", codename, str(archive), str(sources)]
    workshop.run(command, timeout_s=_FETCH_TIMEOUT_S, env={"TMPDIR": tempfile.gettempdir()})
    _unpack(archive, root)
    archive.unlink()
    return root


def _unpack(archive: Path, root: Path) -> None:
    """Unpack what mmdebstrap wrote. Who owns a file is said by the recipe, not by the package."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isdev():
                member.uid, member.gid = os.getuid(), os.getgid()
                member.name = member.name.removeprefix("./")
                tar.extract(member, root)


def read_sources(codename: str) -> tuple[str, ...]:
    """Debian's own sources of this release, from apt's settings, as ``sources.list`` lines.

    Only what Debian's keys have signed is used, whoever else this machine's apt may trust.
    Source: apt-get(8), indextargets; it reads both of apt's file formats.
    """
    rows = _ask("apt-get", "indextargets", "--format", _TARGET, "Created-By: Packages")
    found = parse_sources(rows, codename)
    if not found:
        raise PausedemoError(f"apt is set up for no source of Debian {codename} main")
    if not _KEYRING.exists():
        raise PausedemoError(f"no {_KEYRING}; install the package debian-archive-keyring")
    return found


def parse_sources(rows: str, codename: str) -> tuple[str, ...]:
    """The lines of ``read_sources`` from apt's rows: URI, suite, component, origin, codename.

    A field that apt does not know, as the last two before its first update, is printed as it
    was asked for: ``$(ORIGIN)``.
    """
    suites = {codename, f"{codename}-updates", f"{codename}-security"}
    found: dict[str, None] = {}
    for row in rows.splitlines():
        uri, suite, component, origin, known = row.split("|")
        if origin != "Debian" and not origin.startswith("$("):
            continue
        if (suite if known.startswith("$(") else known) in suites and component == "main":
            found[f"deb [signed-by={_KEYRING}] {uri} {suite} {component}"] = None
    return tuple(found)


def add_programs(rootfs: Rootfs, root: Path, paths: Iterable[str]) -> None:
    """Take programs, or loadable modules, and every library they need. Paths as ``usr/bin/x``.

    Before merged /usr a package may hold ``bin/x`` instead; either is found.
    """
    files = {path: find_file(root, path) for path in paths}
    for place, file in {**files, **find_libraries(root, files.values())}.items():
        rootfs.add_file(place, file, mode=0o755)


def find_file(root: Path, path: str) -> Path:
    """The file that a merged /usr would have at ``path``. PausedemoError when there is none."""
    for place in (path, path.removeprefix("usr/")):
        file = resolve_below(root, root / place)
        if file.is_file():
            return file
    raise PausedemoError(f"Debian's packages have no {path}")


def read_package_version(root: Path, package: str) -> str:
    """The version of an unpacked package, from the head of its changelog."""
    folder = resolve_below(root, root / "usr/share/doc" / package)
    for changelog in (
        *sorted(folder.glob("changelog.Debian.*.gz")),
        folder / "changelog.Debian.gz",
    ):
        if changelog.is_file():
            with gzip.open(changelog, "rt", encoding="utf-8", errors="replace") as lines:
                head = _CHANGELOG_HEAD.match(lines.readline())
            if head:
                return head["version"]
    raise PausedemoError(f"cannot read the version of {package}: it has no changelog")


def read_apt_options() -> tuple[str, ...]:
    """How this machine's apt reaches its mirrors: proxies, certificates, retries."""
    wanted = ("Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::ForceIPv")
    lines = _ask("apt-config", "dump", "--no-empty").splitlines()
    return tuple(line for line in lines if line.startswith(wanted))


def _ask(*argv: str) -> str:
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ASK_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PausedemoError(f"cannot read apt's settings: {error}") from error
    return done.stdout.decode(errors="replace")
