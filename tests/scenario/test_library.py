from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pausedemo.core.files.yamltext import LARGEST_BYTES
from pausedemo.errors import InvalidFile, UsageError
from pausedemo.resources import scenarios_dir
from pausedemo.scenario.files import shipped_files
from pausedemo.scenario.library import load_scenario, load_scenarios

TEXT = "name: x\ntitle: X\npods: {p: {manifest: m.yaml}}\nsteps: [{apply: {}}]\n"
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: a, image: i}]}\n"


def write(folder: Path, text: str = TEXT, pod: str = POD) -> Path:
    (folder / "m.yaml").write_text(pod)
    path = folder / "x.yaml"
    path.write_text(text)
    return path


def test_names_and_paths_are_loaded_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path)
    names = [one.name for one in load_scenarios(["pid-share", str(path), "network-share"])]
    assert names == ["pid-share", "x", "network-share"]
    monkeypatch.chdir(tmp_path)
    assert load_scenarios(["x.yaml"])[0].source == "x.yaml"


def test_a_file_without_a_suffix_is_found_by_its_path(tmp_path: Path) -> None:
    shutil.move(write(tmp_path), tmp_path / "plain")
    assert load_scenarios([str(tmp_path / "plain")])[0].name == "x"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "pidshare",
            'no scenario "pidshare"; did you mean "pid-share"? (a file is named by its path)',
        ),
        ("", 'no scenario ""; known: '),
        ("zzz", 'no scenario "zzz"; known: '),
        ("gone.yaml", "cannot read gone.yaml: No such file or directory"),
        ("./gone", "cannot read gone: No such file or directory"),
        ("nul\0.yaml", "cannot read 'nul\\x00.yaml': embedded null byte"),
    ],
)
def test_an_unknown_scenario_is_a_wrong_command(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_scenarios([name])
    assert str(caught.value).startswith(message)


def test_a_folder_itself_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Is a directory"):
        load_scenario(tmp_path)


def test_an_endless_file_is_not_read_to_its_end() -> None:
    with pytest.raises(UsageError, match="larger than 1024 KiB"):
        load_scenario(Path("/dev/zero"))


def test_a_large_file_is_refused_and_the_largest_is_read(tmp_path: Path) -> None:
    filling = "#" * (LARGEST_BYTES - len(TEXT) - 1)
    assert load_scenario(write(tmp_path, f"{TEXT}{filling}\n")).name == "x"
    with pytest.raises(UsageError, match="larger than"):
        load_scenario(write(tmp_path, f"{TEXT}{filling}#\n"))


@pytest.mark.parametrize("manifest", ["gone.yaml", "/dev/zero", '"a\\0b"', "."])
def test_a_manifest_that_cannot_be_read_is_a_problem_of_the_scenario(
    tmp_path: Path, manifest: str
) -> None:
    path = write(tmp_path, TEXT.replace("m.yaml", manifest))
    with pytest.raises(InvalidFile) as caught:
        load_scenario(path)
    (problem,) = caught.value.problems
    assert (problem.source, problem.line, problem.column) == (str(path), 3, 22)
    assert problem.message.startswith(("cannot read", "cannot use"))


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first = write(tmp_path, TEXT.replace("title", "titel"))
    second = write(tmp_path / "other", pod=POD.replace("image", "imaeg"))
    with pytest.raises(InvalidFile) as caught:
        load_scenarios([str(first), "pid-share", str(second)])
    sources = {problem.source for problem in caught.value.problems}
    assert sources == {str(first), str(second.parent / "m.yaml")}


def test_bytes_that_are_not_utf_8_are_placed(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"name: x\ntitle: caf\xe9\n")
    with pytest.raises(InvalidFile, match=r":2:11: byte 0xe9 is not UTF-8"):
        load_scenario(path)


def test_every_manifest_that_travels_with_pausedemo_is_used_or_the_article_s() -> None:
    used = {
        Path(entry.manifest).name
        for path in shipped_files().values()
        for entry in load_scenario(path).file.pods.values()
    }
    there = {path.name for path in scenarios_dir().rglob("manifests/*.yaml")}
    assert there == used
