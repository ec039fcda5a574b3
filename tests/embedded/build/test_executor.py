from __future__ import annotations

import asyncio
import io
import re
import tarfile
from typing import Any

import pytest

from pausedemo.embedded.build.context import prepare
from pausedemo.embedded.build.executor import Executor
from pausedemo.embedded.build.options import parse_options
from pausedemo.embedded.errors import ApiError
from tests.embedded.build.bench import Bench, archive

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def build(bench, dockerfile, files=None, **parameters):
    """The stream's text of a build tagged ``it``."""
    said: list[dict[str, Any]] = []

    async def say(item):
        said.append(item)

    options = parse_options({"t": ["it"], **{key: [text] for key, text in parameters.items()}})
    sent = archive({"Dockerfile": dockerfile, **(files or {})})
    file = io.BytesIO()
    prepared = prepare(sent, file, options)
    try:
        executor = Executor(bench, prepared.context, prepared.plan, options, say)
        asyncio.run(executor.run())
    finally:
        assert not bench.running
    assert said[-1] == {"stream": "Successfully tagged it:latest\n"}
    return "".join(item.get("stream", "") for item in said)


def refused(bench, dockerfile, files=None, **parameters):
    with pytest.raises(ApiError) as raised:
        build(bench, dockerfile, files, **parameters)
    return str(raised.value)


def config(bench):
    return bench.get_image("it").config["config"]


def test_the_output_is_the_classic_builders(bench):
    text = build(bench, 'FROM scratch\nCOPY a /\nCMD ["/a"]\n', {"a": "A"})
    ids = re.findall("[0-9a-f]{12}", text)
    assert text == (
        "Step 1/3 : FROM scratch\n"
        " ---> \n"
        "Step 2/3 : COPY a /\n"
        f" ---> {ids[0]}\n"
        'Step 3/3 : CMD ["/a"]\n'
        f" ---> Running in {ids[1]}\n"
        f"Removing intermediate container {ids[1]}\n"
        f" ---> {ids[3]}\n"
        f"Successfully built {ids[3]}\n"
        "Successfully tagged it:latest\n"
    )
    assert bench.get_image("it").id.startswith(f"sha256:{ids[3]}")


def test_instructions_make_the_configuration(bench):
    build(
        bench,
        """
FROM scratch
ARG version=1 other
ENV A=1 B="two words" C=$version
ENV D $A-${B}
LABEL x=y "quoted key"=${A}
USER ${A}:2
WORKDIR /one
WORKDIR two
EXPOSE 80 53/udp 8000-8001
VOLUME /data $D
STOPSIGNAL SIGTERM
SHELL ["/bin/bash", "-c"]
HEALTHCHECK --interval=1m30s --retries=3 CMD true
ENTRYPOINT ["/e", "$A"]
CMD run $A
ONBUILD COPY a /
""",
        labels='{"client": "$A \'quoted\'"}',
        buildargs='{"version": "9"}',
    )
    assert config(bench) == {
        "Env": [PATH, "A=1", "B=two words", "C=9", "D=1-two words"],
        "Labels": {"x": "y", "quoted key": "1", "client": "$A 'quoted'"},
        "User": "1:2",
        "WorkingDir": "/one/two",
        "ExposedPorts": {"53/udp": {}, "80/tcp": {}, "8000/tcp": {}, "8001/tcp": {}},
        "Volumes": {"/data": {}, "1-two words": {}},
        "StopSignal": "SIGTERM",
        "Shell": ["/bin/bash", "-c"],
        "Healthcheck": {
            "Test": ["CMD-SHELL", "true"],
            "Interval": 90_000_000_000,
            "Retries": 3,
        },
        "Entrypoint": ["/e", "$A"],
        "Cmd": ["/bin/bash", "-c", "run $A"],
        "OnBuild": ["COPY a /"],
    }


