from __future__ import annotations

import bz2
import gzip
import io
import lzma

import pytest

from pausedemo.embedded.build.context import prepare
from pausedemo.embedded.build.options import BuildOptions
from pausedemo.embedded.build.spool import inflate
from pausedemo.embedded.errors import BadParameter
from tests.embedded.build.bench import archive


def names(files, dockerfile=""):
    prepared = prepare(archive(files), io.BytesIO(), BuildOptions(dockerfile=dockerfile))
    return [path for path, _ in prepared.context.walk("") if path]


@pytest.mark.parametrize(
    ("files", "dockerfile"),
    [
        ({"Dockerfile": "FROM a"}, ""),
        ({"dockerfile": "FROM a"}, ""),
        ({"d/x": "FROM a"}, "d/x"),
        ({"d/x": "FROM a"}, "/d/../d/x"),
        ({"d/x": "FROM a", "Dockerfile": "-> d/x"}, "Dockerfile"),
    ],
)
def test_the_dockerfile_is_found(files, dockerfile):
    assert names(files, dockerfile)


@pytest.mark.parametrize(
    ("files", "dockerfile", "message"),
    [
        ({}, "", "Cannot locate specified Dockerfile: Dockerfile"),
        ({"Dockerfile": "FROM a"}, "x", "Cannot locate specified Dockerfile: x"),
        ({"Dockerfile": None}, "", "Cannot locate specified Dockerfile: Dockerfile"),
        ({"x": "-> ../../etc/passwd"}, "x", "Cannot locate specified Dockerfile: x"),
        ({"Dockerfile": ""}, "", "the Dockerfile (Dockerfile) cannot be empty"),
        ({"Dockerfile": "#"}, "", "file with no instructions"),
    ],
)
def test_or_it_is_said_that_there_is_none(files, dockerfile, message):
    with pytest.raises(BadParameter) as raised:
        names(files, dockerfile)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("ignore", "left"),
    [
        ("Dockerfile", [".dockerignore", "a"]),
        ("*ocker*", ["a"]),
        ("a", [".dockerignore", "Dockerfile", "a"]),
    ],
)
def test_dockerignore_takes_out_what_the_client_must_send(ignore, left):
    assert names({".dockerignore": ignore, "Dockerfile": "FROM a", "a": "A"}) == left


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_compressed_data_are_inflated(squeeze):
    out = io.BytesIO()
    inflate(io.BytesIO(squeeze(b"data" * 1000)), out)
    assert out.read() == b"data" * 1000


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress])
def test_broken_compression_is_said_to_be_broken(squeeze):
    data = squeeze(bytes(range(256)) * 100)
    for broken in (data[:-10], data[:50] + b"broken" + data[56:]):
        with pytest.raises(BadParameter, match="cannot unpack the archive"):
            inflate(io.BytesIO(broken), io.BytesIO())


def test_a_bomb_ends_at_the_limit():
    out = io.BytesIO()
    with pytest.raises(BadParameter, match="the archive is larger than 3000000 bytes"):
        inflate(io.BytesIO(gzip.compress(bytes(10_000_000))), out, limit=3_000_000)
    assert len(out.getvalue()) <= 3_000_000
