"""Containers found by id, by a beginning of it, or by name; names kept and given back."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.registry import Containers
from pausedemo.embedded.errors import BadParameter, Conflict, NotFound
from tests.embedded.containers.containers import make_container

ONE, TWO = "ab" + "1" * 62, "ab" + "2" * 62


@pytest.fixture
def containers(tmp_path):
    made = Containers()
    for name, id_ in (("web", ONE), ("side", TWO)):
        made.reserve(name)
        made.add(make_container(tmp_path, name, id=id_))
    return made


@pytest.mark.parametrize(
    ("reference", "name"),
    [(ONE, "web"), (TWO, "side"), ("ab1", "web"), (TWO[:12], "side"), ("/web", "web")],
)
def test_a_container_is_found(containers, reference, name):
    assert containers.find(reference).name == name


@pytest.mark.parametrize("reference", ["", "/", "we", "b1", ONE + "1", "//web", "AB1"])
def test_what_is_no_name_and_no_beginning_is_not_found(containers, reference):
    with pytest.raises(NotFound) as caught:
        containers.find(reference)
    assert caught.value.message == f"No such container: {reference}"
    assert containers.get(reference) is None


def test_a_beginning_that_two_have_is_refused(containers):
    with pytest.raises(BadParameter, match="Multiple IDs found with provided prefix: ab"):
        containers.find("ab")


def test_a_name_goes_before_a_beginning_of_an_id(containers, tmp_path):
    containers.reserve("ab1")
    named = make_container(tmp_path, "ab1", id="cd" + "3" * 62)
    containers.add(named)
    assert containers.find("ab1") is named


def test_a_name_that_is_taken_or_reserved_is_refused(containers):
    with pytest.raises(Conflict) as caught:
        containers.reserve("web")
    assert caught.value.message == (
        f'Conflict. The container name "/web" is already in use by container "{ONE}". '
        "You have to remove (or rename) that container to be able to reuse that name."
    )
    containers.reserve("new")
    assert containers.get("new") is None
    with pytest.raises(Conflict):
        containers.reserve("new")
    containers.release("new")
    assert not containers.is_taken("new")


def test_releasing_does_not_take_a_name_from_its_bearer(containers):
    containers.release("web")
    assert containers.find("web").id == ONE


def test_a_new_name_takes_the_old_one_s_place(containers):
    web = containers.find("web")
    containers.rename(web, "front")
    assert (web.name, containers.find("front"), containers.get("web")) == ("front", web, None)
    with pytest.raises(Conflict):
        containers.rename(web, "side")
    assert containers.find("front") is web


def test_what_is_removed_is_gone_and_its_name_free(containers):
    seen = iter(containers)
    containers.remove(containers.find("web"))
    containers.remove(make_container(containers.find("side").folder, "never", id="9" * 64))
    assert [one.name for one in seen] == ["web", "side"]  # a look that began before
    assert [one.name for one in containers] == ["side"]
    assert len(containers) == 1
    containers.reserve("web")
