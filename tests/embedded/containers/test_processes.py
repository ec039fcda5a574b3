"""``docker top``: a ps table cut down to some processes."""

from __future__ import annotations

import pytest

from pausedemo.embedded.containers.processes import cut_table
from pausedemo.embedded.errors import ServerError

# ps -ef of procps 4.0.2, without its ordinary rows.
PS_EF = """\
UID          PID    PPID  C STIME TTY          TIME CMD
root           1       0  0 03:00 ?        00:00:01 /sbin/init splash
root          17       1  0 03:01 ?        00:00:00 sh -c sleep  3600; echo  17
65534        170      17  0 03:01 ?        00:00:00 sleep 3600
"""


def test_only_the_container_s_rows_are_left_and_the_last_column_keeps_its_spaces():
    assert cut_table(PS_EF, frozenset({17, 170})) == {
        "Titles": ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"],
        "Processes": [
            ["root", "17", "1", "0", "03:01", "?", "00:00:00", "sh -c sleep  3600; echo  17"],
            ["65534", "170", "17", "0", "03:01", "?", "00:00:00", "sleep 3600"],
        ],
    }


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("PID\n", []),
        ("  PID\n   17\n   18\n", [["17"]]),
        ("PID CMD\n17 \n", [["17"]]),
        ("CMD PID\nsh 17\nbroken row here\n\n", [["sh", "17"]]),
    ],
)
def test_short_and_broken_rows_do_no_harm(text, rows):
    assert cut_table(text, frozenset({17}))["Processes"] == rows


@pytest.mark.parametrize("text", ["", "\n", "UID CMD\nroot sh\n", "pid\n17\n"])
def test_a_table_without_process_ids_is_refused(text):
    with pytest.raises(ServerError, match="Couldn't find PID field in ps output"):
        cut_table(text, frozenset({17}))


def test_a_table_cut_off_anywhere_is_read_as_far_as_it_goes():
    whole = cut_table(PS_EF, frozenset({17, 170}))["Processes"]
    titles_end = PS_EF.index("\n")
    for length in range(titles_end, len(PS_EF)):
        rows = cut_table(PS_EF[:length], frozenset({17, 170}))["Processes"]
        assert rows[:-1] == whole[: max(len(rows) - 1, 0)]
        assert len(rows) <= len(whole)
