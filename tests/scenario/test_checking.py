from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.errors import UsageError
from pausedemo.scenario.checking import check_selected
from pausedemo.scenario.library import list_names
from pausedemo.scenario.selection import Selection
from tests.scenario.test_files import write
from tests.scenario.test_library import POD, TEXT


def test_every_problem_of_every_file_is_told_at_its_place(tmp_path: Path) -> None:
    write(tmp_path / "right.yaml")
    bad = write(tmp_path / "bad.yaml", text="titel: X\n" + TEXT.replace("apply", "aply"))
    worse = write(tmp_path / "worse.yaml", text="steps: [\n")
    manifest = write(tmp_path / "sub/x.yaml").parent / "m.yaml"
    manifest.write_text(POD.replace("image", "imaeg"))
    gone = tmp_path / "gone.yaml"
    checked = check_selected(Selection((str(tmp_path), str(gone))))
    assert {Path(file).name for file in checked.files} == {
        "right.yaml",
        "bad.yaml",
        "worse.yaml",
        "x.yaml",
        "gone.yaml",
    }
    told = [(one.source, one.line, one.column, one.message) for one in checked.problems]
    assert [one[:3] for one in told] == [
        (str(bad), 1, 1),
        (str(bad), 5, 10),
        (str(gone), 0, 0),
        (str(manifest), 4, 31),
        (str(worse), 2, 1),
    ]
    assert told[1][3] == 'unknown key "aply"; did you mean "apply"?'
    assert told[2][3] == f"cannot read {gone}: No such file or directory"


def test_a_manifest_that_two_scenarios_share_is_told_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"{name}.yaml")
    (tmp_path / "m.yaml").write_text(POD.replace("image", "imaeg"))
    (problem,) = check_selected(Selection((str(tmp_path),))).problems
    assert problem.source == str(tmp_path / "m.yaml")


def test_a_name_that_two_scenarios_have_is_a_problem_of_the_second(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", "same")
    second = write(tmp_path / "b.yaml", "same")
    (problem,) = check_selected(Selection((str(tmp_path),))).problems
    assert problem.source == str(second)
    assert problem.message.startswith('two scenarios are named "same"')


def test_a_selection_leaves_out_right_files_and_no_wrong_one(tmp_path: Path) -> None:
    write(tmp_path / "right.yaml", text=TEXT.replace("pods:", "tags: [a]\npods:"))
    write(tmp_path / "other.yaml")
    selection = Selection((str(tmp_path),), tags=("a",))
    assert check_selected(selection).files == (str(tmp_path / "right.yaml"),)
    bad = write(tmp_path / "bad.yaml", text=TEXT + "x: 1\n")
    checked = check_selected(selection)
    assert checked.files == (str(bad), str(tmp_path / "right.yaml"))
    assert [problem.source for problem in checked.problems] == [str(bad)]
    bad.unlink()
    with pytest.raises(UsageError, match="no scenario is selected by --tag b among 2"):
        check_selected(Selection((str(tmp_path),), tags=("b",)))


def test_what_comes_along_has_no_problem() -> None:
    checked = check_selected(Selection(everything=True))
    assert checked.problems == ()
    assert len(checked.files) == len(list_names())
