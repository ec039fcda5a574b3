"""The command of an exec probe or hook as it is run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pausedemo.core.manifest import EnvVar

_REFERENCE: Final = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


def expand_probe_command(command: Iterable[str], env: Iterable[EnvVar]) -> tuple[str, ...]:
    """Replace ``$(NAME)`` by what ``env`` gives it in plain text; ``$$`` is a dollar sign.

    A variable that gets its value from elsewhere is empty here, and one that is not there stays as
    it is written: the kubelet runs probes without the container's whole environment.

    Source: ExpandContainerCommandOnlyStatic in kubernetes pkg/kubelet/container/helpers.go.
    """
    values = {variable.name: variable.value or "" for variable in env}

    def replace(match: re.Match[str]) -> str:
        return "$" if match[1] else values.get(match[2], match[0])

    return tuple(_REFERENCE.sub(replace, word) for word in command)
