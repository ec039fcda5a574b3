"""``docker top``: the node's ps, cut down to one container's processes."""

from __future__ import annotations

import asyncio
import re
import shlex
import shutil
from typing import Any, Final

from pausedemo.embedded.containers.container import Container
from pausedemo.embedded.errors import BadParameter, Conflict, ServerError

TIMEOUT_S: Final = 10
#: moby, daemon/top_unix.go: what would make the columns unreadable for it.
_REFUSED: Final = re.compile(r"\s+(-o|o|--format)\s*=?\s*pid\s*=\s*\S")


async def list_processes(container: Container, pids: list[int], arguments: str) -> dict[str, Any]:
    """Titles and rows of ``ps ARGUMENTS``, those of the container only. Raises ApiError."""
    if not container.state.is_running:
        raise Conflict(f"Container {container.id} is not running")
    if _REFUSED.search(f" {arguments}"):
        raise BadParameter(f'specifying "{arguments}" is not allowed')
    ps = shutil.which("ps")
    if ps is None:
        raise ServerError("Error running ps: there is no ps on this machine: install procps")
    try:
        words = shlex.split(arguments)
    except ValueError as error:
        raise BadParameter(f"cannot read ps_args: {error}") from None
    # As moby does: by numbers, which finds them whatever their terminal; some options (f) do not
    # go with them, and then all that ps shows is cut down.
    code, out, err = await _run(ps, *words, f"-q{','.join(map(str, pids))}")
    if code:
        code, out, err = await _run(ps, *words)
    if code:
        raise ServerError(f"Error running ps: {err.strip()}")
    return cut_table(out, frozenset(pids))


async def _run(*argv: str) -> tuple[int | None, str, str]:
    asking = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(asking.communicate(), TIMEOUT_S)
    except TimeoutError:
        asking.kill()
        await asking.wait()
        raise ServerError("Error running ps: it did not end in time") from None
    return asking.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def cut_table(text: str, pids: frozenset[int]) -> dict[str, Any]:
    """Rows of ps output whose PID is among those. The last column may have spaces.

    Raises ServerError when there is no PID column.
    """
    lines = text.splitlines()
    titles = lines[0].split() if lines else []
    if "PID" not in titles:
        raise ServerError("Couldn't find PID field in ps output")
    column = titles.index("PID")
    rows = []
    for line in lines[1:]:
        cells = line.split(None, len(titles) - 1)
        if len(cells) > column and cells[column].isdecimal() and int(cells[column]) in pids:
            rows.append(cells)
    return {"Titles": titles, "Processes": rows}
