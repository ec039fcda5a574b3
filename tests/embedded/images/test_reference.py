from __future__ import annotations

import pytest

from pausedemo.embedded.errors import BadParameter
from pausedemo.embedded.images.reference import join_reference, parse_reference

HEX = "ab" * 32


@pytest.mark.parametrize(
    ("text", "full", "familiar"),
    [
        ("busybox", "docker.io/library/busybox", "busybox"),
        ("busybox:1.36", "docker.io/library/busybox:1.36", "busybox:1.36"),
        ("docker.io/busybox", "docker.io/library/busybox", "busybox"),
        ("index.docker.io/library/busybox", "docker.io/library/busybox", "busybox"),
        ("me/tool:x", "docker.io/me/tool:x", "me/tool:x"),
        ("localhost/tool", "localhost/tool", "localhost/tool"),
        ("127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c", "127.0.0.1:5000/a/b:c"),
        ("[::1]:5000/a", "[::1]:5000/a", "[::1]:5000/a"),
        (f"a@sha256:{HEX}", f"docker.io/library/a@sha256:{HEX}", f"a@sha256:{HEX}"),
        (f"a:b@sha256:{HEX}", f"docker.io/library/a:b@sha256:{HEX}", f"a:b@sha256:{HEX}"),
        ("library/library", "docker.io/library/library", "library"),
    ],
)
def test_a_reference_has_a_long_and_a_short_form(text, full, familiar):
    found = parse_reference(text)
    assert (str(found), found.familiar) == (full, familiar)
    assert parse_reference(str(found)) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "invalid reference format"),
        ("a b", "invalid reference format"),
        (":tag", "invalid reference format"),
        ("a:", "invalid reference format"),
        ("a:-x", "invalid reference format"),
        ("a@sha256:12", "invalid reference format"),
        ("a/../b", "invalid reference format"),
        ("x\n", "invalid reference format"),
        ("library/Busy", "invalid reference format: repository name must be lowercase"),
        (
            HEX,
            f"invalid repository name ({HEX}), cannot specify 64-byte hexadecimal strings",
        ),
        ("a" * 256, "repository name must not be more than 255 characters"),
    ],
)
def test_what_is_no_reference_is_refused_in_dockerds_words(text, message):
    with pytest.raises(BadParameter) as caught:
        parse_reference(text)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("repository", "tag", "full"),
    [
        ("a", "", "docker.io/library/a:latest"),
        ("a", "1", "docker.io/library/a:1"),
        ("a:2", "", "docker.io/library/a:2"),
        ("a", f"sha256:{HEX}", f"docker.io/library/a@sha256:{HEX}"),
    ],
)
def test_repository_and_tag_make_one_reference(repository, tag, full):
    assert str(join_reference(repository, tag)) == full
