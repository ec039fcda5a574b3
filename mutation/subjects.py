"""Which containers are lied about, and what they are to each other.

Those that a scenario made: a pod's, or bare ones. What pausedemo makes to look at the node is its
eye, and stays true. A container is known by the body of a request that creates it, by what
inspect says, or, in part, by a row of the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from pausedemo.core import naming

Body: TypeAlias = dict[str, Any]
Labels: TypeAlias = Mapping[str, str]

JOIN: Final = "container:"
#: By what is joined, in the order in which a join says who a container belongs to.
MODES: Final = ("NetworkMode", "PidMode", "IpcMode")
_EYE: Final = "pausedemo-node-"


def labels_of(body: Body) -> Labels:
    """A container's labels."""
    labels: Labels = body.get("Labels") or body.get("Config", {}).get("Labels") or {}
    return labels


def host_config(body: Body) -> Body:
    """The part that says how it is run."""
    if body.get("HostConfig") is None:
        body["HostConfig"] = {}
    config: Body = body["HostConfig"]
    return config


def name_of(body: Body) -> str:
    """A container's name, if the body has it."""
    name: str = body.get("Name") or (body.get("Names") or [""])[0]
    return name.removeprefix("/")


def is_subject(body: Body) -> bool:
    """Whether it is one of those that a scenario is about."""
    return naming.SCENARIO in labels_of(body) and not name_of(body).startswith(_EYE)


def is_donor(body: Body) -> bool:
    """Whether others join it: a sandbox, or a bare container in a sandbox's place."""
    labels = labels_of(body)
    sandbox = labels.get(naming.CONTAINER_TYPE) == naming.TYPE_SANDBOX
    return is_subject(body) and (sandbox or naming.JOINED in labels)


def is_member(body: Body) -> bool:
    """Whether it joins another."""
    return is_subject(body) and bool(donor_of(body))


def donor_of(body: Body) -> str:
    """The id or name of the container that it joins; empty when it joins none."""
    modes = (str(host_config(body).get(mode) or "") for mode in MODES)
    return next((mode.removeprefix(JOIN) for mode in modes if mode.startswith(JOIN)), "")


def ownership(body: Body) -> dict[str, str]:
    """The labels with which whatever a lie makes goes when its scenario is taken down."""
    ours = (naming.RUN, naming.SCENARIO, naming.OWNER)
    return {key: value for key, value in labels_of(body).items() if key in ours}
