"""What a create request may ask for: taken over, refused, or of no effect; a file for each kind."""

from pausedemo.embedded.containers.options.healthcheck import (
    Healthcheck,
    check_healthcheck,
    parse_healthcheck,
)
from pausedemo.embedded.containers.options.keys import (
    RUNTIME,
    check_choices,
    check_keys,
    check_platform,
)
from pausedemo.embedded.containers.options.limits import check_limits, parse_limits
from pausedemo.embedded.containers.options.modes import check_modes
from pausedemo.embedded.containers.options.names import check_conflict_name, check_name
from pausedemo.embedded.containers.options.program import (
    apply_env,
    as_list,
    check_working_dir,
    compute_argv,
    merge_env,
)
from pausedemo.embedded.containers.options.restart import RestartPolicy, parse_restart_policy
from pausedemo.embedded.containers.options.security import Security, parse_security

__all__ = [
    "RUNTIME",
    "Healthcheck",
    "RestartPolicy",
    "Security",
    "apply_env",
    "as_list",
    "check_choices",
    "check_conflict_name",
    "check_healthcheck",
    "check_keys",
    "check_limits",
    "check_modes",
    "check_name",
    "check_platform",
    "check_working_dir",
    "compute_argv",
    "merge_env",
    "parse_healthcheck",
    "parse_limits",
    "parse_restart_policy",
    "parse_security",
]
