"""The keys that leave a terminal without ending what runs on it."""

from __future__ import annotations

from typing import Final

#: Ctrl-P Ctrl-Q.
DEFAULT_KEYS: Final = b"\x10\x11"
_CONTROLS: Final = "@abcdefghijklmnopqrstuvwxyz[\\]^_"


def parse_keys(text: str) -> bytes:
    """The bytes of ``ctrl-p,ctrl-q`` or ``a,DEL``; of an empty text none.

    Raises ValueError for a key that has no name there. Source: moby/term, ascii.go, ToBytes.
    """
    return bytes(map(_parse_key, text.split(","))) if text else b""


def _parse_key(name: str) -> int:
    if len(name) == 1 and name.isascii():
        return ord(name)
    prefix, _, letter = name.partition("ctrl-")
    if not prefix and len(letter) == 1 and letter in _CONTROLS:
        return _CONTROLS.index(letter)
    if name == "DEL":
        return 127
    raise ValueError(f"unknown character: '{name}'")


class KeyWatcher:
    """Looks for a sequence of keys in what is typed, and holds back what may be its beginning.

    As moby/term, proxy.go: a key that breaks a sequence does not begin another one.
    """

    def __init__(self, keys: bytes) -> None:
        self._keys = keys or DEFAULT_KEYS
        self._seen = 0

    def feed(self, data: bytes) -> tuple[bytes, bool]:
        """What goes on to the program, and whether the sequence is complete.

        What was typed after it is lost, as with Docker.
        """
        passed = bytearray()
        for byte in data:
            if byte == self._keys[self._seen]:
                self._seen += 1
                if self._seen == len(self._keys):
                    self._seen = 0
                    return bytes(passed), True
            else:
                passed += self._keys[: self._seen]
                passed.append(byte)
                self._seen = 0
        return bytes(passed), False
