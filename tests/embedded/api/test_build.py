from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import pytest

from pausedemo.embedded.api.build import BuildApi
from tests.embedded.api.serving import serving
from tests.embedded.build.bench import Bench, archive


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def post(bench, text, squeeze=bytes, **parameters):
    """Status, type and lines of the answer; the context comes in chunks, as the client's does."""

    async def body() -> AsyncIterator[bytes]:
        data = squeeze(archive({"Dockerfile": text, "a": "A"}).read())
        for start in range(0, len(data), 1000):
            yield data[start : start + 1000]

    async def run():
        async with serving(BuildApi(bench).routes()) as client:
            response = await client.post("/build", params=parameters, data=body())
            lines = [json.loads(line) for line in (await response.text()).splitlines()]
            return response.status, response.content_type, lines

    return asyncio.run(run())


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress])
def test_a_build_answers_in_lines_of_json(bench, squeeze):
    status, content_type, lines = post(bench, "FROM scratch\nCOPY a /\n", squeeze, t="it")
    image_id = bench.get_image("it").id
    short = image_id[7:19]
    assert (status, content_type) == (200, "application/json")
    assert lines == [
        {"stream": "Step 1/2 : FROM scratch"},
        {"stream": "\n"},
        {"stream": " ---> \n"},
        {"stream": "Step 2/2 : COPY a /"},
        {"stream": "\n"},
        {"stream": f" ---> {short}\n"},
        {"aux": {"ID": image_id}},
        {"stream": f"Successfully built {short}\n"},
        {"stream": "Successfully tagged it:latest\n"},
    ]


def test_a_quiet_build_tells_the_id_only(bench):
    lines = post(bench, "FROM scratch\nRUN echo loud\n", q="1", t="it")[2]
    assert lines == [{"stream": f"{bench.get_image('it').id}\n"}]


@pytest.mark.parametrize("quiet", ["0", "1"])
def test_a_failed_step_is_the_last_line(bench, quiet):
    status, _, lines = post(bench, "FROM scratch\nRUN echo why; exit 4\n", q=quiet)
    message = "The command '/bin/sh -c echo why; exit 4' returned a non-zero code: 4"
    assert status == 200
    assert lines[-1] == {"errorDetail": {"code": 4, "message": message}, "error": message}
    assert {"stream": "why\n"} in lines or "why\n" in "".join(
        line.get("stream", "") for line in lines
    )


def test_other_errors_have_no_code(bench):
    message = "COPY failed: no source files were specified"
    lines = post(bench, "FROM scratch\nCOPY x* /\n")[2]
    assert lines[-1] == {"errorDetail": {"message": message}, "error": message}


@pytest.mark.parametrize(
    ("dockerfile", "parameters", "status", "message"),
    [
        ("FROM a\nFOO", {}, 400, "dockerfile parse error line 2: unknown instruction: FOO"),
        ("FROM a", {"target": "x"}, 400, "failed to reach build target x in Dockerfile"),
        ("FROM a", {"t": "X"}, 400, 'invalid reference format: "X"'),
        ("FROM a", {"dockerfile": "x"}, 400, "Cannot locate specified Dockerfile: x"),
    ],
)
def test_what_is_wrong_from_the_start_is_a_plain_error(
    bench, dockerfile, parameters, status, message
):
    assert post(bench, dockerfile, **parameters) == (
        status,
        "application/json",
        [{"message": message}],
    )


def test_there_is_no_cache_to_prune(bench):
    async def run():
        async with serving(BuildApi(bench).routes()) as client:
            return await (await client.post("/build/prune")).json()

    assert asyncio.run(run()) == {"CachesDeleted": None, "SpaceReclaimed": 0}
