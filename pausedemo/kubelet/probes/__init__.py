"""Probes of the running containers of all pods of a kubelet."""

from pausedemo.kubelet.probes.manager import ProbeManager

__all__ = ["ProbeManager"]
