"""The programs that containers install, each made once by libseccomp, where that is installed."""

from __future__ import annotations

import os
from collections.abc import Hashable, Iterable
from typing import Final

from pausedemo.embedded.errors import ServerError
from pausedemo.embedded.seccomp.default import (
    choose_freeing,
    list_default_rules,
    list_pretended_rules,
)
from pausedemo.embedded.seccomp.library import ALLOW, Library, Rule
from pausedemo.embedded.seccomp.profile import parse_profile

#: Programs that are kept: more of them are made by profiles of many kinds only.
KEPT: Final = 32


class SeccompFilters:
    """Programs by what they are made of. ``single_id``: see ``default.PRETENDED``."""

    def __init__(self, *, single_id: bool = False) -> None:
        self._pretended = tuple(list_pretended_rules()) if single_id else ()
        self._made: dict[Hashable, int] = {}
        try:
            self._library: Library | None = Library()
        except OSError:
            self._library = None

    @property
    def is_available(self) -> bool:
        """Whether libseccomp is here."""
        return self._library is not None

    def find(self, capabilities: int, *, confined: bool = True, profile: str = "") -> int | None:
        """Descriptor of the program for who has those capabilities; None: there is no filter.

        It is ours, and stays open until as many others have been asked for. Who is not
        ``confined`` needs one for what is pretended only. ``profile``: one in Docker's JSON,
        instead of the default. Raises ServerError for one that cannot be used.
        """
        if not confined:
            return self._make("unconfined", ()) if self._pretended else None
        if profile:
            return self._find_profile(profile, capabilities)
        key = choose_freeing(capabilities)
        return self._make(key, list_default_rules(capabilities))

    def close(self) -> None:
        """Give the descriptors back."""
        for descriptor in self._made.values():
            os.close(descriptor)
        self._made.clear()

    def _find_profile(self, text: str, capabilities: int) -> int | None:
        if self._library is None:
            raise ServerError(
                "a seccomp profile was asked for, and this machine has no libseccomp: install it "
                "(on Debian, libseccomp2)"
            )
        profile = parse_profile(text, capabilities)
        if profile is None:
            return self.find(capabilities, confined=False)
        key = (text, capabilities)
        return self._make(key, profile.rules, profile.default, profile.architectures)

    def _make(
        self,
        key: Hashable,
        rules: Iterable[Rule],
        default: int = ALLOW,
        architectures: Iterable[str] = (),
    ) -> int | None:
        if self._library is None:
            return None
        if key in self._made:
            self._made[key] = self._made.pop(key)  # the last to be let go
            return self._made[key]
        pretended = {rule.call for rule in self._pretended}
        others = (rule for rule in rules if rule.call not in pretended)
        try:
            made = self._library.make((*self._pretended, *others), default, architectures)
        except OSError as error:
            raise ServerError(f"cannot make a seccomp filter: {error.strerror}") from error
        if len(self._made) >= KEPT:
            os.close(self._made.pop(next(iter(self._made))))
        self._made[key] = made
        return made
