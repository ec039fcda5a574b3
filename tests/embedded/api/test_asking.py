"""What a client asks for is carried out, and shown, as dockerd does: the same on both engines."""

from __future__ import annotations

import contextlib
import io
import uuid
from collections.abc import Iterator
from typing import Any

import docker
import pytest

from tests.embedded.images.tars import entry, make_tar

both = pytest.mark.parametrize("sdk", ["embedded", "dockerd"], indirect=True)
MAC = "02:42:0a:0b:0c:0d"
OPTIONS = {"org.example.color": "blue"}


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


@contextlib.contextmanager
def created(sdk: Any, image: str, **options: Any) -> Iterator[Any]:
    """Of the SDK's low-level client: the high-level one cannot say all of it."""
    host = sdk.api.create_host_config(**options.pop("host", {}))
    made = sdk.api.create_container(image, host_config=host, **options)["Id"]
    try:
        yield sdk.containers.get(made)
    finally:
        sdk.api.remove_container(made, force=True)


@both
def test_a_hardware_address_of_one_s_own(sdk: Any, busybox_image: str) -> None:
    command = ["cat", "/sys/class/net/eth0/address"]
    with created(sdk, busybox_image, command=command, mac_address=MAC) as container:
        assert container.attrs["Config"]["MacAddress"] == MAC
        container.start()
        assert container.wait()["StatusCode"] == 0
        assert container.logs().decode().strip() == MAC


@contextlib.contextmanager
def connected(sdk: Any, image: str, name: str) -> Iterator[Any]:
    """One that has not started, and has joined a network."""
    network = sdk.networks.create(name)
    try:
        with created(sdk, image, command=["sleep", "60"]) as container:
            network.connect(container, mac_address=MAC, driver_opt=OPTIONS)
            container.reload()
            yield container
    finally:
        network.remove()


@both
def test_how_it_will_be_on_a_network_is_shown(sdk: Any, busybox_image: str, name: str) -> None:
    with connected(sdk, busybox_image, name) as container:
        shown = container.attrs["NetworkSettings"]["Networks"][name]
        assert (shown["MacAddress"], shown["DriverOpts"]) == (MAC, OPTIONS)


@pytest.mark.parametrize("sdk", ["embedded"], indirect=True)
def test_and_so_it_is_once_it_runs(sdk: Any, busybox_image: str, name: str) -> None:
    """dockerd 20.10 gives it another hardware address then."""
    with connected(sdk, busybox_image, name) as container:
        container.start()
        container.reload()
        shown = container.attrs["NetworkSettings"]["Networks"][name]
        assert (shown["MacAddress"], shown["DriverOpts"]) == (MAC, OPTIONS)
        assert MAC in container.exec_run("ip link").output.decode()


@both
def test_a_variable_without_a_value_is_shown_and_takes_one_away(
    sdk: Any, busybox_image: str
) -> None:
    asked = ["HOSTNAME", "A=1", "A=2", "A", "B=x=y"]
    with created(sdk, busybox_image, command=["sleep", "60"], environment=asked) as container:
        of_image = sdk.images.get(busybox_image).attrs["Config"]["Env"]
        assert container.attrs["Config"]["Env"] == [*asked, *of_image]
        container.start()
        has = container.exec_run(["cat", "/proc/1/environ"]).output.decode().split("\0")
        # Only what the engine would have given: what was asked for itself stays.
        assert sorted(filter(None, has)) == sorted(["A=2", "B=x=y", "HOME=/root", *of_image])
        own = container.exec_run("env", environment=["A", "C=3"]).output.decode().split("\n")
        assert {"C=3", "B=x=y"} <= set(own)
        assert "A=2" not in own


@both
def test_options_for_a_log_whose_driver_is_not_named(sdk: Any, busybox_image: str) -> None:
    log = docker.types.LogConfig(type="", config={"max-file": "3"})
    with created(sdk, busybox_image, command=["true"], host={"log_config": log}) as container:
        assert container.attrs["HostConfig"]["LogConfig"] == {
            "Type": "json-file",
            "Config": {"max-file": "3"},
        }


