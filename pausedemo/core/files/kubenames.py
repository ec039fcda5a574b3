"""Which names, label keys and label values Kubernetes accepts.

Each check returns ``None``, or what the value must be, to stand after "name 'X' ...".
Source: k8s.io/apimachinery/pkg/util/validation/validation.go.
"""

from __future__ import annotations

import re
from typing import Final

_DNS_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_DNS_LABEL_PATTERN: Final = re.compile(_DNS_LABEL)
_DNS_SUBDOMAIN_PATTERN: Final = re.compile(rf"{_DNS_LABEL}(?:\.{_DNS_LABEL})*")
_QUALIFIED_NAME_PATTERN: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?")

_LABEL_LENGTH: Final = 63
_SUBDOMAIN_LENGTH: Final = 253


def check_dns_label(value: str) -> str | None:
    """Names of containers and namespaces: RFC 1123 labels."""
    if len(value) > _LABEL_LENGTH:
        return _too_long(_LABEL_LENGTH)
    if not _DNS_LABEL_PATTERN.fullmatch(value):
        return (
            "must consist of lower-case letters, digits and '-', "
            "and start and end with a letter or digit (such as 'my-name')"
        )
    return None


def complain_of_namespace(value: str) -> str | None:
    """The whole complaint about a namespace that is asked for; None: it is one."""
    wrong = check_dns_label(value)
    return None if wrong is None else f"namespace {value!r} {wrong}"


def check_dns_subdomain(value: str) -> str | None:
    """Names of pods and most other objects: RFC 1123 labels joined by dots."""
    if len(value) > _SUBDOMAIN_LENGTH:
        return _too_long(_SUBDOMAIN_LENGTH)
    if not _DNS_SUBDOMAIN_PATTERN.fullmatch(value):
        return (
            "must consist of lower-case letters, digits, '-' and '.', "
            "and start and end with a letter or digit, "
            "as must each part between dots (such as 'my-name.example')"
        )
    return None


def check_label_key(value: str) -> str | None:
    """Keys of labels and annotations: a name, or ``subdomain/name``."""
    prefix, slash, name = value.rpartition("/")
    if slash:
        if "/" in prefix:
            return "must have at most one '/'"
        wrong = check_dns_subdomain(prefix)
        if wrong:
            return f"has a prefix before '/' that {wrong}"
    if not name:
        return f"must have a name after {slash!r}" if slash else "must not be empty"
    wrong = _check_qualified_name(name)
    return f"has a name after '/' that {wrong}" if wrong and slash else wrong


def check_label_value(value: str) -> str | None:
    """Values of labels; empty is fine."""
    return _check_qualified_name(value) if value else None


def _check_qualified_name(value: str) -> str | None:
    if len(value) > _LABEL_LENGTH:
        return _too_long(_LABEL_LENGTH)
    if not _QUALIFIED_NAME_PATTERN.fullmatch(value):
        return (
            "must consist of letters, digits, '-', '_' and '.', "
            "and start and end with a letter or digit (such as 'MyName' or 'my.name')"
        )
    return None


def _too_long(length: int) -> str:
    return f"must have at most {length} characters"
