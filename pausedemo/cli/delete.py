"""``pausedemo delete``: the end of pods, ConfigMaps and Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from pausedemo.cli.cluster import (
    filename_option,
    namespace_option,
    open_cluster,
    read_duration,
    read_selector,
    recursive_option,
    selector_option,
)
from pausedemo.cli.options import engine_option
from pausedemo.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pausedemo.cli.cluster import Cluster
    from pausedemo.core.kubectl.objects import KubeObject

IMMEDIATE: Final = (
    "Warning: Immediate deletion does not wait for confirmation that the running resource has "
    "been terminated. The resource may continue to run on the cluster indefinitely."
)
