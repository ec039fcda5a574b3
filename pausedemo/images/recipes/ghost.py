"""Real Ghost from npm, on Debian's nodejs and SQLite binding, laid out as the official image.

Three things keep the build short: versions come from the yarn.lock that Ghost's own package
brings, nothing is compiled (node-sqlite3 is Debian's), and optional packages are left out.
The database is made here, not at each container's first start, which saves most of that start.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any, Final

from pausedemo.errors import PausedemoError
from pausedemo.host import Tool, require
from pausedemo.images import debian
from pausedemo.images.archive import ImageConfig
from pausedemo.images.recipes.base import PATH, TOOLS, Built, Recipe, add_accounts
from pausedemo.images.rootfs import FIXED_TIME_TEXT, Rootfs
from pausedemo.images.workshop import Workshop

VERSION: Final = "5.130.6"
# What npm says of this version's package (dist.integrity): the version is pinned with its content.
_SHA512: Final = (
    "CAWqPKt+7ws+/1NrVmvuiWiDZDEtutiu7niVMTku9uM29MjfNFFUVKM3giQBpZGZrUORXkWiXSlqbry4QGVrBw=="
)
_NODE: Final = 1000  # the official image's user: uid and gid
_HOME: Final = "var/lib/ghost"
_RELEASE: Final = f"{_HOME}/versions/{VERSION}"
_NPM_TIMEOUT_S: Final = 600
_TOOL_TIMEOUT_S: Final = 120

_GHOST_CONFIG: Final = {
    "url": "http://localhost:2368",
    "server": {"host": "0.0.0.0", "port": 2368},  # noqa: S104 - all of the pod's addresses
    "database": {
        "client": "sqlite3",
        "connection": {"filename": f"/{_HOME}/content/data/ghost.db"},
        "useNullAsDefault": True,
    },
    "mail": {"transport": "Direct"},
    "logging": {"transports": ["stdout"]},
    "process": "local",
    "paths": {"contentPath": f"/{_HOME}/content"},
    # Every one of these asks another machine for something.
    "privacy": {
        "useUpdateCheck": False,
        "useGravatar": False,
        "useRpcPing": False,
        "useStructuredData": False,
    },
}

_CONFIG: Final = ImageConfig(
    command=("node", "current/index.js"),
    env={"NODE_ENV": "production", "PATH": PATH, "HOME": "/home/node"},
    user="node",
    working_dir=f"/{_HOME}",
    exposed_ports=("2368/tcp",),
)

# For those who change Ghost, and for bundlers and browsers; Node never opens them.
_UNUSED_ENDINGS: Final = (".map", ".md", ".markdown", ".flow", ".d.ts", ".d.mts", ".d.cts")
_UNUSED_FOLDERS: Final = (
    "node_modules/@types",
    "node_modules/re2/vendor",
    "build/esm",
    "build/esnext",
    "intl/locale-data/jsonp",
)

# Ghost's own tool, run by Ghost's node inside the new root: chroot(1) starts in /.
_MAKE_DATABASE: Final = f"""\
process.chdir("/{_HOME}");
process.argv = ["node", "knex-migrator-init", "--mgpath", "current"];
require("/{_HOME}/current/node_modules/knex-migrator/bin/knex-migrator-init");
"""


def make_recipe() -> Recipe:
    """The recipe: one version of Ghost, this machine's Debian release below it."""
    return Recipe(
        name="ghost",
        version=VERSION,
        inputs=(Path(__file__),),
        release=debian.read_release()[0],
        steps=5,
        build=_build,
    )


def _build(workshop: Workshop) -> Built:
    require(debian.MMDEBSTRAP, Tool("npm", "npm"))
    workshop.advance("fetching nodejs and node-sqlite3 from Debian")
    root = debian.fetch_packages(workshop, ("base-files", "busybox-static", "node-sqlite3"))
    release = root / _RELEASE
    release.mkdir(parents=True)
    workshop.advance(f"fetching Ghost {VERSION} from npm")
    _unpack_ghost(workshop, release)
    workshop.advance("installing the packages that Ghost needs from npm")
    _install_packages(workshop, release)
    binding = _add_sqlite_binding(root, release)
    workshop.advance("making Ghost's database")
    _prepare_site(workshop, root)
    workshop.advance("putting the files together")
    return Built(_assemble(root, binding), _CONFIG, _read_version(release))


def _unpack_ghost(workshop: Workshop, release: Path) -> None:
    target = ("--pack-destination", str(workshop.folder))
    workshop.run(("npm", "pack", f"ghost@{VERSION}", *target), timeout_s=_TOOL_TIMEOUT_S)
    package = workshop.folder / f"ghost-{VERSION}.tgz"
    digest = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
    if digest != _SHA512:
        raise PausedemoError(f"npm's package of Ghost {VERSION} is not the one that was pinned")
    command = ("tar", "-xzf", str(package), "--strip-components=1", "--no-same-owner")
    workshop.run((*command, "-C", str(release)), timeout_s=_TOOL_TIMEOUT_S)


