"""Which scenarios are meant: an expression over tags and names, as pytest's -k and -m have it.

    expression: and_terms ("or" and_terms)*
    and_terms:  term ("and" term)*
    term:       "not" term | "(" expression ")" | WORD

A word holds for a scenario that bears it as a tag, or has it anywhere in its name; upper and
lower case are one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NoReturn

from pausedemo.errors import UsageError

LONGEST: Final = 1000
DEEPEST: Final = 50

_OPERATORS: Final = frozenset({"and", "or", "not"})
#: White space, or a token: a parenthesis or a word.
_TOKEN: Final = re.compile(r"\s+|(?P<token>[()]|[\w./-]+)")

#: Whether a word holds.
Holds = Callable[[str], bool]
_Node = Callable[[Holds], bool]


class UnreadableExpression(UsageError):
    """An expression that is none. ``column`` counts from 0; ``why`` says what is wrong there."""

    def __init__(self, text: str, column: int, why: str) -> None:
        self.text = text
        self.column = column
        self.why = why
        shown = re.sub(r"[^\x20-\x7e\w]", "?", text)
        super().__init__(f"cannot read the expression: {why}\n  {shown}\n  {' ' * column}^")


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read; ``words`` are its words, in order."""

    text: str
    words: tuple[str, ...]
    _node: _Node

    def matches(self, name: str, tags: Collection[str]) -> bool:
        """Whether it holds for a scenario of this name with these tags."""
        folded_name = name.casefold()
        folded_tags = {tag.casefold() for tag in tags}

        def holds(word: str) -> bool:
            folded = word.casefold()
            return folded in folded_tags or folded in folded_name

        return self.evaluate(holds)

    def evaluate(self, holds: Holds) -> bool:
        """The expression's value, where ``holds`` says which of its words do."""
        return self._node(holds)


def parse_expression(text: str) -> Expression:
    """Read an expression. Raises UnreadableExpression with a caret under what is wrong."""
    if len(text) > LONGEST:
        raise UsageError(f"the expression is longer than {LONGEST} characters")
    reader = _Reader(text)
    node = reader.read_or()
    if reader.token:
        reader.refuse('"and" or "or"')
    return Expression(text, tuple(reader.words), node)


class _Reader:
    """One token ahead, and the words that were read. ``token`` is empty at the end."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        self._text = text
        self._next = 0
        self._depth = 0
        self.column = 0
        self.token = ""
        self._advance()

    def read_or(self) -> _Node:
        terms = [self._read_and()]
        while self._take("or"):
            terms.append(self._read_and())
        return terms[0] if len(terms) == 1 else lambda holds: any(term(holds) for term in terms)

    def _read_and(self) -> _Node:
        terms = [self._read_term()]
        while self._take("and"):
            terms.append(self._read_term())
        return terms[0] if len(terms) == 1 else lambda holds: all(term(holds) for term in terms)

    def _read_term(self) -> _Node:
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail(f"more than {DEEPEST} levels deep")
        if self._take("not"):
            inner = self._read_term()
            node: _Node = lambda holds: not inner(holds)  # noqa: E731
        elif self._take("("):
            node = self.read_or()
            if not self._take(")"):
                self.refuse('"and", "or" or ")"')
        else:
            node = self._read_word()
        self._depth -= 1
        return node

    def _read_word(self) -> _Node:
        word = self.token
        if not word or word in "()" or word in _OPERATORS:
            self.refuse('a tag or a name, "not" or "("')
        self._advance()
        self.words.append(word)
        return lambda holds: holds(word)

    def refuse(self, expected: str) -> NoReturn:
        found = f'"{self.token}"' if self.token else "the end"
        self._fail(f"expected {expected}, not {found}")

    def _take(self, token: str) -> bool:
        if self.token != token:
            return False
        self._advance()
        return True

    def _advance(self) -> None:
        self.token = ""
        while not self.token:
            self.column = self._next
            if self._next == len(self._text):
                return
            match = _TOKEN.match(self._text, self._next)
            if match is None:
                self._fail(f"{self._text[self._next]!r} cannot stand here")
            self._next = match.end()
            self.token = match["token"] or ""

    def _fail(self, why: str) -> NoReturn:
        raise UnreadableExpression(self._text, self.column, why)
