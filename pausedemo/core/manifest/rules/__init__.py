"""What must hold between the fields of an object, each rule in Kubernetes' words."""

from pausedemo.core.manifest.rules.configuration import check_config_map, check_secret
from pausedemo.core.manifest.rules.pods import check_pod

__all__ = ["check_config_map", "check_pod", "check_secret"]
