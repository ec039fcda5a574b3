from __future__ import annotations

import dataclasses
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pausedemo.core.outputs.ps import Process, parse_ps
from pausedemo.errors import ParseError
from tests.core.captures import capture_names, cuts, read_capture

# What ran when the captures were made, in procps's words and whole: tests/data/README.md.
RAN = (
    Process(1, 0, "root", "Ss", "sleep 3600"),
    Process(13, 1, "root", "Z", "[sh] <defunct>"),
    Process(15, 0, "averyveryverylongusername", "Ss", "sleep 3500"),
    Process(21, 0, "123456", "Ss", "sleep 3400"),
    Process(27, 0, "2147483000", "Ss", "sleep 3450"),
    Process(34, 0, "root", "SNs", "sleep 3300"),
    Process(40, 0, "root", "S<s", "sleep 3350"),
    Process(46, 0, "root", "Ss", "[kworker/0:1-events] 3200"),
    Process(52, 0, "root", "Ss", "two  blanks   here 3100"),
    Process(58, 0, "root", "Ss", "caf?? 3000"),
    Process(64, 0, "root", "Ss", 'sh -c sleep 2900 echo "second line"'),
    Process(71, 64, "root", "S", "sleep 2900"),
    Process(72, 0, "node", "Ss", "node current/index.js 2800"),
    Process(80, 0, "root", "Ss", "nginx: master process nginx -g daemon off;"),
    Process(86, 80, "www-data", "S", "nginx: worker process"),
    Process(87, 80, "www-data", "S", "nginx: worker process"),
    Process(88, 0, "node", "Ss", "node current/index.js -l 127.0.0.1 2368"),
    Process(94, 0, "root", "Ss", "nc.openbsd -u -l 0.0.0.0 5353"),
    Process(100, 0, "root", "Ss", "nc.openbsd -6 -l ::1 25"),
    Process(106, 0, "root", "Ss", "nc.openbsd -6 -u -l ::1 5354"),
    Process(
        112,
        0,
        "root",
        "Ss",
        "nc.openbsd -6 -l 2001:db8:1234:5678:9abc:def0:1234:5678 8080",
    ),
    Process(118, 0, "root", "Ss", "nc.openbsd -6 -l fe80::42:acff:fe11:2222%lo 8081"),
    Process(125, 0, "root", "Ss", "nc.openbsd -U -l /tmp/socket"),
    Process(131, 0, "root", "Ss", "nc.openbsd -d 127.0.0.1 80"),
    Process(137, 0, "root", "Ss", "nc.openbsd -u -d 127.0.0.1 5353"),
)

# capture -> (the columns it has, the row of ps itself)
PROCPS = {
    "procps-aux": ("user state", Process(170, None, "root", "Rs", "ps aux")),
    "procps-ef": ("user ppid", Process(176, 0, "root", None, "ps -ef")),
    "procps-o": (
        "long_user state ppid",
        Process(182, 0, "root", "Rs", "ps -e -o pid,ppid,user:32,stat,args"),
    ),
    "procps-starts": (
        "",
        Process(188, None, None, None, "ps -e -o pid,lstart,start,bsdstart,time,args"),
    ),
}
BUSYBOX = {
    "busybox-aux": ("user", Process(151, None, "root", None, "/opt/upstream/busybox ps aux")),
    "busybox-debian-aux": ("user", Process(144, None, "root", None, "/bin/busybox ps aux")),
    "busybox-o": (
        "state ppid",
        Process(157, 0, None, "R", "/opt/upstream/busybox ps -o pid,ppid,stat,args"),
    ),
}


def as_procps_prints(process: Process, columns: str) -> Process:
    user = process.user or ""
    short = user if len(user) <= 8 else user[:7] + "+"
    return dataclasses.replace(
        process,
        ppid=process.ppid if "ppid" in columns else None,
        user=user if "long_user" in columns else short if "user" in columns else None,
        state=process.state if "state" in columns else None,
    )


def as_busybox_prints(process: Process, columns: str) -> Process:
    state = (process.state or "").removesuffix("s")  # BusyBox knows no session leaders
    return Process(
        pid=process.pid,
        ppid=process.ppid if "ppid" in columns else None,
        user=(process.user or "")[:8] if "user" in columns else None,
        state=state if "state" in columns else None,
        command=process.command.removesuffix(" <defunct>").replace("caf??", "café"),
    )


