"""The files of a volume as one tar."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from pausedemo.kubelet.volumes.layout import name_folder, pack, plan_layout

FILES = {"a/b/deep": (b"down", 0o644), "a/c": (b"", 0o600), "top": (b"up", 0o755)}


def entries(fs_group: int | None = None, old: str | None = None) -> list[tuple[str, str, int, int]]:
    kinds = {tarfile.DIRTYPE: "d", tarfile.SYMTYPE: "l", tarfile.REGTYPE: "f"}
    return [
        (one.name, kinds[one.type] + one.linkname, one.mode, one.gid)
        for one, _ in plan_layout("v", FILES, fs_group, old)
    ]


def test_what_is_shown_comes_after_what_it_leads_to() -> None:
    folder = name_folder(FILES, None)
    assert entries() == [
        ("v", "d", 0o755, 0),
        (f"v/{folder}", "d", 0o755, 0),
        (f"v/{folder}/a", "d", 0o755, 0),
        (f"v/{folder}/a/b", "d", 0o755, 0),
        (f"v/{folder}/a/b/deep", "f", 0o644, 0),
        (f"v/{folder}/a/c", "f", 0o600, 0),
        (f"v/{folder}/top", "f", 0o755, 0),
        ("v/..data", f"l{folder}", 0o777, 0),
        ("v/a", "l..data/a", 0o777, 0),
        ("v/top", "l..data/top", 0o777, 0),
    ]


def test_a_group_may_read_all() -> None:
    folder = name_folder(FILES, 7)
    by_name = {name: (mode, gid) for name, _, mode, gid in entries(7)}
    assert by_name["v"] == by_name[f"v/{folder}/a/b"] == (0o2755, 7)
    assert by_name[f"v/{folder}/a/c"] == (0o640, 7)
    assert by_name[f"v/{folder}/a/b/deep"] == (0o644, 7)


def test_of_what_was_there_an_empty_file_is_left() -> None:
    assert entries(old="..gone")[-1] == ("v/..gone", "f", 0, 0)
    assert entries(old=name_folder(FILES, None)) == entries()


@pytest.mark.parametrize(
    "other",
    [
        {},
        {**FILES, "top": (b"up", 0o644)},
        {**FILES, "top": (b"down", 0o755)},
        {**FILES, "more": (b"", 0o755)},
        {"a/b/deep": (b"down", 0o644), "a/c": (b"", 0o600), "to": (b"pup", 0o755)},
    ],
)
def test_other_files_are_in_another_folder(other: dict[str, tuple[bytes, int]]) -> None:
    assert name_folder(other, None) != name_folder(FILES, None)
    assert name_folder(dict(reversed(FILES.items())), None) == name_folder(FILES, None)
    assert name_folder(FILES, 0) != name_folder(FILES, None)


def test_a_tar_of_it_unpacks_to_what_was_meant(tmp_path: Path) -> None:
    packed = pack(plan_layout("v", FILES, None, None))
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path, filter="tar")
    assert {path: (tmp_path / "v" / path).read_bytes() for path in FILES} == {
        path: content for path, (content, _) in FILES.items()
    }
