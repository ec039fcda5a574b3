"""Collecting scenarios: which, under which names, and what is said of wrong ones. No engine."""

from __future__ import annotations

import pytest

from tests.plugin.conftest import Project

ECHO = """
- exec: {container: x, command: [echo, hello]}
  expect: {stdout: "hello\\n"}
"""
PLAIN = "def test_plain(): pass\n"
#: Imported only when there is a scenario, or not even then.
PROBE = """
import sys

def pytest_unconfigure():
    heavy = ("docker", "pydantic", "rich", "yaml", "aiohttp", "jinja2")
    loaded = [name for name in heavy if name in sys.modules]
    loaded += sorted(name for name in sys.modules if name.startswith("pausedemo."))
    print("\\nLOADED", *loaded)
"""


def list_ids(stdout: str) -> list[str]:
    return [line for line in stdout.splitlines() if "::" in line]


def test_scenarios_are_collected_and_other_yaml_files_are_not(offline: Project) -> None:
    node = offline.scenario("two", ECHO)
    offline.write("test_plain.py", PLAIN)
    offline.write("ci.yaml", "name: ci\nsteps:\n  - run: make\n")
    offline.write("scenarios/pod.yml", "apiVersion: v1\nkind: Pod\n")
    offline.write("broken.yaml", "a: [\n")
    done = offline.run("--collect-only", "-q", "-W", "error")
    assert (done.returncode, list_ids(done.stdout)) == (0, [node, "test_plain.py::test_plain"])


def test_a_project_without_scenarios_loads_nothing_of_ours(offline: Project) -> None:
    offline.write("conftest.py", PROBE)
    offline.write("test_plain.py", PLAIN)
    offline.write("compose.yaml", "services: {}\n")
    done = offline.run("-s")
    ours = ["options", "pods", "recognise", "told"]
    expected = " ".join(
        ["pausedemo.pytest_plugin", *(f"pausedemo.pytest_plugin.{o}" for o in ours)]
    )
    assert f"LOADED {expected}\n" in done.stdout, done.stdout
    assert "= pausedemo =" not in done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_a_wrong_file_is_shown_with_every_problem_and_no_traceback(
    offline: Project, workers: tuple[str, ...]
) -> None:
    offline.write(
        "scenarios/wrong.yaml",
        """
        name: wrong
        titel: A typing error
        containers: {x: {image: busybox}}
        steps:
          - exce: {}
        """,
    )
    done = offline.run(*workers)
    assert done.returncode != 0
    assert 'scenarios/wrong.yaml:2:1: unknown key "titel"; did you mean "title"?\n' in done.stdout
    assert 'scenarios/wrong.yaml:5:5: unknown key "exce"; did you mean "exec"?\n' in done.stdout
    assert "Traceback" not in done.stdout
    assert ".py:" not in done.stdout


def test_a_yaml_file_that_is_asked_for_is_a_scenario(offline: Project) -> None:
    offline.write("odd.yaml", "{name: odd}\n")
    assert "odd.yaml" not in offline.run("--collect-only").stdout
    done = offline.run("odd.yaml")
    assert "odd.yaml:1:1: " in done.stdout
    assert '"steps" is missing' in done.stdout


def test_a_yaml_file_that_another_plugin_takes_is_left_to_it(offline: Project) -> None:
    offline.write(
        "conftest.py",
        """
        import pytest

        class Other(pytest.Item):
            def runtest(self): pass

        class OtherFile(pytest.File):
            def collect(self):
                yield Other.from_parent(self, name="other")

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".yaml":
                return OtherFile.from_parent(parent, path=file_path)
        """,
    )
    offline.write("odd.yaml", "name: odd\nsteps: []\n")
    done = offline.run("odd.yaml", "--collect-only", "-q")
    assert (done.returncode, list_ids(done.stdout)) == (0, ["odd.yaml::other"])


def test_folders_named_in_the_ini_file_are_the_only_ones(offline: Project) -> None:
    node = offline.scenario("two", ECHO)
    offline.write("elsewhere.yaml", (offline.folder / "scenarios/two.yaml").read_text())
    offline.write("pytest.ini", "[pytest]\npausedemo_scenarios = scenarios\n")
    done = offline.run("--collect-only", "-q", "--strict-config")
    assert (done.returncode, list_ids(done.stdout)) == (0, [node])


def test_tags_are_markers_and_names_are_keywords(offline: Project) -> None:
    network = offline.scenario("one", ECHO, "tags: [network, net-slow]\n")
    signals = offline.scenario("two", ECHO, "tags: [signals, skip]\n")
    offline.write("test_plain.py", PLAIN)
    for arguments, expected in [
        (("-m", "network"), [network]),
        (("-m", "net-slow or signals"), [network, signals]),
        (("-m", "pausedemo and not network"), [signals]),
        (("-m", "not pausedemo"), ["test_plain.py::test_plain"]),
        (("-k", f"one-{offline.mark}"), [network]),
        (("-k", "skip"), [signals]),
        ((network,), [network]),
    ]:
        done = offline.run("--collect-only", "-q", *arguments)
        assert (done.returncode, list_ids(done.stdout)) == (0, expected), arguments


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_without_an_engine_every_scenario_is_an_error(
    offline: Project, workers: tuple[str, ...]
) -> None:
    offline.scenario("one", ECHO)
    offline.scenario("two", ECHO)
    offline.write("test_plain.py", PLAIN)
    done = offline.run(*workers)
    assert (done.returncode, "1 passed, 2 errors" in done.stdout) == (1, True), done.stdout
    assert done.stdout.count("no engine answers\n  tried unix://") == 2
    assert "Traceback" not in done.stdout
    assert "During handling" not in done.stdout


@pytest.mark.parametrize("how", ["option", "variable", "ini"])
def test_without_an_engine_scenarios_are_skipped_where_that_was_said(
    offline: Project, how: str
) -> None:
    offline.scenario("one", ECHO)
    if how == "ini":
        offline.write("pytest.ini", "[pytest]\npausedemo_no_engine = skip\n")
    done = offline.run(
        "-rs",
        *(["--pausedemo-no-engine=skip"] if how == "option" else []),
        **({"PAUSEDEMO_NO_ENGINE": "skip"} if how == "variable" else {}),
    )
    assert (done.returncode, "1 skipped" in done.stdout) == (0, True), done.stdout
    assert "SKIPPED [1] scenarios/one.yaml:1: no engine answers tried unix://" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "environ", "said"),
    [
        (("--pausedemo-images=never",), {}, "--pausedemo-images: 'never' is none of auto,"),
        ((), {"PAUSEDEMO_IMAGES": "never"}, "$PAUSEDEMO_IMAGES: 'never' is none of auto,"),
    ],
)
def test_a_wrong_setting_is_refused(
    offline: Project, arguments: tuple[str, ...], environ: dict[str, str], said: str
) -> None:
    done = offline.run(*arguments, **environ)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_an_engine_that_is_none_is_told_by_every_scenario(offline: Project) -> None:
    offline.scenario("one", ECHO)
    done = offline.run("--pausedemo-engine=dokcer")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "dokcer" in done.stdout
    assert "Traceback" not in done.stdout
