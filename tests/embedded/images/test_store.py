from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import threading

import pytest

from pausedemo.embedded.errors import BadParameter, Conflict, NotFound
from pausedemo.embedded.filters import parse_filters
from pausedemo.embedded.images.filters import LIST_FILTERS, list_images
from pausedemo.embedded.images.image import render_history, render_inspect, render_summary
from pausedemo.embedded.images.limits import BadArchive
from pausedemo.embedded.images.removal import delete_image, prune_images
from tests.embedded.images.conftest import Users, is_root, list_files, open_store
from tests.embedded.images.tars import digest, entry, make_config, make_tar

LOW = make_tar(entry("low", b"12345"))
HIGH = make_tar(entry("high", b"123"))


@pytest.fixture
def add(store):
    def add(*layers, name="", parent="", **fields):
        for layer in layers:
            store.add_layer(io.BytesIO(layer))
        image_id = store.create_image(make_config(*layers, **fields), parent=parent)
        if name:
            store.tag(image_id, name)
        return image_id

    return add


@pytest.fixture
def users(store):
    store.containers = Users()
    return store.containers


def test_an_image_is_found_by_every_way_of_naming_it(store, add):
    image_id = add(LOW, name="localhost/a:1")
    store.tag(image_id, "busybox")
    bare = image_id.removeprefix("sha256:")
    for way in (
        "localhost/a:1", "busybox", "busybox:latest", "docker.io/library/busybox", image_id, bare,
        bare[:5], f"sha256:{bare[:12]}",
    ):  # fmt: skip
        assert store.get(way).id == image_id
    assert store.get("busybox").repo_tags == ["busybox:latest", "localhost/a:1"]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("missing", "No such image: missing:latest"),
        ("docker.io/library/missing:2", "No such image: missing:2"),
        ("ab" * 32, f"No such image: sha256:{'ab' * 32}"),
    ],
)
def test_a_missing_image_is_told_in_dockerds_words(store, wanted, message):
    with pytest.raises(NotFound) as caught:
        store.get(wanted)
    assert caught.value.message == message


def test_a_beginning_that_two_images_share_names_none(store, add):
    add(LOW)
    add(HIGH)
    with pytest.raises(BadParameter):
        store.get("sha256:")


def test_layers_are_kept_once_and_given_topmost_first(store, add):
    add(LOW, name="one")
    add(LOW, HIGH, name="two")
    found = store.get("two")
    assert [path.parent.name for path in found.layer_dirs()] == [
        digest(HIGH)[7:],
        digest(LOW)[7:],
    ]
    assert (found.layer_dirs()[1] / "low").read_bytes() == b"12345"
    assert store.get("one").layer_dirs() == found.layer_dirs()[1:]
    assert (found.size, found.created) == (8, 1714979289)


def test_a_layer_that_an_image_has_twice_is_given_once_and_listed_twice(store, add):
    add(LOW, HIGH, LOW, name="two")
    found = store.get("two")
    assert [path.parent.name for path in found.layer_dirs()] == [
        digest(LOW)[7:],
        digest(HIGH)[7:],
    ]
    assert found.config["rootfs"]["diff_ids"] == [digest(LOW), digest(HIGH), digest(LOW)]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts need root of some user namespace")
def test_overlayfs_mounts_the_layers_with_their_whiteouts(store, tmp_path):
    gone = make_tar(entry(".wh.low", b""), entry("new", b"n"))
    for layer in (LOW, gone):
        store.add_layer(io.BytesIO(layer))
    image = store.get(store.create_image(make_config(LOW, gone)))
    merged = tmp_path / "merged"
    merged.mkdir()
    lower = ":".join(str(path) for path in image.layer_dirs())
    lower += "" if is_root() else ",userxattr"
    script = 'mount -t overlay overlay -o "lowerdir=$1" "$2" && ls "$2"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", lower, merged],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("new\n", "")


def test_a_store_opened_again_has_the_same_images_and_nothing_half_done(store, add, tmp_path):
    image_id = add(LOW, name="a:1")
    root = tmp_path / "store"
    store.add_layer(io.BytesIO(HIGH))  # of an image that never came
    (root / "tmp/left").mkdir()
    (root / "tmp/left/file").write_bytes(b"x")
    again = open_store(root)
    assert again.get("a:1") == store.get("a:1")
    assert [path.name for path in (root / "layers").iterdir()] == [digest(LOW)[7:]]
    assert list((root / "tmp").iterdir()) == []
    assert again.get("a:1").id == image_id


