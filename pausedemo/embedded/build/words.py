"""Variables in an instruction's words: ``$x ${x} ${x:-d} ${x:+d} ${x:?m}``, quotes and escapes.

As buildkit 0.8's ``frontend/dockerfile/shell`` does it, which is much less than a shell. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from pausedemo.embedded.errors import BadParameter

NAME: Final = re.compile(r"[0-9]+|[@*#?\-$!]|[A-Za-z_][A-Za-z0-9_]*")
QUOTES: Final = {"'": "single-quote", '"': "double-quote"}


def expand(word: str, env: Mapping[str, str], escape: str = "\\") -> str:
    """``word`` with its variables in place and its quotes gone; unset ones are empty.

    Raises BadParameter for an unfinished quote or substitution.
    """
    try:
        return _Expander(word, env, escape).run("")
    except _Broken as error:
        quoted = json.dumps(word, ensure_ascii=False)
        raise BadParameter(f"failed to process {quoted}: {error}") from None
    except RecursionError:
        raise BadParameter("failed to process a word: too many substitutions") from None


class _Broken(Exception):
    pass


class _Expander:
    """Reads ``word`` once, from left to right; ``at`` is the next character's index."""

    def __init__(self, word: str, env: Mapping[str, str], escape: str) -> None:
        self._word = word
        self._env = env
        self._escape = escape
        self._at = 0

    def _next(self) -> str:
        """The next character, or "" at the end."""
        character = self._word[self._at : self._at + 1]
        self._at += 1
        return character

    def run(self, stop: str) -> str:
        result = ""
        while character := self._next():
            if character == stop:
                return result
            if character == "'":
                result += self._single()
            elif character == '"':
                result += self._double()
            elif character == "$":
                result += self._variable()
            else:
                result += self._next() if character == self._escape else character
        if stop:
            raise _Broken(f"unexpected end of statement while looking for matching {stop}")
        return result

    def _single(self) -> str:
        end = self._word.find("'", self._at)
        if end < 0:
            raise _Broken("unexpected end of statement while looking for matching single-quote")
        text, self._at = self._word[self._at : end], end + 1
        return text

    def _double(self) -> str:
        result = ""
        while character := self._next():
            if character == '"':
                return result
            if character == "$":
                result += self._variable()
            elif character == self._escape:
                following = self._next()
                # In quotes an escape means something before these only.
                result += (
                    following if following in {'"', "$", self._escape} else (character + following)
                )
            else:
                result += character
        raise _Broken("unexpected end of statement while looking for matching double-quote")

    def _name(self) -> str:
        found = NAME.match(self._word, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]

    def _variable(self) -> str:
        if not self._word.startswith("{", self._at):
            name = self._name()
            return self._env.get(name, "") if name else "$"
        self._at += 1
        name = self._name()
        if not name:
            raise _Broken("syntax error: bad substitution")
        value = self._env.get(name, "")
        match self._next():
            case "}":
                return value
            case ":":
                modifier = self._next()
            case "":
                raise _Broken("syntax error: missing '}'")
            case _:
                raise _Broken("missing ':' in substitution")
        word = self.run("}")
        match modifier:
            case "-":
                return value or word
            case "+":
                return word if value else ""
            case "?":
                if not value:
                    raise _Broken(f"{name}: {word or 'is not allowed to be unset'}")
                return value
        raise _Broken(f"unsupported modifier ({modifier}) in substitution")
