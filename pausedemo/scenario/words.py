"""The single values that a scenario file may hold, each with what it must be."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, StrictFloat, StrictInt, StrictStr

from pausedemo.core.files.complaints import Words

#: The infra container's name in a pod, as dockershim has it.
POD: Final = "POD"
#: What stands for the engine's machine where containers are named; no container can have it.
NODE: Final = "NODE"


def _refuse_nul(text: str) -> str:
    # execve(2): arguments and variables are strings that a zero byte ends.
    if "\0" in text:
        raise ValueError("a NUL character would end it; leave it out")
    return text


Seconds: TypeAlias = Annotated[
    StrictInt | StrictFloat,
    Field(gt=0, le=3600),
    Words("a number of seconds, more than 0 and at most 3600"),
]
Text: TypeAlias = Annotated[StrictStr, Field(min_length=1)]
Argument: TypeAlias = Annotated[
    StrictStr,
    AfterValidator(_refuse_nul),
    Field(json_schema_extra={"pattern": r"^[^\x00]*$"}),
]
Identifier: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^[a-z0-9][a-z0-9-]*$"),
    Words("lower-case letters, digits and '-', such as my-name"),
]
Link: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^https?://[!-~]+$"),
    Words("a link, such as https://kubernetes.io/docs/"),
]
Version: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^[0-9]+\.[0-9]+$"),
    Words('a version of Kubernetes in quotes, such as "1.7"'),
]
AbsolutePath: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^/[^\x00]*[^/\x00]$"),
    Words("the absolute path of a file, such as /etc/hosts"),
]
UrlPath: TypeAlias = Annotated[
    StrictStr, Field(pattern="^/[!-~]*$"), Words("the path of a URL, such as /index.html")
]
Signal: TypeAlias = Annotated[
    StrictStr,
    Field(pattern=r"^(SIG)?[A-Z]+[A-Z0-9+-]*$"),
    Words("the name of a signal, such as TERM"),
]
Port: TypeAlias = Annotated[
    StrictInt, Field(ge=1, le=65535), Words("a port number from 1 to 65535")
]
Grace: TypeAlias = Annotated[
    StrictInt, Field(ge=0, le=3600), Words("a whole number of seconds from 0 to 3600")
]
State: TypeAlias = Annotated[
    StrictStr,
    Field(pattern="^(created|running|paused|exited)$"),
    Words("created, running, paused or exited"),
]
Mode: TypeAlias = Annotated[
    StrictStr,
    Field(pattern="^(host|none|private|shareable|bridge|container:[a-z0-9][a-z0-9-]*)$"),
    Words("a mode of the engine: host, none, private, shareable, bridge or container:NAME"),
]
RestartMode: TypeAlias = Annotated[
    StrictStr,
    Field(pattern="^(no|always|unless-stopped|on-failure)$"),
    Words("no, always, unless-stopped or on-failure"),
]