@pytest.mark.parametrize("name", PROCPS)
def test_procps_captures_say_what_ran(name: str) -> None:
    columns, itself = PROCPS[name]
    expected = (*(as_procps_prints(process, columns) for process in RAN), itself)
    assert parse_ps(read_capture("ps", name)) == expected


@pytest.mark.parametrize("name", BUSYBOX)
def test_busybox_captures_say_what_ran(name: str) -> None:
    columns, itself = BUSYBOX[name]
    expected = (*(as_busybox_prints(process, columns) for process in RAN), itself)
    assert parse_ps(read_capture("ps", name)) == expected


def test_short_names_stay_where_the_header_does_not_tell_busybox_from_procps() -> None:
    processes = parse_ps(read_capture("ps", "busybox-o-user"))
    assert [process.pid for process in processes] == [*(process.pid for process in RAN), 341]
    assert processes[8].command == "{sleep} two  blanks   here 3100"
    assert processes[6] == Process(40, None, "root", "S<", "sleep 3350")


def test_a_terminal_shortens_commands_and_ends_lines_with_carriage_returns() -> None:
    for name, expected in (
        (
            "procps-tty",
            [
                *(as_procps_prints(process, "user state") for process in RAN),
                Process(201, None, "root", "Rs+", "ps aux"),
            ],
        ),
        (
            "busybox-tty",
            [
                *(as_busybox_prints(process, "user") for process in RAN),
                Process(206, None, "root", None, "/opt/upstream/busybox ps"),
            ],
        ),
    ):
        for process, whole in zip(parse_ps(read_capture("ps", name)), expected, strict=True):
            assert dataclasses.replace(process, command=whole.command) == whole
            assert whole.command.startswith(process.command)


def test_long_format_has_numeric_users_and_short_names() -> None:
    processes = parse_ps(read_capture("ps", "procps-ely"))
    assert processes[:3] == (
        Process(1, 0, "0", "S", "sleep"),
        Process(13, 1, "0", "Z", "sh"),
        Process(15, 0, "1001", "S", "sleep"),
    )
    assert len(processes) == len(RAN) + 1


def test_kernel_threads_have_their_brackets() -> None:
    processes = parse_ps(read_capture("ps", "procps-kernel-threads"))
    assert processes[0] == Process(2, 0, "root", "S", "[kthreadd]")
    assert len(processes) == 60
    assert {process.ppid for process in processes[1:]} == {2}
    assert all(process.command[0] + process.command[-1] == "[]" for process in processes)
    assert not any(process.zombie for process in processes)


@pytest.mark.parametrize(
    ("state", "command", "zombie"),
    [
        ("Z", "[sh]", True),
        ("Zs+", "[sh] <defunct>", True),
        ("S", "[sh] <defunct>", False),
        (None, "[sh]", None),
        (None, "[sh] <defunct>", None),
    ],
)
def test_only_the_state_tells_a_zombie(
    state: str | None, command: str, zombie: bool | None
) -> None:
    assert Process(1, None, None, state, command).zombie is zombie


@pytest.mark.parametrize("name", capture_names("ps"))
def test_the_last_newline_does_not_matter(name: str) -> None:
    text = read_capture("ps", name)
    assert parse_ps(text.rstrip("\r\n")) == parse_ps(text)


@pytest.mark.parametrize("name", capture_names("ps"))
def test_a_capture_cut_anywhere_never_invents_a_row(name: str) -> None:
    text = read_capture("ps", name)
    whole = parse_ps(text)
    parsed = 0
    for cut in cuts(text):
        try:
            processes = parse_ps(cut)
        except ParseError:
            continue
        parsed += 1
        if not processes:
            continue
        *before, last = processes
        original = whole[len(before)]
        assert tuple(before) == whole[: len(before)]
        # A command cut short cannot be told from a shorter one; all else must be whole.
        assert dataclasses.replace(last, command="") == dataclasses.replace(original, command="")
        assert last.command.rstrip("\ufffd") in text
        if not last.command.startswith("{"):
            assert original.command.startswith(last.command.rstrip("\ufffd "))
    assert parsed > len(whole)


