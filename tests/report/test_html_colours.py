"""Whether text can be read, in the light and in the dark: contrast by WCAG 2.2."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from pausedemo.core.verdicts.results import Status
from pausedemo.report.html.portrait.sharing import MEANINGS

_TEMPLATES = files("pausedemo.report.html").joinpath("templates")
_DECLARATION = re.compile(r"--([a-z_-]+): (#[0-9a-f]{6});")

NAMESPACES = [f"ns-{kind}" for kind in (*MEANINGS, "other")]
#: (text, what it stands on).
PAIRS = [
    *((text, back) for text in ("text", "quiet", "link") for back in ("page", "sunk")),
    *((status.value, f"{status.value}-back") for status in Status),
    *((status.value, "page") for status in (Status.PASSED, Status.FAILED)),
    ("text", "known_difference-back"),
    ("text", "flaky-back"),
    *((name, "page") for name in NAMESPACES),
    *(("ns-text", name) for name in NAMESPACES),
]


def _read_colours(scheme: str) -> dict[str, str]:
    """The custom properties of one colour scheme."""
    colours: dict[str, str] = {}
    for name in ("page.css", "portrait.css"):
        light, dark = re.findall(
            r":root \{(.*?)\}", _TEMPLATES.joinpath(name).read_text(), re.DOTALL
        )[:2]
        colours |= dict(_DECLARATION.findall(light if scheme == "light" else dark))
    return colours


def _luminance(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_does() -> None:
    assert _contrast("#000000", "#ffffff") == pytest.approx(21)
    assert _contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "back"), PAIRS)
def test_text_is_told_from_what_it_stands_on(scheme: str, text: str, back: str) -> None:
    colours = _read_colours(scheme)
    assert _contrast(colours[text], colours[back]) >= 4.5


def test_both_schemes_name_the_same_colours() -> None:
    assert _read_colours("light").keys() == _read_colours("dark").keys()
