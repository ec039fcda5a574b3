"""Images of pods by their pull policy, with the kubelet's words and its back-off.

Where no registry is at hand, what is on the engine or can be built here stands in, as in a
scenario: for an image that is missing, and for a policy of Always that nobody has written, which
Kubernetes makes of a name without a tag.

Source: EnsureImageExists in kubernetes pkg/kubelet/images/image_manager.go.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NoReturn

from pausedemo.clock import Clock
from pausedemo.core.manifest import Container, ImagePullPolicy
from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent
from pausedemo.core.pods.podview import Waiting
from pausedemo.core.rules.imagenames import check_image_name, choose_pull_policy
from pausedemo.engine.port import Engine, ImageInfo
from pausedemo.errors import EngineError, EngineGone, PausedemoError
from pausedemo.images.cache import ImageCache
from pausedemo.images.catalog import qualify
from pausedemo.images.resolve import ImageResolver, Policy, ResolvedImage
from pausedemo.kubelet.pod.ports import ContainerWaits, Tell

PAUSE_IMAGE: Final = "pause"
FIRST_BACK_OFF_S: Final = 10.0
LONGEST_BACK_OFF_S: Final = 300.0
#: How soon a pull that failed is told as a back-off, and how often that is told again.
SOON_S: Final = 2.0
AGAIN_S: Final = 15.0
#: How often it is looked whether an image that no policy lets pull has come.
NEVER_S: Final = 10.0
PULL_TIMEOUT_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class _Failure:
    """A pull that failed: when, and how long the next one waits from then on."""

    at: datetime
    delay_s: float

    @classmethod
    def after(cls, before: _Failure | None, now: datetime) -> _Failure:
        """One more, by how long it waited before."""
        delay_s = FIRST_BACK_OFF_S
        # As flowcontrol.Backoff: what has not failed for twice the longest delay starts anew.
        if before is not None and now - before.at < timedelta(seconds=2 * LONGEST_BACK_OFF_S):
            delay_s = min(2 * before.delay_s, LONGEST_BACK_OFF_S)
        return cls(now, delay_s)

    @property
    def until(self) -> datetime:
        return self.at + timedelta(seconds=self.delay_s)


class Pulling:
    """The images of all pods of an engine. Safe from several threads; each image comes once."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        tell: Tell,
        policy: Policy = Policy.AUTO,
        cache: ImageCache | None = None,
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._tell = tell
        self._policy = policy
        self._cache = cache or ImageCache()
        self._pause = ""
        self._failures: dict[tuple[str, str], _Failure] = {}
        self._unrenewed: dict[str, _Failure] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    @property
    def pause(self) -> str:
        """The infra container's image; ImageUnavailable."""
        with self._lock(PAUSE_IMAGE):
            if self._pause and self._engine.find_image(self._pause) is not None:
                return self._pause
            resolver = ImageResolver(self._engine, self._policy, cache=self._cache)
            self._pause = resolver.resolve(PAUSE_IMAGE).used
            return self._pause

    def provide(self, pod: Pod, container: Container) -> str:
        """The image that a container is made from; ContainerWaits while there is none."""
        wrong = check_image_name(container.image)
        if wrong:
            self._say(pod, container, "Warning", "InspectFailed", wrong)
            self._give_up(pod, container, "InvalidImageName", wrong, LONGEST_BACK_OFF_S)
        with self._lock(container.image):
            present = self._find(container.image)
            policy = choose_pull_policy(container)
            if present and policy is not ImagePullPolicy.ALWAYS:
                return self._take(pod, container, present)
            if present and container.image_pull_policy is None:
                return self._renew(pod, container, present)
            if policy is ImagePullPolicy.NEVER:
                words = (
                    f'Container image "{container.image}" is not present with pull policy of Never'
                )
                self._say(pod, container, "Warning", "ErrImageNeverPull", words)
                self._give_up(pod, container, "ErrImageNeverPull", words, NEVER_S)
            return self._pull(pod, container)

    def _renew(self, pod: Pod, container: Container, present: ResolvedImage) -> str:
        """Take what a registry has now, where it answers: nobody has asked for more in writing.

        A pull is told when it has been one. After one that failed the registry is left alone for a
        while, for all pods: without a network each would cost the patience for a name.
        """
        if self._policy is Policy.LOCAL:
            return self._take(pod, container, present)
        image, but = container.image, " (no registry gave it)"
        before = self._unrenewed.get(image)
        if before is not None and before.until > self._clock.now():
            return self._take(pod, container, present, but)
        began = self._clock.monotonic()
        try:
            found = self._ask_registry(image)
        except EngineGone:
            raise
        except PausedemoError:
            self._unrenewed[image] = _Failure.after(before, self._clock.now())
            return self._take(pod, container, present, but)
        self._unrenewed.pop(image, None)
        self._say(pod, container, "Normal", "Pulling", f'Pulling image "{image}"')
        return self._tell_pulled(pod, container, found, began)

    def _pull(self, pod: Pod, container: Container) -> str:
        self._check_back_off(pod, container)
        image = container.image
        self._say(pod, container, "Normal", "Pulling", f'Pulling image "{image}"')
        began = self._clock.monotonic()
        try:
            found = self._ask_registry(image)
        except EngineGone:
            raise
        except PausedemoError as error:
            instead = self._stand_in(container)
            if instead is None:
                self._fail(pod, container, error)
            self._failures.pop((pod.uid, image), None)
            words = f'Container image "{image}" made on this machine{_name_substitute(instead)}'
            words += f"; no registry gave it: {_explain(error)}"
            self._say(pod, container, "Normal", "Pulled", words)
            return instead.used
        return self._tell_pulled(pod, container, found, began)

    def _tell_pulled(self, pod: Pod, container: Container, found: ImageInfo, began: float) -> str:
        image = container.image
        took_s = f"{self._clock.monotonic() - began:.3f}s"
        self._failures.pop((pod.uid, image), None)
        self._say(
            pod,
            container,
            "Normal",
            "Pulled",
            f'Successfully pulled image "{image}" in {took_s} ({took_s} including waiting). '
            f"Image size: {found.size_bytes} bytes.",
        )
        return found.id

    def _ask_registry(self, image: str) -> ImageInfo:
        """Pull the image itself, never what may stand in for it."""
        if self._policy is Policy.LOCAL:
            raise PausedemoError("registries are not asked: --images local")
        return self._engine.pull_image(qualify(image), PULL_TIMEOUT_S)

    def _stand_in(self, container: Container) -> ResolvedImage | None:
        """What serves when the registry does not; None where only the registry will do."""
        if container.image_pull_policy is ImagePullPolicy.ALWAYS:
            return None
        if self._policy is Policy.REGISTRY:
            return None
        try:
            resolver = ImageResolver(self._engine, Policy.LOCAL, cache=self._cache)
            return resolver.resolve(container.image)
        except EngineGone:
            raise
        except PausedemoError:
            return None

    def _check_back_off(self, pod: Pod, container: Container) -> None:
        failure = self._failures.get((pod.uid, container.image))
        if failure is None:
            return
        left_s = (failure.until - self._clock.now()).total_seconds()
        if left_s > 0:
            words = f'Back-off pulling image "{container.image}"'
            self._say(pod, container, "Normal", "BackOff", words)
            self._give_up(pod, container, "ImagePullBackOff", words, min(left_s, AGAIN_S))

    def _fail(self, pod: Pod, container: Container, error: PausedemoError) -> NoReturn:
        image, why = container.image, _explain(error)
        words = f'Failed to pull image "{image}": {why}'
        self._say(pod, container, "Warning", "Failed", words)
        key = (pod.uid, image)
        self._failures[key] = _Failure.after(self._failures.get(key), self._clock.now())
        self._give_up(pod, container, "ErrImagePull", why, SOON_S)

    def _give_up(
        self, pod: Pod, container: Container, reason: str, message: str, again_s: float
    ) -> NoReturn:
        self._say(pod, container, "Warning", "Failed", f"Error: {reason}")
        until = self._clock.now() + timedelta(seconds=again_s)
        raise ContainerWaits(Waiting(reason, message), until)

    def _take(self, pod: Pod, container: Container, present: ResolvedImage, but: str = "") -> str:
        words = f'Container image "{container.image}" already present on machine'
        words += _name_substitute(present) + but
        self._say(pod, container, "Normal", "Pulled", words)
        return present.used

    def _find(self, image: str) -> ResolvedImage | None:
        return ImageResolver(self._engine, self._policy, cache=self._cache).find(image)

    def _say(self, pod: Pod, container: Container, level: str, reason: str, message: str) -> None:
        self._tell(pod, PodEvent(level, reason, message, self._clock.now(), container.name))

    def _lock(self, image: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(image, threading.Lock())


def _name_substitute(image: ResolvedImage) -> str:
    """What stands in for an image that is not there itself; nothing where it is."""
    return f" as {image.used}, which stands in for it" if image.substitute else ""


def _explain(error: PausedemoError) -> str:
    if isinstance(error, EngineError):
        return f"Error response from daemon: {error.message}"
    return str(error)
