"""The types of single values in manifests, and what Kubernetes says of those it refuses."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StrictInt,
    StrictStr,
)

from pausedemo.core.files.complaints import Words, describe
from pausedemo.core.files.kubenames import (
    check_dns_label,
    check_dns_subdomain,
    check_label_key,
    check_label_value,
)
from pausedemo.core.values.quantities import Quantity, parse_quantity

_LARGEST_INT32: Final = 2**31 - 1
_LONGEST_PATH: Final = 4096
_LONGEST_KEY: Final = 253
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]+")
_PORT_NAME: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def words(text: str) -> frozenset[str]:
    """The words of a text, as a set of keys."""
    return frozenset(text.split())


def say_invalid(value: object, wrong: str) -> str:
    """Kubernetes' words for a value that cannot be: ``field.Invalid`` without its field."""
    return f"Invalid value: {describe(value)}: {wrong}"


def checked(check: Callable[[str], str | None]) -> AfterValidator:
    """Refuse a text by what ``check`` says of it; None is a right one."""

    def refuse(text: str) -> str:
        if wrong := check(text):
            raise ValueError(say_invalid(text, wrong))
        return text

    return AfterValidator(refuse)


def between(least: int, most: int) -> AfterValidator:
    """Refuse a number outside, in Kubernetes' words. Source: InclusiveRangeError."""

    def refuse(number: int) -> int:
        if not least <= number <= most:
            wrong = f"must be between {least} and {most}, inclusive"
            raise ValueError(say_invalid(number, wrong))
        return number

    return AfterValidator(refuse)


def at_least(least: int) -> AfterValidator:
    """Refuse a lesser number, and one that has no room in 32 bits."""

    def refuse(number: int) -> int:
        if number < least:
            wrong = f"must be greater than or equal to {least}"
            raise ValueError(say_invalid(number, wrong))
        if number > _LARGEST_INT32:
            wrong = f"must be less than or equal to {_LARGEST_INT32}"
            raise ValueError(say_invalid(number, wrong))
        return number

    return AfterValidator(refuse)


def _named(check: Callable[[str], str | None]) -> AfterValidator:
    def refuse(name: str) -> str:
        if wrong := check(name):
            raise ValueError(f"{describe(name)} {wrong}")
        return name

    return AfterValidator(refuse)


def check_env_name(name: str) -> str | None:
    """Source: IsRelaxedEnvVarName, k8s.io/apimachinery/pkg/util/validation/validation.go."""
    if re.fullmatch(r"[ -<>-~]+", name):
        return None
    return "must consist of printable ASCII characters other than '='"


def check_key(key: str) -> str | None:
    """Keys of ConfigMaps and Secrets. Source: IsConfigMapKey."""
    if len(key) > _LONGEST_KEY:
        return f"must be no more than {_LONGEST_KEY} characters"
    if not _KEY.fullmatch(key):
        return (
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.' "
            "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is "
            "'[-._a-zA-Z0-9]+')"
        )
    if key == ".":
        return "must not be '.'"
    if key == "..":
        return "must not be '..'"
    return "must not start with '..'" if key.startswith("..") else None


def check_port_name(name: str) -> str | None:
    """Names of ports: RFC 6335. Source: IsValidPortName."""
    if len(name) > 15:
        return "must be no more than 15 characters"
    if not _PORT_NAME.fullmatch(name):
        return (
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"
            if not re.fullmatch(r"[-a-z0-9]+", name)
            else "must not start or end with hyphens"
        )
    if not re.search(r"[a-z]", name):
        return "must contain at least one letter (a-z)"
    return "must not contain consecutive hyphens" if "--" in name else None


