"""Who a container's processes are, and what they may do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pausedemo.errors import ContainerConfigError
from pausedemo.kubelet.seccomp import ROOT_VARIABLE
from tests.kubelet.fields.bench import Bench
from tests.kubelet.fields.conftest import Ground

SLEEP = 'image: busybox, command: [sleep, "3600"]'
CHOWN, NET_ADMIN, SYS_ADMIN = 1 << 0, 1 << 12, 1 << 21
STATUS = "sed -n 's/^{}:.//p' /proc/1/status"


def capabilities(text: str) -> int:
    return int(text, 16)


def test_the_pod_s_user_and_groups_are_its_containers_unless_they_say_otherwise(
    bench: Bench,
) -> None:
    seen = bench.run(f"""
        securityContext: {{runAsUser: 1000, runAsGroup: 2000, fsGroup: 3000,
                          supplementalGroups: [4000, 5000]}}
        containers:
        - {{name: a, {SLEEP}}}
        - {{name: b, {SLEEP}, securityContext: {{runAsUser: 1001, runAsGroup: 2001}}}}
        - {{name: c, {SLEEP}, securityContext: {{runAsUser: 0}}}}
    """)
    script = "id -u; id -g; id -G"
    assert seen.ask(script) == "1000\n2000\n2000 3000 4000 5000\n"
    assert seen.ask(script, "b") == "1001\n2001\n2001 3000 4000 5000\n"
    assert seen.ask("id -u; id -g", "c") == "0\n2000\n"


def test_a_group_alone_leaves_the_image_s_user(bench: Bench) -> None:
    seen = bench.run(f"""
        containers: [{{name: a, {SLEEP}, securityContext: {{runAsGroup: 2000}}}}]
    """)
    assert seen.ask("id -u; id -g") == "0\n2000\n"


def test_a_container_that_would_run_as_root_and_must_not_is_refused(bench: Bench) -> None:
    with pytest.raises(ContainerConfigError) as raised:
        bench.run(f"""
            securityContext: {{runAsNonRoot: true}}
            containers: [{{name: a, {SLEEP}}}]
        """)
    assert str(raised.value).startswith(
        'container has runAsNonRoot and image will run as root (pod: "fields_default('
    )
    assert str(raised.value).endswith(')", container: a)')
    seen = bench.run(f"""
        securityContext: {{runAsNonRoot: true, runAsUser: 1000}}
        containers: [{{name: a, {SLEEP}}}]
    """)
    assert seen.ask("id -u") == "1000\n"


def test_capabilities_are_added_and_dropped(bench: Bench) -> None:
    seen = bench.run(f"""
        containers:
        - {{name: a, {SLEEP}}}
        - {{name: b, {SLEEP},
           securityContext: {{capabilities: {{add: [NET_ADMIN], drop: [CHOWN]}}}}}}
        - {{name: c, {SLEEP}, securityContext: {{capabilities: {{drop: [ALL], add: [CHOWN]}}}}}}
    """)
    script = STATUS.format("CapEff")
    default = capabilities(seen.ask(script))
    assert default & (CHOWN | NET_ADMIN) == CHOWN
    assert capabilities(seen.ask(script, "b")) == (default | NET_ADMIN) & ~CHOWN
    assert capabilities(seen.ask(script, "c")) == CHOWN
    assert "Operation not permitted" in seen.fails("chown 1 /tmp", "b")


def test_a_privileged_container_may_do_all(bench: Bench, field_ground: Ground) -> None:
    if not field_ground.gives_all:
        pytest.skip("the engine's machine lacks capabilities, so it cannot give them all")
    seen = bench.run(f"""
        containers:
        - {{name: a, {SLEEP}, securityContext: {{privileged: true}}}}
        - {{name: b, {SLEEP}}}
    """)
    assert capabilities(seen.ask(STATUS.format("CapEff"))) & SYS_ADMIN
    assert not capabilities(seen.ask(STATUS.format("CapEff"), "b")) & SYS_ADMIN
    assert seen.ask("mount -t tmpfs tmpfs /mnt 2>/dev/null || mkdir /mnt && echo mounted")


def test_a_read_only_root_leaves_volumes_to_be_written(bench: Bench) -> None:
    seen = bench.run(f"""
        volumes: [{{name: data, emptyDir: {{}}}}]
        containers:
        - {{name: a, {SLEEP}, securityContext: {{readOnlyRootFilesystem: true}},
           volumeMounts: [{{name: data, mountPath: /data}}]}}
    """)
    assert "Read-only file system" in seen.fails("touch /x")
    assert seen.ask("touch /data/x; ls /data") == "x\n"


def test_privileges_are_not_to_be_gained(bench: Bench) -> None:
    seen = bench.run(f"""
        containers:
        - {{name: a, {SLEEP}}}
        - {{name: b, {SLEEP}, securityContext: {{allowPrivilegeEscalation: false}}}}
        - {{name: c, {SLEEP}, securityContext: {{allowPrivilegeEscalation: true}}}}
    """)
    script = STATUS.format("NoNewPrivs")
    assert [seen.ask(script, name) for name in "abc"] == ["0\n", "1\n", "0\n"]


def test_system_calls_are_filtered_unless_the_profile_is_unconfined(bench: Bench) -> None:
    seen = bench.run(f"""
        securityContext: {{seccompProfile: {{type: Unconfined}}}}
        containers:
        - {{name: a, {SLEEP}}}
        - {{name: b, {SLEEP}, securityContext: {{seccompProfile: {{type: RuntimeDefault}}}}}}
    """)
    script = STATUS.format("Seccomp")
    assert [seen.ask(script, name) for name in "ab"] == ["0\n", "2\n"]
    default = bench.run(f"containers: [{{name: a, {SLEEP}}}]")
    assert default.ask(script) == "2\n"


def test_a_profile_of_the_machine_is_the_container_s_filter(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(tmp_path))
    profile = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}],
    }
    (tmp_path / "no-folders.json").write_text(json.dumps(profile))
    seen = bench.run(f"""
        securityContext: {{seccompProfile: {{type: Localhost, localhostProfile: no-folders.json}}}}
        containers:
        - {{name: a, {SLEEP}}}
        - {{name: b, {SLEEP}, securityContext: {{seccompProfile: {{type: RuntimeDefault}}}}}}
    """)
    assert "No space left on device" in seen.fails("mkdir /tmp/x")
    assert seen.ask("mkdir /tmp/x; ls /tmp", "b") == "x\n"
