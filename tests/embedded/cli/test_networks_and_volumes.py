"""Networks and volumes by the command line."""

from __future__ import annotations

import json

from tests.embedded.cli.conftest import Docker
from tests.waiting import wait_until

DAEMON = "Error response from daemon: "


def test_containers_of_a_network_find_each_other_by_name(docker: Docker, busybox: str) -> None:
    docker("network", "create", "--label", "k=v", "mesh")
    serve = ("httpd", "-f", "-h", "/etc")
    docker(
        "run", "-d", "--name", "srv", "--network", "mesh", "--network-alias", "web", busybox, *serve
    )
    for name in ("srv", "web"):
        script = f"until wget -q -O- http://{name}/passwd; do sleep 0.1; done"
        out = docker("run", "--rm", "--network", "mesh", busybox, "sh", "-c", script)
        assert out.startswith("root:")
    docker("run", "--rm", "--network", "mesh", busybox, "nslookup", "nosuch", code=1)
    (found,) = json.loads(docker("network", "inspect", "mesh"))
    assert [one["Name"] for one in found["Containers"].values()] == ["srv"]
    assert found["Labels"] == {"k": "v"}
    assert "has active endpoints" in docker.complain("network", "rm", "mesh")


def test_a_running_container_joins_a_network_and_leaves_it(docker: Docker, busybox: str) -> None:
    docker("network", "create", "late")
    docker("run", "-d", "--name", "srv", "--network", "late", busybox, "sleep", "1000")
    docker("run", "-d", "--name", "guest", busybox, "sleep", "1000")
    docker("exec", "guest", "sh", "-c", "echo 1.2.3.4 mine >> /etc/hosts")
    before = docker("exec", "guest", "cat", "/etc/hosts")
    docker("network", "connect", "--alias", "visitor", "late", "guest")
    assert docker("exec", "guest", "ls", "/sys/class/net").split() == ["eth0", "eth1", "lo"]
    docker("exec", "guest", "ping", "-c", "1", "srv")
    docker("exec", "srv", "ping", "-c", "1", "visitor")
    address = docker(
        "inspect", "-f", "{{.NetworkSettings.Networks.late.IPAddress}}", "guest"
    ).strip()
    hostname = docker("exec", "guest", "hostname").strip()
    after = docker("exec", "guest", "cat", "/etc/hosts")
    assert after == f"{before}{address}\t{hostname}\n"
    docker("network", "disconnect", "late", "guest")
    assert docker("exec", "guest", "cat", "/etc/hosts") == before
    assert docker("exec", "guest", "ls", "/sys/class/net").split() == ["eth0", "lo"]


def test_networks_are_listed_and_removed_and_dockers_own_stay(docker: Docker) -> None:
    docker("network", "create", "--subnet", "10.99.7.0/24", "mine")
    names = docker("network", "ls", "--format", "{{.Name}} {{.Driver}}").splitlines()
    assert {"bridge bridge", "host host", "none null", "mine bridge"} <= set(names)
    assert docker.complain("network", "create", "mine") == (
        f"{DAEMON}network with name mine already exists"
    )
    assert docker("network", "rm", "mine") == "mine\n"
    said = docker.complain("network", "rm", "bridge").splitlines()[0]
    assert said == f"{DAEMON}bridge is a pre-defined network and cannot be removed"
    said = docker.complain("network", "inspect", "mine").splitlines()[0]
    assert said == f"{DAEMON}network mine not found"


def test_an_empty_volume_gets_what_the_image_has_there(docker: Docker, busybox: str) -> None:
    recipe = (
        f"FROM {busybox}\nRUN mkdir /data && echo a > /data/f && ln -s f /data/l && "
        "chown 7:8 /data /data/f && chmod 750 /data\nVOLUME /data\n"
    )
    docker("build", "-t", "filled", "-", stdin=recipe.encode())
    look = ("sh", "-c", "stat -c '%n %u %g %a' /data /data/f; cat /data/l")
    expected = "/data 7 8 750\n/data/f 7 8 644\na\n"
    assert docker("run", "--rm", "filled", *look) == expected
    assert docker("volume", "ls", "-q") == ""  # it went with the container
    assert docker("run", "--rm", "-v", "named:/data:ro", "filled", *look) == expected
    docker("run", "--rm", "-v", "named:/other", busybox, "rm", "/other/l")
    docker("run", "--rm", "-v", "named:/data", "filled", "test", "-L", "/data/l", code=1)
    mount = "type=volume,source=bare,target=/data,volume-nocopy"
    assert docker("run", "--rm", "--mount", mount, "filled", "ls", "/data") == ""
    docker("rmi", "filled")


def test_a_volume_at_etc_leaves_the_engines_files_on_top(docker: Docker, busybox: str) -> None:
    out = docker(
        "run", "--rm", "-v", "etc:/etc", "--hostname", "top", busybox, "cat", "/etc/hostname"
    )
    assert out == "top\n"


def test_mounts_of_another_container_are_taken_over(docker: Docker, busybox: str) -> None:
    (docker.folder / "shown").mkdir()
    (docker.folder / "shown/file").write_text("from the host")
    bind = f"{docker.folder}/shown:/shown:ro"
    docker("create", "--name", "giver", "-v", "shared:/shared", "-v", bind, busybox)
    script = "cat /shown/file; touch /shared/mark; touch /shown/no 2> /dev/null || echo; echo end"
    out = docker("run", "--rm", "--volumes-from", "giver", busybox, "sh", "-c", script)
    assert out == "from the host\nend\n"
    script = "ls /shared; touch /shared/more 2> /dev/null || echo refused"
    out = docker("run", "--rm", "--volumes-from", "giver:ro", busybox, "sh", "-c", script)
    assert out == "mark\nrefused\n"


def test_volumes_are_made_listed_and_removed(docker: Docker, busybox: str) -> None:
    assert docker("volume", "create", "--label", "k=v", "mine") == "mine\n"
    assert docker("volume", "ls", "-q", "--filter", "label=k=v") == "mine\n"
    (found,) = json.loads(docker("volume", "inspect", "mine"))
    assert (found["Name"], found["Driver"], found["Labels"]) == ("mine", "local", {"k": "v"})
    container = docker("create", "--name", "user", "-v", "mine:/x", busybox).strip()
    assert docker.complain("volume", "rm", "mine") == (
        f"{DAEMON}remove mine: volume is in use - [{container}]"
    )
    docker("rm", "user")
    assert docker("volume", "rm", "mine") == "mine\n"
    assert docker.complain("volume", "rm", "mine") == f"{DAEMON}get mine: no such volume"


def test_the_disks_use_is_told(docker: Docker, busybox: str) -> None:
    docker(
        "run",
        "--name",
        "writer",
        "-v",
        "vol:/v",
        busybox,
        "sh",
        "-c",
        "head -c 5000 /dev/zero | tee /x > /v/x",
    )
    rows = docker("system", "df", "--format", "{{.Type}}|{{.TotalCount}}|{{.Size}}").splitlines()
    assert rows[1:3] == ["Containers|1|5kB", "Local Volumes|1|5kB"]
    images = int(rows[0].split("|")[1])
    assert images == len(docker("images", "-q").split())
    docker("rm", "writer")
    wait_until("nothing is left", lambda: docker("ps", "-aq") == "")