@both
def test_what_a_build_step_says_on_stderr_is_red(sdk: Any, busybox_image: str) -> None:
    recipe = f"FROM {busybox_image}\nRUN echo one; sleep 0.2; echo two >&2\n"
    lines = list(sdk.api.build(fileobj=io.BytesIO(recipe.encode()), decode=True, nocache=True))
    try:
        said = [line.get("stream") for line in lines]
        assert "one\n" in said
        assert "\x1b[91mtwo\n\x1b[0m" in said
    finally:
        built = next(line["aux"]["ID"] for line in lines if "aux" in line)
        sdk.images.remove(built, force=True)


@both
def test_an_archive_that_cannot_be_loaded_is_an_error_in_the_stream(sdk: Any) -> None:
    with pytest.raises(docker.errors.ImageLoadError):
        sdk.images.load(b"abc")


@both
def test_an_image_of_a_container_tells_what_that_was(
    sdk: Any, busybox_image: str, name: str
) -> None:
    with created(sdk, busybox_image, command=["true"], labels={"color": "blue"}) as container:
        image = container.commit(name)
        try:
            was = image.attrs["ContainerConfig"]
            assert (was["Image"], was["Cmd"]) == (busybox_image, ["true"])
            assert was["Labels"]["color"] == "blue"
        finally:
            sdk.images.remove(name)


@both
def test_a_step_that_changes_nothing_makes_no_layer(
    sdk: Any, busybox_image: str, name: str
) -> None:
    def count_layers(image: Any) -> int:
        return len(image.attrs["RootFS"]["Layers"])

    recipe = f"FROM {busybox_image}\nRUN true\nRUN touch /x\nRUN ls /x\n"
    image, _ = sdk.images.build(fileobj=io.BytesIO(recipe.encode()), nocache=True, tag=name)
    try:
        base = count_layers(sdk.images.get(busybox_image))
        assert count_layers(image) == base + 1
        with created(sdk, name, command=["ls", "/x"]) as container:
            container.start()
            container.wait()
            assert container.logs() == b"/x\n"
            assert count_layers(container.commit(name)) == base + 1
    finally:
        sdk.images.remove(name, force=True)


@pytest.mark.parametrize("sdk", ["embedded"], indirect=True)
def test_a_layer_may_lie_in_an_image_twice(sdk: Any, busybox_image: str, name: str) -> None:
    recipe = f"FROM {busybox_image}\nCOPY a /\nRUN rm /a\nCOPY a /\nRUN rm /a\nCOPY a /\n"
    context = make_tar(entry("Dockerfile", recipe.encode()), entry("a", b"A"))
    sdk.images.build(fileobj=io.BytesIO(context), custom_context=True, nocache=True, tag=name)
    try:
        assert sdk.containers.run(name, ["cat", "/a"], remove=True) == b"A"
    finally:
        sdk.images.remove(name, force=True)


@both
@pytest.mark.parametrize(
    ("user", "said"),
    [
        ("nosuch", "unable to find user nosuch: no matching entries in passwd file"),
        ("0:nosuch", "unable to find group nosuch: no matching entries in group file"),
        ("-1", "uids and gids must be in range 0-2147483647"),
        ("2147483648", "uids and gids must be in range 0-2147483647"),
    ],
)
def test_who_is_unknown_starts_nothing(sdk: Any, busybox_image: str, user: str, said: str) -> None:
    with created(sdk, busybox_image, command=["true"], user=user) as container:
        with pytest.raises(docker.errors.APIError) as caught:
            container.start()
        container.reload()
        state = container.attrs["State"]
        assert caught.value.explanation == said
        assert (state["Status"], state["ExitCode"], state["Error"]) == ("created", 128, said)


@pytest.mark.parametrize("sdk", ["embedded"], indirect=True)
def test_nor_does_it_run_in_one_that_runs(sdk: Any, busybox_image: str) -> None:
    """The same words; dockerd 20.10 loses them now and then with the answer's head."""
    user, said = "nosuch", "unable to find user nosuch: no matching entries in passwd file"
    with created(sdk, busybox_image, command=["sleep", "60"]) as container:
        container.start()
        told = container.exec_run("id", user=user)
        assert (told.exit_code, told.output.decode().strip()) == (126, said)
