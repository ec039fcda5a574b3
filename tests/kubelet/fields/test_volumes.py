"""Volumes of every kind, as a container sees them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pausedemo.core.values.environment import Objects
from pausedemo.errors import ContainerConfigError
from pausedemo.kubelet.volumes import VolumeError, name_volume
from tests.kubelet.fields.bench import Bench
from tests.kubelet.fields.conftest import Ground
from tests.mounted import mounted
from tests.waiting import wait_until

SLEEP = 'image: busybox, command: [sleep, "3600"]'


def test_an_empty_dir_is_shared_by_the_pod_s_containers(bench: Bench) -> None:
    seen = bench.run(f"""
        volumes:
        - {{name: data, emptyDir: {{}}}}
        - {{name: other}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: data, mountPath: /one}},
                                            {{name: other, mountPath: /other}}]}}
        - {{name: b, {SLEEP}, volumeMounts: [{{name: data, mountPath: two, readOnly: true}}]}}
    """)
    assert seen.ask("echo x > /one/f; stat -c '%a %u %g' /one /other") == "777 0 0\n777 0 0\n"
    assert seen.ask("cat /two/f", "b") == "x\n"
    assert "Read-only file system" in seen.fails("touch /two/g", "b")


def test_an_empty_dir_in_memory_has_the_size_that_it_is_limited_to(bench: Bench) -> None:
    seen = bench.run(f"""
        volumes:
        - {{name: fast, emptyDir: {{medium: Memory, sizeLimit: 2Mi}}}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: fast, mountPath: /fast}}]}}
        - {{name: b, {SLEEP}, volumeMounts: [{{name: fast, mountPath: /fast}}]}}
    """)
    assert (
        seen.ask("grep ' /fast ' /proc/mounts | cut -d' ' -f3; stat -c %a /fast") == "tmpfs\n777\n"
    )
    assert seen.ask("df -k /fast | tail -1 | tr -s ' ' | cut -d' ' -f2") == "2048\n"
    seen.fails("head -c 3000000 /dev/zero > /fast/f")
    assert seen.ask("ls /fast", "b") == "f\n"


def test_what_is_in_memory_outlives_the_containers(bench: Bench) -> None:
    seen = bench.run(f"""
        volumes:
        - {{name: fast, emptyDir: {{medium: Memory}}}}
        initContainers:
        - {{name: first, image: busybox, command: [sh, -c, "echo kept > /fast/f"],
           volumeMounts: [{{name: fast, mountPath: /fast}}]}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: fast, mountPath: /fast}}]}}
    """)
    assert seen.ask("cat /fast/f") == "kept\n"


def test_an_fs_group_owns_an_empty_dir_and_what_comes_in_it(bench: Bench) -> None:
    seen = bench.run(f"""
        securityContext: {{fsGroup: 2345, runAsUser: 1000}}
        volumes:
        - {{name: data, emptyDir: {{}}}}
        - {{name: fast, emptyDir: {{medium: Memory}}}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: data, mountPath: /data}},
                                            {{name: fast, mountPath: /fast}}]}}
    """)
    told = seen.ask("stat -c '%a %g' /data /fast; touch /data/f; stat -c '%u %g' /data/f")
    assert told == "2777 2345\n2777 2345\n1000 2345\n"


CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: "blue", size: "large", deep: "down"}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {password: "open sesame"}
"""


def test_a_config_map_is_files_that_nobody_may_write(bench: Bench) -> None:
    seen = bench.run(
        f"""
        volumes:
        - {{name: all, configMap: {{name: settings}}}}
        - {{name: some, configMap: {{name: settings, defaultMode: 0400,
             items: [{{key: deep, path: a/b/deep, mode: 0755}}, {{key: color, path: color}}]}}}}
        - {{name: none, configMap: {{name: missing, optional: true}}}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: all, mountPath: /all}},
            {{name: some, mountPath: /some}}, {{name: none, mountPath: /none}}]}}
        """,
        CONFIG,
    )
    assert seen.ask("cd /all; ls; cat color; stat -L -c '%a %u:%g' color") == (
        "color\ndeep\nsize\nblue644 0:0\n"
    )
    assert (
        seen.ask("cd /some; cat a/b/deep; stat -L -c %a a/b/deep color a/b")
        == "down755\n400\n755\n"
    )
    assert seen.ask("readlink /some/a; readlink /all/color; ls /none") == "..data/a\n..data/color\n"
    assert "Read-only file system" in seen.fails("touch /all/x")