def test_history_is_dockers(bench):
    build(bench, 'FROM scratch\nCOPY a /\nENV A=1\nWORKDIR /w\nCMD ["/a", "b"]\n', {"a": "A"})
    history = bench.get_image("it").config["history"]
    texts = [re.sub("[0-9a-f]{64}", "HASH", entry["created_by"]) for entry in history]
    assert texts == [
        "/bin/sh -c #(nop) COPY file:HASH in / ",
        "/bin/sh -c #(nop)  ENV A=1",
        "/bin/sh -c #(nop) WORKDIR /w",
        '/bin/sh -c #(nop)  CMD ["/a" "b"]',
    ]
    assert [entry.get("empty_layer", False) for entry in history] == [False, True, False, True]


@pytest.mark.parametrize(
    ("copy", "there"),
    [
        ("COPY a /", {"a": "A"}),
        ("COPY a /b", {"b": "A"}),
        ("COPY a b", {"b": "A"}),
        ("COPY a /new/", {"new": "755/", "new/a": "A"}),
        ("COPY a dir/b /new/", {"new": "755/", "new/a": "A", "new/b": "B"}),
        ("COPY dir /", {"b": "B", "sub": "750/", "sub/c": "C", "sub/l": "-> ../b"}),
        (
            "COPY dir /x/y",
            {
                "x": "755/",
                "x/y": "755/",
                "x/y/b": "B",
                "x/y/sub": "750/",
                "x/y/sub/c": "C",
                "x/y/sub/l": "-> ../b",
            },
        ),
        ("COPY dir/* /to/", {"to": "755/", "to/b": "B", "to/c": "C", "to/l": "-> ../b"}),
        ("COPY ?  /", {"a": "A"}),
        ('COPY ["with blank", "/to file"]', {"to file": "W"}),
        ("COPY link /", {"link": "B"}),
        ("COPY outside /", {"outside": "A"}),
        ("COPY hard /", {"hard": "A"}),
        ("WORKDIR /w\nCOPY a .", {"w": "755/", "w/a": "A"}),
        ("WORKDIR /w\nCOPY a ./n/", {"w": "755/", "w/n": "755/", "w/n/a": "A"}),
        ("ENV T=/t\nCOPY a ${T}/$T.x", {"t": "755/", "t/": "755/", "t/t.x": "A"}),
        ("ADD dir/sub/c /", {"c": "C"}),
        ("ADD packed.tar /p", {"p": "755/", "p/q": "Q"}),
        ("COPY packed.tar /p/", None),
    ],
)
def test_copy_puts_files_where_docker_does(bench, copy, there):
    files = {
        "a": "A",
        "dir": None,
        "dir/b": "B",
        "dir/sub": None,
        "dir/sub/c": "C",
        "dir/sub/l": "-> ../b",
        "with blank": "W",
        "link": "-> dir/b",
        "outside": "-> /../../a",
        "hard": "= a",
        "packed.tar": archive({"q": "Q"}).read(),
    }
    build(bench, f"FROM scratch\n{copy}\n", files)
    listing = bench.listing("it")
    if there is None:
        assert list(listing) == ["p", "p/packed.tar"]
    else:
        assert listing == {name: text for name, text in there.items() if not name.endswith("/")}


def test_copy_follows_the_images_own_links_and_keeps_its_directories(bench):
    bench.add_image("base", {"real": None, "real/x": "X", "lib": "-> real", "cfg": "-> real/x"})
    build(bench, "FROM base\nCOPY a /lib/\nCOPY a /lib/new/b\nCOPY a /cfg", {"a": "A"})
    assert bench.listing("it") == {
        "cfg": "-> real/x",
        "lib": "-> real",
        "real": "750/",
        "real/a": "A",
        "real/new": "755/",
        "real/new/b": "A",
        "real/x": "A",
    }