def test_a_refused_layer_leaves_nothing(store, tmp_path):
    before = list_files(tmp_path / "store")
    with pytest.raises(BadArchive):
        store.add_layer(io.BytesIO(make_tar(entry("a", b"x"), entry("../b", b""))))
    with pytest.raises(BadArchive, match="not what its image says"):
        store.add_layer(io.BytesIO(LOW), expected=digest(HIGH))
    assert list_files(tmp_path / "store") == before


@pytest.mark.parametrize(
    "config",
    [
        b"[]", b"{", b"{}", b'{"rootfs":{"diff_ids":["x"]}}', b"[" * 5000,
        make_config(config={"Labels": ["a"]}), make_config(config={"Env": "A=1"}),
        make_config(history=[1]), make_config(created=12), make_config(HIGH),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_refused(store, config):
    with pytest.raises(BadArchive):
        store.create_image(config)


def test_a_lease_keeps_layers_until_an_image_has_them(store):
    with store.lease() as lease:
        store.add_layer(io.BytesIO(LOW), lease=lease)
        store.add_layer(io.BytesIO(HIGH), lease=lease)
        store.create_image(make_config(LOW))
        assert store.sweep() == []
    assert store.layers_size() == 5


def test_many_threads_may_add_the_same_layer(store):
    def add():
        with store.lease() as lease:
            store.add_layer(io.BytesIO(LOW), lease=lease)
            store.create_image(make_config(LOW))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [image.id for image in store.images()] == [digest(make_config(LOW))]


def test_what_a_container_changed_becomes_a_layer(store, tmp_path):
    upper = tmp_path / "upper"
    upper.mkdir()
    (upper / "new").write_bytes(b"1")
    os.mknod(upper / "low", stat.S_IFCHR, os.makedev(0, 0))
    first, second = store.add_layer_from_upper(upper), store.add_layer_from_upper(upper)
    assert first == second
    low = store.add_layer(io.BytesIO(LOW))
    config = {"rootfs": {"type": "layers", "diff_ids": [low, first]}, "os": "linux"}
    top = store.get(store.create_image(config)).layer_dirs()[0]
    assert (top / "low").lstat().st_rdev == 0


def test_inspect_history_and_list_have_dockerds_shape(store, add):
    base = add(LOW, name="base:1", history=[{"created_by": "ADD low"}])
    image_id = add(
        LOW, HIGH, name="a:1", parent=base,
        history=[{"created_by": "ADD low"}, {"created_by": "ENV", "empty_layer": True},
                 {"created_by": "COPY high", "created": "2024-05-06T07:08:09.5+02:00"}],
    )  # fmt: skip
    image = store.get("a:1")
    shown = render_inspect(image)
    assert shown["Id"] == image_id
    assert shown["RepoTags"] == ["a:1"]
    assert shown["Config"]["Cmd"] == ["/pause"]
    assert shown["Config"]["Entrypoint"] is None
    assert shown["RootFS"] == {"Type": "layers", "Layers": [digest(LOW), digest(HIGH)]}
    assert (shown["Parent"], shown["Size"], shown["Os"]) == (base, 8, "linux")
    rows = render_history(image, {1: store.get("base:1")})
    assert [(row["Id"], row["CreatedBy"], row["Size"], row["Tags"]) for row in rows] == [
        (image_id, "COPY high", 3, ["a:1"]),
        ("<missing>", "ENV", 0, None),
        (base, "ADD low", 5, ["base:1"]),
    ]
    assert rows[0]["Created"] == 1714972089
    assert render_summary(image) == {
        "Containers": -1, "Created": 1714979289, "Id": image_id, "Labels": {"a": "b"},
        "ParentId": base, "RepoDigests": None, "RepoTags": ["a:1"], "SharedSize": -1, "Size": 8,
        "VirtualSize": 8,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"a:1", "b/c:2", "<none>:<none>"}),
        ({"dangling": ["true"]}, {"<none>:<none>"}),
        ({"dangling": {"0": True}}, {"a:1", "b/c:2"}),
        ({"reference": ["a"]}, {"a:1"}),
        ({"reference": ["b/*"]}, {"b/c:2"}),
        ({"reference": ["*"]}, {"a:1"}),
        ({"reference": ["*/c:?"]}, {"b/c:2"}),
        ({"label": ["x"]}, {"b/c:2"}),
        ({"label": ["a=b"]}, {"a:1", "<none>:<none>"}),
        ({"before": ["a:1"]}, {"<none>:<none>"}),
        ({"since": ["a:1"]}, {"b/c:2"}),
    ],
)
def test_filters_choose_images(store, add, filters, expected):
    add(LOW, name="a:1")
    add(LOW, name="b/c:2", created="2025-01-01T00:00:00Z", config={"Labels": {"x": "y"}})
    add(HIGH, created="2020-01-01T00:00:00Z")
    parsed = parse_filters(json.dumps(filters), LIST_FILTERS)
    found = list_images(store.images(), parsed, store.get, show_all=False)
    assert {tag for image in found for tag in render_summary(image)["RepoTags"]} == expected


