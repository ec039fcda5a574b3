"""Which YAML files are taken for scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.pytest_plugin.recognise import is_meant, looks_like_scenario, read_keys
from pausedemo.resources import scenarios_dir
from pausedemo.scenario.library import list_names

SCENARIO = b"name: a\ntitle: b\npods: {}\nsteps: []\n"


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (SCENARIO, True),
        (b"\xef\xbb\xbf" + SCENARIO, True),
        (SCENARIO.replace(b"\n", b"\r\n"), True),
        (SCENARIO.replace(b"pods", b"'containers'"), True),
        (SCENARIO.replace(b"title: b\n", b""), True),
        (SCENARIO + b"  - [this is: no YAML\n", True),
        (SCENARIO.replace(b"steps", b" steps"), False),
        (SCENARIO.replace(b"pods", b"pool"), False),
        (SCENARIO + b"kind: Pipeline\n", False),
        (SCENARIO + b"#" * 1024 * 1024, False),
        (b"name: ci\non: push\njobs:\n  a:\n    steps: []\n    container: x\n", False),
        (b"apiVersion: v1\nkind: Pod\nmetadata: {}\nspec:\n  containers: []\n", False),
        (b"services: {}\nname: compose\n", False),
        (b"- name: play\n  steps: []\n  pods: []\n  title: x\n", False),
        (b"", False),
        (b"\x00\xff\xfe", False),
    ],
)
def test_a_scenario_is_known_by_the_keys_at_its_margin(
    tmp_path: Path, text: bytes, taken: bool
) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(text)
    assert looks_like_scenario(read_keys(path)) is taken
    assert is_meant(path, ()) is taken


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert read_keys(tmp_path) == read_keys(tmp_path / "absent.yaml") == frozenset()


def test_named_folders_hold_scenarios_but_for_manifests(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in" / "deep", tmp_path / "out"
    for folder in (inside, outside):
        folder.mkdir(parents=True)
        (folder / "scenario.yaml").write_bytes(SCENARIO)
        (folder / "broken.yaml").write_text("stepz:\n")
        (folder / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\n")
    taken = {str(path) for path in tmp_path.rglob("*.yaml") if is_meant(path, [tmp_path / "in"])}
    assert taken == {str(inside / "scenario.yaml"), str(inside / "broken.yaml")}


def test_all_that_come_along_are_known() -> None:
    files = scenarios_dir().rglob("*.yaml")
    assert sorted(path.stem for path in files if is_meant(path, ())) == list(list_names())
