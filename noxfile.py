"""What is checked: ``nox -s tests``, and ``lint``, ``bench``, ``engines``, ``mutants``."""

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "tests"]
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True

#: Tests that wait most of their time, and share nothing but engines, on which each has labels and
#: names of its own. All others look at the whole machine, or at all that is on an engine, or keep
#: the processors busy by themselves: those gain nothing from company.
SIDE_BY_SIDE = (
    "tests/kubelet",
    "tests/cli/pods",
    "tests/api",
    "tests/contract",
    "tests/core",
    "tests/mutation",
    "tests/report",
    "scenarios",
)

PROJECT = nox.project.load_toml("pyproject.toml")


def install(session: nox.Session, *groups: str) -> None:
    """Install the project, editable, and the libraries of its dependency groups."""
    # pip compiles the libraries, but not what is editable: the tests start it a thousand times, and
    # where the environment forbids to keep what is compiled, each time takes a fifth longer.
    session.env["PYTHONDONTWRITEBYTECODE"] = ""
    session.install("--editable", ".", *nox.project.dependency_groups(PROJECT, *groups))


@nox.session
def tests(session: nox.Session) -> None:
    """Run all tests; pytest's options may follow ``--``."""
    install(session, "tests")
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("pytest", "--numprocesses", "3", *SIDE_BY_SIDE)
    alone = (f"--ignore={folder}" for folder in SIDE_BY_SIDE)
    session.run("pytest", "--durations", "30", "tests", *alone)
    # The catalogue once more, on the engine that needs no Docker.
    catalogue = ("pausedemo", "run", "--all", "--engine", "embedded")
    session.run(*catalogue, "--quiet", "--jobs", "2")


@nox.session
def oldest_pytest(session: nox.Session) -> None:
    """Run the plugin's tests on the oldest pytest that it promises to work with."""
    install(session, "tests")
    session.install("pytest==8.3.*")
    session.run("pytest", "tests/plugin", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, types and the floors of the house."""
    install(session, "lint", "tests")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the docker command, Compose and the engine itself, and print the ratios."""
    install(session, "tests")
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def engines(session: nox.Session) -> None:
    """Run the catalogue on every real engine, as root on Debian, and print what differs.

    Names of engines (``python -m engines list``) and pausedemo compare's options may follow
    ``--``. Without any, the contract suite is run on all of them first.
    """
    install(session, "tests")
    if not session.posargs:
        session.run("python", "-m", "engines", "contract", "-q")
    session.run("python", "-m", "engines", "compare", *session.posargs)


@nox.session
def mutants(session: nox.Session) -> None:
    """Play all scenarios on an engine that lies in each known way, and write docs/mutants.md."""
    install(session, "tests")
    session.run("python", "-m", "mutation", "--document", "docs/mutants.md", *session.posargs)
