from __future__ import annotations

import base64
import gzip
import json
import os
from typing import Any

import pytest

from pausedemo.embedded.errors import ApiError, BadParameter, NotFound, ServerError
from pausedemo.embedded.images.configs import this_architecture
from pausedemo.embedded.images.credentials import Credentials, parse_credentials
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.pull import pull_image
from pausedemo.embedded.images.reference import parse_reference
from pausedemo.embedded.images.registry import is_loopback
from tests.embedded.images.conftest import list_files
from tests.embedded.images.registries import FakeRegistry, make_list, make_manifest, push, serve
from tests.embedded.images.tars import digest, entry, link, make_config, make_tar
from tests.images.conftest import find_free_port

LOW = make_tar(entry("low", b"12345"))
BIG = make_tar(entry("big", os.urandom(300_000)))
BLOBS = (gzip.compress(LOW), BIG)
CONFIG = make_config(LOW, BIG)
MANIFEST = make_manifest(CONFIG, *BLOBS)
ME = Credentials("me", "secret")


@pytest.fixture
def fake():
    made = FakeRegistry()
    made.add("a", "1", MANIFEST, CONFIG, *BLOBS)
    with serve(made):
        yield made


@pytest.fixture
def pull(store, events):
    def pull(name, credentials=Credentials()):  # noqa: B008
        lines: list[dict[str, Any]] = []
        pauses: list[float] = []
        pull_image(
            store, events, parse_reference(name), lines.append, credentials, sleep=pauses.append
        )
        return lines, pauses

    return pull


def test_a_real_registrys_image_is_pulled_once_with_dockerds_lines(
    store,
    pull,
    registry,
    events,
):
    push(registry, "t/a", "1", MANIFEST, CONFIG, *BLOBS)
    name = f"{registry}/t/a:1"
    lines, _ = pull(name)
    short = [digest(blob)[7:19] for blob in BLOBS]
    assert lines[:3] == [
        {"status": "Pulling from t/a", "id": "1"},
        {"status": "Pulling fs layer", "progressDetail": {}, "id": short[0]},
        {"status": "Pulling fs layer", "progressDetail": {}, "id": short[1]},
    ]
    assert [line["status"] for line in lines if line.get("id") == short[1]] == [
        "Pulling fs layer", "Downloading", "Verifying Checksum", "Download complete",
        "Extracting", "Pull complete",
    ]  # fmt: skip
    assert lines[-2:] == [
        {"status": f"Digest: {digest(MANIFEST)}"},
        {"status": f"Status: Downloaded newer image for {name}"},
    ]
    image = store.get(name)
    assert (image.id, image.repo_tags) == (digest(CONFIG), [name])
    assert image.repo_digests == [f"{registry}/t/a@{digest(MANIFEST)}"]
    assert store.get(image.repo_digests[0]) == image
    assert (image.layer_dirs()[1] / "low").read_bytes() == b"12345"
    lines, _ = pull(name)
    assert [line["status"] for line in lines] == [
        "Pulling from t/a", "Already exists", "Already exists", f"Digest: {digest(MANIFEST)}",
        f"Status: Image is up to date for {name}",
    ]  # fmt: skip
    assert events.actions == ["pull", "pull"]


def test_a_layer_that_an_image_has_twice_is_pulled(store, pull, registry):
    config = make_config(LOW, BIG, LOW)
    push(registry, "t/twice", "1", make_manifest(config, *BLOBS, BLOBS[0]), config, *BLOBS)
    pull(f"{registry}/t/twice:1")
    image = store.get(f"{registry}/t/twice:1")
    assert image.id == digest(config)
    assert (len(image.layers), len(image.layer_dirs())) == (3, 2)


def test_of_a_list_this_machines_image_is_taken(store, pull, registry):
    other = make_manifest(make_config(LOW, author="other"), BLOBS[0])
    rows = make_list(**{"mips": other, this_architecture(): MANIFEST})
    push(registry, "t/a", "mips", other, make_config(LOW, author="other"), BLOBS[0])
    push(registry, "t/a", "one", MANIFEST, CONFIG, *BLOBS)
    push(registry, "t/a", "2", rows)
    pull(f"{registry}/t/a:2")
    assert store.get(f"{registry}/t/a:2").id == digest(CONFIG)
    assert store.get(f"{registry}/t/a@{digest(rows)}").id == digest(CONFIG)
    push(registry, "t/a", "3", make_list(mips=other))
    with pytest.raises(BadArchive, match="no matching manifest for linux/"):
        pull(f"{registry}/t/a:3")


def test_a_missing_tag_is_told_in_dockerds_words(pull, registry):
    with pytest.raises(NotFound) as caught:
        pull(f"{registry}/t/a:9")
    assert caught.value.message == (
        f"manifest for {registry}/t/a:9 not found: manifest unknown: manifest unknown"
    )


def test_a_registry_that_is_down_is_told_at_once(pull):
    port = find_free_port()
    with pytest.raises(ServerError, match=r"^Get .*: connect: connection refused$"):
        pull(f"127.0.0.1:{port}/a:1")


