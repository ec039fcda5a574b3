"""What a container runs: its program, environment, folder and input."""

from __future__ import annotations

from tests.kubelet.fields.bench import Bench

CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {color: "blue", size: "large"}
---
apiVersion: v1
kind: Secret
metadata: {name: hidden}
stringData: {password: "open sesame"}
"""


def test_command_and_args_take_the_place_of_what_the_image_runs(bench: Bench) -> None:
    seen = bench.run("""
        containers:
        - {name: a, image: busybox, command: [echo, one], args: [two, $(WORD), $$(WORD), $(NONE)],
           env: [{name: WORD, value: three}]}
        - {name: b, image: busybox, args: [echo, only args]}
    """)
    assert seen.logs() == "one two three $(WORD) $(NONE)\n"
    assert seen.logs("b") == "only args\n"


def test_variables_come_from_everywhere(bench: Bench) -> None:
    seen = bench.run(
        """
        containers:
        - name: a
          image: busybox
          command: [sleep, "3600"]
          resources: {limits: {memory: 64Mi, cpu: 1500m}}
          envFrom:
          - {prefix: CM_, configMapRef: {name: settings}}
          - {secretRef: {name: hidden}}
          env:
          - {name: LITERAL, value: "a b"}
          - {name: BOTH, value: "$(LITERAL) and $(CM_color)"}
          - {name: SIZE, valueFrom: {configMapKeyRef: {name: settings, key: size}}}
          - {name: WORD, valueFrom: {secretKeyRef: {name: hidden, key: password}}}
          - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
          - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
          - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
          - {name: CPUS, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
        """,
        CONFIG,
    )
    ip = bench.engine.inspect_container(seen.sandbox).ip
    told = dict(line.split("=", 1) for line in seen.ask("env").splitlines())
    wanted = {
        "CM_color": "blue",
        "CM_size": "large",
        "password": "open sesame",
        "LITERAL": "a b",
        "BOTH": "a b and blue",
        "SIZE": "large",
        "WORD": "open sesame",
        "NAME": "fields",
        "APP": "web",
        "IP": ip,
        "CPUS": "2",
    }
    assert {name: told.get(name) for name in wanted} == wanted
    assert told["HOSTNAME"] == "fields"


def test_it_starts_in_its_folder(bench: Bench) -> None:
    seen = bench.run("containers: [{name: a, image: busybox, workingDir: /etc, command: [pwd]}]")
    assert seen.logs() == "/etc\n"


def test_input_is_closed_unless_it_is_asked_for(bench: Bench) -> None:
    seen = bench.run("""
        containers:
        - {name: a, image: busybox, command: [cat]}
        - {name: b, image: busybox, stdin: true, command: [cat]}
        - {name: c, image: busybox, tty: true, stdin: true, command: [sh, -c, "tty; sleep 3600"]}
    """)
    assert seen.wait_for_end("a") == 0
    assert seen.ask("readlink /proc/1/fd/0", "b").startswith("pipe:")
    assert seen.ask("readlink /proc/1/fd/0", "c").startswith("/dev/pts/")
