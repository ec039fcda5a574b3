"""The Docker Engine API's JSON and frames, to the port's types and back. No connection here."""

from pausedemo.engine.wire.about import parse_abilities, parse_engine_name
from pausedemo.engine.wire.containers import (
    parse_container,
    parse_processes,
    parse_state,
    parse_summary,
    parse_time,
)
from pausedemo.engine.wire.creation import render_config
from pausedemo.engine.wire.files import parse_go_mode, parse_path
from pausedemo.engine.wire.labels import (
    bears_all,
    bears_labels,
    render_label_filter,
    split_reference,
)
from pausedemo.engine.wire.streams import (
    FRAME_HEADER_BYTES,
    Readable,
    parse_event,
    read_frames,
)

__all__ = [
    "FRAME_HEADER_BYTES",
    "Readable",
    "bears_all",
    "bears_labels",
    "parse_abilities",
    "parse_container",
    "parse_engine_name",
    "parse_event",
    "parse_go_mode",
    "parse_path",
    "parse_processes",
    "parse_state",
    "parse_summary",
    "parse_time",
    "read_frames",
    "render_config",
    "render_label_filter",
    "split_reference",
]