def test_stages_give_files_to_later_ones(bench):
    bench.add_image("tools", {"bin": None, "bin/tool": "T", "bin/t2": "-> tool", "t": "-> bin"})
    build(
        bench,
        """
ARG base=scratch
FROM $base AS First
COPY a /out/a
FROM scratch
COPY --from=first /out /from-name
COPY --from=0 /out/a /from-number
COPY --from=tools /t/t* /globbed/
COPY --from=tools /t /linked/
""",
        {"a": "A"},
    )
    assert bench.listing("it") == {
        "from-name": "755/",
        "from-name/a": "A",
        "from-number": "A",
        "globbed": "755/",
        "globbed/t2": "T",
        "globbed/tool": "T",
        "linked": "755/",
        "linked/t2": "-> tool",
        "linked/tool": "T",
    }


def test_a_stage_goes_on_from_an_earlier_one_and_target_ends_it(bench):
    text = build(
        bench,
        "FROM scratch AS one\nENV A=1\nFROM one AS two\nENV B=2\nFROM two\nENV C=3\n",
        target="two",
    )
    assert config(bench)["Env"] == [PATH, "A=1", "B=2"]
    assert "Step 4/4 : ENV B=2" in text


def test_run_runs_and_its_files_become_a_layer(bench):
    text = build(
        bench,
        'FROM scratch\nARG who\nENV greeting=hello\nRUN echo "$greeting $who" | tee made\n'
        'RUN ["/bin/sh", "-c", "printf \\"\\\\303\\\\251\\" > exec; cat exec"]\n',
        buildargs='{"who": "you"}',
    )
    assert bench.listing("it") == {"made": "hello you\n", "exec": "é"}
    assert " ---> Running in 000000000000\nhello you\nRemoving intermediate" in text
    assert "\né" in text
    history = bench.get_image("it").config["history"]
    assert history[2]["created_by"] == ('|1 who=you /bin/sh -c echo "$greeting $who" | tee made')
    assert "who=you" not in config(bench)["Env"]


def test_a_variable_of_the_image_without_a_value_is_none(bench):
    bench.add_image("base", {}, Env=["A=1", "B"])
    build(bench, "FROM base\nRUN true\n")
    names = [entry.partition("=")[0] for entry in bench.steps[0].env]
    assert ("A" in names, "B" in names) == (True, False)


def test_a_failed_run_ends_the_build_and_leaves_no_container(bench):
    message = refused(bench, "FROM scratch\nRUN exit 3\nENV A=1\n")
    assert message == "The command '/bin/sh -c exit 3' returned a non-zero code: 3"
    assert "it:latest" not in bench.names


def test_the_cache_knows_what_was_built(bench):
    dockerfile = "FROM scratch\nARG x\nRUN echo $x > made\nCOPY dir /d\nENV A=1\n"
    files = {"dir": None, "dir/a": "A"}
    build(bench, dockerfile, files)
    first = bench.get_image("it").id
    assert build(bench, dockerfile, files).count("Using cache") == 4
    assert bench.get_image("it").id == first
    assert build(bench, dockerfile, {**files, "dir/a": "B"}).count("Using cache") == 2
    assert build(bench, dockerfile, files, buildargs='{"x": "1"}').count("Using cache") == 1
    assert build(bench, dockerfile, files, nocache="1").count("Using cache") == 0
    assert len(bench.steps) == 3


def test_a_missing_image_is_pulled(bench):
    bench.add_image("base", {"a": "A"}, Env=["X=1"], Cmd=["old"])
    assert refused(bench, "FROM none\n") == "pull access denied for none"
    bench.pullable.add("base")
    build(bench, "FROM base\nENV Y=2")
    assert bench.pulled == []
    build(bench, "FROM base\nENTRYPOINT /e", pull="1")
    assert bench.pulled == ["base"]
    assert config(bench) == {"Env": ["X=1", PATH], "Entrypoint": ["/bin/sh", "-c", "/e"]}


