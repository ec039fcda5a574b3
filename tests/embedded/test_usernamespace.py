"""The ids that a user may map, as /etc/subuid has them."""

from __future__ import annotations

import pytest

from pausedemo.embedded.usernamespace import find_range


# subuid(5)
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("other:100000:65536\n", None),
        ("person:100000:65536\n", (100_000, 65_536)),
        ("1000:200000:10\n", (200_000, 10)),
        ("other:1:2\nperson:100000:65536\nperson:300000:5\n", (100_000, 65_536)),
        (" person:100000:65536 \r\n", (100_000, 65_536)),
        ("# person:1:2\nperson:100000:65536", (100_000, 65_536)),
        ("person:100000\nperson\n:::\nperson:100000:65536", (100_000, 65_536)),
        ("person:x:65536\nperson:-1:5\nperson:100000:many\nperson:3:4", (3, 4)),
        ("person:100000:0\n", None),
        ("persons:100000:65536\n10001:1:2\n", None),
    ],
)
def test_a_range_is_found_by_name_or_number(tmp_path, text, found):
    file = tmp_path / "subuid"
    file.write_text(text)
    assert find_range(file, "person", 1000) == found


def test_without_a_file_there_is_no_range(tmp_path):
    assert find_range(tmp_path / "subuid", "person", 1000) is None
