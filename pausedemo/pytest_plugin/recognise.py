"""Which of a project's YAML files are scenarios; nothing but the file's own text is needed.

A project holds YAML of many kinds, and most of it is no scenario. So a file is looked at for the
keys at its left margin, not parsed: a scenario with a syntax error further down is still one, and
a project without scenarios pays for no library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

SUFFIXES: Final = (".yaml", ".yml")
#: As much as a scenario may have (core/yamltext.py), and a little.
LARGEST_BYTES: Final = 1024 * 1024 + 3
_KEY: Final = re.compile(rb"""^(["']?)([A-Za-z]\w*)\1[ \t]*:(?=\s|\Z)""", re.MULTILINE)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def has_suffix(path: Path) -> bool:
    """Whether the file says that it is YAML."""
    return path.suffix in SUFFIXES


def read_keys(path: Path) -> frozenset[str]:
    """The keys at the left margin; none for a file that cannot be read, or is too large."""
    try:
        if not path.is_file():
            return frozenset()
        with path.open("rb") as file:
            text = file.read(LARGEST_BYTES + 1)
    except OSError:
        return frozenset()
    if len(text) > LARGEST_BYTES:
        return frozenset()
    keys = _KEY.findall(text.removeprefix(_BYTE_ORDER_MARK))
    return frozenset(key.decode() for _, key in keys)


def looks_like_scenario(keys: frozenset[str]) -> bool:
    """Whether a file with these keys can hardly be anything but a scenario.

    Pipelines of CI services have steps and a name too, but neither pods nor containers beside.
    """
    names = keys & {"name", "title"}
    makes = keys & {"pods", "containers"}
    return "steps" in keys and bool(names) and bool(makes) and not is_manifest(keys)


def is_manifest(keys: frozenset[str]) -> bool:
    """Whether a file with these keys is a Kubernetes object, such as a scenario's pod."""
    return bool(keys & {"kind", "apiVersion"})


def is_meant(path: Path, folders: Iterable[Path]) -> bool:
    """Whether a file is a scenario because of where it is, or what it looks like.

    Where ``folders`` are given, all that lies below them is one but for manifests, and nothing
    else is.
    """
    folders = tuple(folders)
    if not folders:
        return looks_like_scenario(read_keys(path))
    return any(path.is_relative_to(folder) for folder in folders) and not is_manifest(
        read_keys(path)
    )
