"""The HTML report in a real browser: headless Chromium, where one is installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from pausedemo.core.verdicts.results import RunResult, ScenarioResult, Status, StepResult
from pausedemo.report.html import render_html
from tests.report.example import EXAMPLE, OTHER_ENGINE
from tests.report.portraits import NAMED

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WHEN = datetime(2026, 11, 24, 6, 51, tzinfo=UTC)
DESK, PHONE = (1280, 900), (360, 740)

PORTRAYED = ScenarioResult(
    name="portrayed",
    title="Pods of every kind",
    source="scenarios/portrayed.yaml",
    duration_s=1.5,
    tags=("network", "a tag"),
    links=("https://man7.org/linux/man-pages/man7/namespaces.7.html", "javascript:alert(1)"),
    explain="What is shared has one inode.",
    steps=tuple(
        StepResult(
            name=name,
            kind="apply",
            command=f"kubectl apply -f {name}.yaml",
            status=Status.PASSED,
            portrait=portrait,
        )
        for name, portrait in NAMED.items()
    ),
)
SCENARIOS = (PORTRAYED, *OTHER_ENGINE.scenarios, *EXAMPLE.scenarios[:2])
RUN = replace(EXAMPLE, scenarios=SCENARIOS)
SIXTY = replace(
    EXAMPLE,
    scenarios=tuple(
        replace(scenario, name=f"{scenario.name}-{number}", tags=(("odd", "even")[number % 2],))
        for number in range(10)
        for scenario in SCENARIOS[1:]
    ),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        pytest.skip(f"no browser here: none of {', '.join(CHROMIUMS)} is in the PATH")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program)
        yield launched
        launched.close()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a run's report; at the end, nothing was complained of and nothing was asked for."""
    troubles: list[str] = []
    contexts = []

    def open_page(run: RunResult, size: tuple[int, int] = DESK, **options: Any) -> Page:
        file = tmp_path / "report.html"
        file.write_text(render_html(run, WHEN), encoding="utf-8")
        context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url))
        page.goto(file.as_uri())
        # The document itself, and nothing else; its icon is empty and inside of it.
        asked = [url for url in troubles if not url.startswith("data:,")]
        troubles[:] = [url for url in asked if url != file.as_uri()]
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def _open_all(page: Page) -> None:
    page.evaluate("for (const box of document.querySelectorAll('details')) box.open = true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE])
def test_the_page_is_accessible_and_as_wide_as_the_screen(
    show: Callable[..., Page], size: tuple[int, int], scheme: str
) -> None:
    page = show(RUN, size, color_scheme=scheme)
    _open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_headings_are_in_order(show: Callable[..., Page]) -> None:
    page = show(RUN)
    _open_all(page)
    levels = page.evaluate(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(heading => +heading.tagName[1])"
    )
    assert (levels[0], levels.count(1)) == (1, 1)
    assert [pair for pair in pairwise(levels) if pair[1] > pair[0] + 1] == []
    assert levels.count(3) == sum(len(scenario.steps) for scenario in SCENARIOS)


def test_dark_mode_turns_the_page_and_the_drawing_dark(show: Callable[..., Page]) -> None:
    def colours(page: Page) -> list[str]:
        colours: list[str] = page.evaluate(
            """() => [[document.body, 'backgroundColor'],
                      [document.querySelector('rect.container'), 'fill'],
                      [document.querySelector('rect.bar.shared.ns-net'), 'fill']]
                .map(([element, property]) => getComputedStyle(element)[property])"""
        )
        return colours

    assert colours(show(RUN, color_scheme="light")) == [
        "rgb(255, 255, 255)",
        "rgb(255, 255, 255)",
        "rgb(10, 82, 153)",
    ]
    assert colours(show(RUN, color_scheme="dark")) == [
        "rgb(15, 20, 26)",
        "rgb(15, 20, 26)",
        "rgb(120, 185, 255)",
    ]


@pytest.mark.parametrize(("size", "shape"), [(DESK, "wide"), (PHONE, "tall")])
def test_each_drawing_is_shown_once_in_the_shape_that_fits_and_its_texts_fit(
    show: Callable[..., Page], size: tuple[int, int], shape: str
) -> None:
    page = show(RUN, size)
    _open_all(page)
    shown = page.evaluate(
        """[...document.querySelectorAll('figure.portrait')].map(figure =>
            [...figure.querySelectorAll('svg')].filter(svg => svg.checkVisibility())
                .map(svg => svg.classList[1]))"""
    )
    assert shown == [[shape]] * len(NAMED)
    too_long = page.evaluate(
        """[...document.querySelectorAll('svg text')].filter(text => text.checkVisibility())
            .filter(text => {
                const svg = text.ownerSVGElement.getBoundingClientRect();
                const box = text.getBoundingClientRect();
                return box.left < svg.left || box.right > svg.right
                    || box.top < svg.top || box.bottom > svg.bottom;
            }).map(text => text.textContent)"""
    )
    assert too_long == []


def test_the_index_shows_the_scenarios_of_a_verdict_a_tag_or_words(
    show: Callable[..., Page],
) -> None:
    page = show(SIXTY)
    choose = page.locator("#filter")

    def shown() -> tuple[int, int]:
        rows = page.locator("table.index tbody tr:visible").count()
        return rows, page.locator("details.scenario:visible").count()

    assert shown() == (60, 60)
    choose.get_by_label("Verdict").select_option("flaky")
    assert shown() == (10, 10)
    choose.get_by_label("Tag").select_option(label="odd")
    assert shown() == (5, 5)
    assert page.get_by_role("status").inner_text() == "5 of 60 scenarios shown"
    choose.get_by_label("Verdict").select_option("")
    choose.get_by_label("Words").fill("SHM ORPHANS")
    assert shown() == (0, 0)
    choose.get_by_label("Words").fill("orphans zombies-4")
    assert shown() == (1, 1)
    page.get_by_role("button", name="Close all").click()
    assert page.locator("details.scenario[open]:visible").count() == 0
    page.get_by_role("button", name="Open all").click()
    assert page.locator("details.scenario[open]:visible").count() == 1


def test_a_link_of_the_index_opens_what_it_leads_to(show: Callable[..., Page]) -> None:
    page = show(SIXTY)
    last = page.locator("details.scenario").last
    assert page.locator("#scenario-ipc-share-9").get_attribute("open") is None
    page.get_by_role("link", name="ipc-share-9", exact=True).click()
    page.locator("#scenario-ipc-share-9[open]").wait_for()
    assert last.is_visible()


def test_a_keyboard_reaches_the_content_first_and_sees_where_it_is(
    show: Callable[..., Page],
) -> None:
    page = show(RUN)
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("element => element === document.activeElement")
    assert skip.evaluate("element => element.getBoundingClientRect().top >= 0")
    assert skip.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    summary = page.locator("details.scenario > summary").first
    was_open = page.locator("details.scenario[open]").count()
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.scenario[open]").count() == was_open + 1


def test_a_command_is_copied_as_it_stands(show: Callable[..., Page]) -> None:
    page = show(EXAMPLE, permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the command of: nginx now leads to ghost").click()
    page.get_by_role("status").get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == "curl http://172.17.0.2/"


def test_all_can_be_read_without_scripts(show: Callable[..., Page]) -> None:
    page = show(RUN, java_script_enabled=False)
    assert not page.locator("#filter").is_visible()
    assert page.locator("button:visible").count() == 0
    closed = page.locator("#scenario-portrayed")
    assert not closed.locator("li.step").first.is_visible()
    closed.locator("> summary").click()
    assert closed.locator("svg.wide:visible").count() == len(NAMED)
    closed.locator(".alternative > summary").first.click()
    assert closed.locator("table.inodes").first.get_by_text("net:[4026532285]").is_visible()
