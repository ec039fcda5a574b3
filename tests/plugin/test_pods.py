"""The fixture ``pausedemo_pod``, in a project of somebody else's."""

from __future__ import annotations

from tests.plugin.conftest import Project

POD = """
    apiVersion: v1
    kind: Pod
    metadata: {name: web}
    spec:
      containers:
      - {name: a, image: busybox, command: [sleep, "3600"]}
"""


def test_a_test_gets_pods_that_are_gone_after_it(project: Project) -> None:
    project.write("tests/pod.yaml", POD)
    project.write(
        "tests/test_web.py",
        """
        import pytest
        from pausedemo.errors import Refused

        made = []

        def test_in_a_pod(pausedemo_pod):
            one, other = pausedemo_pod("pod.yaml"), pausedemo_pod("pod.yaml")
            made.extend([one, other])
            assert one.exec("a", ["echo", "hi"]).stdout == "hi\\n"
            assert one.ip != other.ip

        def test_after_it(pausedemo_pod):
            assert len(made) == 2
            for pod in made:
                with pytest.raises(Refused, match="not found"):
                    pod.phase
        """,
    )
    done = project.run("tests", "--pausedemo-images", "local")
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
