"""Healthchecks as the docker command asks for them, and as it shows them."""

from __future__ import annotations

from tests.embedded.cli.conftest import Docker
from tests.waiting import wait_until

WELL = "test -e /well"


def _health(docker: Docker, name: str) -> str:
    return docker("inspect", "-f", "{{.State.Health.Status}}", name).strip()


def test_docker_ps_shows_who_is_well(docker: Docker, busybox: str) -> None:
    script = "touch /well; exec sleep 1000"
    options = ["--health-cmd", WELL, "--health-interval", "20ms", "--health-retries", "1"]
    docker("run", "-d", "--name", "well", *options, busybox, "sh", "-c", script)
    docker("run", "-d", "--name", "ill", *options, busybox, "sleep", "1000")
    wait_until("it is well", lambda: _health(docker, "well") == "healthy")
    wait_until("it is ill", lambda: _health(docker, "ill") == "unhealthy")
    shown = docker("ps", "--format", "{{.Names}} {{.Status}}").splitlines()
    assert [row.split()[0] + " " + row.split()[-1] for row in shown] == [
        "ill (unhealthy)",
        "well (healthy)",
    ]
    found = docker("ps", "--filter", "health=healthy", "--format", "{{.Names}}")
    assert found == "well\n"


def test_an_images_healthcheck_is_made_unless_the_user_says_no(
    docker: Docker, busybox: str
) -> None:
    recipe = (
        f"FROM {busybox}\n"
        "HEALTHCHECK --interval=20ms --timeout=5s --retries=2 CMD echo asked\n"
        "RUN touch /made\n"
        "CMD sleep 1000\n"
    )
    docker("build", "-t", "checked", "-", stdin=recipe.encode())
    shown = docker("inspect", "-f", "{{json .Config.Healthcheck}}", "checked")
    assert shown == (
        '{"Test":["CMD-SHELL","echo asked"],"Interval":20000000,"Timeout":5000000000,"Retries":2}\n'
    )
    docker("run", "-d", "--name", "asked", "checked")
    wait_until("it is well", lambda: _health(docker, "asked") == "healthy")
    output = docker("inspect", "-f", "{{(index .State.Health.Log 0).Output}}", "asked")
    assert output == "asked\n\n"
    docker("run", "-d", "--name", "unasked", "--no-healthcheck", "checked")
    assert docker("inspect", "-f", "{{.State.Health}}", "unasked") == "<nil>\n"
    none = "FROM checked\nHEALTHCHECK NONE\n"
    docker("build", "-t", "unchecked", "-", stdin=none.encode())
    docker("run", "-d", "--name", "never", "unchecked")
    assert docker("inspect", "-f", "{{.State.Health}}", "never") == "<nil>\n"
    docker("rm", "-f", "asked", "unasked", "never")
    docker("rmi", "unchecked", "checked")


def test_a_step_of_a_build_is_not_asked(docker: Docker, busybox: str) -> None:
    recipe = f"FROM {busybox}\nHEALTHCHECK CMD true\nRUN until [ -e /go ]; do sleep 0.01; done\n"
    (docker.folder / "Dockerfile").write_text(recipe)
    with docker.start("build", "-t", "stepped", ".") as building:
        try:
            step = wait_until("the step runs", lambda: docker("ps", "-q").strip())
            assert docker("inspect", "-f", "{{.State.Health}}", step) == "<nil>\n"
            docker("exec", step, "touch", "/go")
            assert building.wait(60) == 0
        finally:
            building.kill()
    shown = docker("inspect", "-f", "{{.Config.Healthcheck.Test}}", "stepped")
    assert shown == "[CMD-SHELL true]\n"
    docker("rmi", "stepped")
