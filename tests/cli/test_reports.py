"""Where reports may be written to, told before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from pausedemo.cli.reports import check_reports, remove_old
from pausedemo.errors import EXIT_NO_ENGINE, EXIT_USAGE, UsageError
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


def test_an_old_report_does_not_stand_for_a_run_that_is_cut_short(
    invoke: Invoke, tmp_path: Path
) -> None:
    old = tmp_path / "report.json"
    old.write_text("{}")
    done = invoke("run", "no-such-scenario", "--json", old)
    assert (done.code, old.read_text()) == (EXIT_USAGE, "{}")  # nothing was begun
    done = invoke("run", "network-share", "--engine", "tcp://127.0.0.1:1", "--json", old)
    assert (done.code, old.exists()) == (EXIT_NO_ENGINE, False)


def test_what_a_link_names_stays(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("old")
    link.symlink_to(file)
    remove_old((link, Path("/dev/null"), tmp_path / "none", None))
    assert (link.is_symlink(), file.read_text()) == (True, "old")