def check_ip(text: str) -> str | None:
    """Source: IsValidIP."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    return None


def check_file_path(path: str) -> str | None:
    """A path below a volume: relative, and it does not lead out.

    Source: validateLocalDescendingPath, validateLocalNonReservedPath.
    """
    if path.startswith("/"):
        return "must be a relative path"
    if ".." in path.split("/"):
        return "must not contain '..'"
    if path.startswith(".."):
        return "must not start with '..'"
    return _check_length(path)


def check_descending_path(path: str) -> str | None:
    """A ``subPath``: as a file's, but its first part may be any name, such as ``..x``."""
    if path.startswith("/"):
        return "must be a relative path"
    return "must not contain '..'" if ".." in path.split("/") else _check_length(path)


def check_no_way_back(path: str) -> str | None:
    """A path that has no ``..`` part."""
    return "must not contain '..'" if ".." in path.split("/") else _check_length(path)


def _check_length(path: str) -> str | None:
    if "\0" in path:
        return "must not contain a null character"
    return None if len(path) <= _LONGEST_PATH else f"must be no more than {_LONGEST_PATH} bytes"


def _to_quantity(value: object) -> Quantity:
    if isinstance(value, Quantity):
        return value
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"must be a quantity such as 100m or 64Mi, not {describe(value)}")
    try:
        return parse_quantity(str(value))
    except ValueError as error:
        raise ValueError(say_invalid(value, str(error))) from None


def _to_port(value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"must be a port's number or name, not {describe(value)}")
    if isinstance(value, int):
        wrong = None if 1 <= value <= 65535 else "must be between 1 and 65535, inclusive"
    else:
        wrong = check_port_name(value)
    if wrong:
        raise ValueError(say_invalid(value, wrong))
    return value


def _to_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise ValueError(f"must be text in base64, not {describe(value)}")
    try:
        # Kubernetes' decoder skips line ends too: they come with a YAML block.
        return base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        # It may be a secret: it is not quoted.
        raise ValueError("illegal base64 data") from None


def _check_mode(mode: int) -> int:
    if not 0 <= mode <= 0o777:
        wrong = "must be a number between 0 and 0777 (octal), both inclusive"
        raise ValueError(say_invalid(mode, wrong))
    return mode


DnsLabel: TypeAlias = Annotated[StrictStr, _named(check_dns_label)]
DnsSubdomain: TypeAlias = Annotated[StrictStr, _named(check_dns_subdomain)]
LabelKey: TypeAlias = Annotated[StrictStr, _named(check_label_key)]
LabelValue: TypeAlias = Annotated[StrictStr, _named(check_label_value)]
EnvName: TypeAlias = Annotated[StrictStr, _named(check_env_name)]
Key: TypeAlias = Annotated[StrictStr, checked(check_key)]
FilePath: TypeAlias = Annotated[StrictStr, Field(min_length=1), checked(check_file_path)]
SubPath: TypeAlias = Annotated[StrictStr, checked(check_descending_path)]
IpAddress: TypeAlias = Annotated[StrictStr, checked(check_ip)]
IpAddressOrNone: TypeAlias = Annotated[StrictStr, checked(lambda ip: check_ip(ip) if ip else None)]
PortName: TypeAlias = Annotated[StrictStr, checked(check_port_name)]
PortNumber: TypeAlias = Annotated[StrictInt, between(1, 65535)]
PortOrName: TypeAlias = Annotated[int | str, PlainValidator(_to_port)]
Mode: TypeAlias = Annotated[StrictInt, AfterValidator(_check_mode)]
Id: TypeAlias = Annotated[StrictInt, between(0, _LARGEST_INT32)]
NotNegative: TypeAlias = Annotated[StrictInt, at_least(0)]
Text: TypeAlias = Annotated[StrictStr, Field(min_length=1)]
Amount: TypeAlias = Annotated[Quantity, PlainValidator(_to_quantity), PlainSerializer(str)]
Base64: TypeAlias = Annotated[
    bytes,
    BeforeValidator(_to_bytes),
    PlainSerializer(lambda data: base64.b64encode(data).decode(), return_type=str),
]
#: What is read for no more than its shape: it means nothing to a pod on one engine.
Opaque: TypeAlias = Annotated[dict[str, Any], Words("a mapping")]
