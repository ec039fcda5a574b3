"""What of a container's last words is told as its termination message.

Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go (``getTerminationMessage``,
``readLastStringFromContainerLogs``) and pkg/kubelet/container/runtime.go for the limits.
"""

from __future__ import annotations

from typing import Final

from pausedemo.core.manifest import Container, TerminationMessagePolicy

#: Of the file: as many bytes of its end.
FILE_BYTES: Final = 4096
#: Of the log: as many lines of its end, and of these as many bytes.
LOG_LINES: Final = 80
LOG_BYTES: Final = 2048


def wants_log(container: Container, exit_code: int, started: bool) -> bool:
    """Whether the log stands in for a message that is empty.

    What never started has written nothing.
    """
    policy = container.termination_message_policy
    falls_back = policy is TerminationMessagePolicy.FALLBACK_TO_LOGS_ON_ERROR
    return falls_back and exit_code != 0 and started


def cut_file(content: bytes) -> str:
    """What is told of a message file."""
    return content[-FILE_BYTES:].decode(errors="replace")


def cut_log(tail: bytes) -> str:
    """What is told of the last lines of a log, both streams in their order."""
    return tail[-LOG_BYTES:].decode(errors="replace")