@pytest.mark.parametrize(
    ("text", "line_number", "line"),
    [
        ("", 1, ""),
        ("\n\n", 1, ""),
        ("sh: ps: not found\n", 1, "sh: ps: not found"),
        ("PID   USER     TIME  COMMAN", 1, "PID   USER     TIME  COMMAN"),
        ("PID USER USER COMMAND\n", 1, "PID USER USER COMMAND"),
        ("USER COMMAND\nroot sh\n", 1, "USER COMMAND"),
        ("PID SECRET COMMAND\n1 2 sh\n", 1, "PID SECRET COMMAND"),
        ("PID COMMAND USER\n1 sh root\n", 1, "PID COMMAND USER"),
        ("PID USER COMMAND\n 1 root\n", 2, " 1 root"),
        ("PID USER COMMAND\n 1 root   \n", 2, " 1 root   "),
        ("PID USER COMMAND\n 1 root sh\n\n 2 root sh\n", 3, ""),
        ("PID USER COMMAND\n x root sh\n", 2, " x root sh"),
        ("PID USER COMMAND\n ² root sh\n", 2, " ² root sh"),
        ("PID USER COMMAND\n" + "1" * 5000 + " root sh\n", 2, "1" * 5000 + " root sh"),
        # Columns that ran together: the memory size into the user.
        ("PID USER VSZ STAT COMMAND\n 1 www-data123456 S sh\n", 2, " 1 www-data123456 S sh"),
        ("USER PID %CPU COMMAND\nroot 12345699.9 sh\n", 2, "root 12345699.9 sh"),
    ],
)
def test_what_does_not_fit_is_an_error_with_its_line(
    text: str, line_number: int, line: str
) -> None:
    with pytest.raises(ParseError) as caught:
        parse_ps(text)
    assert (caught.value.line_number, caught.value.line) == (line_number, line)


def test_a_header_alone_is_no_process() -> None:
    assert parse_ps("  PID TTY          TIME CMD\n") == ()


def test_older_busybox_leaves_a_blank_inside_the_state() -> None:
    text = "PID   USER       VSZ STAT COMMAND\n    7 root      1234 S N  N one\n"
    assert parse_ps(text) == (Process(7, None, "root", "S N", "N one"),)


def test_blanks_after_a_command_are_left_out() -> None:
    # Programs that write over their own title (setproctitle) leave such blanks.
    text = "PID USER COMMAND\n 1 root nginx: worker process     \n"
    assert parse_ps(text) == (Process(1, None, "root", None, "nginx: worker process"),)


def test_a_command_may_hold_what_python_takes_for_line_breaks() -> None:
    command = "a\x0bb\x0cc\x1cd\x85e\u2028f"
    assert parse_ps(f"PID USER COMMAND\n 1 root {command}\n 2 root sh\n") == (
        Process(1, None, "root", None, command),
        Process(2, None, "root", None, "sh"),
    )


PIDS = st.integers(0, 4194304)
WORDS = st.text(string.ascii_letters + string.digits + "-._+", min_size=1, max_size=40)
STATES = st.from_regex(r"[DIRSTtXZ][<N]?L?s?l?\+?", fullmatch=True)
COMMANDS = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"),
    min_size=1,
    max_size=60,
).filter(lambda text: text == text.strip(" "))
PROCESSES = st.lists(
    st.builds(
        Process, st.integers(1, 4194304), st.none() | PIDS, st.none() | WORDS, STATES, COMMANDS
    )
)


@given(PROCESSES, st.lists(st.sampled_from(["%CPU", "VSZ", "TTY", "START", "TIME"]), unique=True))
def test_a_printed_table_reads_back(processes: list[Process], extra: list[str]) -> None:
    filler = {"%CPU": "99.9", "VSZ": "1234m", "TTY": "pts/0", "START": "Nov24", "TIME": "1:02"}
    columns = {"    PID": "pid", "PPID": "ppid", "USER": "user", "STAT": "state"}
    if any(process.ppid is None for process in processes):
        del columns["PPID"]
    if any(process.user is None for process in processes):
        del columns["USER"]
    lines = [" ".join([*columns, *extra, "COMMAND"])]
    expected = []
    for process in processes:
        values = [str(getattr(process, field)).rjust(5) for field in columns.values()]
        lines.append(" ".join([*values, *(filler[title] for title in extra), process.command]))
        expected.append(
            dataclasses.replace(
                process,
                ppid=process.ppid if "PPID" in columns else None,
                user=process.user if "USER" in columns else None,
            )
        )
    assert parse_ps("\n".join(lines) + "\n") == tuple(expected)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for start in ("", "PID   USER     TIME  COMMAND\n", "    PID STAT COMMAND\n"):
        try:
            processes = parse_ps(start + text)
        except ParseError:
            continue
        assert len(processes) <= text.count("\n") + 1
        assert all(process.command.strip(" ") for process in processes)