@pytest.mark.parametrize("text", ["{", "[]", '{"x":["1"]}', '{"label":1}', '{"label":[{}]}'])
def test_wrong_filters_are_refused(text):
    with pytest.raises(BadParameter):
        parse_filters(text, LIST_FILTERS)


def test_removing_a_name_keeps_the_image_until_its_last(store, add, events):
    image_id = add(LOW, name="a:1")
    store.tag(image_id, "b:1")
    assert delete_image(store, events, "a:1") == [{"Untagged": "a:1"}]
    assert delete_image(store, events, "b:1") == [
        {"Untagged": "b:1"}, {"Deleted": image_id}, {"Deleted": digest(LOW)},
    ]  # fmt: skip
    assert events.actions == ["untag", "untag", "delete"]
    assert store.layers_size() == 0


def test_removing_an_id_with_names_in_two_repositories_must_be_forced(store, add, events):
    image_id = add(LOW, name="a:1")
    store.tag(image_id, "b:1")
    short = image_id[7:19]
    with pytest.raises(Conflict) as caught:
        delete_image(store, events, short)
    assert caught.value.message == (
        f"conflict: unable to delete {short} (must be forced) - image is referenced in multiple "
        "repositories"
    )
    rows = delete_image(store, events, short, force=True)
    assert [list(row) for row in rows] == [["Untagged"], ["Untagged"], ["Deleted"], ["Deleted"]]


def test_an_image_that_a_container_uses_is_kept(store, add, events, users):
    image_id = add(LOW, name="a:1")
    short, container = image_id[7:19], "c" * 64
    users.of[image_id] = [container]
    users.running.add(container)
    for wanted, force, message in (
        ("a:1", False, f'conflict: unable to remove repository reference "a:1" (must force) - '
                       f"container {container[:12]} is using its referenced image {short}"),
        (image_id, True, f"conflict: unable to delete {short} (cannot be forced) - image is being "
                         f"used by running container {container[:12]}"),
    ):  # fmt: skip
        with pytest.raises(Conflict) as caught:
            delete_image(store, events, wanted, force=force)
        assert caught.value.message == message
    assert delete_image(store, events, "a:1", force=True) == [{"Untagged": "a:1"}]
    users.running.clear()
    with pytest.raises(Conflict, match="used by stopped container"):
        delete_image(store, events, image_id)
    # Forced under a stopped container: the image goes, its layers stay as long as that.
    assert delete_image(store, events, image_id, force=True) == [{"Deleted": image_id}]
    assert store.layers_size() == 5
    users.of.clear()
    assert store.sweep() == [digest(LOW)]


def test_an_image_that_another_is_built_on_is_kept_and_goes_with_it_when_nameless(
    store, add, events
):
    base = add(LOW)
    top = add(LOW, HIGH, name="top", parent=base)
    with pytest.raises(Conflict, match=r"\(cannot be forced\) - image has dependent child images"):
        delete_image(store, events, base, force=True)
    rows = delete_image(store, events, "top")
    assert rows == [
        {"Untagged": "top:latest"}, {"Deleted": top},
        {"Deleted": digest(f"{digest(LOW)} {digest(HIGH)}".encode())},
        {"Deleted": base}, {"Deleted": digest(LOW)},
    ]  # fmt: skip


def test_prune_removes_the_nameless_and_when_told_the_unused(store, add, events, users):
    used = add(LOW, name="used:1")
    users.of[used] = ["c" * 64]
    named = add(LOW, name="named:1", created="2020-01-01T00:00:00Z")
    nameless = add(HIGH)
    assert prune_images(store, events, {}) == {
        "ImagesDeleted": [{"Deleted": nameless}, {"Deleted": digest(HIGH)}],
        "SpaceReclaimed": 3,
    }
    assert prune_images(store, events, {"dangling": ("0",)}) == {
        "ImagesDeleted": [{"Untagged": "named:1"}, {"Deleted": named}],
        "SpaceReclaimed": 0,
    }
    assert prune_images(store, events, {"dangling": ("0",)})["ImagesDeleted"] is None