def test_a_secret_is_files(bench: Bench) -> None:
    seen = bench.run(
        f"""
        securityContext: {{fsGroup: 77}}
        volumes: [{{name: keys, secret: {{secretName: hidden, defaultMode: 0400}}}}]
        containers: [{{name: a, {SLEEP}, volumeMounts: [{{name: keys, mountPath: /keys}}]}}]
        """,
        CONFIG,
    )
    told = seen.ask("cat /keys/password; stat -L -c '%a %g' /keys/password /keys /keys/..data")
    assert told == "open sesame440 77\n2755 77\n2755 77\n"


def test_facts_of_the_pod_are_files(bench: Bench) -> None:
    seen = bench.run(f"""
        volumes:
        - name: facts
          downwardAPI:
            items:
            - {{path: labels, fieldRef: {{fieldPath: metadata.labels}}}}
            - {{path: uid, fieldRef: {{fieldPath: metadata.uid}}}}
            - {{path: memory, resourceFieldRef: {{containerName: a, resource: limits.memory,
                                                divisor: 1Mi}}}}
        containers:
        - {{name: a, {SLEEP}, resources: {{limits: {{memory: 64Mi}}}},
           volumeMounts: [{{name: facts, mountPath: /facts}}]}}
    """)
    told = seen.ask("cd /facts; cat labels; echo; cat uid; echo; cat memory")
    assert told == f'app="web"\n{seen.pod.uid}\n64'


def test_several_sources_are_projected_into_one_folder(bench: Bench) -> None:
    seen = bench.run(
        f"""
        volumes:
        - name: both
          projected:
            sources:
            - configMap: {{name: settings, items: [{{key: color, path: c/color}}]}}
            - secret: {{name: hidden}}
            - downwardAPI: {{items: [{{path: name, fieldRef: {{fieldPath: metadata.name}}}}]}}
        containers: [{{name: a, {SLEEP}, volumeMounts: [{{name: both, mountPath: /both}}]}}]
        """,
        CONFIG,
    )
    assert seen.ask("cd /both; find . -follow -type f | grep -v '\\.\\.' | sort; cat c/color") == (
        "./c/color\n./name\n./password\nblue"
    )


def test_a_config_map_that_changes_is_seen_and_one_that_does_not_is_left_alone(
    bench: Bench,
) -> None:
    pod, old = bench.parse(
        f"""
        volumes: [{{name: all, configMap: {{name: settings}}}}]
        containers: [{{name: a, {SLEEP}, volumeMounts: [{{name: all, mountPath: /all}}]}}]
        """,
        CONFIG,
    )
    seen = bench.hold(pod)
    bench.prepare(seen, old)
    bench.start(seen, pod.spec.containers[0], old)
    before = seen.ask("readlink /all/..data; stat -c %i /all/..data")
    bench.prepare(seen, old)
    assert seen.ask("readlink /all/..data; stat -c %i /all/..data") == before
    _, new = bench.parse("containers: [{name: a, image: x}]", CONFIG.replace("blue", "red"))
    bench.prepare(seen, new)
    assert seen.ask("cat /all/color") == "red"
    gone = before.splitlines()[0]
    assert seen.ask(f"stat -c '%F %s' /all/{gone}") == "regular empty file 0\n"
    bench.prepare(seen, old)
    assert seen.ask("cat /all/color; readlink /all/..data") == f"blue{gone}\n"


def test_what_a_volume_is_made_of_may_be_missing(bench: Bench) -> None:
    pod, _ = bench.parse(
        f"""
        volumes: [{{name: all, configMap: {{name: settings}}}}]
        containers: [{{name: a, {SLEEP}}}]
        """
    )
    seen = bench.hold(pod)
    with pytest.raises(VolumeError) as raised:
        bench.prepare(seen, Objects())
    assert str(raised.value).startswith('MountVolume.SetUp failed for volume "all" : ')
    assert 'configmap "settings" not found' in str(raised.value)


def test_a_claim_is_a_volume_of_the_engine_that_stays(bench: Bench) -> None:
    claim = "fields-claim"
    bench.made.callback(bench.engine.remove_volume, claim)
    spec = f"""
        volumes:
        - {{name: kept, persistentVolumeClaim: {{claimName: {claim}}}}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: kept, mountPath: /kept}}]}}
    """
    first = bench.run(spec)
    first.ask("echo still > /kept/here")
    for container in (*first.containers.values(), first.sandbox):
        bench.engine.remove_container(container)
    second = bench.run(spec.replace(f"{claim}}}", f"{claim}, readOnly: true}}"))
    assert second.ask("cat /kept/here") == "still\n"
    assert "Read-only file system" in second.fails("touch /kept/x")