def _install_packages(workshop: Workshop, release: Path) -> None:
    manifest = release / "package.json"
    manifest.write_text(json.dumps(_trim_manifest(json.loads(manifest.read_text()))))
    command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev"]
    command += ["--omit=optional", "--legacy-peer-deps", "--no-update-notifier"]
    workshop.run(command, cwd=release, timeout_s=_NPM_TIMEOUT_S)


def _trim_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    """Ghost's package.json as npm can use it.

    Its devDependencies point to places other than npm, its sqlite3 would be compiled, and its
    yarn ``resolutions`` are npm's ``overrides``, which may not name a direct dependency.
    """
    dropped = ("devDependencies", "optionalDependencies", "scripts", "nx", "resolutions")
    kept = {key: value for key, value in manifest.items() if key not in dropped}
    resolutions = manifest.get("resolutions", {})
    direct = kept["dependencies"]
    kept["overrides"] = {name: v for name, v in resolutions.items() if name not in direct}
    return kept


def _add_sqlite_binding(root: Path, release: Path) -> str:
    """Put Debian's sqlite3 where Ghost looks first; the binding's path below the root.

    Its own way to the binding goes through node-pre-gyp, which loads a tree of packages at
    every start only to find a file whose place is known here.
    """
    package = next(root.glob("usr/lib/*-linux-gnu*/nodejs/sqlite3"), None)
    if package is None:
        raise PausedemoError("Debian's node-sqlite3 holds no usr/lib/*/nodejs/sqlite3")
    ours = release / "node_modules/sqlite3"
    shutil.copytree(package, ours)
    bindings = sorted(ours.glob("lib/binding/*/node_sqlite3.node"))
    if not bindings:
        raise PausedemoError("Debian's node-sqlite3 holds no binding")
    binding = bindings[-1]  # built for the newest Node-API
    loader = f"module.exports = require('./{binding.relative_to(ours / 'lib')}');\n"
    (ours / "lib/sqlite3-binding.js").write_text(loader)
    return str(binding.relative_to(root))


def _prepare_site(workshop: Workshop, root: Path) -> None:
    """Write the settings, and have Ghost's own tool make its database."""
    home = root / _HOME
    (home / "current").symlink_to(f"versions/{VERSION}")
    (home / "config.production.json").write_text(json.dumps(_GHOST_CONFIG, indent=2) + "\n")
    shutil.copytree(root / _RELEASE / "content", home / "content")
    if os.geteuid() == 0:
        os.chown(home / "content/data", _NODE, _NODE)
        enter = ["chroot", f"--userspec={_NODE}:{_NODE}", str(root)]
    else:  # as root of a user namespace; whose the files are in the image is said below
        enter = ["unshare", "--map-root-user", f"--root={root}"]
    workshop.run(
        (*enter, "/usr/bin/node", "-e", _MAKE_DATABASE),
        env={"NODE_ENV": "production", "HOME": "/tmp", "TMPDIR": "/tmp"},  # noqa: S108 - its own
        timeout_s=_TOOL_TIMEOUT_S,
    )
    _clear_cover_image(home / "content/data/ghost.db")


def _clear_cover_image(database: Path) -> None:
    """Leave the site without a cover image, as its owner may.

    Ghost's default one is on another machine, and Ghost asks it for the image's size before it
    shows the front page: without a network that costs the visitor the resolver's patience.
    Settings that are there already are not filled in by Ghost's first start.
    """
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            'INSERT INTO settings (id, "group", key, value, type, created_at, created_by)'
            " VALUES (?, 'site', 'cover_image', NULL, 'string', ?, '1')",
            ("0" * 24, FIXED_TIME_TEXT),
        )


def _assemble(root: Path, binding: str) -> Rootfs:
    rootfs = Rootfs()
    debian.add_programs(rootfs, root, ("usr/bin/node", "usr/bin/busybox", binding))
    for applet in TOOLS:
        rootfs.add_symlink(f"usr/bin/{applet}", "busybox")
    # Debian's node loads some of its built-in modules from here.
    rootfs.add_tree(root / "usr/share/nodejs", "usr/share/nodejs", keep=_is_used)
    rootfs.add_tree(root / _HOME, _HOME, owner=(0, 0), keep=_is_used)
    rootfs.add_tree(root / _HOME / "content", f"{_HOME}/content", owner=(_NODE, _NODE))
    rootfs.add_folder("home/node", uid=_NODE, gid=_NODE)
    for folder in ("proc", "sys", "dev", "root"):
        rootfs.add_folder(folder)
    add_accounts(rootfs, ("node", _NODE, "/home/node"))
    return rootfs


def _is_used(path: Path) -> bool:
    text = str(path)
    return not text.endswith(_UNUSED_ENDINGS) and not text.endswith(_UNUSED_FOLDERS)


def _read_version(release: Path) -> str:
    return str(json.loads((release / "package.json").read_text())["version"])
