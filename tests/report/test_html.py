from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings

from pausedemo.core.verdicts.results import RunResult, ScenarioResult, Status, StepResult
from pausedemo.report.html import render_html
from pausedemo.report.html.page import find_web_address, split_paragraphs
from tests.report.example import EXAMPLE, IPC_SHARE, OTHER_ENGINE, PAUSE_KILL, ZOMBIES
from tests.report.hostile import RUNS
from tests.report.portraits import PAUSE_TEST

WHEN = datetime(2026, 11, 24, 8, 51, tzinfo=timezone(timedelta(hours=2)))
#: HTML standard, 13.1.2: elements without an end tag.
VOID = frozenset({"input", "link", "meta"})


@dataclass
class _Page(HTMLParser):
    """A document taken apart. Raises where an end tag meets another element's start."""

    tags: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    raw: dict[str, list[str]] = field(default_factory=lambda: {"style": [], "script": []})
    open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        self.raw[inside].append(data) if inside in self.raw else self.texts.append(data)

    def values(self, wanted: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == wanted]


def _read(run: RunResult) -> _Page:
    page = _Page()
    page.feed(render_html(run, WHEN))
    page.close()
    assert page.open == []
    return page


def _run_of(*scenarios: ScenarioResult) -> RunResult:
    return replace(EXAMPLE, scenarios=scenarios)


def _words(page: _Page) -> str:
    return " ".join(" ".join(page.texts).split())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(RUNS)
def test_no_text_of_a_run_becomes_markup(run: RunResult) -> None:
    text = render_html(run, WHEN)
    text.encode("utf-8")
    assert [c for c in text if (c < " " and c not in "\n\t") or "\x7f" <= c < "\xa0"] == []
    page = _read(run)
    assert page.tags["script"] == len(page.raw["script"]) == 2
    assert page.tags["style"] == len(page.raw["style"]) == 3
    names = {name for _, name, _ in page.attributes}
    assert [name for name in names if name.startswith("on") or name in ("style", "src")] == []
    leads = re.compile(r"#|https?://[^\s\"'<>]+$|data:,$")
    assert [value for value in page.values("href") if not leads.match(value)] == []
    ids = Counter(page.values("id"))
    assert [one for one, count in ids.items() if count > 1] == []
    inside = [value[1:] for value in page.values("href") if value.startswith("#")]
    named = " ".join(page.values("aria-labelledby") + page.values("aria-describedby")).split()
    assert set(inside) | set(named) <= set(ids)


def test_markup_in_a_name_is_shown_and_does_nothing() -> None:
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}\x1b[2J\u202e"
    step = StepResult(name=evil, kind="exec", command=evil, status=Status.FAILED, output=evil)
    scenario = ScenarioResult(
        name=evil, title=evil, source=evil, steps=(step,), duration_s=0, tags=(evil,), links=(evil,)
    )
    page = _read(_run_of(scenario))
    assert (page.tags["script"], page.tags["img"]) == (2, 0)
    shown = evil.replace("\x1b", r"\x1b").replace("\u202e", r"\u202e")
    assert sum(shown in text for text in page.texts) >= 6


def test_the_page_forbids_itself_everything_but_what_it_holds() -> None:
    page = _read(EXAMPLE)
    (policy,) = [value for value in page.values("content") if "default-src" in value]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))

    def hashes(texts: list[str]) -> str:
        digests = (hashlib.sha256(text.encode()).digest() for text in texts)
        return " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)

    assert rules == {
        "default-src": "'none'",
        "style-src": hashes(page.raw["style"]),
        "script-src": hashes(page.raw["script"]),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://man7.org/a?b=c#d", "https://man7.org/a?b=c#d"),
        ("HTTP://[::1]:80/", "HTTP://[::1]:80/"),
        ("javascript:alert(1)", ""),
        (" javascript:alert(1)", ""),
        ("javascript://host/%0aalert(1)", ""),
        ("ftp://host/", ""),
        ("java\nscript://x/%0aalert(1)", ""),
        ("data:text/html,x", ""),
        ("//host/path", ""),
        ("https:///path", ""),
        ("https://a b/", ""),
        ("https://[", ""),
        ("moby#50523", ""),
    ],
)
def test_only_addresses_of_the_web_become_links(text: str, address: str) -> None:
    assert find_web_address(text) == address
    page = _read(_run_of(replace(PAUSE_KILL, links=(text,))))
    outside = [value for value in page.values("href") if not value.startswith(("#", "data:"))]
    assert outside == ([address] if address else [])