def test_a_part_of_a_volume_is_mounted_and_made_where_it_is_missing(bench: Bench) -> None:
    seen = bench.run(
        f"""
        volumes:
        - {{name: data, emptyDir: {{}}}}
        - {{name: all, configMap: {{name: settings}}}}
        containers:
        - {{name: b, {SLEEP}, volumeMounts: [{{name: data, mountPath: /whole}}]}}
        - {{name: a, {SLEEP}, volumeMounts: [
            {{name: data, mountPath: /part, subPath: some/deep/part}},
            {{name: all, mountPath: /etc/color, subPath: color}}]}}
        """,
        CONFIG,
    )
    assert seen.ask("touch /part/f; cat /etc/color") == "blue"
    assert seen.ask("ls /whole/some/deep/part; stat -c %a /whole/some", "b") == "f\n777\n"


def test_a_part_that_a_link_leads_out_of_the_volume_is_refused(bench: Bench) -> None:
    pod, known = bench.parse(f"""
        volumes: [{{name: data, emptyDir: {{}}}}]
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [{{name: data, mountPath: /whole}}]}}
        - {{name: b, {SLEEP}, volumeMounts: [{{name: data, mountPath: /x, subPath: out/x}}]}}
        - {{name: c, {SLEEP}, volumeMounts: [{{name: data, mountPath: /x, subPath: in/x}}]}}
        - {{name: d, {SLEEP}, volumeMounts: [{{name: data, mountPath: /x, subPath: real/x/f/y}}]}}
        - {{name: e, {SLEEP}, volumeMounts: [{{name: data, mountPath: /x, subPath: none/x}}]}}
    """)
    seen = bench.hold(pod)
    bench.prepare(seen, known)
    a, b, c, d, e = pod.spec.containers
    bench.start(seen, a, known)
    seen.ask(
        "mkdir -p /whole/real/x; cd /whole; touch real/x/f; "
        "ln -s /etc out; ln -s real in; ln -s nowhere none"
    )
    for container in (b, d, e):
        with pytest.raises(ContainerConfigError, match=r"^failed to (prepare|create) subPath"):
            bench.start(seen, container, known)
    bench.start(seen, c, known)
    assert seen.ask("ls /x", "c") == "f\n"


def _machine(bench: Bench) -> str:
    """A folder of the engine's machine that is the test's own: a volume's."""
    name = f"fields-{bench.labels['pausedemo.dev/run']}-machine"
    made = bench.engine.create_volume(name, {})
    bench.made.callback(bench.engine.remove_volume, name)
    return made.mountpoint


def test_a_folder_of_the_machine_is_mounted(bench: Bench) -> None:
    folder = _machine(bench)
    seen = bench.run(f"""
        volumes:
        - {{name: made, hostPath: {{path: {folder}/made, type: DirectoryOrCreate}}}}
        - {{name: any, hostPath: {{path: {folder}/any}}}}
        - {{name: file, hostPath: {{path: {folder}/file, type: FileOrCreate}}}}
        - {{name: all, hostPath: {{path: {folder}, type: Directory}}}}
        - {{name: device, hostPath: {{path: /dev/null, type: CharDevice}}}}
        containers:
        - {{name: a, {SLEEP}, volumeMounts: [
            {{name: made, mountPath: /made}}, {{name: any, mountPath: /any, readOnly: true}},
            {{name: file, mountPath: /file}}, {{name: all, mountPath: /all}},
            {{name: all, mountPath: /part, subPath: made/deep}}]}}
    """)
    assert seen.ask("touch /made/f /part/g; echo x > /file; cat /all/file; ls /all /all/made") == (
        "x\n/all:\nany\nfile\nmade\n\n/all/made:\ndeep\nf\n"
    )
    assert seen.ask("ls /all/made/deep") == "g\n"
    assert "Read-only file system" in seen.fails("touch /any/x")


