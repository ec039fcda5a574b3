"""Image references as Docker reads and prints them.

The grammar and the two short forms (``docker.io/`` and ``library/`` left out) are those of
github.com/distribution/reference, which dockerd uses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from pausedemo.embedded.errors import BadParameter

DOCKER_HUB: Final = "docker.io"
_OFFICIAL: Final = "library/"
_LONGEST_NAME: Final = 255

_HOST = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN: Final = re.compile(rf"(?:{_HOST}(?:\.{_HOST})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_PATH_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH: Final = re.compile(rf"{_PATH_PART}(?:/{_PATH_PART})*")
_TAG: Final = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_HEX_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """One name of an image: ``domain/path``, and a tag, or a digest, or both, or neither."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def full_name(self) -> str:
        """The repository with its domain: ``docker.io/library/busybox``."""
        return f"{self.domain}/{self.path}"

    @property
    def familiar_name(self) -> str:
        """The repository as people write it: ``busybox``."""
        if self.domain != DOCKER_HUB:
            return self.full_name
        rest = self.path.removeprefix(_OFFICIAL)
        return rest if "/" not in rest else self.path

    @property
    def familiar(self) -> str:
        return self.familiar_name + self._suffix

    def __str__(self) -> str:
        return self.full_name + self._suffix

    @property
    def _suffix(self) -> str:
        return (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    def with_default_tag(self) -> Reference:
        """With ``latest`` where there is neither tag nor digest."""
        return self if self.tag or self.digest else replace(self, tag="latest")

    def stored(self) -> Reference:
        """As a key of the store: a digest outweighs a tag."""
        return replace(self, tag="") if self.digest else self.with_default_tag()


def parse_reference(text: str) -> Reference:
    """The reference that ``text`` writes, long or short.

    Raises BadParameter in dockerd's words.
    """
    if _HEX_ID.fullmatch(text):
        raise BadParameter(
            f"invalid repository name ({text}), cannot specify 64-byte hexadecimal strings"
        )
    rest, has_digest, digest = text.partition("@")
    if has_digest and not _DIGEST.fullmatch(digest):
        raise BadParameter("invalid reference format")
    domain, rest = _split_domain(rest)
    path, has_tag, tag = rest.partition(":")
    if has_tag and not _TAG.fullmatch(tag):
        raise BadParameter("invalid reference format")
    if path != path.lower():
        raise BadParameter("invalid reference format: repository name must be lowercase")
    if not _PATH.fullmatch(path) or not _DOMAIN.fullmatch(domain):
        raise BadParameter("invalid reference format")
    if domain == DOCKER_HUB and "/" not in path:
        path = _OFFICIAL + path
    if len(f"{domain}/{path}") > _LONGEST_NAME:
        raise BadParameter("repository name must not be more than 255 characters")
    return Reference(domain, path, tag, digest)


def _split_domain(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    is_domain = slash and (
        "." in first or ":" in first or first == "localhost" or first != first.lower()
    )
    if not is_domain:
        return DOCKER_HUB, name
    return (DOCKER_HUB if first == "index.docker.io" else first), rest


def join_reference(repository: str, tag: str) -> Reference:
    """The reference that the API's ``repo`` and ``tag`` parameters mean together.

    ``tag`` may be a digest, as in a pull; empty: what ``repository`` says, else ``latest``.
    """
    if not tag:
        return parse_reference(repository).with_default_tag()
    bare = parse_reference(repository)
    if tag.startswith("sha256:"):
        return parse_reference(f"{bare}@{tag}" if not bare.digest else str(bare))
    return parse_reference(f"{bare.full_name}:{tag}")


def is_digest(text: str) -> bool:
    """Whether ``text`` is a whole ``sha256:`` digest."""
    return _DIGEST.fullmatch(text) is not None


def is_hex_id(text: str) -> bool:
    """Whether ``text`` is a whole id without its algorithm."""
    return _HEX_ID.fullmatch(text) is not None
