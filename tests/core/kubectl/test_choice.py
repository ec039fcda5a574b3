"""Which container is meant, and which of its runs has the log."""

from __future__ import annotations

from typing import Any

import pytest

from pausedemo.core.kubectl.choice import Choice, choose_container, find_log, find_running
from pausedemo.errors import Refused
from tests.core.kubectl.examples import ended, make_pod, running, status, waiting

TWO = make_pod(status("a", running()), status("b", running()), init=(status("i", ended()),))
ANNOTATION = "kubectl.kubernetes.io/default-container"


def annotated(name: str) -> dict[str, Any]:
    return make_pod(status("a", running()), status("b", running()), annotations={ANNOTATION: name})


@pytest.mark.parametrize(
    ("pod", "wanted", "choice"),
    [
        (make_pod(status("a", running())), "", Choice("a")),
        (TWO, "", Choice("a", 'Defaulted container "a" out of: a, b, i (init)')),
        (TWO, "i", Choice("i")),
        (annotated("b"), "", Choice("b")),
        (
            annotated("c"),
            "",
            Choice(
                "a",
                'Default container name "c" not found in pod web\n'
                'Defaulted container "a" out of: a, b',
            ),
        ),
    ],
)
def test_a_container_is_chosen_as_kubectl_does(pod: Any, wanted: str, choice: Choice) -> None:
    assert choose_container(pod, wanted) == choice


def test_a_container_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        choose_container(TWO, "x")
    assert str(caught.value) == (
        "error: container x is not valid for pod web out of: a, b, i (init)"
    )


def test_a_command_runs_only_in_a_container_that_runs() -> None:
    pod = make_pod(
        status("a", running(), containerID="docker://abc"),
        status("b", waiting("CrashLoopBackOff"), containerID="docker://def"),
    )
    assert find_running(pod, "a") == "abc"
    with pytest.raises(Refused, match=r'unable to upgrade connection: container not found \("b"\)'):
        find_running(pod, "b")
    done = make_pod(status("a", ended()), phase="Succeeded")
    with pytest.raises(Refused, match="in a completed pod; current phase is Succeeded"):
        find_running(done, "a")


BEFORE = ended(1, containerID="docker://before")


@pytest.mark.parametrize(
    ("one", "now", "previous"),
    [
        (status("a", running(), containerID="docker://now", lastState=BEFORE), "now", "before"),
        (
            status("a", running(), containerID="docker://now"),
            "now",
            'previous terminated container "a" in pod "web" not found',
        ),
        (
            status("a", ended(1, containerID="docker://now"), lastState=BEFORE),
            "now",
            "before",
        ),
        (status("a", waiting("CrashLoopBackOff"), lastState=BEFORE), "before", "before"),
        (
            status("a", ended(1)),
            'container "a" in pod "web" is terminated',
            'previous terminated container "a" in pod "web" not found',
        ),
        *(
            (
                status("a", waiting(reason)),
                f'container "a" in pod "web" is waiting to start: {why}',
                'previous terminated container "a" in pod "web" not found',
            )
            for reason, why in (
                ("ContainerCreating", "ContainerCreating"),
                ("ErrImagePull", "image can't be pulled"),
                ("ImagePullBackOff", "trying and failing to pull image"),
            )
        ),
    ],
)
def test_the_log_is_that_of_the_latest_run_or_of_the_one_before(
    one: dict[str, Any], now: str, previous: str
) -> None:
    for wanted, which in ((now, False), (previous, True)):
        try:
            found = find_log(make_pod(one), "a", previous=which)
        except Refused as error:
            found = str(error).removeprefix("Error from server (BadRequest): ")
        assert found == wanted


def test_a_container_without_a_status_has_no_log() -> None:
    with pytest.raises(Refused, match='container "z" in pod "web" is not available'):
        find_log(make_pod(status("a", running())), "z", previous=False)