def test_triggers_run_in_the_next_build(bench):
    build(bench, "FROM scratch\nONBUILD ENV A=1\nONBUILD COPY a /x\n")
    bench.names["base:latest"] = bench.names["it:latest"]
    text = build(bench, "FROM base\nENV B=$A\n", {"a": "A"})
    assert "# Executing 2 build triggers\n" in text
    assert config(bench) == {"Env": [PATH, "A=1", "B=1"]}
    assert bench.listing("it") == {"x": "A"}


def test_arguments_that_nobody_declares_are_told(bench):
    text = build(
        bench, "FROM scratch\nARG a\nENV A=1\n", buildargs='{"a":"1","b":"2","HTTP_PROXY":"x"}'
    )
    assert "[Warning] One or more build-args [b] were not consumed\n" in text


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (
            "COPY none /",
            "COPY failed: file not found in build context or excluded by .dockerignore: "
            "stat none: file does not exist",
        ),
        ("COPY none* /", "COPY failed: no source files were specified"),
        ("COPY ../a /", "COPY failed: forbidden path outside the build context: ../a ()"),
        (
            "COPY a b /x",
            "When using COPY with more than one source file, "
            "the destination must be a directory and end with a /",
        ),
        (
            "COPY --from=1 a /",
            "invalid from flag value 1: index out of bounds",
        ),
        ("COPY --from=0 a /", "invalid from flag value 0: refers to current build stage"),
        ("COPY --from=img /none /", "COPY failed: stat none: file does not exist"),
        (
            "COPY --chown=nobody a /",
            "unable to convert uid/gid chown string to host mapping: "
            "can't find uid for user nobody: no such user: nobody",
        ),
        (
            "COPY .wh.a /",
            "COPY failed: /.wh.a: a layer uses names with .wh. for deleted files",
        ),
        ("COPY a /x\nCOPY a /x/", "COPY failed: cannot copy to non-directory: /x"),
        ("COPY a /x\nCOPY a /x/y/z", "COPY failed: mkdir /x/y: not a directory"),
        (
            "ADD https://example.org/x /",
            "ADD failed: this engine downloads nothing: put a file into the build context "
            "instead of https://example.org/x",
        ),
        ("ENV A=${B", "failed to process \"${B\": syntax error: missing '}'"),
        ("EXPOSE 99999", "Invalid containerPort: 99999"),
        ("STOPSIGNAL !", "Invalid signal: !"),
    ],
)
def test_errors_are_dockers(bench, rest, message):
    bench.add_image("img", {"a": "A"})
    assert refused(bench, f"FROM scratch\n{rest}\n", {"a": "A", "b": "B", ".wh.a": ""}) == message


def test_chown_asks_the_images_own_files(bench):
    tables = {"etc": None, "etc/passwd": "u:x:7:9::/:/x\n", "etc/group": "g:x:8:\nu:x:9:\n"}
    bench.add_image("base", tables)
    seen = {}
    add = bench.add_layer

    def look(tar):
        with tarfile.open(fileobj=io.BytesIO(tar.read())) as layer:
            seen.update({info.name: (info.uid, info.gid) for info in layer})
        tar.seek(0)
        return add(tar)

    bench.add_layer = look
    build(
        bench,
        "FROM base\nCOPY --chown=u:g a /new/1\nCOPY --chown=u a /2\nCOPY --chown=5 a /3\nCOPY a /4",
        {"a": "A"},
    )
    assert seen == {"new": (7, 8), "new/1": (7, 8), "2": (7, 9), "3": (5, 5), "4": (0, 0)}


def test_a_cached_entrypoint_is_not_taken_when_it_dropped_another_command(bench):
    build(bench, 'FROM scratch\nCMD ["c"]\nENTRYPOINT ["e"]\n')
    first = bench.get_image("it")
    assert first.config["config"]["Cmd"] == ["c"]
    bench.names["base:latest"] = first.parent
    build(bench, 'FROM base\nENTRYPOINT ["e"]\n')
    assert "Cmd" not in config(bench)
