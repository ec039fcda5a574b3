"""Where a pod's seccomp profiles are read from, and what is said when they cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.core.manifest import SeccompProfile
from pausedemo.errors import ContainerConfigError
from pausedemo.kubelet.seccomp import ROOT, ROOT_VARIABLE, read_profile


def localhost(name: str) -> SeccompProfile:
    return SeccompProfile.model_validate({"type": "Localhost", "localhostProfile": name})


def test_a_profile_is_read_from_below_its_folder_onto_one_line(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles/x.json").write_text('{\n  "defaultAction": "SCMP_ACT_ALLOW"\n}\n')
    environ = {ROOT_VARIABLE: str(tmp_path)}
    content = read_profile(localhost("profiles/x.json"), environ)
    assert content == '{"defaultAction":"SCMP_ACT_ALLOW"}'


@pytest.mark.parametrize("type_", ["RuntimeDefault", "Unconfined"])
def test_other_types_have_no_file(type_: str) -> None:
    assert read_profile(SeccompProfile.model_validate({"type": type_}), {}) == ""
    assert read_profile(None, {}) == ""


def test_a_file_that_is_not_there_is_named_with_where_it_was_looked_for() -> None:
    with pytest.raises(ContainerConfigError) as raised:
        read_profile(localhost("no/such.json"), {})
    assert str(raised.value) == (
        f'cannot load seccomp profile "{ROOT}/no/such.json": No such file or directory '
        f"(profiles are looked for in {ROOT}, or where {ROOT_VARIABLE} says)"
    )


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_file_without_json_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ContainerConfigError, match=r"x\": it is no JSON: "):
        read_profile(localhost("x"), {ROOT_VARIABLE: str(tmp_path)})
