"""What must hold of probes and hooks.

Source: validateHandler, validateProbe, validateLivenessProbe, validateLifecycle,
pkg/apis/core/validation/validation.go.
"""

from __future__ import annotations

import re
from typing import Final

from pausedemo.core.files.complaints import Path
from pausedemo.core.manifest.container import Container
from pausedemo.core.manifest.probes import HTTPGetAction, LifecycleHandler, Probe, SleepAction
from pausedemo.core.manifest.rules.words import Faults, choose, forbidden, invalid, required

_HANDLERS: Final = {"exec": "exec", "http_get": "httpGet", "tcp_socket": "tcpSocket"}
_OF_PROBES: Final = {**_HANDLERS, "grpc": "grpc"}
_OF_HOOKS: Final = {"exec": "exec", "http_get": "httpGet", "sleep": "sleep"}
_HEADER: Final = re.compile(r"[-A-Za-z0-9]+")
_HEADER_WRONG: Final = (
    "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', "
    "regex used for validation is '[-A-Za-z0-9]+')"
)


def check_probes(container: Container, path: Path) -> Faults:
    """All probes of one container."""
    for key, probe in (
        ("livenessProbe", container.liveness_probe),
        ("startupProbe", container.startup_probe),
        ("readinessProbe", container.readiness_probe),
    ):
        if probe is not None:
            yield from _check_probe(probe, (*path, key))


def check_lifecycle(container: Container, path: Path, grace_s: int) -> Faults:
    """All hooks of one container. ``grace_s`` is the pod's grace."""
    for key, hook in (
        ("postStart", container.lifecycle.post_start),
        ("preStop", container.lifecycle.pre_stop),
    ):
        if hook is not None:
            place = (*path, "lifecycle", key)
            yield from _check_handler(hook, _OF_HOOKS, place)
            if hook.sleep is not None:
                yield from _check_sleep(hook.sleep, (*place, "sleep"), grace_s)


def _check_probe(probe: Probe, path: Path) -> Faults:
    yield from _check_handler(probe, _OF_PROBES, path)
    if path[-1] == "readinessProbe":
        if probe.termination_grace_period_seconds is not None:
            wrong = "must not be set for readinessProbes"
            yield (
                (*path, "terminationGracePeriodSeconds"),
                invalid(probe.termination_grace_period_seconds, wrong),
            )
    elif probe.success_threshold != 1:
        yield (*path, "successThreshold"), invalid(probe.success_threshold, "must be 1")


def _check_handler(handler: Probe | LifecycleHandler, keys: dict[str, str], path: Path) -> Faults:
    given = choose(handler, keys)
    if not given:
        yield path, required("must specify a handler type")
    for key in given[1:]:
        yield (*path, key), forbidden("may not specify more than 1 handler type")
    if handler.exec is not None and not handler.exec.command:
        yield (*path, "exec", "command"), required()
    if handler.http_get is not None:
        yield from _check_headers(handler.http_get, (*path, "httpGet"))


def _check_headers(action: HTTPGetAction, path: Path) -> Faults:
    for index, header in enumerate(action.http_headers):
        if not _HEADER.fullmatch(header.name):
            yield (*path, "httpHeaders", index, "name"), invalid(header.name, _HEADER_WRONG)


def _check_sleep(action: SleepAction, path: Path, grace_s: int) -> Faults:
    if not 0 < action.seconds <= grace_s:
        wrong = f"must be greater than 0 and less than terminationGracePeriodSeconds ({grace_s})"
        yield path, invalid(action.seconds, wrong)
