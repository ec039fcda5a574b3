from __future__ import annotations

import pytest

from pausedemo.embedded.build.options import BuildOptions, complete_tag, parse_options
from pausedemo.embedded.errors import ApiError


def test_the_sdks_and_the_command_lines_parameters_are_read():
    parameters = {
        "t": ["a", "b:2", "a:latest", ""],
        "dockerfile": ["d/Dockerfile"],
        "nocache": ["True"],
        "pull": ["1"],
        "q": ["False"],
        "rm": ["0"],
        "forcerm": ["false"],
        "buildargs": ['{"a": "b", "c": null}'],
        "labels": ['{"l": "m"}'],
        "target": ["x"],
        "networkmode": ["none"],
        "extrahosts": ["h:1.2.3.4", "i:5.6.7.8"],
        "shmsize": ["67108864"],
        "memory": ["0"],
        "memswap": ["-1"],
        "cpuquota": ["50000"],
        "isolation": ["default"],
        "cachefrom": ["[]"],
        "ulimits": ["null"],
        "version": ["1"],
        "platform": ["linux/amd64"],
    }
    assert parse_options(parameters) == BuildOptions(
        tags=("a:latest", "b:2"),
        dockerfile="d/Dockerfile",
        use_cache=False,
        pull=True,
        tell_removal=False,
        build_args={"a": "b", "c": None},
        labels={"l": "m"},
        target="x",
        network="none",
        hosts=("h:1.2.3.4", "i:5.6.7.8"),
        limits={"ShmSize": 67108864, "MemorySwap": -1, "CpuQuota": 50000},
    )


def test_nothing_asked_for():
    assert parse_options({"networkmode": ["default"], "labels": ["null"]}) == BuildOptions()


@pytest.mark.parametrize(
    ("name", "value", "status", "message"),
    [
        (
            "version",
            "2",
            501,
            "this engine has the classic builder only: set DOCKER_BUILDKIT=0 and try again",
        ),
        (
            "remote",
            "https://example.org/x.git",
            501,
            "this engine downloads no build contexts (remote): send one",
        ),
        ("squash", "1", 400, "squash is only supported with experimental mode"),
        (
            "outputs",
            '[{"Type":"local"}]',
            501,
            "outputs require BuildKit, which this engine does not have",
        ),
        ("platform", "windows", 400, "unknown operating system or architecture: windows"),
        ("cpusetcpus", "0", 501, "the embedded engine does not support cpusetcpus: '0'"),
        ("cgroupparent", "a", 501, "the embedded engine does not support cgroupparent: 'a'"),
        ("memory", "1g", 400, "error reading memory: not a number: '1g'"),
        ("ulimits", "{}", 400, "error reading ulimit settings: not a list"),
        ("unheard", "1", 501, "this engine knows no build option unheard"),
        ("labels", "[]", 400, "error reading labels: not an object"),
        ("labels", '{"a": null}', 400, "labels: values are strings"),
        ("buildargs", '{"a": 1}', 400, "buildargs: values are strings"),
        ("t", "A b", 400, 'invalid reference format: "A b"'),
    ],
)
def test_what_cannot_be_done_is_refused(name, value, status, message):
    with pytest.raises(ApiError) as raised:
        parse_options({name: [value]})
    assert (raised.value.status, str(raised.value)) == (status, message)


@pytest.mark.parametrize(
    ("reference", "complete"),
    [
        ("a", "a:latest"),
        ("a/b-c:1.0", "a/b-c:1.0"),
        ("localhost:5000/a", "localhost:5000/a:latest"),
        ("[::1]:5000/a:b", "[::1]:5000/a:b"),
        ("a__b", "a__b:latest"),
    ],
)
def test_a_tag_is_completed(reference, complete):
    assert complete_tag(reference) == complete


@pytest.mark.parametrize("reference", ["", "A", "a:", ":b", "a//b", "a:.b", "-a", "a@sha256:0"])
def test_a_tag_that_is_none(reference):
    with pytest.raises(ApiError):
        complete_tag(reference)