def test_a_run_is_shown_whole() -> None:
    words = _words(_read(EXAMPLE))
    engine = EXAMPLE.engine
    for text in (
        f"{engine.name} {engine.version}",
        "2026-11-24 06:51 UTC",
        "nginx:1.22.1 stands in for nginx:1.9.1",
        "Output, 60 lines",
        "<p>line 60 of the page</p>",
        "cannot read ps: line 1: 'OCI runtime exec failed'",
        *(
            " ".join(text.split())
            for scenario in EXAMPLE.scenarios
            for step in scenario.steps
            for text in (scenario.title, step.name, step.command, step.explain)
        ),
    ):
        assert text in words
    assert "missing pid=1 command=/pause (none)" in words
    assert "extra (none) pid=1 user=root command=sleep 3600" in words


def test_what_only_some_runs_have_is_shown_and_linked() -> None:
    page = _read(OTHER_ENGINE)
    words = _words(page)
    for text in (
        "2 of 3 steps passed, 1 known difference",
        "Known difference: podman<4 mounts a /dev/shm",
        "Listed difference not seen: podman gives each container",
        "Not the difference that is listed: podman does not show",
        "3 of 13 attempts went wrong",
        "the first that went wrong",
        "not applicable: needs an engine that may lower an OOM score",
    ):
        assert text in words
    assert {"1 known difference", "1 listed difference that did not show"} <= set(page.texts)
    links = Counter(page.values("href"))
    assert links["#scenario-ipc-share.2"] == links["#scenario-ipc-share.3"] == 1
    assert "known difference" not in _words(_read(EXAMPLE))


def test_scenarios_that_went_wrong_are_open_and_among_many_the_others_are_not() -> None:
    def opened(run: RunResult) -> list[str]:
        text = render_html(run, WHEN)
        return re.findall(r'<details class="scenario [a-z_]+" id="([^"]+)"[^>]* open>', text)

    assert opened(EXAMPLE) == [
        "scenario-network-share",
        "scenario-pid-share",
        "scenario-pause-kill",
    ]
    many = _run_of(PAUSE_KILL, IPC_SHARE, ZOMBIES, *EXAMPLE.scenarios[:2])
    assert opened(many) == ["scenario-zombies", "scenario-network-share", "scenario-pid-share"]


def test_scenarios_of_one_name_or_an_odd_one_have_numbers_for_anchors() -> None:
    odd = replace(PAUSE_KILL, name="a b")
    page = _read(_run_of(PAUSE_KILL, ZOMBIES, PAUSE_KILL, odd))
    anchors = page.values("data-for")
    assert anchors == ["scenario-1", "scenario-zombies", "scenario-3", "scenario-4"]


def test_a_portrait_is_drawn_where_its_step_is() -> None:
    step = replace(PAUSE_KILL.steps[0], portrait=PAUSE_TEST)
    page = _read(_run_of(replace(PAUSE_KILL, steps=(step, *PAUSE_KILL.steps))))
    assert (page.tags["svg"], page.tags["desc"]) == (2, 2)
    assert page.values("role").count("img") == 2
    words = _words(page)
    assert words.count("net:[4026532285] is shared by POD, busybox, ghost and nginx.") == 2
    assert "net:[4026532285] shared POD, busybox, ghost, nginx" in words


def test_an_empty_run_is_a_page_too() -> None:
    page = _read(replace(EXAMPLE, scenarios=(), images=()))
    assert "nothing ran" in page.texts
    assert page.tags["details"] == 0


def test_a_run_that_ended_early_says_so_and_why() -> None:
    words = _words(_read(replace(EXAMPLE, ended_by="stopped by SIGTERM")))
    assert "Ended early, before all was played: stopped by SIGTERM" in words
    assert "Ended early" not in _words(_read(EXAMPLE))


def test_the_same_run_gives_the_same_page() -> None:
    assert render_html(OTHER_ENGINE, WHEN) == render_html(OTHER_ENGINE, WHEN.astimezone(UTC))


def test_paragraphs_are_parted_by_empty_lines() -> None:
    assert split_paragraphs("a\nb\n\n c \n\n\n\nd\n") == ["a b", "c", "d"]
