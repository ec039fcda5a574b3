"""``$(NAME)`` in commands, arguments and the values of variables.

Source: third_party/forked/golang/expansion/expand.go, kubernetes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pausedemo.core.manifest import Container


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace each ``$(NAME)`` by its value; a name without one is left as it is.

    ``$$`` is a ``$`` that starts nothing: ``$$(NAME)`` becomes ``$(NAME)``.
    """
    parts: list[str] = []
    at, closes = 0, True
    while (found := text.find("$", at)) >= 0 and found + 1 < len(text):
        parts.append(text[at:found])
        after = text[found + 1]
        end = text.find(")", found) if after == "(" and closes else -1
        if end >= 0:
            name = text[found + 2 : end]
            parts.append(values.get(name, f"$({name})"))
            at = end + 1
            continue
        if after == "(":
            closes = False  # nor does any that comes later
        parts.append("$" if after == "$" else f"${after}")
        at = found + 2
    return "".join(parts) + text[at:]


def expand_all(texts: Iterable[str] | None, values: Mapping[str, str]) -> tuple[str, ...] | None:
    """Expand each of a list; None stays None."""
    return None if texts is None else tuple(expand(text, values) for text in texts)


def expand_command(
    container: Container, values: Mapping[str, str]
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """A container's command and args by its whole environment. None: the image's own."""
    return expand_all(container.command, values), expand_all(container.args, values)
