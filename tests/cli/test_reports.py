"""Where reports may be written to, told before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.cli.reports import check_reports
from pausedemo.errors import EXIT_USAGE, UsageError
from tests.cli.conftest import Invoke


def test_two_reports_never_go_to_one_file(invoke: Invoke, tmp_path: Path) -> None:
    file = tmp_path / "same.out"
    # No engine is looked for: this one is none.
    done = invoke("run", "--all", "--engine", "none", "--junit", file, "--json", file)
    assert (done.code, done.stdout) == (EXIT_USAGE, "")
    assert done.stderr == (
        f"pausedemo: --junit and --json name the same file, {file}; give each report its own\n"
    )
    assert not file.exists()


def test_a_file_is_the_same_by_whatever_path(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("report")
    for other in (tmp_path / "link", tmp_path / ".." / tmp_path.name / "report"):
        with pytest.raises(UsageError, match="--json and --html name the same file"):
            check_reports({"--json": tmp_path / "report", "--html": other, "--junit": None})


def test_what_is_no_file_takes_several(tmp_path: Path) -> None:
    check_reports({"--json": Path("/dev/null"), "--html": Path("/dev/null")})
    check_reports({"--json": tmp_path / "a", "--html": tmp_path / "b"})


@pytest.mark.parametrize("option", ["--junit", "--json", "--html"])
def test_a_dash_is_no_file(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = invoke("run", "--all", "--engine", "none", option, "-")
    assert (done.code, done.stdout) == (EXIT_USAGE, "")
    assert done.stderr == (
        f"pausedemo: {option} -: a report goes to a file, not to stdout; name one\n"
    )
    assert list(tmp_path.iterdir()) == []
