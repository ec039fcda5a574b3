"""Slow work on the console: bars and spinners on a terminal, now and then a line in a log."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress_bar import ProgressBar

from pausedemo.clock import Clock
from pausedemo.report.console.paint import Painter
from pausedemo.report.text import format_duration, join_lines

_LINE_INTERVAL_S: Final = 10.0
_WORTH_TELLING_S: Final = 1.0
_BAR_WIDTH: Final = 16
# Spinner, bar, percentage, time and the gaps: what a description must leave free.
_OTHER_COLUMNS_WIDTH: Final = 1 + _BAR_WIDTH + 4 + 7 + 4


@dataclass(slots=True)
class _Work:
    """One thing under way. ``bar`` is None where nothing moves on the screen."""

    bar: TaskID | None
    started_at: float
    told_at: float
    minor: bool


class SlowWork:
    """What is under way now. Calls may come from any thread."""

    def __init__(self, painter: Painter, clock: Clock) -> None:
        self._painter = painter
        self._clock = clock
        self._lock = threading.Lock()
        self._works: dict[str, _Work] = {}
        self._progress: Progress | None = None

    def start(self, text: str, *, minor: bool = False) -> None:
        """Show it. What is minor, as a step that has said its name, gets no line of a log."""
        with self._lock:
            now = self._clock.monotonic()
            bar = None if self._painter.plain else self._add_bar(text)
            self._works[text] = _Work(bar, now, now, minor)
            if self._painter.plain and not minor:
                self._painter.print_line((f"... {join_lines(text)}", ""))

    def update(self, text: str, fraction: float | None, doing: str = "") -> None:
        """Move the bar, or say how far it is when the last line is ten seconds old."""
        with self._lock:
            work = self._works.get(text)
            if work is None:
                return
            if work.bar is not None and self._progress is not None:
                if fraction is not None:
                    self._progress.update(work.bar, total=1.0, completed=fraction)
                if doing:
                    self._progress.update(work.bar, description=self._describe(text, doing))
                return
            now = self._clock.monotonic()
            if not work.minor and now - work.told_at >= _LINE_INTERVAL_S:
                work.told_at = now
                took = format_duration(now - work.started_at)
                far = took if fraction is None else f"{fraction:.0%} after {took}"
                at = f", {join_lines(doing)}" if doing else ""
                self._painter.print_line((f"... {join_lines(text)}: {far}{at}", ""))

    def finish(self, text: str) -> None:
        """Take it away; say what it took if that was long. Unknown text: no effect."""
        with self._lock:
            work = self._works.pop(text, None)
            if work is None:
                return
            if work.bar is not None and self._progress is not None:
                self._progress.remove_task(work.bar)
            if not self._works:
                self._stop()
            took_s = self._clock.monotonic() - work.started_at
            if not work.minor and took_s >= _WORTH_TELLING_S:
                took = format_duration(took_s)
                self._painter.print_line((f"... {join_lines(text)}: took {took}", ""))

    def close(self) -> None:
        """Forget everything and give the terminal its cursor back."""
        with self._lock:
            self._works.clear()
            self._stop()

    def _add_bar(self, text: str) -> TaskID:
        if self._progress is None:
            self._progress = Progress(
                SpinnerColumn("line" if self._painter.ascii else "dots"),
                TextColumn("{task.description}", markup=False),
                _KnownBarColumn(bar_width=_BAR_WIDTH),
                TaskProgressColumn("{task.percentage:>3.0f}%", markup=False),
                TimeElapsedColumn(),
                console=self._painter.console,
                transient=True,
                # The process's own streams are not ours to replace.
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._progress.start()
        return self._progress.add_task(self._describe(text), total=None)

    def _describe(self, text: str, doing: str = "") -> str:
        whole = join_lines(f"{text}: {doing}" if doing else text)
        return _cut_to(self._painter.encode(whole), self._painter.width - _OTHER_COLUMNS_WIDTH)

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _cut_to(text: str, width: int) -> str:
    """``text`` itself when it fits; else its start. rich would shrink every column instead."""
    return text if cell_len(text) <= width else set_cell_size(text, max(width, 1)).rstrip()


class _KnownBarColumn(BarColumn):
    """A bar only where it is known how far the work is; the spinner says the rest."""

    def render(self, task: Task) -> ProgressBar:
        bar = super().render(task)
        if task.total is None:
            bar.width = 0
        return bar
