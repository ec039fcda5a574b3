from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from pausedemo.errors import InvalidFile, UsageError
from pausedemo.scenario import files
from pausedemo.scenario.files import find_files, find_in_folder, group_of, is_scenario
from pausedemo.scenario.library import load_scenarios
from tests.scenario.test_library import POD, TEXT


def write(path: Path, name: str = "", text: str = TEXT) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "m.yaml").write_text(POD)
    path.write_text(text.replace("name: x", f"name: {name or path.stem}"))
    return path


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of scenarios in place of those that come along."""
    folder = tmp_path / "shipped"
    for path in ("top.yaml", "network/one.yaml", "network/two.yaml", "pid/deep/three.yaml"):
        write(folder / path)
    monkeypatch.setattr(files, "scenarios_dir", lambda: folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    return folder


def test_a_scenario_is_found_by_name_in_any_folder_of_the_tree(shipped: Path) -> None:
    assert find_files(["three", "one"]) == (
        shipped / "pid/deep/three.yaml",
        shipped / "network/one.yaml",
    )
    assert [one.name for one in load_scenarios(["top", "two"])] == ["top", "two"]


@pytest.mark.parametrize("group", ["network", "network/"])
def test_a_group_s_name_means_all_of_it(shipped: Path, group: str) -> None:
    assert find_files([group]) == (shipped / "network/one.yaml", shipped / "network/two.yaml")


def test_the_group_is_the_folder_below_the_tree_or_as_it_was_named(shipped: Path) -> None:
    assert group_of(shipped / "top.yaml") == ""
    assert group_of(shipped / "pid/deep/three.yaml") == "pid/deep"
    assert group_of(Path("mine/x.yaml")) == "mine"
    assert group_of(Path("x.yaml")) == ""


def test_a_folder_means_all_scenarios_below_it_and_no_manifest(tmp_path: Path) -> None:
    for path in ("b.yaml", "a.yml", "sub/c.yaml", ".git/hidden.yaml", "sub/.venv/hidden.yaml"):
        write(tmp_path / path)
    (tmp_path / "notes.txt").write_text(TEXT)
    (tmp_path / "workflow.yaml").write_text("jobs: {x: {steps: []}}\n")
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "latin.yaml").write_bytes(b"caf\xe9\n")
    (tmp_path / "dangling.yaml").symlink_to("gone")
    os.mkfifo(tmp_path / "pipe.yaml")
    found = [str(path.relative_to(tmp_path)) for path in find_in_folder(tmp_path)]
    assert found == ["a.yml", "b.yaml", "sub/c.yaml"]
    assert find_files([str(tmp_path / "sub"), str(tmp_path)]) == tuple(
        tmp_path / name for name in ("sub/c.yaml", "a.yml", "b.yaml")
    )


def test_a_scenario_named_twice_is_there_once(shipped: Path) -> None:
    (link := shipped.parent / "link.yaml").symlink_to(shipped / "network/one.yaml")
    there = shipped / "network/one.yaml"
    assert find_files(["one", str(there), str(link), "one"]) == (there,)


def test_a_broken_scenario_in_a_folder_is_told_and_not_left_out(tmp_path: Path) -> None:
    write(tmp_path / "bad.yaml", text=TEXT.replace("[{apply", "[{aply"))
    write(tmp_path / "worse.yaml", text=TEXT + "{")
    with pytest.raises(InvalidFile) as caught:
        load_scenarios([str(tmp_path)])
    assert {Path(problem.source).name for problem in caught.value.problems} == {
        "bad.yaml",
        "worse.yaml",
    }


@pytest.mark.parametrize("folder", [".", "sub"])
def test_a_folder_without_a_scenario_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/pod.yaml").write_text(POD)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"no scenario in the folder {re.escape(folder)}:"):
        find_files([folder])


def test_two_scenarios_of_one_name_are_an_error_that_names_both(tmp_path: Path) -> None:
    first = write(tmp_path / "a/same.yaml")
    second = write(tmp_path / "b/other.yaml", "same")
    with pytest.raises(UsageError) as caught:
        load_scenarios([str(tmp_path)])
    assert str(caught.value) == (
        f'two scenarios are named "same": {first} and {second}; give one another name'
    )


def test_two_files_of_one_name_in_the_tree_are_an_error(shipped: Path) -> None:
    second = write(shipped / "signals/one.yaml")
    with pytest.raises(UsageError) as caught:
        find_files(["top"])
    first = shipped / "network/one.yaml"
    assert str(caught.value) == f'two scenarios are named "one": {first} and {second}'


def test_a_folder_of_a_machine_s_size_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "MOST_ENTRIES", 10)
    for number in range(11):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(UsageError, match="more than 10 files; name a smaller one"):
        find_files([str(tmp_path)])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (TEXT, True),
        ("# first\n---\nsteps :\n- x\n", True),
        ('{"name": "x", "pods": {}}', True),
        ("# flow\n{steps: []}", True),
        ("---\n{steps: []}\n---\n{a: b}\n", True),
        (POD, False),
        ("data:\n  x: |\n    steps: []\n", False),
        ("{kind: Pod, spec: {steps: []}}", False),
        ("{steps: [", False),
        ("{" * 200, False),
        ("", False),
        ("- pods\n", False),
        ("[pods, steps]\n", False),
    ],
)
def test_a_file_with_pods_or_steps_at_its_top_is_a_scenario(text: str, answer: bool) -> None:
    assert is_scenario(text) is answer