def test_a_transfer_that_breaks_off_goes_on_where_it_was(store, pull, fake):
    fake.cuts = [1_000_000, 20, 1_000_000, 100_000, 50_000]  # the configuration is whole
    _, pauses = pull(f"{fake.address}/a:1")
    assert store.get(f"{fake.address}/a:1").id == digest(CONFIG)
    ranges = [asked for path, asked in fake.asked if digest(BIG) in path]
    assert [span[:7] for span in ranges] == ["", "bytes=9", "bytes=1"]
    assert pauses == [0.25, 0.25, 0.5]


def test_a_registry_without_ranges_sends_all_again(store, pull, fake):
    fake.cuts, fake.ranges = [100_000_000, 20], False
    pull(f"{fake.address}/a:1")
    assert store.get(f"{fake.address}/a:1").id == digest(CONFIG)


def test_a_busy_registry_is_asked_again_and_not_for_ever(pull, fake):
    fake.failures = [503, 429]
    _, pauses = pull(f"{fake.address}/a:1")
    assert pauses == [3, 3]
    fake.failures = [500] * 9
    with pytest.raises(ServerError, match="received unexpected HTTP status: 500"):
        pull(f"{fake.address}/a:1")
    assert fake.failures == [500] * 4


@pytest.mark.parametrize("auth", ["bearer", "basic"])
def test_credentials_open_a_closed_registry(store, pull, fake, auth):
    fake.auth = auth
    pull(f"{fake.address}/a:1", ME)
    assert store.get(f"{fake.address}/a:1").id == digest(CONFIG)
    fake.password = "other"  # noqa: S105
    fake.content[f"/v2/a/manifests/{digest(MANIFEST)}"] = MANIFEST
    with pytest.raises(NotFound, match="pull access denied for"):
        pull(f"{fake.address}/a:1", ME)


def test_without_credentials_a_closed_registry_stays_closed(pull, fake):
    fake.auth = "basic"
    with pytest.raises(ServerError, match="no basic auth credentials"):
        pull(f"{fake.address}/a:1")


EVIL = make_tar(entry("good", b""), link("l", "/etc"), entry("l/passwd", b""))


@pytest.mark.parametrize(
    ("where", "content"),
    [
        pytest.param(f"blobs/{digest(BIG)}", BIG[:-1] + b"x", id="another layer"),
        pytest.param(f"blobs/{digest(BIG)}", BIG + b"x", id="a longer layer"),
        pytest.param(
            f"blobs/{digest(CONFIG)}", CONFIG.replace(b"amd64", b"arm64"), id="another config"
        ),
        pytest.param("manifests/1", make_manifest(CONFIG, BLOBS[0]), id="a layer too few"),
        pytest.param("manifests/1", make_manifest(CONFIG, *reversed(BLOBS)), id="another order"),
        pytest.param("manifests/1", make_manifest(CONFIG, BLOBS[0], BLOBS[0]), id="one twice"),
        pytest.param("manifests/1", b"[]", id="no object"),
        pytest.param("manifests/1", b'{"schemaVersion":1,"fsLayers":[]}', id="an old schema"),
        pytest.param("manifests/1", b'{"schemaVersion":2,"layers":[]}', id="no config"),
        pytest.param("manifests/1", b" " * 5_000_000, id="too long"),
        pytest.param("manifests/1", make_manifest(make_config(EVIL), EVIL), id="an evil layer"),
    ],
)
def test_what_does_not_fit_together_is_refused_whole(store, pull, fake, tmp_path, where, content):
    fake.add("a", "evil", make_manifest(make_config(EVIL), EVIL), make_config(EVIL), EVIL)
    fake.content[f"/v2/a/{where}"] = content
    before = list_files(tmp_path / "store")
    with pytest.raises(BadArchive):
        pull(f"{fake.address}/a:1")
    assert (list_files(tmp_path / "store"), store.images()) == (before, [])


def test_a_manifest_is_verified_when_it_is_asked_for_by_digest(pull, fake):
    fake.content[f"/v2/a/manifests/{digest(MANIFEST)}"] = MANIFEST + b" "
    with pytest.raises(BadArchive, match="manifest verification failed for digest"):
        pull(f"{fake.address}/a@{digest(MANIFEST)}")


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True), ("localhost:5000", True), ("127.0.0.1:5000", True),
        ("127.9.9.9", True), ("[::1]:5000", True), ("[::1]", True), ("10.0.0.1:5000", False),
        ("localhost.example", False), ("127.0.0.1.example:80", False), ("[fe80::1]:80", False),
    ],
)  # fmt: skip
def test_only_this_machine_is_spoken_to_in_the_clear(host, expected):
    assert is_loopback(host) is expected


def encode(found) -> str:
    return base64.urlsafe_b64encode(json.dumps(found).encode()).decode()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Credentials()),
        (encode({}), Credentials()),
        (encode({"username": "me", "password": "secret"}), ME),
        (encode({"username": "me", "password": "secret"}).rstrip("="), ME),
        (encode({"auth": base64.b64encode(b"me:secret").decode()}), ME),
        (encode({"identitytoken": "x"}), Credentials(identity_token="x")),  # noqa: S106
    ],
)
def test_credentials_are_read_from_the_clients_header(header, expected):
    assert parse_credentials(header) == expected
    assert "secret" not in repr(expected)


@pytest.mark.parametrize("header", ["!", encode([1]), "AAAA", encode({"auth": "/w=="})])
def test_a_wrong_header_is_refused(header):
    with pytest.raises((BadParameter, ApiError)):
        parse_credentials(header)
