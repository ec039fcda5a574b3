"""Whose hosts, hostname and resolv.conf a container sees, and what they hold."""

from __future__ import annotations

from pathlib import Path

from pausedemo.embedded.containers.etcfiles import file_owner, write_files


def test_hosts_and_hostname_are_those_of_whom_the_network_is_shared_with(node, add):
    pause = add("pause")
    middle = add("middle", host={"NetworkMode": "container:pause"})
    last = add("last", host={"NetworkMode": "container:middle"})
    assert file_owner(node, last) is file_owner(node, middle) is file_owner(node, pause) is pause
    lost = add("lost", host={"NetworkMode": "container:gone"})
    assert file_owner(node, lost) is lost


def test_a_circle_of_networks_has_an_end(node, add):
    one = add("one", host={"NetworkMode": "container:two"})
    two = add("two", host={"NetworkMode": "container:one"})
    assert file_owner(node, one) in (one, two)


def test_on_the_node_s_network_a_container_sees_the_node_s_names(node, add):
    web = add("web", host={"NetworkMode": "host"}, Hostname="h", Domainname="example.org")
    write_files(node, web)
    assert (web.folder / "hostname").read_text() == "h\n"
    assert (web.folder / "hosts").read_text() == Path("/etc/hosts").read_text()
