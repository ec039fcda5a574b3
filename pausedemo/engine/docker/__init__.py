"""An engine reached by the docker SDK. Nothing else imports that."""

from pausedemo.engine.docker.asking import REQUEST_TIMEOUT_S, Closable
from pausedemo.engine.docker.engine import DockerEngine

__all__ = ["REQUEST_TIMEOUT_S", "Closable", "DockerEngine"]
