"""Events that repeat are counted, similar ones combined, and too many of one pod left out.

Source: EventCorrelator in k8s.io/client-go/tools/record/events_cache.go, whose figures these are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from pausedemo.core.pods.pod import Pod
from pausedemo.core.pods.podevent import PodEvent, RecordedEvent, compute_field_path

#: So many different messages of one reason within the interval are told as one from then on.
SIMILAR_EVENTS: Final = 10
SIMILAR_INTERVAL: Final = timedelta(minutes=10)
#: How many events a pod may have at once, and how long it takes until it may have one more.
BURST: Final = 25
REFILL: Final = timedelta(minutes=5)
#: How long an event is kept after it was told last: the API server's --event-ttl.
LIFETIME: Final = timedelta(hours=1)
COMBINED: Final = "(combined from similar events): "

#: type, reason, message and field path; what was combined has neither of the last two.
_Key = tuple[str, str, str, str]


@dataclass(slots=True)
class _Similar:
    """The different messages of one type and reason, as far as they are counted."""

    messages: set[str]
    last: datetime


@dataclass(slots=True)
class _Told:
    """All that was told of one pod."""

    events: dict[_Key, RecordedEvent] = field(default_factory=dict)
    kept: dict[_Key, RecordedEvent] = field(default_factory=dict)
    similar: dict[tuple[str, str], _Similar] = field(default_factory=dict)
    tokens: float = BURST
    filled_at: datetime | None = None


class EventCorrelator:
    """Remembers what was told of each pod. For one thread at a time."""

    def __init__(self) -> None:
        self._pods: dict[str, _Told] = {}

    def restore(self, events: Iterable[RecordedEvent]) -> None:
        """Go on counting where another has stopped."""
        for event in events:
            told = self._pods.setdefault(event.uid, _Told())
            combined = event.message.startswith(COMBINED)
            key = (event.type, event.reason, *(("", "") if combined else _where(event)))
            told.events[key] = told.kept[key] = event

    def forget(self, uid: str) -> None:
        """Remember nothing of a pod."""
        self._pods.pop(uid, None)

    def correlate(self, pod: Pod, event: PodEvent) -> bool:
        """Count an event; whether what is to be kept of its pod has changed by it."""
        told = self._pods.setdefault(pod.uid, _Told())
        path = compute_field_path(pod, event.container)
        message, key = _combine(told, event, path)
        before = told.events.get(key)
        if before is None:
            # The API server's own way of naming: what it is about, and the time in hex.
            nanos = int(event.time.timestamp() * 1e6) * 1000
            observed = RecordedEvent(
                name=f"{pod.name}.{nanos:x}",
                namespace=pod.namespace,
                pod=pod.name,
                uid=pod.uid,
                type=event.type,
                reason=event.reason,
                message=message,
                count=1,
                first_time=event.time,
                last_time=event.time,
                field_path=path,
            )
        else:
            observed = replace(
                before, message=message, count=before.count + 1, last_time=event.time
            )
        told.events[key] = observed
        if not _take_token(told, event.time):
            return False
        told.kept[key] = observed
        return True

    def kept(self, uid: str, now: datetime) -> tuple[RecordedEvent, ...]:
        """What is to be kept of a pod at ``now``, oldest first; what has become too old goes."""
        told = self._pods.get(uid)
        if told is None:
            return ()
        for table in (told.kept, told.events):
            for key in [k for k, one in table.items() if now - one.last_time > LIFETIME]:
                del table[key]
        return tuple(sorted(told.kept.values(), key=lambda one: (one.last_time, one.name)))


def _where(event: RecordedEvent) -> tuple[str, str]:
    return event.message, event.field_path


def _combine(told: _Told, event: PodEvent, path: str) -> tuple[str, _Key]:
    """The message to keep, and what it is counted by."""
    kind = (event.type, event.reason)
    similar = told.similar.get(kind)
    if similar is None or event.time - similar.last > SIMILAR_INTERVAL:
        similar = told.similar[kind] = _Similar(set(), event.time)
    similar.messages.add(event.message)
    similar.last = event.time
    if len(similar.messages) < SIMILAR_EVENTS:
        return event.message, (*kind, event.message, path)
    similar.messages.pop()
    return COMBINED + event.message, (*kind, "", "")


def _take_token(told: _Told, now: datetime) -> bool:
    if told.filled_at is not None:
        told.tokens = min(BURST, told.tokens + max(now - told.filled_at, timedelta()) / REFILL)
    told.filled_at = now
    if told.tokens < 1:
        return False
    told.tokens -= 1
    return True
