"""``docker build`` with the classic builder, every step of it in containers of this engine."""

from __future__ import annotations

import contextlib
import io
import json
import tarfile
from pathlib import Path

import docker as sdk
import pytest

from tests.embedded.cli.conftest import Docker, finish
from tests.waiting import wait_until

NOT_THERE = (
    "COPY failed: file not found in build context or excluded by .dockerignore: "
    "stat nosuch: file does not exist"
)
CANNOT_START = (
    "failed to create shim: OCI runtime create failed: container could not be started: "
    'exec: "/nosuch": stat /nosuch: no such file or directory: unknown'
)
RECIPE = """
FROM {busybox} AS first
ARG WHO=world
ENV GREETING="hello  $WHO" LATER=$GREETING
LABEL part=first
RUN echo "$GREETING" > /greeting && mkdir /made && rm /etc/group
USER 7:8
WORKDIR /data/deep
RUN id > /tmp/id; pwd >> /tmp/id; hostname > /tmp/host
COPY --chown=3:4 tree /tree
ADD packed.tar /unpacked/

FROM scratch
COPY --from=first /bin/busybox /bin/busybox
COPY --from=first /lib /lib
COPY --from=first /greeting /tmp/id /unpacked/inner /kept/
COPY --from=first /tree /tree
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox chmod 600 /kept/id"]
EXPOSE 80
LABEL part=second
ENTRYPOINT ["/bin/busybox"]
CMD ["cat", "/kept/greeting"]
"""


@pytest.fixture
def context(docker: Docker, busybox: str) -> Path:
    """A folder with a recipe and what it copies."""
    (docker.folder / "tree").mkdir()
    (docker.folder / "tree/leaf").write_text("green")
    with tarfile.open(docker.folder / "packed.tar", "w") as tar:
        member = tarfile.TarInfo("inner")
        member.size = 2
        tar.addfile(member, io.BytesIO(b"in"))
    (docker.folder / "Dockerfile").write_text(RECIPE.format(busybox=busybox))
    return docker.folder


@pytest.mark.usefixtures("context")
def test_a_recipe_of_two_stages_is_built_and_run(docker: Docker) -> None:
    out = docker("build", "-t", "built:1", "--build-arg", "WHO=you", ".")
    assert "Successfully tagged built:1" in out
    assert docker("run", "--rm", "built:1") == "hello  you\n"
    assert (
        docker("run", "--rm", "built:1", "cat", "/kept/id") == "uid=7 gid=8 groups=8\n/data/deep\n"
    )
    look = ["stat", "-c", "%n %u %g %a", "/kept/id", "/kept/inner", "/tree/leaf"]
    assert docker("run", "--rm", "built:1", *look) == (
        "/kept/id 0 0 600\n/kept/inner 0 0 644\n/tree/leaf 0 0 644\n"
    )
    shown = "{{.Config.Entrypoint}} {{.Config.Cmd}} {{.Config.ExposedPorts}} {{.Config.Labels}}"
    assert docker("inspect", "-f", shown, "built:1") == (
        "[/bin/busybox] [cat /kept/greeting] map[80/tcp:{}] map[part:second]\n"
    )
    assert docker("ps", "-aq") == ""
    again = docker("build", "-t", "built:1", "--build-arg", "WHO=you", ".")
    assert again.count("Using cache") == again.count("\nStep ") - 2  # FROM is none
    docker("rmi", "built:1")


def test_what_the_engine_mounts_is_in_no_layer(docker: Docker, busybox: str) -> None:
    recipe = f"FROM {busybox}\nRUN echo x > /only\n"
    docker("build", "-t", "thin", "-", stdin=recipe.encode())
    data = docker.capture("save", "thin").stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        top = archive.extractfile(json.load(manifest)[0]["Layers"][-1])
        with tarfile.open(fileobj=top) as tar:
            assert tar.getnames() == ["only"]
    docker("rmi", "thin")


@pytest.mark.parametrize(
    ("step", "code", "error"),
    [
        ("RUN exit 5", 5, "The command '/bin/sh -c exit 5' returned a non-zero code: 5"),
        (
            "COPY nosuch /",
            1,
            NOT_THERE,
        ),
        (
            'RUN ["/nosuch"]',
            1,
            CANNOT_START,
        ),
    ],
)
def test_a_step_that_fails_ends_the_build_and_leaves_no_container(
    docker: Docker, busybox: str, step: str, code: int, error: str
) -> None:
    (docker.folder / "Dockerfile").write_text(f"FROM {busybox}\nRUN true\n{step}\n")
    assert docker.complain("build", "-t", "never", ".", code=code).splitlines()[-1] == error
    assert (docker("ps", "-aq"), docker("images", "-q", "never")) == ("", "")


def test_a_build_without_a_network_has_none(docker: Docker, busybox: str) -> None:
    recipe = f"FROM {busybox}\nRUN ls /sys/class/net\n"
    out = docker("build", "--no-cache", "--network", "none", "-", stdin=recipe.encode())
    assert "\nlo\nRemoving intermediate container" in out


def test_a_step_that_is_cut_short_leaves_nothing(docker: Docker, busybox: str) -> None:
    recipe = f"FROM {busybox}\nRUN echo be''gun; sleep 1000\n"
    (docker.folder / "Dockerfile").write_text(recipe)
    terminal = docker.spawn("build", ".")
    terminal.expect_exact("begun")
    assert docker("ps", "--format", "{{.Command}}", "--no-trunc") != ""
    terminal.sendintr()
    finish(terminal)
    wait_until("the step's container is gone", lambda: docker("ps", "-aq") == "")


def test_the_sdk_builds_too(environ: dict[str, str], busybox: str) -> None:
    recipe = f"FROM {busybox}\nENV A=sdk\nRUN echo $A > /a\nCMD cat /a\n"
    with contextlib.closing(sdk.DockerClient(base_url=environ["DOCKER_HOST"])) as client:
        lines = client.api.build(fileobj=io.BytesIO(recipe.encode()), tag="by-sdk", decode=True)
        told = "".join(line.get("stream", "") for line in lines)
        assert told.endswith("Successfully tagged by-sdk:latest\n")
        assert client.containers.run("by-sdk", remove=True) == b"sdk\n"
        with pytest.raises(sdk.errors.BuildError, match="non-zero code: 4"):
            client.images.build(fileobj=io.BytesIO(f"FROM {busybox}\nRUN exit 4\n".encode()))
        client.images.remove("by-sdk", force=True)