def test_what_the_machine_mounts_later_is_seen_where_that_is_asked_for(
    bench: Bench, tmp_path: Path
) -> None:
    if os.geteuid() != 0 or not Path(_machine(bench)).is_dir():
        pytest.skip("it takes root on the engine's own machine to mount there")
    # Not among the engine's own files: Docker lets those follow the machine in any case.
    with mounted(tmp_path / "shared") as shared:
        seen = bench.run(f"""
            volumes: [{{name: host, hostPath: {{path: {shared}}}}}]
            containers:
            - {{name: a, {SLEEP}, volumeMounts: [
                {{name: host, mountPath: /sees, mountPropagation: HostToContainer}},
                {{name: host, mountPath: /does-not}}]}}
        """)
        with mounted(shared / "later"):
            (shared / "later/f").touch()
            assert seen.ask("ls /sees/later; ls /does-not/later") == "f\n"
        for container in (*seen.containers.values(), seen.sandbox):
            bench.engine.remove_container(container)


def test_what_a_privileged_container_mounts_is_seen_by_the_machine_and_by_others(
    bench: Bench, field_ground: Ground, tmp_path: Path
) -> None:
    if os.geteuid() != 0 or not Path(_machine(bench)).is_dir():
        pytest.skip("it takes root on the engine's own machine to mount there")
    if not field_ground.gives_all:
        pytest.skip("the engine's machine lacks capabilities, so it cannot give them all")
    with mounted(tmp_path / "shared") as shared:
        (shared / "inner").mkdir()
        seen = bench.run(f"""
            volumes: [{{name: host, hostPath: {{path: {shared}}}}}]
            containers:
            - {{name: a, {SLEEP}, securityContext: {{privileged: true}}, volumeMounts: [
                {{name: host, mountPath: /tells, mountPropagation: Bidirectional}}]}}
            - {{name: b, {SLEEP}, volumeMounts: [
                {{name: host, mountPath: /hears, mountPropagation: HostToContainer}},
                {{name: host, mountPath: /does-not}}]}}
        """)
        seen.ask("mount -t tmpfs tmpfs /tells/inner && touch /tells/inner/f")
        assert [one.name for one in (shared / "inner").iterdir()] == ["f"]
        assert seen.ask("ls /hears/inner; ls /does-not/inner", "b") == "f\n"
        for container in (*seen.containers.values(), seen.sandbox):
            bench.engine.remove_container(container)


@pytest.mark.parametrize(
    ("type_", "path", "what"),
    [
        ("Directory", "/dev/null", "a directory"),
        ("Directory", "/no/such", "a directory"),
        ("DirectoryOrCreate", "/dev/null", "a directory"),
        ("File", "/dev", "a file"),
        ("File", "/no/such", "a file"),
        ("FileOrCreate", "/dev", "a file"),
        ("Socket", "/dev/null", "a socket file"),
        ("CharDevice", "/dev", "a character device"),
        ("BlockDevice", "/dev/null", "a block device"),
    ],
)
def test_a_path_of_the_machine_that_is_something_else_is_refused(
    bench: Bench, type_: str, path: str, what: str
) -> None:
    pod, known = bench.parse(f"""
        volumes: [{{name: host, hostPath: {{path: {path}, type: {type_}}}}}]
        containers: [{{name: a, {SLEEP}}}]
    """)
    seen = bench.hold(pod)
    with pytest.raises(VolumeError) as raised:
        bench.prepare(seen, known)
    assert str(raised.value) == (
        'MountVolume.SetUp failed for volume "host" : '
        f"hostPath type check failed: {path} is not {what}"
    )


def test_a_container_s_last_words_are_kept(bench: Bench) -> None:
    seen = bench.run(
        """
        containers:
        - {name: a, image: busybox, command: [sh, -c, "echo gone > /dev/termination-log; exit 3"]}
        - {name: b, image: busybox, securityContext: {runAsUser: 1000},
           terminationMessagePath: /tmp/why, command: [sh, -c, "printf because > /tmp/why"]}
        - {name: c, image: busybox, command: ["true"]}
        """,
        messages=True,
    )
    assert [seen.wait_for_end(name) for name in ("a", "b", "c")] == [3, 0, 0]
    assert [seen.message(name) for name in ("a", "b", "c")] == [b"gone\n", b"because", b""]
    bench.engine.stop_container(seen.sandbox, 0)
    assert seen.message("a") == b"gone\n"


def test_volumes_go_with_the_pod(bench: Bench) -> None:
    seen = bench.run(f"""
        volumes: [{{name: data, emptyDir: {{}}}}]
        containers: [{{name: a, {SLEEP}, volumeMounts: [{{name: data, mountPath: /x}}]}}]
    """)
    name = name_volume(seen.pod.uid, "data")
    assert bench.engine.find_volume(name) is not None
    bench.made.close()
    wait_until("it is gone", lambda: bench.engine.find_volume(name) is None)
